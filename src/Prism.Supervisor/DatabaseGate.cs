using Microsoft.Extensions.Logging;
using Prism.Supervisor.Database;
using Prism.Supervisor.Systemd;

namespace Prism.Supervisor;

/// <summary>Lets a release through when the site's PostgreSQL takes its connections; a site without one at once.</summary>
/// <param name="extend">Prolongs what systemd gives the start that is under way.</param>
internal sealed class DatabaseGate(Action<TimeSpan> extend, TimeProvider time, ILogger log)
{
    // What is said while it waits comes at least every 5 s, and what comes after it is a start like any other.
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(1);

    /// <summary>Yields the database's identity where the migrations of this release may be skipped by it, and it was to be had at once. Throws <see cref="StartupException"/>. A start waits as long as it may; what bounds a reload bounds this too.</summary>
    public async Task<string?> AwaitAsync(StepRun run, CancellationToken stopping)
    {
        if (DatabaseTarget.From(name => run.Environment[name]) is not { } target)
        {
            return null;
        }

        var words = new DatabaseWords(target, run.IsSecret);
        if (target.IsOneOfSeveral)
        {
            log.DatabaseUnknown(words.Place, "several hosts are named, and the site takes the first that answers", DatabaseWait.Step);
            return null;
        }

        var unit = DatabaseWords.IsHere(target) ? run.Options.Database.Unit : null;
        var wait = new DatabaseWait(
            attempt => DatabaseAttempt.AskAsync(target, words, identifies: run.Migrate.Fingerprint is not null, time, attempt),
            unit is null ? null : () => UnitCondition.LookAsync(unit),
            words.Place,
            run.IsReload ? Timeout.InfiniteTimeSpan : run.Options.Database.Wait,
            time,
            log);
        try
        {
            await wait.AwaitAsync(Tell, stopping);
            return wait.Answer?.Identity;
        }
        catch (OperationCanceledException cut) when (run.IsReload && stopping.IsCancellationRequested)
        {
            throw new StartupException(ExitCode.TryAgain, cut.Message, cut);
        }

        void Tell(string text)
        {
            // Not awaited: whatever ends meanwhile, the next attempt is due.
            _ = run.ComesFirst("PostgreSQL");
            if (!run.IsReload)
            {
                extend(run.Options.Gunicorn.StartTimeout + Margin);
            }

            run.Progress(text);
        }
    }
}
