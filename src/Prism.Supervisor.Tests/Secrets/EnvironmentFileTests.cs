using CsCheck;
using Prism.Supervisor.Secrets;

namespace Prism.Supervisor.Tests.Secrets;

public sealed class EnvironmentFileTests
{
    [Theory]
    [InlineData("A=b", "b")]
    [InlineData("A=b\n", "b")]
    [InlineData("A=b\r\n", "b")]
    [InlineData("A=", "")]
    [InlineData("A=   ", "")]
    [InlineData("  A =  b  ", "b")]
    [InlineData("A=b c\td \t", "b c\td")]
    [InlineData("A=b # c", "b # c")]
    [InlineData("A=b=c==", "b=c==")]
    [InlineData("A=$HOME ${X} $(id) `id`", "$HOME ${X} $(id) `id`")]
    [InlineData(@"A=b\c\\d\ne", @"bc\dne")]
    [InlineData("A=b\\\nc", "bc")]
    [InlineData("A=b \\\n  c", "b   c")]
    [InlineData(@"A=b\ ", "b ")]
    [InlineData(@"A=b \", "b ")]
    [InlineData(@"A=\#b", "#b")]
    [InlineData("A=\\\nb", "b")]
    [InlineData("A=\"b c \"", "b c ")]
    [InlineData("A=\"b\" c", "bc")]
    [InlineData("A=\"b\" \"c\"  ' d'", "bc d")]
    [InlineData("A=\"b\"c\"d\"", "bc\"d\"")]
    [InlineData("A='b\\n\"$c'", "b\\n\"$c")]
    [InlineData("A='b\nc'", "b\nc")]
    [InlineData("A=\"b\nc\"", "b\nc")]
    [InlineData(@"A=""\""\\\$\`\n\'""", @"""\$`\n\'")]
    [InlineData("A=\"b\\\nc\"", "bc")]
    [InlineData("A=it's", "it's")]
    [InlineData("A=b'c'", "b'c'")]
    [InlineData("A=\"b", "b")]
    [InlineData("A='b", "b")]
    [InlineData("A=\"b\\", "b")]
    [InlineData("A=пароль €", "пароль €")]
    [InlineData("A=b\u00a0", "b\u00a0")]
    public void A_value_is_what_systemd_makes_of_it(string text, string expected)
    {
        var assignment = Assert.Single(EnvironmentFile.Parse(text).Assignments);

        Assert.Equal(("A", expected), (assignment.Name, assignment.Value));
    }

    [Theory]
    [InlineData("# A=b\n; C=d\n  # E=f", "")]
    [InlineData("# a comment\\\nA=b", "A=b")]
    [InlineData("nonsense\nA=b", "A=b")]
    [InlineData("A=b\rC=d", "A=b|C=d")]
    [InlineData("export A=b", "export A=b")]
    [InlineData("=b\nA=c", "A=c")]
    [InlineData("=b=c", "=b=c")]
    [InlineData("A=\"b\nC=d\"\nE=f", "A=b\nC=d|E=f")]
    [InlineData("A=1\nA=2", "A=1|A=2")]
    public void Lines_are_what_systemd_makes_of_them(string text, string expected) =>
        Assert.Equal(expected, string.Join('|', EnvironmentFile.Parse(text).Assignments.Select(a => $"{a.Name}={a.Value}")));

    [Fact]
    public void Lines_without_an_equals_sign_are_counted() =>
        Assert.Equal([2, 4], EnvironmentFile.Parse("A=b\nnonsense\n# c\nmore").IgnoredLines);

    [Fact]
    public void An_assignment_knows_its_line_and_prints_only_its_name()
    {
        var assignments = EnvironmentFile.Parse("\n# c\nA='b\nc'\nD=e").Assignments;

        Assert.Equal([3, 5], assignments.Select(a => a.Line));
        Assert.Equal("A", assignments[0].ToString());
    }

    [Theory]
    [InlineData("A", true)]
    [InlineData("_a9", true)]
    [InlineData("9A", false)]
    [InlineData("", false)]
    [InlineData("A-B", false)]
    [InlineData("A B", false)]
    [InlineData("Ä", false)]
    public void A_name_is_what_a_shell_calls_one(string name, bool valid) => Assert.Equal(valid, EnvironmentFile.IsName(name));

    [Fact]
    public void Whatever_is_quoted_as_systemd_asks_for_comes_back() =>
        Gen.String.Sample(value =>
        {
            var quoted = value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)
                .Replace("$", "\\$", StringComparison.Ordinal).Replace("`", "\\`", StringComparison.Ordinal);

            return EnvironmentFile.Parse($"A=\"{quoted}\"\nB=c").Assignments is [{ Name: "A" } a, { Value: "c" }] && a.Value == value;
        });

    [Fact]
    public void No_text_stops_the_parser() =>
        Gen.Char["AB= \t\n\r'\"\\#;$x"].Array[0, 40].Sample(c => EnvironmentFile.Parse(new string(c)).Assignments.Count >= 0);
}
