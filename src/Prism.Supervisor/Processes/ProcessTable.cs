using System.Globalization;

namespace Prism.Supervisor.Processes;

/// <summary>One line of /proc as it was a moment ago (proc_pid_stat(5)).</summary>
internal readonly record struct ProcessEntry(int Pid, int Parent, int Group, bool IsZombie, string Command);

/// <summary>A look at /proc: which processes there are, and who descends from whom. Those that vanish meanwhile are left out.</summary>
internal static class ProcessTable
{
    public static List<ProcessEntry> Read()
    {
        var entries = new List<ProcessEntry>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) && ReadOne(folder, pid) is { } entry)
            {
                entries.Add(entry);
            }
        }

        return entries;
    }

    /// <summary>The children of all threads of a process, at once and without looking at the rest (proc_pid_task_children(5)); empty when it is gone.</summary>
    public static List<int> ChildrenOf(int pid)
    {
        var children = new List<int>();
        try
        {
            foreach (var thread in Directory.EnumerateDirectories($"/proc/{pid}/task"))
            {
                children.AddRange(File.ReadAllText(Path.Combine(thread, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Int));
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // It ended while it was looked at.
        }

        return children;
    }

    /// <summary>Whether it has ended and its parent has not asked how; false when it is gone.</summary>
    public static bool IsZombie(int pid) => ReadOne($"/proc/{pid}", pid) is { IsZombie: true };

    /// <summary>All that descend from <paramref name="root"/>, itself left out.</summary>
    public static HashSet<int> Descendants(IReadOnlyList<ProcessEntry> entries, int root)
    {
        var children = entries.ToLookup(entry => entry.Parent, entry => entry.Pid);
        var found = new HashSet<int>();
        var open = new Stack<int>([root]);
        while (open.TryPop(out var pid))
        {
            foreach (var child in children[pid].Where(found.Add))
            {
                open.Push(child);
            }
        }

        return found;
    }

    private static ProcessEntry? ReadOne(string folder, int pid)
    {
        try
        {
            // The command may hold blanks and brackets; the fields begin after its last one.
            var text = File.ReadAllText(Path.Combine(folder, "stat"));
            var open = text.IndexOf('(', StringComparison.Ordinal);
            var close = text.LastIndexOf(')');
            var fields = text[(close + 2)..].Split(' ');
            return new ProcessEntry(pid, Int(fields[1]), Int(fields[2]), fields[0] is "Z" or "X", text[(open + 1)..close]);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static int Int(string field) => int.Parse(field, CultureInfo.InvariantCulture);
}
