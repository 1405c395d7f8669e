using System.Globalization;
using CsCheck;
using Prism.Supervisor.Secrets.Sops;

namespace Prism.Supervisor.Tests.Secrets.Sops;

public sealed class TypedTextTests
{
    [Theory]
    [InlineData("str", "007", "007", "007")]
    [InlineData("int", "007", "7", "7")]
    [InlineData("int", "-7", "-7", "-7")]
    [InlineData("bool", "True", "true", "True")]
    [InlineData("bool", "0", "false", "False")]
    [InlineData("float", "1.5", "1.5", "1.5")]
    [InlineData("float", "2", "2.0", "2")]
    [InlineData("float", "-0", "-0.0", "-0")]
    [InlineData("float", "100000", "100000.0", "100000")]
    [InlineData("float", "1234567", "1.234567E+06", "1234567")]
    [InlineData("float", "1e30", "1E+30", "1000000000000000000000000000000")]
    [InlineData("float", "0.0001", "0.0001", "0.0001")]
    [InlineData("float", "0.00001", "1E-05", "0.00001")]
    [InlineData("float", "0.1", "0.1", "0.1")]
    [InlineData("float", "123456.789", "123456.789", "123456.789")]
    [InlineData("float", "1.7976931348623157e308", "1.7976931348623157E+308", null)]
    [InlineData("float", "5e-324", "5E-324", null)]
    [InlineData("time", "2024-01-02T03:04:05Z", "2024-01-02T03:04:05Z", "2024-01-02T03:04:05Z")]
    public void A_value_is_shown_and_authenticated_as_in_sops(string type, string text, string shown, string? authenticated)
    {
        var typed = TypedText.TryRead(type, text)!;

        Assert.Equal(shown, typed.Shown);
        Assert.Equal(authenticated ?? typed.Authenticated, typed.Authenticated);
    }

    [Theory]
    [InlineData("int", "1.5")]
    [InlineData("int", " 1")]
    [InlineData("int", "9223372036854775808")]
    [InlineData("int", "")]
    [InlineData("float", "1,5")]
    [InlineData("float", "NaN")]
    [InlineData("float", "Infinity")]
    [InlineData("float", "1e999")]
    [InlineData("float", " 1")]
    [InlineData("bool", "yes")]
    [InlineData("time", "2024-01-02")]
    [InlineData("time", "2024-01-02T03:04:05.5Z")]
    [InlineData("bytes", "x")]
    [InlineData("comment", "x")]
    [InlineData("", "x")]
    [InlineData("STR", "x")]
    public void A_text_that_its_type_cannot_have_is_nothing(string type, string text) => Assert.Null(TypedText.TryRead(type, text));

    [Fact]
    public void A_float_reads_back_from_both_of_its_forms() =>
        Gen.Double.Where(double.IsFinite).Sample(number =>
            double.Parse(GoFloat.Plain(number), CultureInfo.InvariantCulture).Equals(number)
            && double.Parse(GoFloat.Shortest(number), CultureInfo.InvariantCulture).Equals(number)
            && !GoFloat.Plain(number).Contains('E', StringComparison.Ordinal));
}
