using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace Prism.Supervisor.Interop;

/// <summary>What lies at the path of a unix socket: whether it is one, and which (statx(2)); a symbolic link is not followed, since bind(2) does not either.</summary>
internal sealed unsafe partial record SocketFile(bool IsSocket, ulong Device, ulong Inode)
{
    /// <summary>Null when nothing is there, or nothing that can be reached.</summary>
    public static SocketFile? At(string path)
    {
        // statx(2): stx_mode at 28, stx_ino at 32, stx_dev_major and _minor at 136 and 140; S_IFSOCK of inode(7).
        const int workingDirectory = -100;
        const int noFollow = 0x100;
        const uint typeAndInode = 0x101;
        var status = stackalloc byte[256];
        fixed (byte* name = Encoding.UTF8.GetBytes($"{path}\0"))
        {
            return statx(workingDirectory, name, noFollow, typeAndInode, status) == -1
                ? null
                : new SocketFile((*(ushort*)(status + 28) & 0xf000) == 0xc000, ((ulong)*(uint*)(status + 136) << 32) | *(uint*)(status + 140), *(ulong*)(status + 32));
        }
    }

    /// <summary>A stream socket at a path that stays when the socket is closed: .NET removes the file of what it has bound itself. Throws SocketException.</summary>
    public static Socket Bind(string path)
    {
        // sockaddr_un: the family (2), then the path with its NUL (unix(7)).
        const int familySize = 2;
        const ushort unixFamily = 1;
        var name = Encoding.UTF8.GetBytes($"{path}\0");
        var address = new byte[familySize + name.Length];
        _ = BitConverter.TryWriteBytes(address, unixFamily);
        name.CopyTo(address, familySize);
        using var unbound = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        var descriptor = (int)unbound.SafeHandle.DangerousGetHandle();
        fixed (byte* start = address)
        {
            if (bind(descriptor, start, (uint)address.Length) == -1)
            {
                throw new SocketException(Errno.Last);
            }
        }

        return new Socket(new SafeSocketHandle(Descriptors.Duplicate(descriptor, atLeast: 3), ownsHandle: true));
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int bind(int socket, byte* address, uint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int statx(int directory, byte* path, int flags, uint mask, byte* status);
}
