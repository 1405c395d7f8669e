using Prism.Supervisor.Secrets;
using Prism.Supervisor.Secrets.Age;

namespace Prism.Supervisor.Tests.Secrets;

public sealed class ForeignFilesTests
{
    [Theory]
    [InlineData("humphd-sops-age", "secret.enc.env", "key.txt", "secret.expected.env")]
    [InlineData("flux-kustomize-controller", "component_env.env", "keys_age.txt", "component_env.expected.env")]
    [InlineData("flux-kustomize-controller", "envs_env.env", "keys_age.txt", "envs_env.expected.env")]
    [InlineData("flux-kustomize-controller", "remote_env.env", "keys_age.txt", "remote_env.expected.env")]
    public void Files_of_other_projects_open(string folder, string file, string key, string expected)
    {
        var root = Vectors.Folder(folder);

        var reading = Read(Path.Combine(root, file), Path.Combine(root, key));

        var lines = File.ReadAllText(Path.Combine(root, expected)).Split('\n').Where(l => l.Contains('=', StringComparison.Ordinal));
        Assert.Equal(lines.ToHashSet(), reading.Values.Select(p => $"{p.Key}={p.Value.Reveal()}").ToHashSet());
    }

    [Theory]
    [InlineData("sops-nix", "secrets.env")]
    [InlineData("sops-functional", "format.enc.env")]
    public void Files_without_an_age_recipient_are_refused_by_the_kind_they_have(string folder, string file)
    {
        var path = Path.Combine(Vectors.Folder(folder), file);

        var refusal = Assert.Throws<StartupException>(() => Read(path, SopsCase.Key("alice.txt")));

        Assert.Contains("is encrypted for PGP only", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("sops updatekeys", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_example_of_age_itself_opens()
    {
        var keys = KeyFile.Parse(File.ReadAllBytes(Vectors.Folder("age-testdata/example_keys.txt")));
        var file = AgeFile.Parse(File.ReadAllBytes(Vectors.Folder("age-testdata/example.age")));

        Assert.Equal("Black lives matter.", System.Text.Encoding.ASCII.GetString(keys.Select(file.Open).OfType<byte[]>().Single()).Trim());
    }

    [Fact]
    public void A_foreign_key_with_a_passphrase_is_refused_by_name() =>
        Assert.Contains("is protected by a passphrase", Assert.Throws<FormatException>(() => SshKey.Parse(File.ReadAllBytes(Vectors.Folder("ssh-to-age/id_ed25519_passphrase")))).Message, StringComparison.Ordinal);

    private static SecretReading Read(string file, string key) =>
        new SecretSource(new SecretRequest(file, SecretFormat.Auto, SecretDialect.Sops, [], [], SecretPolicy.AllowAll), new IdentitySources(null, null, key, null)).Read();
}
