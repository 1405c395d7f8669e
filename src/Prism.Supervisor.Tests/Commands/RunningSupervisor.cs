using System.Globalization;
using System.Text.RegularExpressions;
using Prism.Supervisor.Processes;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Commands;

/// <summary>The real binary in the foreground: what it says, line by line, and how it ends.</summary>
internal sealed partial class RunningSupervisor
{
    private readonly ChildProcess child;
    private readonly List<string> lines = [];

    private RunningSupervisor(ChildProcess child) => this.child = child;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public int Pid => child.Pid;

    public string Said => string.Join('\n', lines);

    public static async Task<RunningSupervisor> StartAsync(string[] arguments, ProcessEnvironment environment) =>
        await StartAsync(Programs.Supervisor, arguments, environment);

    public static async Task<RunningSupervisor> StartAsync(string program, string[] arguments, ProcessEnvironment environment) =>
        new(await Programs.Launcher.LaunchAsync(Programs.Spec(program, arguments) with { Environment = environment }));

    public void Signal(int number) => Assert.True(child.Signal(number));

    /// <summary>Reads on until a line holds this text.</summary>
    public async Task<string> HeardAsync(string text)
    {
        try
        {
            while (true)
            {
                var line = await child.Output.ReadAsync(Stop);
                lines.Add(line);
                if (line.Contains(text, StringComparison.Ordinal))
                {
                    return line;
                }
            }
        }
        catch (Exception fault) when (fault is OperationCanceledException or System.Threading.Channels.ChannelClosedException)
        {
            throw new InvalidOperationException($"never said '{text}', but:\n{Said}", fault);
        }
    }

    /// <summary>Reads on until it serves; the arbiter's pid.</summary>
    public async Task<int> ServesAsync(int generation = 1)
    {
        var line = await HeardAsync($", generation {generation} (pid");
        while (!line.Contains("Serving on", StringComparison.Ordinal))
        {
            line = await HeardAsync($", generation {generation} (pid");
        }

        return int.Parse(LastPid().Match(line).Groups[1].Value, CultureInfo.InvariantCulture);
    }

    /// <summary>Reads to the end; the exit and the one line that tells why.</summary>
    public async Task<(int? Code, string Reason)> EndedAsync()
    {
        await foreach (var line in child.Output.ReadAllAsync(Stop))
        {
            lines.Add(line);
        }

        var exit = await child.Exited.WaitAsync(Stop);
        return (exit.Code, lines.LastOrDefault(line => line.Contains(" ERR prism-supervisor: ", StringComparison.Ordinal)) ?? lines.LastOrDefault() ?? "");
    }

    public Task ExitedAsync() => child.Exited.WaitAsync(Stop);

    [GeneratedRegex(@"\(pid (\d+)\)[^(]*$")]
    private static partial Regex LastPid();
}
