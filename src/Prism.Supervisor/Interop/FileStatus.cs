using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Prism.Supervisor.Interop;

/// <summary>Whose a file is and who may do what with it (statx(2)); asked of the descriptor that is read, so that nobody can exchange the file between the look and the reading.</summary>
/// <param name="Mode">The permission bits, set-id and sticky included.</param>
/// <param name="Path">Where the kernel says that it is, without symbolic links; null when it is no path that can be told.</param>
internal sealed unsafe partial record FileStatus(int Mode, uint Owner, uint Group, string? Path)
{
    private const int EmptyPath = 0x1000;
    private const int WorkingDirectory = -100;

    /// <summary>In seconds since 1970.</summary>
    public long Modified { get; init; }

    public static FileStatus Of(SafeFileHandle handle)
    {
        byte empty = 0;
        return Read((int)handle.DangerousGetHandle(), &empty, EmptyPath, PathOf(handle)) ?? throw Errno.Failure("statx");
    }

    /// <summary>Of what a path leads to; null when that cannot be reached.</summary>
    public static FileStatus? Of(string path)
    {
        fixed (byte* name = Encoding.UTF8.GetBytes($"{path}\0"))
        {
            return Read(WorkingDirectory, name, 0, path);
        }
    }

    private static FileStatus? Read(int directory, byte* name, int flags, string? path)
    {
        // statx(2): stx_uid at 20, stx_gid at 24, stx_mode at 28, stx_mtime at 112; the same on every architecture, unlike stat.
        const uint modeOwnersAndTime = 0x5b;
        var status = stackalloc byte[256];
        return statx(directory, name, flags, modeOwnersAndTime, status) == -1
            ? null
            : new FileStatus(*(ushort*)(status + 28) & 0xfff, *(uint*)(status + 20), *(uint*)(status + 24), path) { Modified = *(long*)(status + 112) };
    }

    /// <summary>A file of another mount namespace, or one that was removed, has no path here (proc_pid_fd(5)).</summary>
    private static string? PathOf(SafeFileHandle handle)
    {
        try
        {
            var link = new FileInfo($"/proc/self/fd/{handle.DangerousGetHandle()}").LinkTarget;
            return link is ['/', ..] && !link.EndsWith(" (deleted)", StringComparison.Ordinal) ? link : null;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int statx(int directory, byte* path, int flags, uint mask, byte* status);
}
