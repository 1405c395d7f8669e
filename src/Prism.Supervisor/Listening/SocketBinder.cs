using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Prism.Supervisor.Configuration;
using Prism.Supervisor.Interop;

namespace Prism.Supervisor.Listening;

/// <summary>Makes a listening socket for an address. On a path it takes the place of a dead owner's file, never of a living one's. Throws <see cref="StartupException"/>.</summary>
internal static class SocketBinder
{
    public static Socket Bind(BindAddress address, UnixFileMode mode)
    {
        try
        {
            var socket = address.Path is { } path ? BindPath(address, path) : BindPort(address);
            try
            {
                if (address.Path is not null)
                {
                    SetMode(address, mode);
                }

                Listen(socket);
                return socket;
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }
        catch (SocketException fault)
        {
            throw Failure(address, fault);
        }
    }

    /// <summary>Also for one that listens already: whoever shared it may have shortened its backlog, as Gunicorn does.</summary>
    public static void Listen(Socket socket) => socket.Listen(SocketOptions.LongestBacklog);

    /// <summary>To be set between bind(2) and listen(2): until then nobody gets in anyway.</summary>
    public static void SetMode(BindAddress address, UnixFileMode mode) => OnPath(address, path => File.SetUnixFileMode(path, mode));

    public static void Remove(BindAddress address) => OnPath(address, File.Delete);

    private static void OnPath(BindAddress address, Action<string> change)
    {
        try
        {
            change(address.Path!);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new StartupException(ExitCode.NoPermission, $"{address} is not this user's: remove it, or change bind in the configuration", fault);
        }
    }

    private static Socket BindPort(BindAddress address)
    {
        var socket = new Socket(address.EndPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            SocketOptions.AllowTimeWait(socket);
            socket.Bind(address.EndPoint);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static Socket BindPath(BindAddress address, string path)
    {
        MakeRoom(address, path);
        return SocketFile.Bind(path);
    }

    private static void MakeRoom(BindAddress address, string path)
    {
        if (SocketFile.At(path) is not { } file)
        {
            return;
        }

        if (!file.IsSocket)
        {
            throw new StartupException(ExitCode.Configuration, $"{address} cannot be bound: what is there is no socket; move it away, or change bind in the configuration");
        }

        using var caller = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
        try
        {
            caller.Connect(address.EndPoint);
        }
        catch (SocketException fault) when (fault.SocketErrorCode == SocketError.ConnectionRefused)
        {
            Remove(address);
            return;
        }
        catch (SocketException fault) when (fault.SocketErrorCode == SocketError.WouldBlock)
        {
            // Its backlog is full: somebody owns it.
        }

        throw Failure(address, new SocketException((int)SocketError.AddressAlreadyInUse));
    }

    private static StartupException Failure(BindAddress address, SocketException fault) => fault.SocketErrorCode switch
    {
        SocketError.AddressAlreadyInUse => new(ExitCode.AddressTaken, $"{address} is taken by another process: stop it ({WhoHas(address)} names it), or change bind in the configuration", fault),
        SocketError.AddressNotAvailable when address.Path is null => new(ExitCode.TryAgain, $"{address} is no address of this host, or not yet: order the unit after what brings it (network-online.target), or change bind in the configuration", fault),
        SocketError.AccessDenied when address.Path is null => new(ExitCode.NoPermission, $"{address} may not be bound by this user: ports below 1024 need a .socket unit, or change bind in the configuration", fault),
        SocketError.AccessDenied => new(ExitCode.NoPermission, $"{address} may not be bound by this user: give it the folder (RuntimeDirectory=), or change bind in the configuration", fault),
        _ when address.Path is { } path && !Directory.Exists(Path.GetDirectoryName(path)) =>
            new(ExitCode.Configuration, $"{address} cannot be bound: there is no folder {Path.GetDirectoryName(path)}; let the unit make it (RuntimeDirectory=), or change bind in the configuration", fault),
        _ => new(ExitCode.AddressTaken, $"{address} cannot be bound: {fault.Message}", fault),
    };

    private static string WhoHas(BindAddress address) => address.EndPoint is IPEndPoint ip
        ? string.Create(CultureInfo.InvariantCulture, $"`ss -ltnp 'sport = :{ip.Port}'`")
        : $"`ss -lxp src {address.Path}`";
}
