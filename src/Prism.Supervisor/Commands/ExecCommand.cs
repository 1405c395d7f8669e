using System.CommandLine;
using Prism.Supervisor.Configuration;
using Prism.Supervisor.Systemd;

namespace Prism.Supervisor.Commands;

/// <summary>`prism-supervisor exec`: its options, and a process that becomes the command or ends with one line on standard error.</summary>
internal sealed class ExecCommand
{
    public const string Verb = "exec";

    private const string Summary = "Run a command as the site's own processes run: with the secrets, the environment, the user and the working directory of the unit";

    private const string Help = """
        Examples:
          sudo prism-supervisor exec -- prism-manage createsuperuser
          sudo prism-supervisor exec -- prism-manage dbshell
          prism-supervisor exec --secrets prism.env --dialect sops --unauthenticated allow -- env -0

        Started by root it asks systemd for the unit, decrypts, gives up root for the unit's user and becomes the command, on
        this terminal and outside the unit's sandbox. Otherwise it keeps its user, and takes --config and its own environment,
        which is how another unit uses it as ExecStart=. With --secrets alone the command gets what that file holds, nothing else.
        """;

    private readonly Option<string?> unit = new("--unit") { Description = $"The unit to run like (default, for root: {ExecPlanner.DefaultUnit})", HelpName = "NAME" };
    private readonly Option<string?> config = new("--config", "-c") { Description = "The JSON configuration (default: the unit's, or built-in defaults)", HelpName = "FILE" };
    private readonly Option<string?> secrets = new("--secrets") { Description = "The secrets file, instead of the configured one; what the site requires is not asked for", HelpName = "FILE" };
    private readonly Option<string?> dialect = ReadingOptions.Dialect();
    private readonly Option<string?> unauthenticated = ReadingOptions.Unauthenticated();
    private readonly Option<string[]> pass = new("--pass") { Description = "A variable to take over from here; may be repeated, a trailing * stands for any ending", HelpName = "NAME", Arity = ArgumentArity.OneOrMore };
    private readonly Option<string?> user = new("--user") { Description = "The user to run as, for root (default: the unit's)", HelpName = "NAME" };
    private readonly Argument<string[]> words = new("COMMAND") { Description = "What to run, with its arguments", Arity = ArgumentArity.OneOrMore };

    /// <summary>The command for the parser.</summary>
    public Command Create(IReadOnlyDictionary<string, string> environment, PassedDescriptors passed)
    {
        var command = new Command(Verb, Summary) { unit, config, secrets, dialect, unauthenticated, pass, user, words, new WholeHelp(Summary, Help, ("<COMMAND>... [options]", "[options] [--] <COMMAND>...")).Option() };
        words.Validators.Add(result =>
        {
            if (result.Tokens.Count > length)
            {
                result.AddError($"{result.Tokens[0].Value} is no option of exec");
            }
        });
        command.SetAction(parsed => (int)Run(Request(parsed), environment, passed));
        return command;
    }

    // How many words the command has: with one more, the parser has taken for one of them what was meant as an option.
    private int length;

    /// <summary>Puts -- before the first word that is no option: from there on all belongs to the command, untouched.</summary>
    public string[] Separate(string[] args)
    {
        Option[] withValue = [unit, config, secrets, dialect, unauthenticated, pass, user];
        var names = withValue.SelectMany(option => option.Aliases.Prepend(option.Name)).ToHashSet(StringComparer.Ordinal);
        var at = 1;
        while (at < args.Length && args[at].StartsWith('-') && args[at] != "--")
        {
            at += names.Contains(args[at]) ? 2 : 1;
        }

        var own = Math.Min(at, args.Length);
        var command = args[own..] is ["--", .. var rest] ? rest : args[own..];
        length = command.Length;
        return [.. args[..own], "--", .. command];
    }

    private ExecRequest Request(ParseResult parsed) => new(
        parsed.GetValue(unit), parsed.GetValue(config), parsed.GetValue(secrets), parsed.GetValue(dialect), parsed.GetValue(unauthenticated),
        parsed.GetValue(pass) ?? [], parsed.GetValue(user), parsed.GetValue(words)!);

    private static ExitCode Run(ExecRequest request, IReadOnlyDictionary<string, string> environment, PassedDescriptors passed)
    {
        static void Say(string line) => Complaint.Say(OneLine.Of(line));
        try
        {
            new ExecPlanner(request, environment, passed, Say).Plan().TakeOver();
            return ExitCode.Internal; // never: whoever takes over does not return
        }
        catch (StartupException failure)
        {
            Say(failure.Message);
            return failure.Code;
        }
#pragma warning disable CA1031 // The last resort: whatever it is, the caller gets a line and an exit code.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            Say($"a fault of prism-supervisor itself ({fault.GetType().Name})");
            return ExitCode.Internal;
        }
    }
}
