using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Prism.Supervisor.Database;

/// <summary>Waits until a database takes the site's connections: asks it at least every 0.3 s (0.4 s while it does not answer at all), says what it waits for, and ends at once where waiting does not help.</summary>
/// <param name="ask">One attempt; must end by itself.</param>
/// <param name="look">What the service manager says of the server, or null: asked beside the attempts, and never waited for.</param>
/// <param name="place">As it may be said.</param>
/// <param name="limit">How long; Timeout.InfiniteTimeSpan: as long as it takes.</param>
internal sealed class DatabaseWait(
    Func<CancellationToken, Task<DatabaseVerdict>> ask, Func<Task<string?>>? look, string place, TimeSpan limit, TimeProvider time, ILogger log)
{
    public const string Step = "database";

    /// <summary>Between an answer and the next attempt; doubles from the first to the longest.</summary>
    public static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(0.05);
    public static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(0.3);

    /// <summary>An attempt that has not been answered for so long gets another beside it: one that a host has swallowed would notice its return seconds later (tcp(7), retransmission).</summary>
    public static readonly TimeSpan Overlap = TimeSpan.FromSeconds(0.4);

    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(0.3);
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Reminder = TimeSpan.FromSeconds(30);

    private readonly List<(int Number, Task<DatabaseVerdict> Verdict)> attempts = [];
    private readonly long begun = time.GetTimestamp();
    private TimeSpan pause = FirstPause;
    private int count;
    private int judged;
    private string why = "no answer";
    private Task<string?> looking = Task.FromResult<string?>(null);
    private TimeSpan? looked;
    private string? condition;
    private (TimeSpan At, string Reason)? shown;
    private (TimeSpan At, string Reason)? logged;

    /// <summary>What the database said when it was up; null: it has not been, or nobody could tell.</summary>
    public DatabaseVerdict.Up? Answer { get; private set; }

    private TimeSpan Elapsed => time.GetElapsedTime(begun);

    private string Reason => condition is null ? why : $"{why}; {condition}";

    /// <summary>Throws <see cref="StartupException"/> when it will not have the site, or was not there in time.</summary>
    /// <param name="progress">Told what is waited for, for how long and why; called often enough to prolong a timeout of systemd.</param>
    public async Task AwaitAsync(Action<string> progress, CancellationToken stopping)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        try
        {
            while (!await TryAsync(enough.Token))
            {
                Look();
                Tell(progress);
                if (limit != Timeout.InfiniteTimeSpan && Elapsed >= limit && judged > 0)
                {
                    throw new StartupException(
                        ExitCode.TryAgain,
                        string.Create(CultureInfo.InvariantCulture, $"PostgreSQL at {place} was not there within {limit.TotalSeconds:0.###} s (database.waitSeconds): {Reason}: start it, or correct where the site looks for it"));
                }
            }

            if (logged is not null)
            {
                log.DatabaseUp(place, Elapsed.TotalSeconds, Step);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            throw new OperationCanceledException($"PostgreSQL at {place} was waited for: {Reason}", stopping);
        }
        finally
        {
            await enough.CancelAsync();
        }
    }

    /// <summary>Whether the site can begin. Attempts begun earlier may be answered later; what an older one says of a failure is of no interest any more.</summary>
    private async Task<bool> TryAsync(CancellationToken enough)
    {
        if (attempts.Count == 0 && judged > 0)
        {
            await Task.Delay(pause, time, enough);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }

        attempts.Add((++count, ask(enough)));
        if (!attempts[^1].Verdict.IsCompleted)
        {
            using var answered = CancellationTokenSource.CreateLinkedTokenSource(enough);
            _ = await Task.WhenAny([.. attempts.Select(attempt => attempt.Verdict), Task.Delay(Overlap, time, answered.Token)]);
            await answered.CancelAsync();
        }

        enough.ThrowIfCancellationRequested();
        foreach (var attempt in attempts.FindAll(attempt => attempt.Verdict.IsCompleted))
        {
            _ = attempts.Remove(attempt);
            switch (await attempt.Verdict)
            {
                case DatabaseVerdict.Up up:
                    Answer = up;
                    if (up.IsStandby)
                    {
                        log.DatabaseReadOnly(place, Step);
                    }

                    return true;
                case DatabaseVerdict.Unknown unknown:
                    log.DatabaseUnknown(place, unknown.Why, Step);
                    return true;
                case DatabaseVerdict.Refused refused:
                    throw new StartupException(ExitCode.DatabaseUnavailable, refused.Line);
                case DatabaseVerdict.NotYet notYet when attempt.Number > judged:
                    (judged, why) = (attempt.Number, notYet.Why);
                    break;
            }
        }

        return false;
    }

    /// <summary>What was seen stays to be said until there is something newer.</summary>
    private void Look()
    {
        Take();
        if (look is not null && looking.IsCompleted && (looked is null || Elapsed - looked >= LookAgain))
        {
            looked = Elapsed;
            looking = look();
            Take();
        }

        void Take() => condition = looked is not null && looking.IsCompletedSuccessfully ? looking.Result : condition;
    }

    private void Tell(Action<string> progress)
    {
        var (now, reason) = (Elapsed, Reason);
        var often = TimeSpan.FromSeconds(now < TimeSpan.FromSeconds(10) ? 1 : 5);
        if (shown is null || shown.Value.Reason != reason || now - shown.Value.At >= often)
        {
            shown = (now, reason);
            progress(string.Create(CultureInfo.InvariantCulture, $"waiting for PostgreSQL at {place}, {now.TotalSeconds:0} s: {reason}"));
        }

        if (logged is null)
        {
            // The first answer belongs into the first line, and the manager's word, if they come in time.
            if ((judged > 0 && (looking.IsCompleted || now >= Grace)) || now >= Silence)
            {
                logged = (now, reason);
                log.DatabaseMissing(place, reason, Step);
            }
        }
        else if (now - logged.Value.At >= (logged.Value.Reason == reason ? Reminder : TimeSpan.FromSeconds(1)))
        {
            logged = (now, reason);
            log.DatabaseStillMissing(place, now.TotalSeconds, reason, Step);
        }
    }
}
