using Prism.Supervisor.Interop;
using Prism.Supervisor.Secrets;
using Prism.Supervisor.Tests.Fixtures;

namespace Prism.Supervisor.Tests.Secrets;

/// <summary>Values are byte strings: sops keeps bytes that are not UTF-8, systemd refuses a file that has one in an assignment.</summary>
public sealed class ForeignBytesTests : IDisposable
{
    private static readonly (string Identity, string Recipient) Key = SopsWriter.NewKey();
    private static readonly byte[] Value = [.. "caf"u8, 0xe9, 0x80, .. " au lait"u8];
    private readonly SecretFolder folder = new();

    public static TheoryData<bool> Files => [true, false];

    [Theory]
    [MemberData(nameof(Files))]
    public void The_sops_dialect_hands_them_on_byte_for_byte(bool encrypted)
    {
        var reading = SecretFolder.Read(Write(encrypted, "A"), Identities, dialect: SecretDialect.Sops);

        Assert.True(reading.Values.TryGet("A", out var secret));
        Assert.Equal(Value, ByteText.Encode(secret!.Reveal()));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void The_systemd_dialect_refuses_them_by_name_as_systemd_does(bool encrypted) =>
        Assert.Contains(
            "not UTF-8, for which systemd", SecretFolder.Refusal(() => SecretFolder.Read(Write(encrypted, "A"), Identities)), StringComparison.Ordinal);

    [Theory]
    [MemberData(nameof(Files))]
    public void In_a_comment_they_disturb_nobody(bool encrypted)
    {
        var path = Write(encrypted, "A");
        File.WriteAllBytes(path, [.. "# caf"u8, 0xe9, .. "\n"u8, .. ByteText.Encode(File.ReadAllText(Plain(encrypted)))]);

        Assert.Equal(["A"], SecretFolder.Read(path, Identities).Values.Select(pair => pair.Key));
    }

    /// <summary>What a child prints of it is read as UTF-8, so that is what is looked for.</summary>
    [Fact]
    public void They_are_redacted_as_a_child_would_print_them()
    {
        var redactor = new Redactor([KeyValuePair.Create("A", new Secret(ByteText.Decode(Value)))]);

        Assert.Equal("is ***!", redactor.Redact($"is {System.Text.Encoding.UTF8.GetString(Value)}!"));
    }

    public void Dispose() => folder.Dispose();

    private static IdentitySources Identities => new(null, null, null, Key.Identity);

    private string Write(bool encrypted, string name) => encrypted
        ? folder.Write("bytes.env", SopsWriter.Write(Key.Recipient, [KeyValuePair.Create(name, ByteText.Decode(Value))]))
        : folder.Write("bytes.env", [.. "A="u8, .. Value, .. "\n"u8]);

    private string Plain(bool encrypted) => encrypted
        ? folder.Write("plain.env", SopsWriter.Write(Key.Recipient, [KeyValuePair.Create("A", "x")]))
        : folder.Write("plain.env", "A=x\n");
}
