using Prism.Supervisor.Secrets.Sops;
using Prism.Supervisor.Tests.Fixtures;

namespace Prism.Supervisor.Tests.Secrets.Sops;

public sealed class SopsValueTests
{
    private static readonly byte[] Key = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

    private static readonly string Good = SopsWriter.Encrypt(Key, "value", "A:");

    public static TheoryData<string> Malformed =>
    [
        "", "ENC[", "ENC[AES256_GCM,data:,iv:,tag:,type:]", Good + " ", " " + Good, Good + "]x", Good[..^1],
        Good.Replace("AES256_GCM", "AES256_CBC", StringComparison.Ordinal),
        Good.Replace(",iv:", ",vi:", StringComparison.Ordinal),
        Good.Replace(",type:str", ",type:str,more:x", StringComparison.Ordinal),
        Good.Replace(",type:str", "", StringComparison.Ordinal),
        Good.Replace("data:", "data:\n", StringComparison.Ordinal),
        Good.Replace("data:", "data:=", StringComparison.Ordinal),
        Good.Replace("=,tag:", ",tag:", StringComparison.Ordinal),
    ];

    [Fact]
    public void A_value_opens_with_its_key_and_its_name_only()
    {
        var value = SopsValue.TryParse(Good)!;

        Assert.Equal("value"u8.ToArray(), value.Open(Key, "A:"));
        Assert.Null(value.Open(Key, "B:"));
        Assert.Null(value.Open(new byte[32], "A:"));
    }

    [Theory]
    [MemberData(nameof(Malformed))]
    public void Only_the_exact_syntax_is_a_value(string text) => Assert.Null(SopsValue.TryParse(text));
}
