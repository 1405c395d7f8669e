using Prism.Supervisor.Secrets;

namespace Prism.Supervisor.Fuzz;

/// <summary>Secrets/DotEnv: a refusal, or lines that print as they stood in the file.</summary>
internal static class DotEnvTarget
{
    public static void Run(byte[] input)
    {
        if (Targets.Text(input) is not { } text || Targets.Refusable<StartupException, IReadOnlyList<DotEnvLine>>(input, () => DotEnv.Parse(text, Targets.Where)) is not { } lines)
        {
            return;
        }

        var printed = lines.Select(line => line.Name is { } name ? $"{name}={line.Text}" : $"#{line.Text}");
        Finding.Unless(printed.SequenceEqual(text.Split('\n').Where(line => line.Length > 0)), "the lines do not print as they stood");
        Finding.Unless(lines.All(line => DotEnv.Escape(DotEnv.Unescape(line.Text)) == line.Text), "an escape is not read as it is written");
        var all = text.Split('\n');
        Finding.Unless(lines.All(line => all[line.Number - 1].EndsWith(line.Text, StringComparison.Ordinal)), "a line's number is another line's");
    }
}
