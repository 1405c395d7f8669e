using System.Text.Json.Nodes;
using Prism.Supervisor.Tests.Fixtures;

namespace Prism.Supervisor.Tests.Host;

/// <summary>The drop-in for a systemd without OpenFile= and a Gunicorn whose workers call setuid(2): packaging/systemd/debian-12.conf.</summary>
public sealed class Debian12Tests(HostFixture fixture) : SiteTest(fixture)
{
    [Fact]
    public async Task With_the_drop_in_the_key_is_a_credential_and_a_process_may_become_who_it_is()
    {
        var (identity, recipient) = SopsWriter.NewKey();
        await Site.WriteSecretsAsync(SopsWriter.Write(recipient, new Dictionary<string, string> { ["SECRET_KEY"] = "only-for-tests", ["POSTGRES_USER"] = "prism", ["POSTGRES_PASSWORD"] = Site.Password }));
        await Host.WriteFileAsync("/etc/prism/age.key", identity + "\n", "0600");
        var configuration = Site.DefaultConfiguration();
        configuration["steps"]!["migrate"] = new JsonArray("python3", "-c", "import os; os.setuid(os.getuid())");
        await Site.WriteConfigurationAsync(configuration);

        Assert.NotEqual(0, (await Site.StartAsync()).ExitCode);
        Assert.Contains("Operation not permitted", await Site.ShowAsync("StatusText"), StringComparison.Ordinal);

        await Site.OverrideUnitAsync(await File.ReadAllTextAsync(Repository.PathTo("packaging", "systemd", "debian-12.conf"), Cancellation));
        _ = (await Site.StartAsync()).Succeeded();

        Assert.Contains(await Site.JournalAsync(), entry => entry.Message.EndsWith("opened by the age key of credential age-key", StringComparison.Ordinal));
    }
}
