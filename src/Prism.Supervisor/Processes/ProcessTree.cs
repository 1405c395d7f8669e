using System.ComponentModel;
using System.Diagnostics;
using Microsoft.Win32.SafeHandles;
using Prism.Supervisor.Interop;

namespace Prism.Supervisor.Processes;

/// <summary>Ends all that came of a child, and nothing that came of another: its descendants, its process group, and the orphans that this process adopted and that carry the mark of its launch.</summary>
internal static class ProcessTree
{
    // A killed process is gone within milliseconds, unless the kernel holds it (state D).
    private const int PatienceMilliseconds = 5000;

    // Who forks and exits faster than /proc can be read is not caught here; KillAll catches all.
    private static readonly TimeSpan Chase = TimeSpan.FromSeconds(2);
    private const int NamesTold = 20;

    /// <summary>SIGKILLs and awaits every process of the tree until none is left, or none can be caught up with; returns the names of the first that were still there. Blocks; safe to call again.</summary>
    /// <param name="child">The root, alive or not: its number still names its process group.</param>
    /// <param name="mark">What the child was given as <see cref="LaunchMark.Variable"/>.</param>
    public static List<string> Kill(int child, string mark)
    {
        var begun = Stopwatch.GetTimestamp();
        var killed = new List<string>();

        // The kernel's own list of the group: nobody in it forks ahead of this. Then again and again, for those who left it.
        var members = Members(child, mark);
        KillGroup(child);
        do
        {
            foreach (var member in members)
            {
                if (!KillOne(member))
                {
                    killed.Add($"{member.Command}[{member.Pid}] (does not die: the kernel holds it)");
                    return killed;
                }

                if (killed.Count < NamesTold)
                {
                    killed.Add($"{member.Command}[{member.Pid}]");
                }
            }

            members = Members(child, mark);
        }
        while (members.Count > 0 && Stopwatch.GetElapsedTime(begun) < Chase);

        return killed;
    }

    /// <summary>SIGTERMs every process of the tree and waits until those are gone, at most for <paramref name="patience"/>: a worker whose arbiter was killed may finish the request it has. Blocks.</summary>
    public static void Terminate(int child, string mark, TimeSpan patience)
    {
        var begun = Stopwatch.GetTimestamp();
        var asked = new List<SafeFileHandle>();
        foreach (var member in Members(child, mark))
        {
            try
            {
                var pidFd = ProcessCalls.OpenPidFd(member.Pid);
                asked.Add(pidFd);
                _ = ProcessCalls.SendSignal(pidFd, Signals.Terminate);
            }
            catch (Win32Exception)
            {
                // Gone already, or another user's.
            }
        }

        foreach (var pidFd in asked)
        {
            using (pidFd)
            {
                var left = patience - Stopwatch.GetElapsedTime(begun);
                _ = left > TimeSpan.Zero && Polling.WaitReadable([(int)pidFd.DangerousGetHandle()], (int)left.TotalMilliseconds);
            }
        }
    }

    private static List<ProcessEntry> Members(int child, string mark)
    {
        List<ProcessEntry> entries;
        try
        {
            entries = ProcessTable.Read();
        }
        catch (IOException)
        {
            return []; // no descriptor left to look with; the group has its signal
        }

        var descendants = ProcessTable.Descendants(entries, child);
        foreach (var orphan in entries.Where(entry => entry.Parent == Environment.ProcessId && !entry.IsZombie && LaunchMark.IsCarriedBy(entry.Pid, mark)))
        {
            _ = descendants.Add(orphan.Pid);
            descendants.UnionWith(ProcessTable.Descendants(entries, orphan.Pid));
        }

        return [.. entries.Where(entry => !entry.IsZombie && (entry.Pid == child || entry.Group == child || descendants.Contains(entry.Pid)))];
    }

    /// <summary>SIGKILLs every child and orphan of this process until the kernel says that there is none (ECHILD): exact, also for those that fork and exit to get away. Blocks; false when the time ran out.</summary>
    public static bool KillAll(TimeSpan patience)
    {
        var begun = Stopwatch.GetTimestamp();
        while (ProcessCalls.HasChildren())
        {
            if (Stopwatch.GetElapsedTime(begun) > patience)
            {
                return false;
            }

            foreach (var child in ProcessTable.ChildrenOf(Environment.ProcessId))
            {
                try
                {
                    _ = ProcessCalls.Kill(child, Signals.Kill);
                }
                catch (Win32Exception)
                {
                    // Another user's, by way of a setuid program: not ours to end, and told of when the time is up.
                }
            }

            // The reaping is another thread's; give it the moment it needs.
            _ = Polling.WaitReadable([], milliseconds: 1);
        }

        return true;
    }

    private static void KillGroup(int group)
    {
        try
        {
            _ = ProcessCalls.Kill(-group, Signals.Kill);
        }
        catch (Win32Exception)
        {
            // One of another user is in it; the rest is killed one by one.
        }
    }

    private static bool KillOne(ProcessEntry member)
    {
        try
        {
            using var pidFd = ProcessCalls.OpenPidFd(member.Pid);
            return !ProcessCalls.SendSignal(pidFd, Signals.Kill) || Polling.WaitReadable([(int)pidFd.DangerousGetHandle()], PatienceMilliseconds);
        }
        catch (Win32Exception)
        {
            return true; // gone already
        }
    }
}
