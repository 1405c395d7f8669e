using Microsoft.Extensions.Logging;
using Prism.Supervisor.Database;
using Prism.Supervisor.Processes;
using Prism.Supervisor.Secrets;
using Prism.Supervisor.Steps;

namespace Prism.Supervisor.Migrations;

/// <summary>Runs migrate so that nobody else's runs beside it, so that who looks knows how far it is and for whom it waits, and so that nothing of it goes on in PostgreSQL when it is ended.</summary>
/// <param name="extend">Asks the service manager for that much time from now on; called while migrate gets on, and not while it waits for a lock.</param>
internal sealed class Migration(StepRunner runner, ManageCommand manage, Action<TimeSpan> extend, TimeProvider time, ILogger<Migration> log)
{
    /// <summary>What one word of progress is worth; Gunicorn's own start is to fit into what is left of the last.</summary>
    public static readonly TimeSpan Extension = TimeSpan.FromSeconds(60);

    /// <summary>libpq's variable for application_name: how migrate's connections are known in pg_stat_activity.</summary>
    public const string NameVariable = "PGAPPNAME";

    // The list is made beside migrate, and is shorter work.
    private static readonly TimeSpan PatienceWithList = TimeSpan.FromSeconds(1);

    /// <summary>What came of it, nothing before it has begun; null while it runs.</summary>
    public MigrationOutcome? Outcome { get; private set; } = new([], null, IsCertain: true);

    /// <inheritdoc cref="StepRunner.RunAsync"/>
    public async Task RunAsync(ManageStep step, ProcessEnvironment environment, Redactor redactor, Action<string> progress, CancellationToken stopping, CancellationToken hurry)
    {
        if (step.Command.Count == 0)
        {
            await runner.RunAsync(step, environment, redactor, stopping, hurry);
            return;
        }

        stopping.ThrowIfCancellationRequested();
        await using var taken = await MigrationLock.TakeAsync(Target(environment, step.Name), step.Name, progress, extend, time, log, stopping);
        var room = taken is null ? null : await RoomLeft.AskAsync(taken, time, stopping);
        var database = room is { Left: < 1 } ? null : taken;
        if (room is { Left: < 1 } tight)
        {
            await taken!.DisposeAsync();
            log.WithoutLock($"its connection would be the one that migrate needs; {tight.Remedy}", step.Name);
        }

        if (database is { HasWaited: true })
        {
            progress($"running {string.Join(' ', step.Command)}");
        }

        var before = database is null ? null : await database.AppliedAsync(stopping);
        if (database is { IsHeld: false })
        {
            throw new StartupException(ExitCode.TryAgain, "the migration lock was lost before migrate had begun: see whether PostgreSQL is well");
        }

        using var enough = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var told = new MigrationProgress(step.Name, redactor, time, log);
        var list = room is { Left: < 2 } narrow ? Unlisted(narrow, step.Name) : ListAsync(told, environment, step.Name, enough.Token);
        try
        {
            await WatchedAsync(step, environment, redactor, database, told, before, progress, stopping, hurry);
            await Task.WhenAny(list, Task.Delay(PatienceWithList, time, stopping));
        }
        finally
        {
            await enough.CancelAsync();
            Judge(before, await list, step.Name);
        }
    }

    private async Task WatchedAsync(
        ManageStep step, ProcessEnvironment environment, Redactor redactor, MigrationLock? database, MigrationProgress told, AppliedMigrations? before, Action<string> progress, CancellationToken stopping, CancellationToken hurry)
    {
        var name = BackendName.OfMigrate();
        var end = database is null ? null : new BackendEnd(database, name, step.Name, time, log);
        using var watched = new CancellationTokenSource();
        var watch = new MigrationWatch(told, database, name, step.Name, progress, extend, time, log);
        var watching = watch.RunAsync(watched.Token);
        Outcome = null;
        try
        {
            await runner.RunAsync(
                step with { Heard = watch.Hear, Relayed = told.Relayed, BeforeKill = end is null ? null : async () => await UnwatchedAsync(end.CancelAsync) },
                database is null ? environment : environment.With(NameVariable, name),
                redactor,
                stopping,
                hurry);
            await UnwatchedAsync(static () => Task.CompletedTask);
            watch.Succeeded();
            Outcome = await OutcomeAsync(told, database, before);
        }
        catch (StartupException fault)
        {
            await UnwatchedAsync(end is null ? static () => Task.CompletedTask : end.EndAsync);
            Outcome = await OutcomeAsync(told, database, before);
            var outcome = Outcome.Text is { } text ? $"; {text}" : "";
            throw database is { WasLost: true }
                ? new StartupException(ExitCode.TryAgain, $"{fault.Message}{outcome}; the connection to PostgreSQL was lost meanwhile", fault)
                : new StartupException(fault.Code, $"{fault.Message}{outcome}", fault);
        }
        catch (OperationCanceledException)
        {
            await UnwatchedAsync(end is null ? static () => Task.CompletedTask : end.EndAsync);
            Outcome = await OutcomeAsync(told, database, before);
            log.NotFinished(Outcome.Text ?? "nothing was applied", step.Name);
            throw;
        }

        // The connection is one, and answers one question at a time.
        async Task UnwatchedAsync(Func<Task> then)
        {
            database?.End();
            await watched.CancelAsync();
            await watching;
            told.Flush();
            await then();
        }
    }

    private static async Task<MigrationOutcome> OutcomeAsync(MigrationProgress told, MigrationLock? database, AppliedMigrations? before)
    {
        var now = before is null ? null : await database!.AppliedAsync(CancellationToken.None);
        var applied = now is null ? told.Applied : now.Since(before!);
        return new MigrationOutcome(applied, told.Running is { } running && !applied.Contains(running) ? running : null, IsCertain: now is not null);
    }

    private async Task<MigrationList?> ListAsync(MigrationProgress told, ProcessEnvironment environment, string step, CancellationToken enough)
    {
        var list = await manage.ListAsync(environment, step, enough);
        if (list is not null && told.Expect(list.Pending) is var all && list.Pending.Count > 0)
        {
            // It may come late: migrate does not wait for it.
            log.Pending(all.Count, told.HasBegun ? " in all" : "", MigrationName.Few(all, most: 10), step);
        }

        return list;
    }

    private Task<MigrationList?> Unlisted(RoomLeft room, string step)
    {
        log.NoList($"its connection would be the one that migrate needs; {room.Remedy}", step);
        return Task.FromResult<MigrationList?>(null);
    }

    private void Judge(AppliedMigrations? applied, MigrationList? list, string step)
    {
        if (applied is null || list is null)
        {
            return;
        }

        if (applied.UnknownTo(list) is [_, ..] unknown)
        {
            log.Ahead(MigrationName.Few(unknown), step);
        }

        if (applied.AppsUnknownTo(list) is [_, ..] apps)
        {
            log.ForeignApps(MigrationName.Few(apps), step);
        }
    }

    /// <summary>A setting that cannot be read is the site's to stumble over.</summary>
    private DatabaseTarget? Target(ProcessEnvironment environment, string step)
    {
        try
        {
            var target = DatabaseTarget.From(name => environment[name]);
            if (target is { IsOneOfSeveral: true })
            {
                log.WithoutLock("several hosts are named, and the site takes the first that answers", step);
                return null;
            }

            return target;
        }
        catch (StartupException fault)
        {
            log.NoDatabase(fault.Message, step);
            return null;
        }
    }
}
