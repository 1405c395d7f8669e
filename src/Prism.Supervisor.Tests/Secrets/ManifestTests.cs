using Prism.Supervisor.Secrets;
using Prism.Supervisor.Secrets.Sops;

namespace Prism.Supervisor.Tests.Secrets;

public sealed class ManifestTests
{
    /// <summary>Where sops reads more than is wise, or would let a change pass, and this program refuses.</summary>
    private static readonly HashSet<string> StricterThanSops =
    [
        "151-iv-16-bytes", "151-iv-31-bytes", "151-iv-64-bytes", "152-data-key-16-bytes",
        "206-tag-longer-data-shorter", "212-type-str-to-comment", "244-list-not-number",
    ];

    /// <summary>What sops opens with a key of a kind that is not supported here.</summary>
    private static readonly HashSet<string> OtherKinds = ["078-pq-hybrid"];

    public static TheoryData<string> Opened => SopsCase.Names(c => c.HasPlaceForKey && c.Opens && !StricterThanSops.Contains(c.Name) && !OtherKinds.Contains(c.Name));

    public static TheoryData<string> Refused => SopsCase.Names(c => !(c.HasPlaceForKey && c.Opens) || StricterThanSops.Contains(c.Name) || OtherKinds.Contains(c.Name));

    [Theory]
    [MemberData(nameof(Opened))]
    public void What_sops_opens_is_opened_with_the_same_values_in_the_same_order(string name)
    {
        var expected = SopsCase.Named(name);

        var reading = expected.Read();

        Assert.Equal(expected.ExpectedMap, reading.Values.Select(p => KeyValuePair.Create(p.Key, p.Value.Reveal())));
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void What_sops_refuses_and_what_it_should_have_refused_is_refused_in_one_line(string name)
    {
        var refusal = Assert.Throws<StartupException>(() => SopsCase.Named(name).Read());

        Assert.Equal(ExitCode.SecretsRefused, refusal.Code);
        Assert.DoesNotContain(refusal.Message, char.IsControl);
        Assert.StartsWith(SopsCase.Named(name).FilePath, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Opened))]
    public void The_text_that_systemd_would_parse_is_what_sops_decrypt_prints(string name)
    {
        var expected = SopsCase.Named(name);
        var file = SopsFile.Parse(expected.Text, "file");
        using var keyring = Keyring.Gather(expected.Identities());
        using var key = DataKey.Find(file.Metadata, keyring, "file");

        var entries = file.Decrypt(key.Bytes);

        Assert.Equal(expected.Stdout, DialectViews.Print(entries));
        Assert.Equal(expected.ExpectedPairs, entries.Where(e => e.Name is not null).Select(e => KeyValuePair.Create(e.Name!, e.Text)));
    }

    [Theory]
    [MemberData(nameof(Opened))]
    public void Auto_recognizes_a_sops_file(string name) =>
        Assert.StartsWith("sops ", SopsCase.Named(name).Read(format: SecretFormat.Auto).Opened, StringComparison.Ordinal);

    [Fact]
    public void The_manifest_is_used_to_its_last_case() =>
        Assert.Equal(152, Opened.Count + Refused.Count);
}
