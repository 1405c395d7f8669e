using Prism.Supervisor.Secrets;
using Prism.Supervisor.Secrets.Sops;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Secrets;

public sealed class ManifestTests
{
    /// <summary>Where sops reads more than is wise, or would let a change pass, and this program refuses.</summary>
    private static readonly Dictionary<string, string> StricterThanSops = new(StringComparer.Ordinal)
    {
        ["151-iv-16-bytes"] = "sops writes IVs of 32 bytes and no others",
        ["151-iv-31-bytes"] = "sops writes IVs of 32 bytes and no others",
        ["151-iv-64-bytes"] = "sops writes IVs of 32 bytes and no others",
        ["152-data-key-16-bytes"] = "the data key has 32 bytes, as recommended",
        ["206-tag-longer-data-shorter"] = "the tag has 16 bytes, as recommended",
        ["212-type-str-to-comment"] = "a value is no comment, as recommended",
        ["244-list-not-number"] = "an index is a number",
    };

    /// <summary>What sops does not open, and this program does.</summary>
    private static readonly Dictionary<string, string> WiderThanSops = new(StringComparer.Ordinal)
    {
        ["119-converted-recipient-raw-ssh-key"] = "the recipient is what ssh-to-age makes of the very key that is given; sops-nix converts it first, and asking its users to do so by hand would only make copies of the key",
    };

    /// <summary>What sops opens with a key of a kind that is not supported here, and how that kind is called.</summary>
    private static readonly Dictionary<string, string> OtherKinds = new(StringComparer.Ordinal)
    {
        ["078-pq-hybrid"] = "a post-quantum age key",
    };

    public static TheoryData<string> Opened => SopsCase.Names(IsOpened);

    public static TheoryData<string> Refused => SopsCase.Names(c => !IsOpened(c) && !WiderThanSops.ContainsKey(c.Name));

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

    [Fact]
    public void A_key_of_a_kind_that_is_not_supported_is_refused_by_name() => Assert.All(OtherKinds, kind =>
        Assert.Contains($"is encrypted for {kind.Value} only", Assert.Throws<StartupException>(() => SopsCase.Named(kind.Key).Read()).Message, StringComparison.Ordinal));

    [Fact]
    public void An_ssh_key_also_opens_what_is_encrypted_for_its_conversion() => Assert.All(WiderThanSops.Keys, name =>
        Assert.Equal(SopsCase.Named("074-ssh-ed25519").ExpectedMap, SecretFolder.Revealed(SopsCase.Named(name).Read())));

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

    /// <summary>Every ok and identity case as sops has it, every tamper refused, every edge as sops or with a reason above.</summary>
    [Fact]
    public void The_manifest_is_used_to_its_last_case_and_counted()
    {
        var all = SopsCase.Where(_ => true).Select(c => (Case: c, Opens: Opens(c))).ToList();

        Assert.Equal(152, all.Count);
        Assert.All(all, one => Assert.True(
            one.Opens == (one.Case.Group == "tamper" ? false : one.Case.Opens)
                || StricterThanSops.ContainsKey(one.Case.Name) || WiderThanSops.ContainsKey(one.Case.Name) || OtherKinds.ContainsKey(one.Case.Name),
            one.Case.Name));
        Assert.All(StricterThanSops.Keys, name => Assert.Equal("edge", SopsCase.Named(name).Group));
        Tally.Say("sops-fixtures", $"sops fixtures: {string.Join(", ", all.GroupBy(one => one.Case.Group).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => $"{g.Key} {g.Count(one => one.Opens)} opened {g.Count(one => !one.Opens)} refused"))}; against sops: {StricterThanSops.Count} refused and {WiderThanSops.Count} opened for a reason, {OtherKinds.Count} post-quantum");
    }

    private static bool IsOpened(SopsCase one) => one.Opens && !StricterThanSops.ContainsKey(one.Name) && !OtherKinds.ContainsKey(one.Name);

    private static bool Opens(SopsCase one)
    {
        try
        {
            _ = one.Read();
            return true;
        }
        catch (StartupException)
        {
            return false;
        }
    }
}
