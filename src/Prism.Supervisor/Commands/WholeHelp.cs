using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Prism.Supervisor.Commands;

/// <summary>A command's own help: the parser's, with the whole text in place of the one line that the list of commands shows.</summary>
internal sealed class WholeHelp(string summary, string rest, params (string Said, string Meant)[] corrections) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public Option Option() => new HelpOption("--help", "-?", "-h") { Action = this };

    public override int Invoke(ParseResult parseResult)
    {
        var output = parseResult.InvocationConfiguration.Output;
        using var text = new StringWriter();
        parseResult.InvocationConfiguration.Output = text;
        var code = new HelpAction().Invoke(parseResult);
        parseResult.InvocationConfiguration.Output = output;
        var help = text.ToString().Replace(summary, $"{summary}\n\n{rest}".ReplaceLineEndings($"{Environment.NewLine}  "), StringComparison.Ordinal);
        output.Write(corrections.Aggregate(help, (line, correction) => line.Replace(correction.Said, correction.Meant, StringComparison.Ordinal)));
        return code;
    }
}
