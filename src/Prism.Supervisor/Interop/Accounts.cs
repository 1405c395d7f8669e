using System.Runtime.InteropServices;

namespace Prism.Supervisor.Interop;

/// <summary>The user and group database, whatever feeds it (getpwnam_r(3), getgrnam_r(3), getgrouplist(3)).</summary>
internal static unsafe partial class Accounts
{
    private const int LargestEntry = 1 << 20;
    private const int OutOfRange = 34;

    // struct passwd of 64-bit Linux: name, password, uid and gid, comment, home, shell.
    [StructLayout(LayoutKind.Sequential)]
    private struct Entry
    {
        public byte* Name;
        public byte* Password;
        public uint User;
        public uint Group;
        public byte* Comment;
        public byte* Home;
        public byte* Shell;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct GroupEntry
    {
        public byte* Name;
        public byte* Password;
        public uint Group;
        public byte** Members;
    }

    /// <summary>The user of that name; null: there is none.</summary>
    public static (string Name, uint User, uint Group, string Home, string Shell)? Find(string name)
    {
        using var text = new NativeStrings([name]);
        return Lookup((entry, buffer, size, found) => getpwnam_r(text.Pointer[0], (Entry*)entry, (byte*)buffer, size, (Entry**)found), $"getpwnam_r({name})", ReadUser);
    }

    /// <summary>The user of that number; null: there is none.</summary>
    public static (string Name, uint User, uint Group, string Home, string Shell)? Find(uint user) =>
        Lookup((entry, buffer, size, found) => getpwuid_r(user, (Entry*)entry, (byte*)buffer, size, (Entry**)found), $"getpwuid_r({user})", ReadUser);

    /// <summary>The number of the group of that name; null: there is none.</summary>
    public static uint? FindGroup(string name)
    {
        using var text = new NativeStrings([name]);
        return Lookup<uint?>(
            (entry, buffer, size, found) => getgrnam_r(text.Pointer[0], (GroupEntry*)entry, (byte*)buffer, size, (GroupEntry**)found), $"getgrnam_r({name})", entry => ((GroupEntry*)entry)->Group);
    }

    /// <summary>The groups that list a user as a member, and <paramref name="group"/>.</summary>
    public static uint[] GroupsOf(string user, uint group)
    {
        using var name = new NativeStrings([user]);
        for (var count = 64; ; count *= 2)
        {
            var groups = new uint[count];
            fixed (uint* start = groups)
            {
                var found = count;
                if (getgrouplist(name.Pointer[0], group, start, &found) >= 0)
                {
                    return groups[..found];
                }
            }
        }
    }

    private delegate int Question(nint entry, nint buffer, nuint size, nint found);

    private static T? Lookup<T>(Question ask, string call, Func<nint, T> read)
    {
        var entry = stackalloc nint[8];
        for (var size = 4096; ; size *= 4)
        {
            nint found;
            var buffer = NativeMemory.Alloc((nuint)size);
            try
            {
                var error = ask((nint)entry, (nint)buffer, (nuint)size, (nint)(&found));
                if (error == 0)
                {
                    return found == 0 ? default : read((nint)entry);
                }

                // Some sources say "none" in these ways (getpwnam(3)).
                if (error is 2 or Errno.NoSuchProcess or 9 or 1)
                {
                    return default;
                }

                if (error != OutOfRange || size >= LargestEntry)
                {
                    throw Errno.Failure(call, error);
                }
            }
            finally
            {
                NativeMemory.Free(buffer);
            }
        }
    }

    private static (string Name, uint User, uint Group, string Home, string Shell)? ReadUser(nint found)
    {
        var entry = (Entry*)found;
        return (Text(entry->Name), entry->User, entry->Group, Text(entry->Home), Text(entry->Shell));
    }

    private static string Text(byte* text) => Marshal.PtrToStringUTF8((nint)text) ?? "";

    [LibraryImport("libc")]
    private static partial int getpwnam_r(byte* name, Entry* entry, byte* buffer, nuint size, Entry** found);

    [LibraryImport("libc")]
    private static partial int getpwuid_r(uint user, Entry* entry, byte* buffer, nuint size, Entry** found);

    [LibraryImport("libc")]
    private static partial int getgrnam_r(byte* name, GroupEntry* entry, byte* buffer, nuint size, GroupEntry** found);

    [LibraryImport("libc")]
    private static partial int getgrouplist(byte* user, uint group, uint* groups, int* count);
}
