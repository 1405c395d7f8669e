namespace Prism.Supervisor.Memory;

/// <summary>What the machine has left: MemAvailable of /proc/meminfo, and where ProcSubset=pid hides that, an estimate that is never too low, so that no warning is false; none where neither can be had.</summary>
internal static class HostMemory
{
    // Of a control group that is not the root of all, a container's for one, memory.stat is not the machine's.
    private const string NotOfTheRoot = "cgroup.type";

    /// <param name="free">sysinfo(2): without the caches, and so too low to say anything alone.</param>
    public static MemoryLimit? Read(string proc, string controlGroups, long? free)
    {
        if (SystemFile.Read(Path.Combine(proc, "meminfo")) is { } meminfo)
        {
            return ProcessMemory.KiloBytes(meminfo, "MemAvailable:") is { } available ? Machine(available) : null;
        }

        if (free is not { } unused || File.Exists(Path.Combine(controlGroups, NotOfTheRoot)) || SystemFile.Read(Path.Combine(controlGroups, "memory.stat")) is not { } statistics)
        {
            return null;
        }

        // What si_mem_available() of the kernel adds, without the reserves that it takes off.
        string[] caches = ["active_file", "inactive_file", "slab_reclaimable"];
        var given = caches.Select(name => ControlGroups.Statistic(statistics, name)).ToList();
        return given.Contains(null) ? null : Machine(unused + given.Sum(bytes => bytes!.Value));
    }

    private static MemoryLimit Machine(long left) => new(null, "this machine", left, left);
}
