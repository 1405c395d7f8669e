namespace Prism.Supervisor.Memory;

/// <summary>The limits of our own control group and of those above it (cgroups(7), version 2); none where there is no such tree, or no memory controller in it.</summary>
internal static class ControlGroups
{
    /// <param name="root">/sys/fs/cgroup, or a folder that stands for it.</param>
    /// <param name="own">The text of /proc/self/cgroup.</param>
    public static List<MemoryLimit> Limits(string root, string own)
    {
        var limits = new List<MemoryLimit>();
        var path = own.Split('\n').FirstOrDefault(line => line.StartsWith("0::/", StringComparison.Ordinal))?["0::/".Length..];
        var names = path?.Split('/', StringSplitOptions.RemoveEmptyEntries) ?? [];
        if (path is null || names.Contains("..")) // above the root of our cgroup namespace
        {
            return limits;
        }

        for (var depth = names.Length; depth >= 0; depth--)
        {
            var folder = Path.Combine([root, .. names[..depth]]);
            if (SystemFile.Figure(SystemFile.Read(Path.Combine(folder, "memory.current"))) is { } current)
            {
                var used = Math.Max(0, current - (Statistic(SystemFile.Read(Path.Combine(folder, "memory.stat")), "inactive_file") ?? 0));
                var owner = depth == 0 ? "this system" : names[depth - 1];
                Add("memory.high", "MemoryHigh=");
                Add("memory.max", "MemoryMax=");

                void Add(string file, string setting)
                {
                    if (SystemFile.Figure(SystemFile.Read(Path.Combine(folder, file))) is { } most)
                    {
                        limits.Add(new MemoryLimit(setting, owner, most, Math.Max(0, most - used)));
                    }
                }
            }
        }

        return limits;
    }

    /// <summary>The bytes of a line such as `inactive_file 123` of memory.stat.</summary>
    public static long? Statistic(string? text, string name) =>
        text?.Split('\n').Select(line => line.Split(' ')).FirstOrDefault(words => words is [var first, _] && first == name) is [_, var figure] ? SystemFile.Figure(figure) : null;
}
