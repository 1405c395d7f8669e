using System.Net.Sockets;

namespace Prism.Supervisor.Control;

/// <summary>Makes the socket that clients connect to: for its owner and root alone from the first moment on, in place of one that nobody listens on any more.</summary>
internal static class ControlSocket
{
    // More than are served at a time, since each is answered at once if only with a refusal.
    private const int Backlog = 64;

    public static Socket Listen(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            if (IsAlive(path))
            {
                throw new StartupException(ExitCode.TryAgain, $"another supervisor listens at {path}: stop it, or give this one a runtimeDirectory of its own");
            }

            File.Delete(path);
            socket.Bind(new UnixDomainSocketEndPoint(path));
            // Before listen(2) nobody can connect, whatever the umask was.
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            socket.Listen(Backlog);
            return socket;
        }
        catch (Exception fault) when (fault is SocketException or IOException or UnauthorizedAccessException)
        {
            socket.Dispose();
            throw new StartupException(
                fault is UnauthorizedAccessException or SocketException { SocketErrorCode: SocketError.AccessDenied } ? ExitCode.NoPermission : ExitCode.Configuration,
                $"the control socket {path} cannot be made ({fault.Message}): let the unit make its folder (RuntimeDirectory=), or change runtimeDirectory in the configuration",
                fault);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static bool IsAlive(string path)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
            return true;
        }
        catch (SocketException fault)
        {
            // A full backlog is somebody's too (connect(2): EAGAIN).
            return fault.SocketErrorCode is SocketError.WouldBlock or SocketError.TryAgain;
        }
    }
}
