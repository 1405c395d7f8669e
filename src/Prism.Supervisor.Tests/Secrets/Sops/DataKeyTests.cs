using System.Text;
using Prism.Supervisor.Secrets;
using Prism.Supervisor.Secrets.Sops;
using Prism.Supervisor.Tests.Fixtures;

namespace Prism.Supervisor.Tests.Secrets.Sops;

public sealed class DataKeyTests
{
    private static readonly (string Identity, string Recipient) Key = SopsWriter.NewKey();

    private static readonly (string Identity, string Recipient) Other = SopsWriter.NewKey();

    [Theory]
    [InlineData("mlkem768x25519", "age1pq1xyz", "a post-quantum age key")]
    [InlineData("mlkem768x25519", "", "a post-quantum age key")]
    [InlineData("piv-p256", "age1yubikey1xyz", "an age plugin's key")]
    [InlineData("piv-p256", "", "an age plugin's key")]
    [InlineData("scrypt", "", "a passphrase")]
    public void A_file_for_a_key_of_another_kind_only_is_refused_by_that_kind_whatever_keys_there_are(string stanza, string label, string kind)
    {
        var file = File(Text((label, Kind(stanza))));

        Assert.All<string?>([null, Key.Identity], keys =>
        {
            var (_, findings, obstacle) = Find(file, new(null, null, null, keys));
            Assert.True(obstacle!.NeedsExternalSops);
            Assert.Contains($"is encrypted for {kind} only, which is not supported; add an age recipient", obstacle.Refusal.Message, StringComparison.Ordinal);
            Assert.Contains("sops updatekeys", obstacle.Refusal.Message, StringComparison.Ordinal);
            Assert.Contains("secrets.sopsCommand", obstacle.Refusal.Message, StringComparison.Ordinal);
            Assert.Equal([new RecipientFinding(kind, 1, null, "is not supported here")], findings);
        });
    }

    [Theory]
    [InlineData("pgp", "PGP")]
    [InlineData("kms", "AWS KMS")]
    [InlineData("hc_vault", "HashiCorp Vault")]
    public void A_file_without_an_age_recipient_is_refused_by_the_kind_it_has(string member, string kind)
    {
        var text = Text((Key.Recipient, Age(Key))).Replace("sops_age__list_0__map_enc=", $"sops_{member}__list_0__map_enc=", StringComparison.Ordinal).Replace("sops_age__list_0__map_recipient", $"sops_{member}__list_0__map_fp", StringComparison.Ordinal);

        var (_, findings, obstacle) = Find(File(text), new(null, null, null, Key.Identity));

        Assert.Contains($"is encrypted for {kind} only", obstacle!.Refusal.Message, StringComparison.Ordinal);
        Assert.True(obstacle.NeedsExternalSops);
        Assert.Equal([new RecipientFinding(kind, 1, null, "is not supported here")], findings);
    }

    [Fact]
    public void The_stanza_counts_more_than_the_label() =>
        Assert.Null(Find(File(Text(("age1pq1xyz", Age(Key)))), new(null, null, null, Key.Identity)).Obstacle);

    [Fact]
    public void Each_recipient_is_found_with_who_opened_it_or_what_is_wrong()
    {
        const string ssh = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMrMXOqeDZ/OUGp2WHe+nvORapokCekLPBk6lg+IBiK/";
        var text = Text((Other.Recipient, _ => "no armor"), ($"{ssh} me@home", Age(Other)), ("nonsense", Kind("piv-p256")), (Key.Recipient, Age(Key)), (Other.Recipient, Age(Other)));

        var (opened, findings, obstacle) = Find(File(text + "sops_pgp__list_0__map_fp=ABCD\n"), new(null, null, null, $"{Key.Identity} {Other.Identity[..^1]}") { SshKeyFile = SopsCase.Key("ssh_rsa") });

        Assert.False(opened);
        Assert.True(obstacle!.NeedsExternalSops);
        Assert.Equal(6, findings.Count);

        (opened, findings, _) = Find(File(text + "sops_pgp__list_0__map_fp=ABCD\n"), new(null, null, null, Key.Identity));

        Assert.True(opened);
        Assert.Equal(
            [
                new(Other.Recipient, 1, null, "the armor does not begin with the AGE ENCRYPTED FILE line"),
                new(ssh, 1, null, null),
                new("an age plugin's key", 1, null, "is not supported here"),
                new(Key.Recipient, 1, "SOPS_AGE_KEY", null),
                new(Other.Recipient, 1, null, null),
                new("PGP", 1, null, "is not supported here"),
            ],
            findings);
    }

    [Fact]
    public void Groups_are_counted_and_each_opened_by_its_own_key()
    {
        var shamir = SopsCase.Named("080-shamir-2of3");

        var (opened, findings, _) = Find(SopsFile.Parse(shamir.Text, "file"), shamir.Identities());

        Assert.True(opened);
        Assert.Equal([1, 2, 3], findings.Select(f => f.Group));
        Assert.Equal(2, findings.Count(f => f.OpenedBy == "SOPS_AGE_KEY"));
    }

    [Theory]
    [InlineData("AGE-PLUGIN-YUBIKEY-1QQQQ", false)]
    [InlineData("age-encryption.org/v1\n-> scrypt x 18\n", true)]
    [InlineData("AGE-SECRET-KEY-PQ-1QQQ", false)]
    [InlineData("AGE-SECRET-KEY-1QQQ", false)]
    [InlineData(null, false)]
    public void An_external_sops_may_help_where_a_key_is_of_another_kind_and_not_where_it_is_missing(string? keys, bool mayHelp)
    {
        var (_, _, obstacle) = Find(File(Text((Key.Recipient, Age(Key)))), new(null, null, null, keys));

        Assert.Equal(mayHelp, obstacle!.NeedsExternalSops);
        Assert.Equal(mayHelp, obstacle.Refusal.Message.Contains("or set secrets.sopsCommand to a sops", StringComparison.Ordinal));
    }

    [Fact]
    public void An_external_sops_may_help_where_there_is_a_post_quantum_key() =>
        Assert.True(Find(File(Text((Key.Recipient, Age(Key)))), new(null, null, SopsCase.Key("pq.txt"), null)).Obstacle!.NeedsExternalSops);

    [Fact]
    public void A_file_that_is_also_for_PGP_may_be_opened_by_an_external_sops_when_the_age_key_is_wrong()
    {
        var text = Text((Key.Recipient, Age(Key))) + "sops_pgp__list_0__map_fp=ABCD\n";

        var (_, _, obstacle) = Find(File(text), new(null, null, null, Other.Identity));

        Assert.True(obstacle!.NeedsExternalSops);
        Assert.Contains($"it is for {Key.Recipient}, PGP; the keys here are {Other.Recipient} of SOPS_AGE_KEY", obstacle.Refusal.Message, StringComparison.Ordinal);
        Assert.Contains("or set secrets.sopsCommand", obstacle.Refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_without_any_recipient_is_nobodys() =>
        Assert.False(Find(SopsFile.Parse(SopsCase.Named("246-no-age-keys").Text, "file"), new(null, null, null, null)).Obstacle!.NeedsExternalSops);

    [Fact]
    public void An_ssh_stanza_for_the_key_that_does_not_open_is_named_and_an_RSA_key_by_its_fingerprint()
    {
        var fixture = SopsCase.Named("075-ssh-rsa");
        var line = fixture.Text.Split('\n').First(l => l.StartsWith("sops_age__list_0__map_enc=", StringComparison.Ordinal));
        var armor = line[(line.IndexOf('=', StringComparison.Ordinal) + 1)..].Replace(@"\n", "\n", StringComparison.Ordinal);
        var age = Prism.Supervisor.Secrets.Age.Armor.Decode(Encoding.ASCII.GetBytes(armor));
        var body = age.AsSpan().IndexOf("\n"u8) + 40;
        age[body] = age[body] == (byte)'A' ? (byte)'B' : (byte)'A';
        var spoiled = fixture.Text.Replace(line, $"sops_age__list_0__map_enc={SopsWriter.Armored(age).Replace("\n", @"\n", StringComparison.Ordinal)}", StringComparison.Ordinal);

        var (_, _, obstacle) = Find(SopsFile.Parse(spoiled, "file"), fixture.Identities());

        Assert.Contains("it is for ssh-rsa SHA256:", obstacle!.Refusal.Message, StringComparison.Ordinal);
        Assert.Contains("is for this key and does not open", obstacle.Refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("AAAAB3NzaC1yc2E", obstacle.Refusal.Message, StringComparison.Ordinal);
    }

    private static (bool Opened, List<RecipientFinding> Findings, Obstacle? Obstacle) Find(SopsFile file, IdentitySources sources)
    {
        var findings = new List<RecipientFinding>();
        using var keyring = Keyring.Gather(sources);
        using var key = DataKey.TryFind(file.Metadata, keyring, "file", findings, out var obstacle);
        Assert.Equal(key is null, obstacle is not null);
        return (key is not null, findings, obstacle);
    }

    private static SopsFile File(string text) => SopsFile.Parse(text, "file");

    private static string Text(params (string Label, Func<byte[], string> Seal)[] recipients) => SopsWriter.Write(recipients, [KeyValuePair.Create("A", "x")]);

    private static Func<byte[], string> Age((string Identity, string Recipient) key) => dataKey => SopsWriter.Armored(SopsWriter.Age(key.Recipient, dataKey));

    /// <summary>An age file whose only stanza is of another type.</summary>
    private static Func<byte[], string> Kind(string stanza) => dataKey =>
        SopsWriter.Armored(Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(SopsWriter.Age(Key.Recipient, dataKey)).Replace("-> X25519 ", $"-> {stanza} ", StringComparison.Ordinal)));
}
