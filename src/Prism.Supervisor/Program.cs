using System.Reflection;
using Prism.Supervisor.Commands;
using Prism.Supervisor.Interop;
using Prism.Supervisor.Processes;
using Prism.Supervisor.Systemd;

namespace Prism.Supervisor;

/// <summary>The first lines of every run: nothing secret is read before this process is closed to others.</summary>
internal static class Program
{
    public static string Version { get; } =
        typeof(Program).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";

    public static async Task<int> Main(string[] args)
    {
        if (args is [Launcher.Verb, ..])
        {
            return Launcher.Run(args);
        }

        ProcessCalls.ForbidDumps();
        var environment = OwnProcess.Environment();
        // What becomes another program, or only reads or asks, is ended by signals as any would be.
        var stop = args is [ExecCommand.Verb or SecretsCommand.Verb or ReloadCommand.Verb, ..] ? null : new StopSignals(hangUpStops: !environment.ContainsKey("NOTIFY_SOCKET")).Register();
        var passed = new PassedDescriptors(environment);
        return await CommandLine.InvokeAsync(OwnProcess.Arguments(args), environment, passed, stop, isTerminal: !Console.IsOutputRedirected);
    }
}
