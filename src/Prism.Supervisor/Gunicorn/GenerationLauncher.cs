using System.Globalization;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Prism.Supervisor.Configuration;
using Prism.Supervisor.Processes;
using Prism.Supervisor.Secrets;
using Prism.Supervisor.Systemd;

namespace Prism.Supervisor.Gunicorn;

/// <summary>Starts generations: the same command, sockets and environment, each with its number and its own notify socket.</summary>
internal sealed class GenerationLauncher(
    SupervisorOptions options,
    ProcessEnvironment environment,
    Redactor redactor,
    IReadOnlyList<Socket> sockets,
    IProcessLauncher launcher,
    TimeProvider time,
    ILogger<GenerationLauncher> log)
{
    /// <summary>Names the generation in the environment of all its processes.</summary>
    public const string NumberVariable = "PRISM_GENERATION";

    /// <summary>Throws <see cref="StartupException"/> when the server cannot be started at all.</summary>
    public async Task<Generation> LaunchAsync(int number)
    {
        var command = options.Gunicorn.Command[0];
        var file = CommandPath.Resolve(command, environment["PATH"], "gunicorn.command");
        var text = number.ToString(CultureInfo.InvariantCulture);
        var listener = Listen(text);
        try
        {
            var spec = new ProcessSpec(
                Path.GetFileName(command),
                file,
                GunicornCommand.Arguments(options.Gunicorn, new GunicornLaunch(sockets.Count, SystemdProtocol: false, options.RuntimeDirectory, Version: null, IsCanary: false)),
                environment.With("NOTIFY_SOCKET", listener.Path).With(NumberVariable, text),
                options.StateDirectory,
                [.. sockets.Select(socket => socket.SafeHandle)]);
            var arbiter = await launcher.LaunchAsync(spec);
            log.Started(spec.Name, arbiter.Pid, number);
            return new Generation(number, arbiter, listener, new OutputRelay(log, redactor, GunicornLog.LevelOf, GunicornLog.IsNoCause), launcher, time);
        }
        catch
        {
            listener.Dispose();
            throw;
        }
    }

    /// <summary>The socket has our pid in its name: two supervisors that share a folder by mistake do not hear each other's Gunicorn.</summary>
    private NotifyListener Listen(string number)
    {
        var path = Path.Combine(options.RuntimeDirectory, string.Create(CultureInfo.InvariantCulture, $"notify.{Environment.ProcessId}.{number}"));
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
