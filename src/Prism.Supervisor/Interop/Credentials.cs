using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Prism.Supervisor.Interop;

/// <summary>Datagrams with their sender's identity as the kernel vouches for it (unix(7): SO_PASSCRED, SCM_CREDENTIALS).</summary>
internal static unsafe partial class Credentials
{
    private const int SolSocket = 1;
    private const int PassCredentials = 16;
    private const int ScmRights = 1;
    private const int ScmCredentials = 2;
    private const int DontWait = 0x40;
    private const int CloseOnExec = 0x40000000;
    private const int Truncated = 0x20;

    [StructLayout(LayoutKind.Sequential)]
    private struct Vector
    {
        public void* Start;
        public nuint Length;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Message
    {
        public void* Name;
        public uint NameLength;
        public Vector* Vectors;
        public nuint VectorCount;
        public void* Control;
        public nuint ControlLength;
        public int Flags;
    }

    /// <summary>Asks the kernel to attach the sender to every datagram; before bind(2), so that none comes without.</summary>
    public static void Request(Socket socket) =>
        socket.SetRawSocketOption(SolSocket, PassCredentials, MemoryMarshal.AsBytes<int>([1]));

    /// <summary>Takes one datagram that is already there: its length and the sender's pid (0 when the kernel did not say); null when there is none or it did not fit. Descriptors somebody slips in are closed.</summary>
    public static (int Length, int SenderPid)? Receive(Socket socket, Span<byte> buffer)
    {
        var control = stackalloc byte[256];
        fixed (byte* start = buffer)
        {
            var vector = new Vector { Start = start, Length = (nuint)buffer.Length };
            var message = new Message { Vectors = &vector, VectorCount = 1, Control = control, ControlLength = 256 };
            var length = recvmsg((int)socket.SafeHandle.DangerousGetHandle(), &message, DontWait | CloseOnExec);
            if (length < 0)
            {
                return null;
            }

            var sender = ReadControl(control, (int)message.ControlLength);
            return (message.Flags & Truncated) != 0 ? null : ((int)length, sender);
        }
    }

    private static int ReadControl(byte* control, int length)
    {
        // cmsghdr on 64-bit Linux: length (8), level (4), type (4), data, padded to 8 (cmsg(3)).
        const int header = 16;
        var sender = 0;
        for (var at = 0; at + header <= length;)
        {
            var size = (int)*(ulong*)(control + at);
            var type = *(int*)(control + at + 12);
            if (size < header || at + size > length)
            {
                break;
            }

            if (type == ScmCredentials && size >= header + 12)
            {
                sender = *(int*)(control + at + header);
            }
            else if (type == ScmRights)
            {
                for (var offset = header; offset + sizeof(int) <= size; offset += sizeof(int))
                {
                    Descriptors.Close(*(int*)(control + at + offset));
                }
            }

            at += (size + 7) & ~7;
        }

        return sender;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recvmsg(int socket, Message* message, int flags);
}
