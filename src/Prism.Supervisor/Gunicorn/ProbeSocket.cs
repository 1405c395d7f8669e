using System.Globalization;
using System.Net.Sockets;

namespace Prism.Supervisor.Gunicorn;

/// <summary>
/// A listening unix socket of one generation, for the probe alone: an answer there is that generation's, whoever else serves
/// the public address. Connections can be made before the server runs. The file is removed at the end.
/// </summary>
internal sealed class ProbeSocket : IDisposable
{
    // One probe asks at a time; what gave up waiting is still in the queue.
    private const int Backlog = 16;

    private ProbeSocket(string path) => EndPoint = new UnixDomainSocketEndPoint(path);

    public UnixDomainSocketEndPoint EndPoint { get; }

    /// <summary>To be handed to the generation.</summary>
    public Socket Socket { get; } = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    /// <summary>Makes `probe.PID.NUMBER`, for its owner alone; a left-over file there is replaced. Throws <see cref="StartupException"/> when it cannot.</summary>
    public static ProbeSocket Open(string runtimeDirectory, int number)
    {
        var path = Path.Combine(runtimeDirectory, string.Create(CultureInfo.InvariantCulture, $"probe.{Environment.ProcessId}.{number}"));
        ProbeSocket? probe = null;
        try
        {
            probe = new ProbeSocket(path);
            File.Delete(path);
            probe.Socket.Bind(probe.EndPoint);

            // Nobody can connect before it listens.
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            probe.Socket.Listen(Backlog);
            return probe;
        }
        catch (Exception fault) when (fault is SocketException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            probe?.Socket.Dispose();
            var reason = fault is ArgumentException ? "it is longer than unix(7) allows" : fault.Message;
            throw new StartupException(ExitCode.TryAgain, $"{path} cannot be made: {reason}: check runtimeDirectory and its folder", fault);
        }
    }

    public void Dispose()
    {
        Socket.Dispose();
        try
        {
            File.Delete(EndPoint.ToString());
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // Its folder is gone, and the file with it.
        }
    }
}
