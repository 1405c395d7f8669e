using Microsoft.Extensions.Logging;
using Prism.Supervisor.Configuration;
using Prism.Supervisor.Control;
using Prism.Supervisor.Gunicorn;
using Prism.Supervisor.Lifecycle;
using Prism.Supervisor.Listening;
using Prism.Supervisor.Processes;
using Prism.Supervisor.Systemd;

namespace Prism.Supervisor;

/// <summary>The story of one run, top to bottom: release, socket, server. Ends with a requested stop, or throws <see cref="StartupException"/>.</summary>
internal sealed class Unit(
    SupervisorOptions options,
    ReleasePreparer releases,
    IReadOnlyDictionary<string, string> environment,
    PassedDescriptors passed,
    NotifySocket notify,
    IProcessLauncher launcher,
    StopSignals stop,
    CrashPoints points,
    TimeProvider time,
    ILoggerFactory loggers)
{
    private readonly ILogger<Unit> log = loggers.CreateLogger<Unit>();

    public async Task RunAsync()
    {
        // Until the loop runs, which says it in its own order: after STOPPING=1 it launches nothing.
        await using var telling = stop.Token.Register(notify.Stopping);
        PrepareDirectories();
        Leftovers.Sweep(options.RuntimeDirectory);
        var given = passed.ListeningSockets();
        await (ListeningSocket.AreAllThere(given, options) ? ServeOnKeptAsync(given, telling) : ServeOnNewAsync(given, telling));
    }

    /// <summary>Connections wait in the sockets already, and for nothing that can be done meanwhile.</summary>
    private async Task ServeOnKeptAsync(IReadOnlyList<PassedSocket> given, CancellationTokenRegistration telling)
    {
        using var socket = await OpenAsync(given);
        var generations = Launcher(socket);
        using var ahead = new HeadStart(
            generations, UnitState.Initial.Generation, () => points.Pass(CrashPoints.Start, "generation launched ahead"), time, loggers.CreateLogger<HeadStart>());
        var release = await PrepareAsync(ahead);
        await telling.DisposeAsync();
        await ServeAsync(socket, generations, release);
    }

    /// <summary>Connections are refused until a server is to come.</summary>
    private async Task ServeOnNewAsync(IReadOnlyList<PassedSocket> given, CancellationTokenRegistration telling)
    {
        var release = await PrepareAsync(ahead: null);
        using var socket = await OpenAsync(given);
        await telling.DisposeAsync();
        await ServeAsync(socket, Launcher(socket), release);
    }

    private Task<Release> PrepareAsync(HeadStart? ahead) => releases.PrepareFirstAsync(doing => notify.Status(OneLine.Sentence(doing)), ahead, stop.Token);

    private async Task<ListeningSocket> OpenAsync(IReadOnlyList<PassedSocket> given)
    {
        notify.Status($"Opening {string.Join(", ", options.Bind)}");
        stop.Token.ThrowIfCancellationRequested();
        var socket = await ListeningSocket.OpenAsync(
            given, options, new DescriptorStore(notify.IsConnected, environment.GetValueOrDefault("FDSTORE"), loggers.CreateLogger<DescriptorStore>()), time, () => points.Pass(CrashPoints.Start, "sockets bound"), stop.Token);
        points.Pass(CrashPoints.Start, "sockets stored");
        log.Listening(socket.Address, socket.Origin, "socket");
        return socket;
    }

    private GenerationLauncher Launcher(ListeningSocket socket) =>
        new(options.RuntimeDirectory, socket.Sockets, launcher, time, loggers.CreateLogger<GenerationLauncher>());

    private async Task ServeAsync(ListeningSocket socket, GenerationLauncher generations, Release release)
    {
        using var conductor = new Conductor(
            release, releases, generations, notify, socket.Address, socket.ProbeEndPoint, Watchdog.Interval(environment), points, time, loggers.CreateLogger<Conductor>());
        stop.OnEach((signal, meaning) =>
        {
            if (meaning == SignalMeaning.Stop)
            {
                conductor.RequestStop();
            }
            else if (meaning == SignalMeaning.Reload)
            {
                _ = conductor.RequestReload(static _ => { });
            }
        });
        await using var control = new ControlServer(options.RuntimeDirectory, ReloadAsync, time, loggers.CreateLogger<ControlServer>());
        if (await conductor.RunAsync() is { } failure)
        {
            throw new StartupException(failure.Code, failure.Reason);
        }

        async Task<ReloadVerdict> ReloadAsync(Action<string> progress)
        {
            var outcome = await conductor.RequestReload(progress);
            return new ReloadVerdict(outcome.Succeeded, outcome.Text);
        }
    }

    private void PrepareDirectories()
    {
        foreach (var (folder, setting) in new[] { (options.StateDirectory, "stateDirectory"), (options.RuntimeDirectory, "runtimeDirectory") })
        {
            try
            {
                _ = Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                throw new StartupException(
                    fault is UnauthorizedAccessException ? ExitCode.NoPermission : ExitCode.Configuration,
                    $"{folder} cannot be made: let the unit make it (StateDirectory=, RuntimeDirectory=), or change {setting} in the configuration",
                    fault);
            }
        }
    }
}
