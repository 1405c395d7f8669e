using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Prism.Supervisor.Interop;

/// <summary>File descriptors: pipes, duplicates, flags (pipe(2), fcntl(2), close_range(2)).</summary>
internal static unsafe partial class Descriptors
{
    private const int GetFlags = 1;
    private const int SetFlags = 2;
    private const int DuplicateCloseOnExec = 1030;
    private const int CloseOnExec = 1;
    private const int OpenCloseOnExec = 0x80000;
    private const uint CloseRangeCloseOnExec = 4;

    /// <summary>A pipe of which neither end is inherited by accident.</summary>
    public static (SafeFileHandle Read, SafeFileHandle Write) Pipe()
    {
        var ends = stackalloc int[2];
        _ = Errno.Check(pipe2(ends, OpenCloseOnExec), "pipe2");
        return (new SafeFileHandle(ends[0], ownsHandle: true), new SafeFileHandle(ends[1], ownsHandle: true));
    }

    /// <summary>A close-on-exec duplicate whose number is at least <paramref name="atLeast"/>.</summary>
    public static int Duplicate(int descriptor, int atLeast) =>
        Errno.Check(fcntl(descriptor, DuplicateCloseOnExec, atLeast), $"fcntl({descriptor}, F_DUPFD_CLOEXEC)");

    public static bool IsOpen(int descriptor) => fcntl(descriptor, GetFlags, 0) != -1;

    /// <summary>Marks one descriptor close-on-exec; a number that is not open is left alone.</summary>
    public static void SetCloseOnExec(int descriptor)
    {
        var flags = fcntl(descriptor, GetFlags, 0);
        if (flags != -1)
        {
            _ = Errno.Check(fcntl(descriptor, SetFlags, flags | CloseOnExec), $"fcntl({descriptor}, F_SETFD)");
        }
    }

    /// <summary>Marks every descriptor from <paramref name="first"/> on close-on-exec.</summary>
    public static void SetCloseOnExecFrom(int first) =>
        Errno.Check(close_range((uint)first, uint.MaxValue, CloseRangeCloseOnExec), $"close_range({first}, ~0, CLOEXEC)");

    public static void Close(int descriptor) => _ = close(descriptor);

    /// <summary>Reads what is there, waiting for the first byte; 0 at the end. Interrupted calls go on.</summary>
    public static int Read(SafeFileHandle descriptor, Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            while (true)
            {
                var count = read((int)descriptor.DangerousGetHandle(), start, (nuint)buffer.Length);
                if (count >= 0)
                {
                    return (int)count;
                }

                if (Errno.Last != Errno.Intr)
                {
                    throw Errno.Failure("read");
                }
            }
        }
    }

    public static void Write(int descriptor, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            _ = write(descriptor, start, (nuint)bytes.Length);
        }
    }

    /// <summary>The device and inode behind a descriptor, as $JOURNAL_STREAM names them (systemd.exec(5)); null when it is not open.</summary>
    public static (ulong Device, ulong Inode)? Identity(int descriptor)
    {
        // statx(2): stx_ino at 32, stx_dev_major and _minor at 136 and 140; the same on every architecture, unlike stat.
        const int emptyPath = 0x1000;
        const uint inodeWanted = 0x100;
        var status = stackalloc byte[256];
        byte empty = 0;
        return statx(descriptor, &empty, emptyPath, inodeWanted, status) == -1
            ? null
            : (MakeDevice(*(uint*)(status + 136), *(uint*)(status + 140)), *(ulong*)(status + 32));
    }

    /// <summary>Whether a path leads to a FIFO, a socket or a device, which may block whoever opens it; false also when it leads nowhere.</summary>
    public static bool IsSpecial(string path)
    {
        // statx(2): stx_mode at 28; S_IFREG and S_IFDIR are what a program expects (inode(7)).
        const int workingDirectory = -100;
        const uint typeWanted = 1;
        var status = stackalloc byte[256];
        fixed (byte* name = Encoding.UTF8.GetBytes($"{path}\0"))
        {
            return statx(workingDirectory, name, 0, typeWanted, status) == 0 && (*(ushort*)(status + 28) & 0xf000) is not (0x8000 or 0x4000);
        }
    }

    private static ulong MakeDevice(uint major, uint minor) =>
        ((ulong)(major & 0xfffff000) << 32) | ((ulong)(major & 0xfff) << 8) | ((ulong)(minor & 0xffffff00) << 12) | (minor & 0xff);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int pipe2(int* ends, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(int descriptor, int command, int argument);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close_range(uint first, uint last, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close(int descriptor);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint read(int descriptor, byte* buffer, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(int descriptor, byte* buffer, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int statx(int directory, byte* path, int flags, uint mask, byte* status);
}
