namespace Prism.Supervisor.Memory;

/// <summary>Whether what one generation holds would fit once more. Pure.</summary>
internal static class MemoryRoom
{
    // As systemd counts its M (systemd.syntax(7)).
    private const long MegaByte = 1 << 20;

    /// <summary>A line for the operator when it would not, or null. Of several limits, the one that is hit first.</summary>
    public static string? Warning(long held, IReadOnlyCollection<MemoryLimit> limits)
    {
        var tightest = limits.MinBy(limit => limit.Left);
        return tightest is null || tightest.Left >= held
            ? null
            : $"Memory may run out while two generations run: this one holds {Mega(held)} MB, {Left(tightest)}";
    }

    private static string Left(MemoryLimit limit) => limit.Setting is { } setting
        ? $"and of {setting}{Mega(limit.Most)}M of {limit.Owner} {Mega(limit.Left)} MB are left: raise {setting}, or run fewer Gunicorn workers"
        : $"and {limit.Owner} has {Mega(limit.Left)} MB left: run fewer Gunicorn workers, or give it more";

    private static long Mega(long bytes) => bytes / MegaByte;
}
