using Microsoft.Extensions.Logging;

namespace Prism.Supervisor.Migrations;

/// <summary>Beside a running migrate: tells every second how far it is, says for whom it waits, and asks for more time as long as it gets on. Working is all that is not waiting for a lock; where its connection cannot be seen, only a word of its output counts.</summary>
internal sealed class MigrationWatch(
    MigrationProgress told, MigrationLock? database, string name, string step, Action<string> progress, Action<TimeSpan> extend, TimeProvider time, ILogger log)
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BetweenExtensions = TimeSpan.FromSeconds(5);

    private readonly LockWait wait = new(time);
    private long? extended;
    private volatile string blockers = "";
    private string blocked = "";

    /// <summary>A piece of output.</summary>
    public void Hear(string text, bool isWhole)
    {
        if (told.Hear(text, isWhole))
        {
            Extend();
            Tell();
        }
    }

    /// <summary>Until it is cancelled; never an error.</summary>
    public async Task RunAsync(CancellationToken enough)
    {
        using var timer = new PeriodicTimer(Tick, time);
        try
        {
            while (await timer.WaitForNextTickAsync(enough))
            {
                // A question that is under way is brought to its end: the connection takes no other before that.
                if (database is not null && await database.LookAsync(name, CancellationToken.None) is { } backends)
                {
                    Judge(backends);
                }

                Tell();
            }
        }
        catch (OperationCanceledException)
        {
            // It is over.
        }
    }

    /// <summary>Once nobody watches any more: migrate got what it waited for.</summary>
    public void Succeeded()
    {
        told.Succeeded();
        Judge([]);
    }

    private void Judge(IReadOnlyList<Backend> backends)
    {
        switch (wait.Look(backends))
        {
            case LockWait.Change.Blocked(var by):
                blocked = told.Running ?? step;
                log.Blocked(blocked, by, step);
                break;
            case LockWait.Change.Over(var seconds):
                log.Unblocked(blocked, seconds, step);
                break;
            default:
                break;
        }

        blockers = wait.Text;
        if (backends.Count > 0 && !wait.IsWaiting && (extended is not { } last || time.GetElapsedTime(last) >= BetweenExtensions))
        {
            Extend();
        }
    }

    private void Extend()
    {
        extended = time.GetTimestamp();
        extend(Migration.Extension);
    }

    private void Tell()
    {
        var text = told.Text() is { } running ? $"migrating {running}" : null;
        if (blockers.Length > 0)
        {
            progress($"{text ?? step}, waits for a lock: {blockers}");
        }
        else if (text is not null)
        {
            progress(text);
        }
    }
}
