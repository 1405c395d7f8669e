using System.Text;
using Prism.Supervisor.Secrets;

namespace Prism.Supervisor.Fuzz;

/// <summary>Secrets/EnvironmentFile and what is said of such a file: every text is one, and what it means can be written so that it reads back.</summary>
internal static class EnvironmentTarget
{
    public static void Run(byte[] input)
    {
        if (Targets.Text(input) is not { } text)
        {
            return;
        }

        var file = EnvironmentFile.Parse(text);
        var lines = text.Count(c => c == '\n') + 1;
        Finding.Unless(file.Assignments.Select(a => a.Line).Concat(file.IgnoredLines).All(n => n >= 1 && n <= lines), "a line number that the file does not have");
        Finding.Unless(file.Environment().All(p => p.Key.Length > 0 && !p.Value.Reveal().Contains('\0', StringComparison.Ordinal)), "a pair that execve(2) does not take");
        var again = EnvironmentFile.Parse(Print(file.Assignments));
        Finding.Unless(
            again.IgnoredLines.Count == 0
            && again.Assignments.Select(a => (a.Name, a.Value)).SequenceEqual(file.Assignments.Select(a => (a.Name, a.Value))),
            "assignments do not read back as they were written");
        foreach (var dialect in Enum.GetValues<SecretDialect>())
        {
            var report = new SecretReport();
            _ = Targets.Refusable<StartupException, SecretEnvironment>(input, () => ClearFile.Read(text, dialect, report, Targets.Where));
            report.Faults.Concat(report.Warnings).ToList().ForEach(line => Targets.RequireDiscretion(line, input));
        }

        _ = Targets.Refusable<StartupException, string>(input, () =>
        {
            ClearFile.RefuseEncrypted(text, Targets.Where);
            return text;
        });
    }

    private static string Print(IEnumerable<Assignment> assignments)
    {
        var text = new StringBuilder();
        foreach (var assignment in assignments)
        {
            text.Append(assignment.Name).Append("=\"");
            foreach (var c in assignment.Value)
            {
                _ = c is '"' or '\\' or '$' or '`' ? text.Append('\\').Append(c) : text.Append(c);
            }

            text.Append("\"\n");
        }

        return text.ToString();
    }
}
