namespace Prism.Supervisor.Migrations;

/// <summary>Tells migrate's waiting for a lock from its working, by a look each second: a wait counts from the second look on, and is told once for each set of blockers.</summary>
internal sealed class LockWait(TimeProvider time)
{
    // PostgreSQL names them a moment after the wait has begun, and not while one lets go and the next takes over.
    private const int Nameless = 3;

    private long since;
    private int looks;
    private string? told;
    private IReadOnlyList<Blocker> blockers = [];

    /// <summary>Whether it waits now, for as long as it has been told.</summary>
    public bool IsBlocked => told is not null;

    /// <summary>Whether it waits, told or not.</summary>
    public bool IsWaiting => looks > 0;

    /// <summary>For whom; empty while it waits for nobody.</summary>
    public string Text => IsBlocked ? Names(blockers) : "";

    /// <summary>What there is to say after one more look: nothing, for whom it waits, or that it is over.</summary>
    public Change Look(IReadOnlyList<Backend> backends)
    {
        var waiting = backends.Any(backend => backend.State == "active" && !backend.WaitsForLock) ? null : backends.FirstOrDefault(backend => backend.WaitsForLock);
        if (waiting is null)
        {
            var was = told;
            (looks, told) = (0, null);
            return was is null ? new Change.None() : new Change.Over(time.GetElapsedTime(since).TotalSeconds);
        }

        since = looks == 0 ? time.GetTimestamp() : since;
        looks++;
        if (waiting.Blockers.Count > 0)
        {
            blockers = waiting.Blockers;
        }
        else if (looks < Nameless)
        {
            return new Change.None();
        }

        var key = string.Join(' ', blockers.Select(blocker => blocker.Backend));
        if (looks < 2 || key == told)
        {
            return new Change.None();
        }

        told = key;
        return new Change.Blocked(Names(blockers));
    }

    private static string Names(IReadOnlyList<Blocker> blockers) =>
        blockers.Count == 0 ? "who has it cannot be seen" : $"{MigrationName.Few([.. blockers.Select(blocker => $"{blocker}")], most: 3)} {(blockers.Count == 1 ? "has it" : "have it")}";

    /// <summary>What a look has changed.</summary>
    internal abstract record Change
    {
        private Change()
        {
        }

        internal sealed record None : Change;

        internal sealed record Blocked(string By) : Change;

        internal sealed record Over(double Seconds) : Change;
    }
}
