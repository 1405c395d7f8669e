using System.CommandLine;
using System.CommandLine.Help;
using Prism.Supervisor.Configuration;
using Prism.Supervisor.Systemd;

namespace Prism.Supervisor.Commands;

/// <summary>The commands, their options and their help.</summary>
internal static class CommandLine
{
    public static async Task<int> InvokeAsync(string[] args, IReadOnlyDictionary<string, string> environment, PassedDescriptors passed, StopSignals? stop, bool isTerminal)
    {
        var config = new Option<string?>("--config", "-c") { Description = "The JSON configuration (default: built-in defaults)", HelpName = "FILE" };
        var verbose = new Option<bool>("--verbose", "-v") { Description = "Log each step of the state machine too" };
        var force = new Option<bool>("--force") { Description = "Run migrate and collectstatic each time, also when nothing has changed or the configuration says never" };
        var haltAt = new Option<string?>("--halt-at") { Description = "For tests: halts at each of the points where a kill must do no harm", HelpName = "DIR", Hidden = true };
        var run = new Command("run", "Decrypt the secrets, migrate, collect static files, serve the site and keep it serving")
        {
            config, verbose, force, haltAt,
        };
        run.SetAction((parsed, _) => ExitAsync(new RunCommand(environment, passed, stop!, isTerminal)
            .RunAsync(parsed.GetValue(config), parsed.GetValue(verbose), parsed.GetValue(force), parsed.GetValue(haltAt))));

        var exec = new ExecCommand();
        var root = new RootCommand("Supervises a Django site under systemd: secrets, migrations, static files, Gunicorn, readiness, health.")
        {
            run, new ReloadCommand().Create(environment, isTerminal), exec.Create(environment, passed), new SecretsCommand().Create(environment, passed),
        };
        foreach (var help in root.Options.OfType<HelpOption>())
        {
            _ = help.Aliases.Remove("/?");
            _ = help.Aliases.Remove("/h");
        }

        // No response files: @/etc/passwd is an argument like any other, and a wrong one.
        var result = root.Parse(args is [ExecCommand.Verb, ..] ? exec.Separate(args) : args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (result.Errors.Count > 0)
        {
            await result.InvocationConfiguration.Error.WriteLineAsync($"prism-supervisor: {OneLine.Of([.. result.Errors.Select(error => error.Message)])} (see prism-supervisor --help)");
            return (int)ExitCode.Usage;
        }

        // Signals are ours: the parser's own handler would end the process two seconds after a SIGTERM.
        return await result.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
    }

    private static async Task<int> ExitAsync(Task<ExitCode> code) => (int)await code;
}
