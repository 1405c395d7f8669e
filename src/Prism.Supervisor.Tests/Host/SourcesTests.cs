using System.Text.Json.Nodes;
using Prism.Supervisor.Tests.Fixtures;

namespace Prism.Supervisor.Tests.Host;

/// <summary>Where the secrets and the key can come from under the shipped unit, and whose they may be there.</summary>
public sealed class SourcesTests(HostFixture fixture) : SiteTest(fixture)
{
    private const string Source = "/etc/prism/source.env";

    private static readonly (string Identity, string Recipient) Key = SopsWriter.NewKey();

    private static Dictionary<string, string> Secrets => new() { ["SECRET_KEY"] = "only-for-tests", ["POSTGRES_USER"] = "prism", ["POSTGRES_PASSWORD"] = Site.Password };

    [Theory]
    [InlineData($"LoadCredential=prism.env:{Source}", false)]
    [InlineData($"LoadCredential=prism.env:{Source}", true)]
    [InlineData("LoadCredentialEncrypted=prism.env:/etc/prism/source.cred", false)]
    [InlineData(@"SetCredential=prism.env:SECRET_KEY=only-for-tests\nPOSTGRES_USER=prism\nPOSTGRES_PASSWORD=" + Site.Password + @"\n", false)]
    public async Task A_credential_is_the_secrets_file(string setting, bool isSops)
    {
        await Host.WriteFileAsync(Source, isSops ? SopsWriter.Write(Key.Recipient, Secrets) : Site.DefaultSecrets, "0600");
        await Host.WriteFileAsync("/etc/prism/age.key", Key.Identity + "\n", "0600");
        if (setting.StartsWith("LoadCredentialEncrypted", StringComparison.Ordinal))
        {
            _ = await Host.ScriptAsync($"systemd-creds setup; systemd-creds encrypt --with-key=host --name=prism.env {Source} /etc/prism/source.cred");
        }

        await Site.OverrideUnitAsync($"[Service]\n{setting}\n");
        await ChangeAsync(secrets =>
        {
            _ = secrets.Remove("file");
            secrets["credential"] = "prism.env";
        });

        _ = (await Site.StartAsync()).Succeeded();

        Assert.Equal(200, (await Site.GetAsync()).Status);
        Assert.Contains(await Site.JournalAsync(), entry => entry.Message.Contains("secrets from /run/credentials/prism-django.service/prism.env: " + (isSops ? "sops 3.13.2 file" : "environment file"), StringComparison.Ordinal));
        Assert.Empty(await WarningsAsync());
    }

    [Fact]
    public async Task A_credential_that_is_not_there_is_named()
    {
        await Site.OverrideUnitAsync("[Service]\nRestart=no\nSetCredential=other:x\n");
        await ChangeAsync(secrets =>
        {
            _ = secrets.Remove("file");
            secrets["credential"] = "prism.env";
        });

        await AssertRefusedAsync("secrets.credential prism.env: is not among the credentials of this unit (/run/credentials/prism-django.service); add LoadCredential=prism.env:");
    }

    /// <summary>What operators have: the packaged modes, sops-nix's folders, files of a deploying user whom PrivateUsers=true hides.</summary>
    [Theory]
    [InlineData("0640", "root:prism")]
    [InlineData("0400", "prism:root")]
    [InlineData("0440", "prism:prism")]
    [InlineData("0440", "daemon:prism")]
    public async Task Files_of_the_usual_owners_pass_without_a_word(string mode, string owner)
    {
        await Host.WriteFileAsync("/run/secrets.d/1/prism-env", Site.DefaultSecrets, mode, owner);
        await Host.ScriptAsync("chmod 0751 /run/secrets.d /run/secrets.d/1; ln -sfn /run/secrets.d/1 /run/secrets");
        await ChangeAsync(secrets => secrets["file"] = "/run/secrets/prism-env");

        _ = (await Site.StartAsync()).Succeeded();

        Assert.Empty(await WarningsAsync());
    }

    /// <summary>The same file where the kernel shows whose it is.</summary>
    [Fact]
    public async Task A_stranger_who_owns_the_file_is_named_where_he_can_be_seen()
    {
        await Host.WriteFileAsync(Site.SecretsFile, Site.DefaultSecrets, "0440", "daemon:prism");
        await Site.OverrideUnitAsync("[Service]\nPrivateUsers=false\n");

        _ = (await Site.StartAsync()).Succeeded();

        Assert.Equal([$"{Site.SecretsFile}: belongs to user 1, who can read and change it at will; chown root"], await WarningsAsync());
    }

    [Fact]
    public async Task A_key_that_everybody_can_read_and_a_plain_file_of_the_store_are_refused()
    {
        await Host.WriteFileAsync("/etc/prism/open.key", Key.Identity + "\n", "0644");
        await Site.WriteSecretsAsync(SopsWriter.Write(Key.Recipient, Secrets));
        await Site.OverrideUnitAsync("[Service]\nRestart=no\nEnvironment=SOPS_AGE_KEY_FILE=/etc/prism/open.key\n");
        await AssertRefusedAsync("SOPS_AGE_KEY_FILE /etc/prism/open.key: every user of this host can read it (mode 0644); chmod o-r");

        await Host.WriteFileAsync("/nix/store/abc-prism.env", Site.DefaultSecrets, "0444");
        await Host.ScriptAsync($"ln -sf /nix/store/abc-prism.env {Site.SecretsFile}");
        await AssertRefusedAsync($"{Site.SecretsFile}: lies in the Nix store (/nix/store/abc-prism.env), which everybody can read");
    }

    /// <summary>A stand-in for sops, in the sandbox of the unit: it prints the secrets when it is handed the key that root alone can read.</summary>
    [Fact]
    public async Task An_external_sops_gets_the_key_of_the_descriptor()
    {
        var lines = SopsWriter.Write(Key.Recipient, Secrets).Split('\n').Where(line => !line.StartsWith("sops_age", StringComparison.Ordinal));
        await Site.WriteSecretsAsync($"sops_pgp__list_0__map_fp=ABCD\n{string.Join('\n', lines)}");
        await Host.WriteFileAsync("/etc/prism/age.key", "AGE-PLUGIN-STANDIN-1\n", "0600");
        await Host.WriteFileAsync("/usr/local/bin/sops", $"#!/bin/sh\n[ \"$(cat \"$SOPS_AGE_KEY_FILE\" /dev/fd/3 | uniq)\" = AGE-PLUGIN-STANDIN-1 ] || exit 3\nprintf '{Site.DefaultSecrets.Replace("\n", "\\n", StringComparison.Ordinal)}'\n", "0755");
        await ChangeAsync(secrets => secrets["sopsCommand"] = "sops");

        _ = (await Site.StartAsync()).Succeeded();

        Assert.Contains(await Site.JournalAsync(), entry => entry.Message.EndsWith(", opened by an external sops (sops)", StringComparison.Ordinal));
    }

    private async Task ChangeAsync(Action<JsonObject> change)
    {
        var configuration = Site.DefaultConfiguration();
        change(configuration["secrets"]!.AsObject());
        await Site.WriteConfigurationAsync(configuration);
    }

    private async Task AssertRefusedAsync(string words)
    {
        Assert.NotEqual(0, (await Site.StartAsync()).ExitCode);
        var shown = await Site.ShowAsync("ExecMainStatus", "StatusText");
        Assert.Equal($"{(int)ExitCode.SecretsRefused}", shown["ExecMainStatus"]);
        Assert.Contains(words, shown["StatusText"], StringComparison.Ordinal);
    }

    private async Task<IEnumerable<string>> WarningsAsync() =>
        (await Site.JournalAsync()).Where(entry => entry is { Identifier: "prism-supervisor", Priority: 4 } && entry["PRISM_STEP"] == "secrets").Select(entry => entry.Message);
}
