using System.Runtime.InteropServices;

namespace Prism.Supervisor.Interop;

/// <summary>posix_spawn(3): a new process with exactly the given descriptors, in a process group of its own, signals at their defaults.</summary>
internal static unsafe partial class Spawn
{
    private const short SetProcessGroup = 0x02;
    private const short SetSignalDefaults = 0x04;
    private const short SetSignalMask = 0x08;

    // Above the 80 and 336 bytes that glibc's opaque types take.
    private const int OpaqueSize = 512;

    /// <summary>Starts <paramref name="file"/>; descriptor i of the child is <paramref name="descriptors"/>[i]. Throws Win32Exception.</summary>
    public static int Start(string file, IReadOnlyList<string> arguments, IReadOnlyList<string> environment, IReadOnlyList<int> descriptors)
    {
        var actions = stackalloc byte[OpaqueSize];
        var attributes = stackalloc byte[OpaqueSize];
        var signals = stackalloc byte[128];
        Check(posix_spawn_file_actions_init(actions), "posix_spawn_file_actions_init");
        Check(posix_spawnattr_init(attributes), "posix_spawnattr_init");
        var moved = new List<int>(descriptors.Count);
        try
        {
            // Sources are moved above all targets first, so that no dup2 overwrites one that a later dup2 still needs.
            for (var i = 0; i < descriptors.Count; i++)
            {
                moved.Add(Descriptors.Duplicate(descriptors[i], atLeast: descriptors.Count));
                Check(posix_spawn_file_actions_adddup2(actions, moved[i], i), "posix_spawn_file_actions_adddup2");
            }

            new Span<byte>(signals, 128).Clear();
            Check(posix_spawnattr_setsigmask(attributes, signals), "posix_spawnattr_setsigmask");
            new Span<byte>(signals, 128).Fill(0xff);
            Check(posix_spawnattr_setsigdefault(attributes, signals), "posix_spawnattr_setsigdefault");
            Check(posix_spawnattr_setpgroup(attributes, 0), "posix_spawnattr_setpgroup");
            Check(posix_spawnattr_setflags(attributes, SetProcessGroup | SetSignalDefaults | SetSignalMask), "posix_spawnattr_setflags");

            using var path = new NativeStrings([file]);
            using var argv = new NativeStrings(arguments);
            using var envp = new NativeStrings(environment);
            int pid;
            Check(posix_spawn(&pid, path.Pointer[0], actions, attributes, argv.Pointer, envp.Pointer), $"posix_spawn({file})");
            return pid;
        }
        finally
        {
            moved.ForEach(Descriptors.Close);
            _ = posix_spawn_file_actions_destroy(actions);
            _ = posix_spawnattr_destroy(attributes);
        }
    }

    /// <summary>These calls return the error number instead of setting errno.</summary>
    private static void Check(int error, string call)
    {
        if (error != 0)
        {
            throw Errno.Failure(call, error);
        }
    }

    [LibraryImport("libc")]
    private static partial int posix_spawn(int* pid, byte* path, byte* actions, byte* attributes, byte** argv, byte** envp);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_init(byte* actions);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_destroy(byte* actions);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_adddup2(byte* actions, int from, int to);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_init(byte* attributes);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_destroy(byte* attributes);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setflags(byte* attributes, short flags);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setpgroup(byte* attributes, int group);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setsigmask(byte* attributes, byte* signals);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setsigdefault(byte* attributes, byte* signals);
}
