namespace Prism.Supervisor.Gunicorn;

/// <summary>Counts the children that were there at one look and gone at a later one; those that live shorter than the looks are apart are missed. Pure.</summary>
internal sealed class WorkerDeaths
{
    private HashSet<int> alive = [];

    public int Count { get; private set; }

    /// <summary>Takes who is there now; returns how many have gone so far.</summary>
    public int Look(IEnumerable<int> children)
    {
        var now = children.ToHashSet();
        Count += alive.Count(pid => !now.Contains(pid));
        alive = now;
        return Count;
    }
}
