using System.Globalization;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Prism.Supervisor.Processes;
using Prism.Supervisor.Systemd;

namespace Prism.Supervisor.Gunicorn;

/// <summary>Starts generations of a release: on the public sockets, or a canary beside them; each with its number, its private socket for the probe and its own notify socket.</summary>
internal sealed class GenerationLauncher(
    string runtimeDirectory,
    IReadOnlyList<Socket> sockets,
    IProcessLauncher launcher,
    TimeProvider time,
    ILogger<GenerationLauncher> log)
{
    /// <summary>Names the generation in the environment of all its processes.</summary>
    public const string NumberVariable = "PRISM_GENERATION";

    private Generation? adopted;

    /// <summary>The launch of this number, which must be of the same release, yields this one.</summary>
    public void Adopt(Generation generation) => adopted = generation;

    /// <summary>Throws <see cref="StartupException"/> when the server cannot be started at all.</summary>
    /// <param name="number">Names it; no other has it.</param>
    /// <param name="release">What it is made of.</param>
    /// <param name="isCanary">One worker, on the private socket alone.</param>
    public async Task<Generation> LaunchAsync(int number, Release release, bool isCanary)
    {
        if (adopted?.Number == number && Interlocked.Exchange(ref adopted, null) is { } begun)
        {
            return begun;
        }

        var options = release.Options;
        var text = number.ToString(CultureInfo.InvariantCulture);
        NotifyListener? listener = null;
        ProbeSocket? probe = null;
        try
        {
            listener = Listen(text);
            probe = ProbeSocket.Open(runtimeDirectory, number);
            IReadOnlyList<Socket> served = isCanary ? [probe.Socket] : [.. sockets, probe.Socket];

            // Gunicorn removes the path of a unix socket when it stops, unless it came as systemd passes them (gunicorn/arbiter.py, stop).
            var asFromSystemd = !isCanary && sockets.Any(socket => socket.AddressFamily == AddressFamily.Unix);
            var own = release.Environment.With("NOTIFY_SOCKET", listener.Path).With(NumberVariable, text);
            var spec = new ProcessSpec(
                Path.GetFileName(options.Gunicorn.Command[0]),
                release.Program,
                GunicornCommand.Arguments(options.Gunicorn, new GunicornLaunch(served.Count, asFromSystemd, runtimeDirectory, release.Version, isCanary)),
                asFromSystemd ? own.With(ProcessEnvironment.SocketCount, served.Count.ToString(CultureInfo.InvariantCulture)) : own,
                options.StateDirectory,
                [.. served.Select(socket => socket.SafeHandle)]);
            var arbiter = await launcher.LaunchAsync(spec);
            if (isCanary)
            {
                log.StartedCanary(spec.Name, arbiter.Pid, number);
            }
            else
            {
                log.Started(spec.Name, arbiter.Pid, number);
            }

            return new Generation(number, arbiter, listener, probe, new OutputRelay(log, release.Redactor, GunicornLog.LevelOf, GunicornLog.IsNoCause), launcher, time);
        }
        catch
        {
            listener?.Dispose();
            probe?.Dispose();
            throw;
        }
    }

    /// <summary>The socket has our pid in its name: two supervisors that share a folder by mistake do not hear each other's Gunicorn.</summary>
    private NotifyListener Listen(string number)
    {
        var path = Path.Combine(runtimeDirectory, string.Create(CultureInfo.InvariantCulture, $"notify.{Environment.ProcessId}.{number}"));
        try
        {
            return new NotifyListener(path);
        }
        catch (Exception fault) when (fault is SocketException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new StartupException(ExitCode.TryAgain, $"{path} cannot be made: {fault.Message}: check runtimeDirectory and its folder", fault);
        }
    }
}
