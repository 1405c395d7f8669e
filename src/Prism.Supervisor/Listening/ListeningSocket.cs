using System.Net;
using System.Net.Sockets;
using Prism.Supervisor.Configuration;
using Prism.Supervisor.Interop;

namespace Prism.Supervisor.Listening;

/// <summary>The socket the site is served on (several, when systemd passes several). It is the supervisor's, from before the first server to after the last, so that connections wait instead of being refused.</summary>
internal sealed class ListeningSocket : IDisposable
{
    // The kernel lowers it to net.core.somaxconn (listen(2)), whose file a sandboxed unit cannot read.
    private const int Backlog = 65535;

    private ListeningSocket(IReadOnlyList<Socket> sockets, string origin)
    {
        Sockets = sockets;
        Origin = origin;
        Address = string.Join(", ", sockets.Select(socket => socket.LocalEndPoint));
    }

    /// <summary>One, or as many as systemd passed; the site is served on all of them.</summary>
    public IReadOnlyList<Socket> Sockets { get; }

    public string Address { get; }

    /// <summary>Where they came from, in words.</summary>
    public string Origin { get; }

    /// <summary>The sockets systemd passed, else a new one on the configured address. Throws <see cref="StartupException"/> when they cannot be used.</summary>
    public static ListeningSocket Open(IReadOnlyList<Socket> passed, BindAddress bind)
    {
        if (passed.FirstOrDefault(socket => socket.LocalEndPoint is not IPEndPoint) is { } other)
        {
            throw new StartupException(
                ExitCode.Configuration,
                $"the .socket unit passed {other.LocalEndPoint?.ToString() ?? "a socket without an address"}, which is no TCP address: Gunicorn removes the path of a unix socket when it stops; use ListenStream= with an address and port");
        }

        return passed.Count > 0 ? new ListeningSocket(passed, "passed by systemd") : Bind(bind);
    }

    /// <summary>Where a probe connects to: the first socket, or the loopback address when that listens on all.</summary>
    public EndPoint ProbeEndPoint
    {
        get
        {
            var own = (IPEndPoint)Sockets[0].LocalEndPoint!;
            return own.Address switch
            {
                var any when any.Equals(IPAddress.Any) => new IPEndPoint(IPAddress.Loopback, own.Port),
                var any when any.Equals(IPAddress.IPv6Any) => new IPEndPoint(IPAddress.IPv6Loopback, own.Port),
                _ => own,
            };
        }
    }

    public void Dispose()
    {
        foreach (var socket in Sockets)
        {
            socket.Dispose();
        }
    }

    private static ListeningSocket Bind(BindAddress bind)
    {
        var socket = new Socket(bind.EndPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            SocketOptions.AllowTimeWait(socket);
            socket.Bind(bind.EndPoint);
            socket.Listen(Backlog);
            return new ListeningSocket([socket], "bound by the supervisor");
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
