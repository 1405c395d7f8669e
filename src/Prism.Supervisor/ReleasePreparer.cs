using Microsoft.Extensions.Logging;
using Prism.Supervisor.Configuration;
using Prism.Supervisor.Gunicorn;
using Prism.Supervisor.Lifecycle;
using Prism.Supervisor.Processes;
using Prism.Supervisor.Releases;
using Prism.Supervisor.Secrets;
using Prism.Supervisor.Steps;
using Prism.Supervisor.Systemd;

namespace Prism.Supervisor;

/// <summary>Makes a release of what the configuration, the secrets file and the commands are at the moment, and runs the steps that must succeed before it may serve.</summary>
/// <param name="readOptions">Reads the configuration anew; throws <see cref="StartupException"/>.</param>
/// <param name="extend">Prolongs what systemd gives the start that is under way.</param>
/// <param name="hurry">Fires when nobody has patience any more with what is being ended.</param>
internal sealed class ReleasePreparer(
    Func<SupervisorOptions> readOptions,
    SupervisorOptions first,
    IReadOnlyDictionary<string, string> environment,
    PassedDescriptors passed,
    IProcessLauncher launcher,
    CrashPoints points,
    TimeProvider time,
    ILoggerFactory loggers,
    Action<TimeSpan> extend,
    CancellationToken hurry) : IReleasePreparer
{
    /// <summary>The name of the descriptor that OpenFile= passes the age key in.</summary>
    public const string AgeKey = "age-key";

    private const string SecretsStep = "secrets";

    private readonly ReleaseSteps steps = new(launcher, new DatabaseGate(extend, time, loggers.CreateLogger<DatabaseGate>()), points, extend, time, loggers, hurry);
    private readonly ILogger<ReleasePreparer> log = loggers.CreateLogger<ReleasePreparer>();

    /// <summary>The release of a start: nobody serves yet whom a broken one could replace, so that the server itself may find out.</summary>
    /// <param name="ahead">Begun when the release is the one that has served last; null: there is nothing yet to serve on.</param>
    public Task<Release> PrepareFirstAsync(Action<string> progress, HeadStart? ahead, CancellationToken stopping) => PrepareAsync(first, isReload: false, progress, arbiter: null, ManageStep.StopRequested, ahead, stopping);

    /// <inheritdoc/>
    public Task<Release> PrepareAsync(Action<string> progress, int? arbiter, ReloadTime limit)
    {
        progress("reading the configuration");
        var options = Fitted(readOptions());
        limit.Change(options.Reload.Timeout);
        points.Pass(CrashPoints.Reload, "options read");
        return PrepareAsync(options, isReload: true, progress, arbiter, () => limit.Why, ahead: null, limit.Token);
    }

    private async Task<Release> PrepareAsync(SupervisorOptions options, bool isReload, Action<string> progress, int? arbiter, Func<string> whyEnded, HeadStart? ahead, CancellationToken stopping)
    {
        ResolveCommands(options);
        var secrets = ReadSecrets(options, progress, stopping);
        points.Pass(isReload ? CrashPoints.Reload : CrashPoints.Start, "secrets read");
        var children = SiteEnvironment.Build(options, environment, secrets);
        var redactor = new Redactor(secrets.Concat(SiteEnvironment.LikelySecrets(children)));
        await CheckRoomAsync(children, arbiter, stopping);
        var program = CommandPath.Pin(CommandPath.Resolve(options.Gunicorn.Command[0], children["PATH"], "gunicorn.command"));
        var versions = new GunicornVersion(options.StateDirectory, launcher, time, loggers.CreateLogger<GunicornVersion>()) { ReleaseId = options.ReleaseId };

        // A Python of its own, beside the steps, and gone with them.
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var version = versions.AskAsync(options.Gunicorn.Command, program, children, enough.Token);
        try
        {
            // All of them before the first one runs: a symlink may be switched again meanwhile.
            var path = children["PATH"];
            var hidden = SiteEnvironment.SecretNames(options, children, secrets);
            var run = new StepRun(
                options,
                children,
                redactor,
                isReload ? Pinned(ImportGate(options), path) with { WhyEnded = whyEnded } : null,
                Known(Pinned(Migrate(options), path) with { WhyEnded = whyEnded }, options, children, hidden),
                Known(Pinned(Collectstatic(options), path) with { WhyEnded = whyEnded }, options, children, hidden),
                progress)
            {
                IsSecret = name => secrets.Any(pair => pair.Key == name) || SiteEnvironment.IsLikelySecret(name),
                // Only asked, and never missed.
                Manage = options.ManageCommand is [var manage, ..] && CommandPath.Find(manage, path) is { } file ? CommandPath.Pin(file) : null,
                ComesFirst = async what => await EndAsync($"{what} has to come first"),
            };
            stopping.ThrowIfCancellationRequested();
            if (ahead is not null && version.IsCompleted && steps.Expect(run) is { } expected)
            {
                ahead.Begin(Complete(expected, await version));
            }

            var outcome = await steps.RunAsync(run, stopping);
            var release = Complete(outcome, await version);
            if (ahead is not null)
            {
                stopping.ThrowIfCancellationRequested();
                await ahead.HandOverAsync(release);
            }

            return release;
        }
        finally
        {
            await EndAsync("the start goes no further");
            await enough.CancelAsync();
            _ = await version;
        }

        Release Complete(StepsOutcome outcome, Version? version) =>
            outcome.Complete(new Release(options, children, redactor, program, version, outcome.NotUndone) { Disproven = versions.Forget });

        Task EndAsync(string why) => ahead?.EndAsync(why) ?? Task.CompletedTask;
    }

    private async Task CheckRoomAsync(ProcessEnvironment children, int? arbiter, CancellationToken stopping)
    {
        if (arbiter is { } pid)
        {
            var room = RoomForTwo.Here(time, loggers.CreateLogger<RoomForTwo>());
            foreach (var warning in await room.CheckAsync(name => children[name], pid, stopping))
            {
                log.RoomWarning(warning);
            }
        }
    }

    /// <summary>What cannot change while the supervisor runs stays as it was, with a word.</summary>
    private SupervisorOptions Fitted(SupervisorOptions options)
    {
        foreach (var (isSame, setting) in new[]
        {
            (options.Bind.SequenceEqual(first.Bind), "bind"),
            (options.BindMode == first.BindMode, "bindMode"),
            (options.RuntimeDirectory == first.RuntimeDirectory, "runtimeDirectory"),
        })
        {
            if (!isSame)
            {
                log.NeedsRestart(setting);
            }
        }

        return options with { Bind = first.Bind, BindMode = first.BindMode, RuntimeDirectory = first.RuntimeDirectory };
    }

    private static ManageStep Migrate(SupervisorOptions options) => new("migrate", options.Steps.Migrate, "steps.migrate", ExitCode.MigrateFailed) { When = options.Steps.MigrateWhen };

    private static ManageStep Collectstatic(SupervisorOptions options) => new("collectstatic", options.Steps.Collectstatic, "steps.collectstatic", ExitCode.CollectstaticFailed) { When = options.Steps.CollectstaticWhen };

    /// <summary>The step of the release that is prepared, also when a symlink is switched again meanwhile.</summary>
    private static ManageStep Pinned(ManageStep step, string? path) =>
        step.Command.Count == 0 ? step : step with { File = CommandPath.Pin(CommandPath.Resolve(step.Command[0], path, step.Setting)) };

    /// <summary>By which the next start sees whether it is the same again.</summary>
    private static ManageStep Known(ManageStep step, SupervisorOptions options, ProcessEnvironment children, IReadOnlySet<string> hidden) =>
        step.File is { } file && ReleaseIdentity.Of(options.ReleaseId, step.Command, file, children) is { } identity
            ? step with { Fingerprint = StepFingerprint.Of(identity, step.Name, step.Command, options.StateDirectory, children, hidden) }
            : step;

    /// <summary>Gunicorn imports the application and exits (--check-config): a release that cannot be imported changes no database.</summary>
    private static ManageStep ImportGate(SupervisorOptions options) =>
        new("import", [.. options.Gunicorn.Command, "--check-config"], "gunicorn.command", ExitCode.StepFailed) { Timeout = options.Gunicorn.StartTimeout };

    private SecretEnvironment ReadSecrets(SupervisorOptions options, Action<string> progress, CancellationToken stopping)
    {
        if (SecretRequests.FileOf(options.Secrets, environment) is not { } file)
        {
            log.NoSecretsFile(SecretsStep);
            return SiteEnvironment.RequireSecrets(options, environment);
        }

        progress($"reading the secrets of {file}");
        using var key = passed.File(AgeKey);
        var request = SecretRequests.From(options.Secrets, file);
        var identities = IdentitySources.ForService(environment, key);
        var external = SecretRequests.External(options.Secrets, environment, new CommandRunner(launcher, time, stopping));
        var reading = new SecretSource(request, identities, external).Read();
        foreach (var warning in reading.Warnings.Concat(SecretRequests.NeverPassed(reading.Values, file)))
        {
            log.SecretsWarning(warning, SecretsStep);
        }

        log.SecretsRead(file, reading.Opened, reading.Values.Count, SecretsStep);
        return reading.Values;
    }

    /// <summary>A command that is not there is told before anything has been changed.</summary>
    private void ResolveCommands(SupervisorOptions options)
    {
        var path = SiteEnvironment.Build(options, environment, [])["PATH"];
        ManageStep[] all = [Migrate(options), Collectstatic(options)];
        foreach (var (command, setting) in all.Select(step => (step.Command, step.Setting)).Append((options.Gunicorn.Command, "gunicorn.command")))
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
}
