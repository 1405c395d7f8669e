using Microsoft.Extensions.Logging;
using Prism.Supervisor.Configuration;
using Prism.Supervisor.Database;
using Prism.Supervisor.Lifecycle;
using Prism.Supervisor.Migrations;
using Prism.Supervisor.Processes;
using Prism.Supervisor.Releases;
using Prism.Supervisor.StaticFiles;
using Prism.Supervisor.Steps;

namespace Prism.Supervisor;

/// <summary>Brings schema and static files to a release: on a reload the import gate first, then, when the database is up, migrate and collectstatic side by side, since neither needs the other.</summary>
/// <param name="extend">Prolongs what systemd gives the start that is under way.</param>
/// <param name="hurry">Fires when nobody has patience any more with what is being ended.</param>
internal sealed class ReleaseSteps(IProcessLauncher launcher, DatabaseGate database, CrashPoints points, Action<TimeSpan> extend, TimeProvider time, ILoggerFactory loggers, CancellationToken hurry)
{
    private const string ImportStep = "import";

    private readonly StepMemory memory = new(time, loggers.CreateLogger<StepMemory>());
    private readonly StaticCollector statics = new(time, loggers.CreateLogger<StaticCollector>());
    private readonly ILogger<ReleaseSteps> log = loggers.CreateLogger<ReleaseSteps>();

    /// <summary>Throws <see cref="StartupException"/> with the step that failed, on a reload with what is not undone.</summary>
    public async Task<StepsOutcome> RunAsync(StepRun run, CancellationToken stopping)
    {
        var begun = new StepsBegun();
        try
        {
            return await RunAsync(run, begun, stopping);
        }
        catch (StartupException fault) when (run.IsReload && begun.NotUndone() is { } text)
        {
            throw new StartupException(fault.Code, $"{fault.Message}; {text}", fault);
        }
    }

    /// <summary>What it will come to if the database is still the one that it was, and nothing is to be run; null: something is, or nobody knows. A guess that costs little: only <see cref="RunAsync(StepRun, CancellationToken)"/> decides.</summary>
    public StepsOutcome? Expect(StepRun run) =>
        !memory.IsExpectedToBeSkipped(run.Migrate, run.Options.StateDirectory) ? null
        : run.Collectstatic is { Command.Count: 0, When: not StepPolicy.Always } ? new StepsOutcome(NotUndone: null, Static: null)
        : StaticCollector.Expect(Request(run)) is { } folder ? new StepsOutcome(NotUndone: null, new StaticRelease(folder, static () => { }))
        : null;

    private async Task<StepsOutcome> RunAsync(StepRun run, StepsBegun begun, CancellationToken stopping)
    {
        var why = run.Collectstatic.WhyEnded;
        run = run with { Collectstatic = run.Collectstatic with { WhyEnded = () => stopping.IsCancellationRequested ? why() : "migrate has failed" } };
        if (run.Gate is { } gate)
        {
            await StepAsync(gate, run, run.Progress, begun, () => Runner(run).RunAsync(gate, run.Environment, run.Redactor, stopping, hurry));
        }

        var identity = await database.AwaitAsync(run, stopping);
        var board = new StepBoard(run.Progress);
        using var doomed = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var (migrating, collecting) = (board.Line(), board.Line());
        var collect = CollectAsync(run, collecting, begun, doomed.Token);
        var migrate = MigrateAsync(run, identity, () => collect.IsFaulted, migrating, begun, stopping);
        await BothAsync(migrate, collect, run, begun, doomed, stopping);
        return new StepsOutcome(run.IsReload ? begun.NotUndone() : null, await collect);
    }

    /// <summary>Not again what has succeeded and would do the same; from its beginning to its success nothing claims that it has.</summary>
    /// <param name="identity">The database's, where it is known already.</param>
    /// <param name="isLost">Whether the release cannot serve any more: then no migration is begun.</param>
    private async Task MigrateAsync(StepRun run, string? identity, Func<bool> isLost, Action<string> progress, StepsBegun begun, CancellationToken stopping)
    {
        Task<IdentityAnswer> AskAsync(CancellationToken asking) => DatabaseIdentity.AskAsync(name => run.Environment[name], time, asking);
        Task<IdentityAnswer> KnownAsync(CancellationToken asking) => identity is null ? AskAsync(asking) : Task.FromResult(new IdentityAnswer(identity, null));

        var folder = run.Options.StateDirectory;
        if (await memory.DecideAsync(run.Migrate, folder, KnownAsync, stopping) is { MustRun: false } decision)
        {
            progress($"skipping migrate: {decision.Reason}");
            points.PassStep(run.IsReload ? CrashPoints.Reload : CrashPoints.Start, run.Migrate.Name);
            progress("");
            return;
        }

        if (isLost())
        {
            return;
        }

        if (run.Migrate.Command.Count > 0)
        {
            await run.ComesFirst(run.Migrate.Name);
        }

        memory.Begin(run.Migrate, folder);
        await StepAsync(run.Migrate, run, progress, begun, async () =>
        {
            var log = loggers.CreateLogger<Migration>();
            var manage = new ManageCommand(run.Options.ManageCommand, run.Manage, run.Options.StateDirectory, launcher, log);
            var migration = new Migration(Runner(run), manage, extend, time, log);
            try
            {
                await migration.RunAsync(run.Migrate, run.Environment, run.Redactor, progress, stopping, hurry);
            }
            catch (StartupException)
            {
                begun.IsNamed = true;
                throw;
            }
            finally
            {
                begun.Migrated(migration.Outcome);
            }
        });
        await memory.SucceededAsync(run.Migrate, folder, AskAsync, stopping);
        progress("");
    }

    /// <summary>Into a folder of the release's own, which is gone again when it fails: no reload has to say that it is not undone.</summary>
    private async Task<StaticRelease?> CollectAsync(StepRun run, Action<string> progress, StepsBegun begun, CancellationToken stopping)
    {
        var step = run.Collectstatic;
        if (step.Command.Count == 0)
        {
            await StepAsync(step, run, progress, begun, () => Runner(run).RunAsync(step, run.Environment, run.Redactor, stopping, hurry));
            return null;
        }

        var isLeftOut = memory.Settled(step) is { MustRun: false };
        var collected = await NamedAsync(step, run, () => statics.PrepareAsync(
            Request(run),
            async folder =>
            {
                await run.ComesFirst(step.Name);
                progress($"running {string.Join(' ', step.Command)}");
                await Runner(run).RunAsync(step, run.Environment.With(StaticPlace.Variable, folder), run.Redactor, stopping, hurry);
            }));
        if (collected is null && !isLeftOut)
        {
            begun.Add(step.Name);
        }

        points.PassStep(run.IsReload ? CrashPoints.Reload : CrashPoints.Start, step.Name);
        progress("");
        return collected;
    }

    private static StaticRequest Request(StepRun run) => StaticPlace.Request(run.Options, run.Environment, run.Collectstatic.Fingerprint) with
    {
        IsForced = run.Collectstatic.When == StepPolicy.Always,
        IsLeftOut = run.Collectstatic.When == StepPolicy.Never,
    };

    /// <summary>A collection is for nothing when the migration has failed; a migration is never ended half-way because a collection has.</summary>
    private async Task BothAsync(Task migrate, Task collect, StepRun run, StepsBegun begun, CancellationTokenSource doomed, CancellationToken stopping)
    {
        var first = await Task.WhenAny(migrate, collect);
        var early = first == collect && !stopping.IsCancellationRequested ? collect.Exception?.InnerException as StartupException : null;
        var reason = early?.Message[(run.IsReload ? Named(run.Collectstatic).Length : 0)..];
        if (reason is not null && !migrate.IsCompleted && begun.Has(run.Migrate.Name))
        {
            log.MigrateGoesOn(reason, run.Collectstatic.Name);
        }

        await migrate.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!migrate.IsCompletedSuccessfully)
        {
            await doomed.CancelAsync();
        }

        await collect.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (migrate.Exception?.InnerException is StartupException late && reason is not null)
        {
            throw new StartupException(late.Code, $"{late.Message}; before it, collectstatic had failed: {reason}", late);
        }

        await migrate;
        await collect;
    }

    private async Task StepAsync(ManageStep step, StepRun run, Action<string> progress, StepsBegun begun, Func<Task> act)
    {
        if (step.Command.Count > 0)
        {
            progress($"running {string.Join(' ', step.Command)}");
            if (step.Name != ImportStep)
            {
                begun.Add(step.Name);
            }
        }

        _ = await NamedAsync(step, run, async () =>
        {
            await act();
            return true;
        });
        points.PassStep(run.IsReload ? CrashPoints.Reload : CrashPoints.Start, step.Name);
    }

    private StepRunner Runner(StepRun run) =>
        new(launcher, run.Options.StateDirectory, run.Options.Steps.StopTimeout, time, loggers.CreateLogger<StepRunner>());

    private static string Named(ManageStep step) => $"{step.Name}: ";

    /// <summary>A reload's failure says which step it was.</summary>
    private static async Task<T> NamedAsync<T>(ManageStep step, StepRun run, Func<Task<T>> act)
    {
        try
        {
            return await act();
        }
        catch (StartupException fault) when (run.IsReload)
        {
            throw new StartupException(fault.Code, $"{Named(step)}{fault.Message}", fault);
        }
        catch (OperationCanceledException) when (run.IsReload)
        {
            throw new StartupException(ExitCode.TryAgain, $"{Named(step)}it was ended before its end");
        }
    }
}
