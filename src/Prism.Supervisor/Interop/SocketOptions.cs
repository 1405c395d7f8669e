using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Prism.Supervisor.Interop;

/// <summary>Socket options that .NET has no name for, or gives another meaning (socket(7)).</summary>
internal static class SocketOptions
{
    private const int SolSocket = 1;
    private const int ReuseAddress = 2;
    private const int PeerCredentials = 17;
    private const int AcceptConnections = 30;

    /// <summary>SO_REUSEADDR alone: .NET's ReuseAddress also sets SO_REUSEPORT, and two supervisors would share one port unseen.</summary>
    public static void AllowTimeWait(Socket socket) => socket.SetRawSocketOption(SolSocket, ReuseAddress, MemoryMarshal.AsBytes<int>([1]));

    public static bool IsListening(Socket socket)
    {
        var value = 0;
        return socket.GetRawSocketOption(SolSocket, AcceptConnections, MemoryMarshal.AsBytes(new Span<int>(ref value))) == sizeof(int) && value != 0;
    }

    /// <summary>Who connected a unix socket, as it was at that moment (unix(7), SO_PEERCRED): a user that this user namespace does not know is the overflow user, 65534 (user_namespaces(7)).</summary>
    public static (int Pid, uint User) Peer(Socket socket)
    {
        // struct ucred: pid, uid, gid.
        Span<int> peer = stackalloc int[3];
        var length = socket.GetRawSocketOption(SolSocket, PeerCredentials, MemoryMarshal.AsBytes(peer));
        return length == 3 * sizeof(int) ? (peer[0], (uint)peer[1]) : throw new SocketException((int)SocketError.ProtocolOption);
    }
}
