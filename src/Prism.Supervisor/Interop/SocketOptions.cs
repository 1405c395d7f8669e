using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Prism.Supervisor.Interop;

/// <summary>Socket options that .NET has no name for, or gives another meaning (socket(7)).</summary>
internal static unsafe partial class SocketOptions
{
    private const int SolSocket = 1;
    private const int ReuseAddress = 2;
    private const int SocketType = 3;
    private const int PeerCredentials = 17;
    private const int AcceptConnections = 30;
    private const int Stream = 1;

    /// <summary>The kernel lowers it to net.core.somaxconn (listen(2)), whose file a sandboxed unit cannot read.</summary>
    public const int LongestBacklog = 65535;

    /// <summary>SO_REUSEADDR alone: .NET's ReuseAddress also sets SO_REUSEPORT, and two supervisors would share one port unseen.</summary>
    public static void AllowTimeWait(Socket socket) => socket.SetRawSocketOption(SolSocket, ReuseAddress, MemoryMarshal.AsBytes<int>([1]));

    /// <summary>Whether a descriptor is a stream socket after listen(2); false for whatever else it is.</summary>
    public static bool IsListeningStream(int descriptor) => Get(descriptor, SocketType) == Stream && Get(descriptor, AcceptConnections) is > 0;

    /// <summary>Who connected a unix socket, as it was at that moment (unix(7), SO_PEERCRED): a user that this user namespace does not know is the overflow user, 65534 (user_namespaces(7)).</summary>
    public static (int Pid, uint User) Peer(Socket socket)
    {
        // struct ucred: pid, uid, gid.
        Span<int> peer = stackalloc int[3];
        var length = socket.GetRawSocketOption(SolSocket, PeerCredentials, MemoryMarshal.AsBytes(peer));
        return length == 3 * sizeof(int) ? (peer[0], (uint)peer[1]) : throw new SocketException((int)SocketError.ProtocolOption);
    }

    private static int? Get(int descriptor, int option)
    {
        var value = 0;
        uint length = sizeof(int);
        return getsockopt(descriptor, SolSocket, option, &value, &length) == 0 ? value : null;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int getsockopt(int socket, int level, int option, int* value, uint* length);
}
