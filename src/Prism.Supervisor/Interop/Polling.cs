using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Prism.Supervisor.Interop;

/// <summary>poll(2) over many descriptors, and the eventfd(2) that wakes it.</summary>
internal static unsafe partial class Polling
{
    private const short Readable = 1;
    private const int CloseOnExec = 0x80000;
    private const int NonBlocking = 0x800;

    [StructLayout(LayoutKind.Sequential)]
    private struct PollEntry
    {
        public int Descriptor;
        public short Wanted;
        public short Seen;
    }

    public static SafeFileHandle EventFd() => new(Errno.Check(eventfd(0, CloseOnExec | NonBlocking), "eventfd"), ownsHandle: true);

    public static void Signal(SafeFileHandle eventFd)
    {
        ulong one = 1;
        Descriptors.Write((int)eventFd.DangerousGetHandle(), new ReadOnlySpan<byte>(&one, sizeof(ulong)));
    }

    /// <summary>Waits until one of the descriptors is readable (an ended process, for a pidfd); an interrupted wait returns. Milliseconds, -1 for ever; false when the time ran out.</summary>
    public static bool WaitReadable(ReadOnlySpan<int> descriptors, int milliseconds = -1)
    {
        var entries = new PollEntry[descriptors.Length];
        for (var i = 0; i < entries.Length; i++)
        {
            entries[i] = new PollEntry { Descriptor = descriptors[i], Wanted = Readable };
        }

        fixed (PollEntry* start = entries)
        {
            var ready = poll(start, (nuint)entries.Length, milliseconds);
            return ready != -1 || Errno.Last == Errno.Intr ? ready != 0 : throw Errno.Failure("poll");
        }
    }

    public static void Drain(SafeFileHandle eventFd)
    {
        ulong count;
        _ = read((int)eventFd.DangerousGetHandle(), &count, sizeof(ulong));
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int eventfd(uint initial, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int poll(PollEntry* entries, nuint count, int timeout);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint read(int descriptor, void* buffer, nuint count);
}
