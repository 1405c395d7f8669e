using System.Globalization;

namespace Prism.Supervisor.Tests.Docs;

public sealed class ExitCodePageTests
{
    [Fact]
    public void The_readme_lists_every_exit_code_and_no_other()
    {
        var listed = Repository.Lines("README.md")
            .SkipWhile(line => line != "## Exit codes")
            .Where(line => line.StartsWith("| ", StringComparison.Ordinal) && char.IsAsciiDigit(line[2]))
            .Select(line => int.Parse(line.Split('|')[1], CultureInfo.InvariantCulture));

        Assert.Equal(Enum.GetValues<ExitCode>().Select(code => (int)code).Distinct().Order(), listed.Order());
    }
}
