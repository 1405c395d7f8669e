namespace Prism.Supervisor.Gunicorn;

/// <summary>Tells when all workers have begun to work: every one that was forked has, and no other was forked for a while. Gunicorn pauses for up to a tenth of a second between two (gunicorn/arbiter.py, spawn_workers). Pure.</summary>
internal sealed class WorkerBoots
{
    private static readonly TimeSpan Still = TimeSpan.FromMilliseconds(250);

    private int count;
    private TimeSpan since;

    /// <summary>Takes who has begun by now; who cannot be seen is not waited for.</summary>
    public bool Look(IReadOnlyList<bool> begun, TimeSpan now)
    {
        if (begun.Count != count)
        {
            (count, since) = (begun.Count, now);
        }

        return count == 0 || (begun.All(has => has) && now - since >= Still);
    }
}
