using CsCheck;
using Prism.Supervisor.Secrets;

namespace Prism.Supervisor.Tests.Secrets;

public sealed class QuotedTests
{
    [Theory]
    [InlineData("SECRET_KEY", "SECRET_KEY")]
    [InlineData("", "\"\"")]
    [InlineData("a b", "\"a b\"")]
    [InlineData("a\"b\\", "\"a\\\"b\\\\\"")]
    [InlineData("a\nb\u001b[31m", "\"a\\u000ab\\u001b[31m\"")]
    [InlineData("\ufeffA\u202e", "\"\\ufeffA\\u202e\"")]
    [InlineData("MIIEvQIBADANBgkqhkiG9w0BAQEFAASC+/x", "(a name of 35 characters)")]
    public void A_name_is_plain_escaped_or_only_counted(string name, string printed) => Assert.Equal(printed, Quoted.Name(name));

    [Fact]
    public void Many_names_are_cut_short()
    {
        Assert.Equal("A, B", Quoted.Names(["A", "B", "A"]));
        Assert.EndsWith("N19 and 5 more", Quoted.Names(Enumerable.Range(0, 25).Select(i => $"N{i}")), StringComparison.Ordinal);
    }

    [Fact]
    public void No_name_breaks_the_line() => Gen.String.Sample(name => !Quoted.Name(name).Any(char.IsControl) && !Quoted.Path(name).Any(char.IsControl));
}
