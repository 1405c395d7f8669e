using Microsoft.Extensions.Logging;
using Prism.Supervisor.Configuration;
using Prism.Supervisor.Gunicorn;
using Prism.Supervisor.Health;
using Prism.Supervisor.Lifecycle;
using Prism.Supervisor.Listening;
using Prism.Supervisor.Processes;
using Prism.Supervisor.Secrets;
using Prism.Supervisor.Steps;
using Prism.Supervisor.Systemd;

namespace Prism.Supervisor;

/// <summary>The story of one run, top to bottom: secrets, steps, socket, server. Ends with a requested stop, or throws <see cref="StartupException"/>.</summary>
internal sealed class Unit(
    SupervisorOptions options,
    IReadOnlyDictionary<string, string> environment,
    PassedDescriptors passed,
    NotifySocket notify,
    IProcessLauncher launcher,
    StopSignals stop,
    TimeProvider time,
    ILoggerFactory loggers)
{
    /// <summary>The name of the descriptor that OpenFile= passes the age key in.</summary>
    public const string AgeKey = "age-key";

    private const string SecretsStep = "secrets";

    private readonly ILogger<Unit> log = loggers.CreateLogger<Unit>();

    public async Task RunAsync()
    {
        PrepareDirectories();
        ResolveCommands();
        var secrets = ReadSecrets();
        var children = SiteEnvironment.Build(options, environment, secrets);
        var redactor = new Redactor(secrets.Concat(SiteEnvironment.LikelySecrets(children)));

        await RunStepAsync(new ManageStep("migrate", options.Steps.Migrate, "steps.migrate", ExitCode.MigrateFailed), children, redactor);
        await RunStepAsync(new ManageStep("collectstatic", options.Steps.Collectstatic, "steps.collectstatic", ExitCode.CollectstaticFailed), children, redactor);

        notify.Status($"Opening {string.Join(", ", options.Bind)}");
        stop.Token.ThrowIfCancellationRequested();
        using var socket = await ListeningSocket.OpenAsync(
            passed.ListeningSockets(), options, new DescriptorStore(notify.IsConnected, loggers.CreateLogger<DescriptorStore>()), time, stop.Token);
        log.Listening(socket.Address, socket.Origin, "socket");
        await ServeAsync(socket, children, redactor);
    }

    private async Task ServeAsync(ListeningSocket socket, ProcessEnvironment children, Redactor redactor)
    {
        var host = ProbeHost.From(options.Health.Host, children["ALLOWED_HOSTS"], "127.0.0.1");
        using var probe = new HttpProbe(options.Health, host, socket.ProbeEndPoint, time);
        var generations = new GenerationLauncher(options, children, redactor, socket.Sockets, launcher, time, loggers.CreateLogger<GenerationLauncher>());
        using var conductor = new Conductor(
            options, generations, probe, notify, socket.Address, Watchdog.Interval(environment), time, loggers.CreateLogger<Conductor>());
        stop.OnEach((_, stops) =>
        {
            if (stops)
            {
                conductor.RequestStop();
            }
        });
        if (await conductor.RunAsync() is { } failure)
        {
            throw new StartupException(failure.Code, failure.Reason);
        }
    }

    private SecretEnvironment ReadSecrets()
    {
        if (SecretRequests.FileOf(options.Secrets, environment) is not { } file)
        {
            log.NoSecretsFile(SecretsStep);
            return SiteEnvironment.RequireSecrets(options, environment);
        }

        notify.Status($"Reading the secrets of {file}");
        using var key = passed.File(AgeKey);
        var request = SecretRequests.From(options.Secrets, file);
        var identities = IdentitySources.ForService(environment, key);
        var external = SecretRequests.External(options.Secrets, environment, new CommandRunner(launcher, time, stop.Token));
        var reading = new SecretSource(request, identities, external).Read();
        foreach (var warning in reading.Warnings.Concat(SecretRequests.NeverPassed(reading.Values, file)))
        {
            log.SecretsWarning(warning, SecretsStep);
        }

        log.SecretsRead(file, reading.Opened, reading.Values.Count, SecretsStep);
        return reading.Values;
    }

    private async Task RunStepAsync(ManageStep step, ProcessEnvironment children, Redactor redactor)
    {
        if (step.Command.Count > 0)
        {
            notify.Status($"Running {string.Join(' ', step.Command)}");
        }

        var runner = new StepRunner(launcher, options.StateDirectory, options.Steps.StopTimeout, time, loggers.CreateLogger<StepRunner>());
        await runner.RunAsync(step, children, redactor, stop.Token, stop.Hurry);
    }

    /// <summary>A command that is not there is told before anything has been changed.</summary>
    private void ResolveCommands()
    {
        var path = SiteEnvironment.Build(options, environment, [])["PATH"];
        foreach (var (command, setting) in new[] { (options.Steps.Migrate, "steps.migrate"), (options.Steps.Collectstatic, "steps.collectstatic"), (options.Gunicorn.Command, "gunicorn.command") })
        {
            if (command.Count > 0)
            {
                _ = CommandPath.Resolve(command[0], path, setting);
            }
        }

        if (options.Secrets.SopsCommand is [var sops, ..])
        {
            _ = CommandPath.Resolve(sops, environment.GetValueOrDefault("PATH"), ExternalSops.Setting);
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
