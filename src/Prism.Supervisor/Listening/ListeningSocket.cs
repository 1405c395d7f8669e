using System.Net;
using System.Net.Sockets;
using Prism.Supervisor.Configuration;
using Prism.Supervisor.Interop;

namespace Prism.Supervisor.Listening;

/// <summary>The socket the site is served on. It is the supervisor's, from before the first server to after the last, so that connections wait instead of being refused.</summary>
internal sealed class ListeningSocket : IDisposable
{
    // The kernel lowers it to net.core.somaxconn (listen(2)), whose file a sandboxed unit cannot read.
    private const int Backlog = 65535;

    private ListeningSocket(Socket socket, string origin)
    {
        Socket = socket;
        Origin = origin;
        Address = socket.LocalEndPoint?.ToString() ?? "an unnamed socket";
    }

    public Socket Socket { get; }

    public string Address { get; }

    /// <summary>Where it came from, in words.</summary>
    public string Origin { get; }

    /// <summary>The first socket systemd passed, else a new one on the configured address. Throws <see cref="StartupException"/> when the address cannot be had.</summary>
    public static ListeningSocket Open(IReadOnlyList<Socket> passed, BindAddress bind) =>
        passed.Count > 0 ? new ListeningSocket(passed[0], "passed by systemd") : Bind(bind);

    /// <summary>Where a probe of this socket connects to: itself, or the loopback address when it listens on all.</summary>
    public EndPoint ProbeEndPoint => Socket.LocalEndPoint switch
    {
        IPEndPoint { Address: var any } all when any.Equals(IPAddress.Any) => new IPEndPoint(IPAddress.Loopback, all.Port),
        IPEndPoint { Address: var any } all when any.Equals(IPAddress.IPv6Any) => new IPEndPoint(IPAddress.IPv6Loopback, all.Port),
        { } own => own,
        null => throw new StartupException(ExitCode.Configuration, "the socket that systemd passed has no address: check ListenStream= in the .socket unit"),
    };

    public void Dispose() => Socket.Dispose();

    private static ListeningSocket Bind(BindAddress bind)
    {
        var socket = new Socket(bind.EndPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            SocketOptions.AllowTimeWait(socket);
            socket.Bind(bind.EndPoint);
            socket.Listen(Backlog);
            return new ListeningSocket(socket, "bound by the supervisor");
        }
        catch (SocketException fault)
        {
            socket.Dispose();
            throw Failure(bind, fault);
        }
    }

    private static StartupException Failure(BindAddress bind, SocketException fault) => fault.SocketErrorCode switch
    {
        SocketError.AddressAlreadyInUse => new(ExitCode.AddressTaken, $"{bind} is taken by another process: stop it (`ss -ltnp 'sport = :{bind.EndPoint.Port}'` names it), or change bind in the configuration", fault),
        SocketError.AddressNotAvailable => new(ExitCode.AddressTaken, $"{bind} is no address of this host: change bind in the configuration", fault),
        SocketError.AccessDenied => new(ExitCode.NoPermission, $"{bind} may not be bound by this user: ports below 1024 need a .socket unit, or change bind in the configuration", fault),
        _ => new(ExitCode.AddressTaken, $"{bind} cannot be bound: {fault.Message}", fault),
    };
}
