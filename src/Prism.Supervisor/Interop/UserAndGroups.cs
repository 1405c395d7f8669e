using System.Runtime.InteropServices;

namespace Prism.Supervisor.Interop;

/// <summary>A user and the groups it is in, by number (credentials(7)).</summary>
internal sealed unsafe partial record UserAndGroups(uint User, IReadOnlyCollection<uint> Groups)
{
    /// <summary>What an owner looks like that this user namespace has no number for (/proc/sys/kernel/overflowuid); so do most of them under PrivateUsers=.</summary>
    public const uint Unknown = 65534;

    private const int MostGroups = 65536;

    /// <summary>Who this process is.</summary>
    public static UserAndGroups Own()
    {
        var groups = new uint[MostGroups];
        fixed (uint* start = groups)
        {
            var count = Errno.Check(getgroups(MostGroups, start), "getgroups");
            return new UserAndGroups(UserIds.Effective, [getegid(), .. groups[..count]]);
        }
    }

    /// <summary>Whether every number means here what it means outside (user_namespaces(7)): only then is 65534 the user nobody.</summary>
    public static bool AllAreMapped()
    {
        try
        {
            return IsWhole(File.ReadAllText("/proc/self/uid_map"));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>One range, from 0 to all that there are.</summary>
    internal static bool IsWhole(string map) => map.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries) is ["0", "0", "4294967295"];

    [LibraryImport("libc")]
    private static partial uint getegid();

    [LibraryImport("libc", SetLastError = true)]
    private static partial int getgroups(int size, uint* list);
}
