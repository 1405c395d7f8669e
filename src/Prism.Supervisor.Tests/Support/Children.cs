using System.ComponentModel;
using Prism.Supervisor.Interop;
using Prism.Supervisor.Processes;

namespace Prism.Supervisor.Tests.Support;

/// <summary>What tests do with a child.</summary>
internal static class Children
{
    /// <summary>Starts it, reads all it says, and waits for its end.</summary>
    public static async Task<(ProcessExit Exit, List<string> Lines)> RunAsync(ProcessSpec spec)
    {
        var child = await Programs.Launcher.LaunchAsync(spec).WaitAsync(TestContext.Current.CancellationToken);
        var lines = new List<string>();
        await foreach (var line in child.Output.ReadAllAsync(TestContext.Current.CancellationToken))
        {
            lines.Add(line);
        }

        return (await child.Exited.WaitAsync(TestContext.Current.CancellationToken), lines);
    }

    public static async Task<List<string>> LinesOfAsync(ProcessSpec spec) => (await RunAsync(spec)).Lines;

    public static async Task<string> LineAsync(this ChildProcess child) => await child.Output.ReadAsync(TestContext.Current.CancellationToken);

    /// <summary>The processes that have NAME=value in their environment, zombies left out.</summary>
    public static IReadOnlyList<int> Marked(string name, string value) =>
        [.. ProcessTable.Read().Where(entry => !entry.IsZombie && EnvironmentOf(entry.Pid).Split('\0').Contains($"{name}={value}")).Select(entry => entry.Pid)];

    /// <summary>Kills them until there are none, and returns when they have ended: until then they may still write into the folder that is removed next.</summary>
    public static void Kill(Func<IReadOnlyList<int>> find)
    {
        while (find() is { Count: > 0 } found)
        {
            foreach (var pid in found)
            {
                Kill(pid);
            }
        }
    }

    /// <summary>Whether it is there and no zombie.</summary>
    public static bool IsAlive(int pid) => ProcessTable.Read().Any(entry => entry.Pid == pid && !entry.IsZombie);

    private static void Kill(int pid)
    {
        try
        {
            using var process = ProcessCalls.OpenPidFd(pid);
            _ = ProcessCalls.SendSignal(process, Signals.Kill);
            _ = Polling.WaitReadable([(int)process.DangerousGetHandle()]);
        }
        catch (Win32Exception)
        {
            // Gone already.
        }
    }

    private static string EnvironmentOf(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/environ");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
