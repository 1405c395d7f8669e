using System.CommandLine;
using Prism.Supervisor.Configuration;
using Prism.Supervisor.Systemd;

namespace Prism.Supervisor.Commands;

/// <summary>`prism-supervisor secrets check`: a report on standard output, the reason of a refusal in one line on standard error, and the exit code that run would end with.</summary>
internal sealed class SecretsCommand
{
    public const string Verb = "secrets";

    private const string Help = """
        Read the secrets as run would, and tell what was found: never a value, and nothing is started or changed

        Examples:
          sudo prism-supervisor secrets check
          prism-supervisor secrets check secrets/prism.env
          prism-supervisor secrets check secrets/prism.env --json

        Without FILE the configured file is read (for root: that of the unit prism-django.service, with the unit's own key). Keys are
        looked for where sops looks.
        """;

    private readonly Argument<string?> file = new("FILE") { Description = "The secrets file (default: the configured one)", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string?> config = new("--config", "-c") { Description = "The JSON configuration: what is required, and what may pass", HelpName = "FILE" };
    private readonly Option<string?> unit = new("--unit") { Description = $"The unit to read for (default, for root without FILE: {ExecPlanner.DefaultUnit})", HelpName = "NAME" };
    private readonly Option<string?> dialect = ReadingOptions.Dialect();
    private readonly Option<string?> unauthenticated = ReadingOptions.Unauthenticated();
    private readonly Option<bool> json = new("--json") { Description = "One JSON object instead of text" };

    /// <summary>The command for the parser.</summary>
    public Command Create(IReadOnlyDictionary<string, string> environment, PassedDescriptors passed)
    {
        // Else a misspelt option is a file that does not exist, with the code of a bad file.
        file.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: ['-', ..] option }])
            {
                result.AddError($"{option}: there is no such option; a file of that name is ./{option}");
            }
        });
        var check = new Command("check", Help) { file, config, unit, dialect, unauthenticated, json };
        check.SetAction(parsed => (int)Run(
            new SecretCheck(
                new CheckRequest(parsed.GetValue(file), parsed.GetValue(config), parsed.GetValue(unit), parsed.GetValue(dialect), parsed.GetValue(unauthenticated)),
                environment,
                passed),
            parsed.GetValue(json),
            parsed.InvocationConfiguration.Output,
            parsed.InvocationConfiguration.Error));
        return new Command(Verb, "What is in the secrets file, and whether it may be used") { check };
    }

    private static ExitCode Run(SecretCheck check, bool isJson, TextWriter output, TextWriter error)
    {
        StartupException? refusal = null;
        try
        {
            check.Run();
        }
        catch (StartupException failure)
        {
            refusal = failure;
        }
#pragma warning disable CA1031 // The last resort: whatever it is, the caller gets a line and an exit code.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            refusal = new StartupException(ExitCode.Internal, $"a fault of prism-supervisor itself ({fault.GetType().Name})", fault);
        }

        var report = isJson ? SecretReportPrinter.Json(check, refusal) + "\n" : check.Report is not null ? SecretReportPrinter.Text(check) : "";
        if (Print(output, report) is { } unwritten)
        {
            refusal ??= new StartupException(ExitCode.TryAgain, $"the report cannot be written to standard output: {unwritten}; give it another place");
        }

        if (refusal is not null)
        {
            _ = Print(error, $"prism-supervisor: {OneLine.Of(refusal.Message)}\n"); // Where nobody listens, the exit code still tells.
        }

        return refusal?.Code ?? ExitCode.Success;
    }

    /// <summary>Why not, if it could not be written: a full disk, a closed descriptor.</summary>
    private static string? Print(TextWriter writer, string text)
    {
        try
        {
            writer.Write(text);
            writer.Flush();
            return null;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return (fault.InnerException ?? fault).Message;
        }
    }
}
