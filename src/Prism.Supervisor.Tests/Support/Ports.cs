using System.Net;
using System.Net.Sockets;

namespace Prism.Supervisor.Tests.Support;

/// <summary>Ports for tests that bind one a while later.</summary>
internal static class Ports
{
    // Below what the kernel hands to whoever connects or binds 0 (ip_local_port_range, from 32768 on): nobody comes between.
    private const int First = 12_000;
    private const int Count = 20_000;

    private static int next = Environment.ProcessId * 100;

    /// <summary>One that is free, and that nobody else in this program gets.</summary>
    public static int Free(IPAddress? address = null)
    {
        address ??= IPAddress.Loopback;
        while (true)
        {
            var port = First + (int)((uint)Interlocked.Increment(ref next) % Count);
            using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Bind(new IPEndPoint(address, port));
                return port;
            }
            catch (SocketException fault) when (fault.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                // Somebody else's: the next one.
            }
        }
    }
}
