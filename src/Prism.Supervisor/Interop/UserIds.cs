using System.Runtime.InteropServices;

namespace Prism.Supervisor.Interop;

/// <summary>Whose rights this process has, in all its threads (credentials(7)), and giving them up for good (setresuid(2)).</summary>
internal static unsafe partial class UserIds
{
    private const uint Unchanged = uint.MaxValue;

    public static uint Effective => geteuid();

    /// <summary>Becomes a user with exactly these groups. Throws Win32Exception when a call fails, or when afterwards it is not so, or not for good.</summary>
    public static void Become(uint user, uint group, ReadOnlySpan<uint> groups)
    {
        fixed (uint* start = groups)
        {
            _ = Errno.Check(setgroups((nuint)groups.Length, start), "setgroups");
        }

        _ = Errno.Check(setresgid(group, group, group), $"setresgid({group})");
        _ = Errno.Check(setresuid(user, user, user), $"setresuid({user})");
        if (!Is(user, group, groups) || (user != 0 && setresuid(Unchanged, 0, Unchanged) == 0) || (group != 0 && user != 0 && setresgid(Unchanged, 0, Unchanged) == 0))
        {
            throw Errno.Failure($"becoming user {user}", Errno.NotPermitted);
        }
    }

    private static bool Is(uint user, uint group, ReadOnlySpan<uint> groups)
    {
        var ids = stackalloc uint[6];
        var count = getgroups(0, null);
        if (getresuid(ids, ids + 1, ids + 2) == -1 || getresgid(ids + 3, ids + 4, ids + 5) == -1 || count != groups.Length)
        {
            return false;
        }

        var held = new uint[count];
        fixed (uint* start = held)
        {
            return getgroups(count, start) == count
                && new ReadOnlySpan<uint>(ids, 3).IndexOfAnyExcept(user) < 0
                && new ReadOnlySpan<uint>(ids + 3, 3).IndexOfAnyExcept(group) < 0
                && held.ToHashSet().SetEquals(groups.ToArray());
        }
    }

    [LibraryImport("libc")]
    private static partial uint geteuid();

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setgroups(nuint count, uint* groups);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int getgroups(int count, uint* groups);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setresgid(uint real, uint effective, uint saved);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setresuid(uint real, uint effective, uint saved);

    [LibraryImport("libc")]
    private static partial int getresuid(uint* real, uint* effective, uint* saved);

    [LibraryImport("libc")]
    private static partial int getresgid(uint* real, uint* effective, uint* saved);
}
