using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Prism.Supervisor.Interop;

/// <summary>Socket options that .NET has no name for, or gives another meaning (socket(7)).</summary>
internal static class SocketOptions
{
    private const int SolSocket = 1;
    private const int ReuseAddress = 2;
    private const int AcceptConnections = 30;

    /// <summary>SO_REUSEADDR alone: .NET's ReuseAddress also sets SO_REUSEPORT, and two supervisors would share one port unseen.</summary>
    public static void AllowTimeWait(Socket socket) => socket.SetRawSocketOption(SolSocket, ReuseAddress, MemoryMarshal.AsBytes<int>([1]));

    public static bool IsListening(Socket socket)
    {
        var value = 0;
        return socket.GetRawSocketOption(SolSocket, AcceptConnections, MemoryMarshal.AsBytes(new Span<int>(ref value))) == sizeof(int) && value != 0;
    }
}
