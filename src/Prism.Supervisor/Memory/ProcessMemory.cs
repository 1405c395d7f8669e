using System.Globalization;

namespace Prism.Supervisor.Memory;

/// <summary>What processes hold of the memory (proc_pid_smaps(5), proc_pid_statm(5)), and what the kernel says of its lines `name: figure kB`. Those that vanish, or may not be looked at, hold nothing.</summary>
internal static class ProcessMemory
{
    private static readonly long PageSize = Environment.SystemPageSize;

    /// <param name="proc">/proc, or a folder that stands for it.</param>
    public static long Of(IEnumerable<int> pids, string proc) => pids.Sum(pid => Of(Path.Combine(proc, pid.ToString(CultureInfo.InvariantCulture))));

    /// <summary>Its proportional share (Pss), since workers share what they were forked with.</summary>
    private static long Of(string folder) =>
        SystemFile.Read(Path.Combine(folder, "smaps_rollup")) is { } rollup && KiloBytes(rollup, "Pss:") is { } share
            ? share
            : SystemFile.Read(Path.Combine(folder, "statm")) is { } pages ? Resident(pages) : 0;

    /// <summary>The bytes of a line such as `MemAvailable:  123 kB`; null when there is none.</summary>
    public static long? KiloBytes(string text, string name)
    {
        foreach (var line in text.Split('\n'))
        {
            if (line.StartsWith(name, StringComparison.Ordinal) && line[name.Length..].Trim().Split(' ') is [var figure, "kB"])
            {
                return SystemFile.Figure(figure) is { } kiloBytes && kiloBytes <= long.MaxValue / 1024 ? kiloBytes * 1024 : null;
            }
        }

        return null;
    }

    /// <summary>Without the pages of files (`shared`), which are counted in each worker and which the next generation uses too.</summary>
    private static long Resident(string statm) =>
        statm.Split(' ') is [_, var resident, var shared, ..] && SystemFile.Figure(resident) is { } all && SystemFile.Figure(shared) is { } files
            ? Math.Clamp(all - files, 0, long.MaxValue / PageSize) * PageSize
            : 0;
}
