using Prism.Supervisor.Tests.Fixtures;

namespace Prism.Supervisor.Tests.Host;

/// <summary>secrets check as root: the unit says which file, which key and whose.</summary>
public sealed class SecretsCheckOfUnitTests(HostFixture fixture) : SiteTest(fixture)
{
    [Fact]
    public async Task It_reads_what_the_unit_would_with_the_units_own_key()
    {
        const string canary = "canary-0c47f1d9-canary";
        var (identity, recipient) = SopsWriter.NewKey();
        await Site.WriteSecretsAsync(SopsWriter.Write(recipient, new Dictionary<string, string> { ["SECRET_KEY"] = canary, ["POSTGRES_USER"] = "prism", ["POSTGRES_PASSWORD"] = canary }));
        await Host.WriteFileAsync("/etc/prism/age.key", identity + "\n", "0600");

        var good = (await Host.ExecAsync("prism-supervisor", "secrets", "check")).Succeeded();

        Assert.StartsWith($"{Site.SecretsFile}: sops dotenv file, written by sops 3.13.2", good.Output, StringComparison.Ordinal);
        Assert.Contains($"{recipient}: opened by descriptor age-key", good.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Warnings:", good.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(canary, good.Output, StringComparison.Ordinal);

        await Site.WriteSecretsAsync(SopsWriter.Write(recipient, new Dictionary<string, string> { ["SECRET_KEY"] = canary }));

        var bad = await Host.ExecAsync("prism-supervisor", "secrets", "check");

        Assert.Equal((int)ExitCode.SecretsRefused, bad.ExitCode);
        Assert.Contains("Missing:\n  POSTGRES_USER\n  POSTGRES_PASSWORD\n", bad.Output, StringComparison.Ordinal);
    }

    /// <summary>A file that the service's own group can write is a warning for run; root, who asks for the service, must not find more.</summary>
    [Fact]
    public async Task Files_are_judged_as_for_the_user_of_the_unit()
    {
        _ = (await Host.ExecAsync("chmod", "0660", Site.SecretsFile)).Succeeded();
        _ = (await Host.ExecAsync("install", "-d", "-o", "prism", Site.State)).Succeeded();

        var check = (await Host.ExecAsync("prism-supervisor", "secrets", "check")).Succeeded();
        var exec = (await Host.ExecAsync("prism-supervisor", "exec", "--", "/bin/true")).Succeeded();

        Assert.All([check.Output, exec.Error], text => Assert.Contains("the site's own group can write it (mode 0660)", text, StringComparison.Ordinal));
    }
}
