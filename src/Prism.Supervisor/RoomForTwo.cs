using Microsoft.Extensions.Logging;
using Prism.Supervisor.Configuration;
using Prism.Supervisor.Database;
using Prism.Supervisor.Interop;
using Prism.Supervisor.Memory;
using Prism.Supervisor.Processes;

namespace Prism.Supervisor;

/// <summary>Whether there is room for a second generation beside the one that serves: memory, and PostgreSQL's connections. Warns, and never fails or holds up a reload for longer than a moment.</summary>
/// <param name="ask">ConnectionCount.AskAsync.</param>
/// <param name="proc">/proc, and below it the text of our own control groups.</param>
/// <param name="controlGroups">/sys/fs/cgroup.</param>
internal sealed class RoomForTwo(
    Func<DatabaseTarget, CancellationToken, Task<ConnectionAnswer>> ask, string proc, string controlGroups, ILogger<RoomForTwo> log)
{
    public static RoomForTwo Here(TimeProvider time, ILogger<RoomForTwo> log) =>
        new((target, stopping) => ConnectionCount.AskAsync(target, time, stopping), "/proc", "/sys/fs/cgroup", log);

    /// <summary>Lines for the operator, each worker counted for one connection; none when all is well, or cannot be known.</summary>
    /// <param name="environment">The next generation's.</param>
    /// <param name="arbiter">Of the generation that serves.</param>
    public async Task<IReadOnlyList<string>> CheckAsync(Func<string, string?> environment, int arbiter, CancellationToken stopping)
    {
        var warnings = new[] { Memory(arbiter), await ConnectionsAsync(environment, ProcessTable.ChildrenOf(arbiter).Count, stopping) };
        return [.. warnings.OfType<string>().Select(OneLine.Of)];
    }

    private string? Memory(int arbiter)
    {
        List<ProcessEntry> entries;
        try
        {
            entries = ProcessTable.Read();
        }
        catch (IOException)
        {
            return null; // no descriptor left to look with
        }

        var limits = ControlGroups.Limits(controlGroups, SystemFile.Read(Path.Combine(proc, "self", "cgroup")) ?? "");
        if (HostMemory.Read(proc, controlGroups, SystemMemory.Free) is { } machine)
        {
            limits.Add(machine);
        }

        return MemoryRoom.Warning(ProcessMemory.Of([arbiter, .. ProcessTable.Descendants(entries, arbiter)], proc), limits);
    }

    private async Task<string?> ConnectionsAsync(Func<string, string?> environment, int atLeast, CancellationToken stopping)
    {
        try
        {
            if (DatabaseTarget.From(environment) is not { } target)
            {
                return null;
            }

            var answer = await ask(target, stopping);
            if (answer is ConnectionAnswer.Unknown unknown)
            {
                log.ConnectionsUnknown(unknown.Why);
            }

            return ConnectionRoom.Warning(answer, atLeast);
        }
        catch (StartupException bad)
        {
            return bad.Message;
        }
    }
}
