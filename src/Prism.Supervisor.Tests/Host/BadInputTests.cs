using System.Text.Json.Nodes;
using Prism.Supervisor.Tests.Fixtures;

namespace Prism.Supervisor.Tests.Host;

/// <summary>Each bad input: systemctl start fails, the exit code is its kind's, and one line says what and where.</summary>
public sealed class BadInputTests(HostFixture fixture) : SiteTest(fixture)
{
    // Seconds until the start is given up: it must have answered by then, on a machine with much else to do.
    private const int LongEnough = 15;

    [Fact]
    public async Task A_wsgi_module_that_cannot_be_imported()
    {
        await SetAsync("PRISM_BROKEN_WSGI", "1");

        _ = await AssertRefusedAsync(ExitCode.ServerDidNotComeUp, "ImportError: prism.wsgi was told to be broken");

        Assert.StartsWith("Failed: prism-gunicorn exited with code ", await Site.ShowAsync("StatusText"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_site_that_answers_every_page_with_500()
    {
        await SetAsync("PRISM_BROKEN_SITE", "1");
        await ChangeAsync(configuration => configuration["gunicorn"]!["startTimeoutSeconds"] = LongEnough);

        _ = await AssertRefusedAsync(ExitCode.ServerDidNotComeUp, "not up within 15 s: GET /healthz (Host: prism.example.org) answered 500");
    }

    [Fact]
    public async Task A_probe_that_the_site_refuses()
    {
        await ChangeAsync(configuration =>
        {
            configuration["health"]!["host"] = "elsewhere.example.org";
            configuration["gunicorn"]!["startTimeoutSeconds"] = LongEnough;
        });

        _ = await AssertRefusedAsync(ExitCode.ServerDidNotComeUp, "answered 400 (is the probe's Host in ALLOWED_HOSTS?)");
    }

    [Fact]
    public async Task A_migration_that_fails()
    {
        await SetAsync("PRISM_FAIL_MIGRATION", "1");

        _ = await AssertRefusedAsync(ExitCode.MigrateFailed, "prism-migrate exited with code 1: RuntimeError:");
    }

    [Fact]
    public async Task A_collectstatic_that_fails()
    {
        await SetAsync("PRISM_FAIL_COLLECTSTATIC", "1");

        _ = await AssertRefusedAsync(ExitCode.CollectstaticFailed, "prism-collectstatic exited with code 1: RuntimeError:");
    }

    [Fact]
    public async Task A_missing_required_variable()
    {
        await Site.WriteSecretsAsync("SECRET_KEY=x\nPOSTGRES_USER=prism\nEMAIL_HOST_USER=mailer\n");

        _ = await AssertRefusedAsync(ExitCode.SecretsRefused, "POSTGRES_PASSWORD");
        Assert.Contains("EMAIL_HOST_PASSWORD", await Site.ShowAsync("StatusText"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_secrets_file()
    {
        await Host.ScriptAsync($"rm {Site.SecretsFile}");

        _ = await AssertRefusedAsync(ExitCode.SecretsRefused, Site.SecretsFile);
    }

    [Fact]
    public async Task A_secrets_file_that_may_not_be_read()
    {
        await Host.WriteFileAsync(Site.SecretsFile, Site.DefaultSecrets, "0600", "root:root");

        _ = await AssertRefusedAsync(ExitCode.NoPermission, Site.SecretsFile);
    }

    [Fact]
    public async Task A_key_that_opens_nothing_here()
    {
        await WriteSopsAsync(SopsWriter.NewKey().Identity, SopsWriter.Write(SopsWriter.NewKey().Recipient, Secrets));

        _ = await AssertRefusedAsync(ExitCode.SecretsRefused, "no age key here opens it");
    }

    [Fact]
    public async Task No_key_at_all()
    {
        await Site.WriteSecretsAsync(SopsWriter.Write(SopsWriter.NewKey().Recipient, Secrets));

        _ = await AssertRefusedAsync(ExitCode.SecretsRefused, "there is no age key");
    }

    [Fact]
    public async Task A_changed_file()
    {
        var (identity, recipient) = SopsWriter.NewKey();
        var lines = SopsWriter.Write(recipient, Secrets).Split('\n');
        (lines[0], lines[1]) = (lines[1], lines[0]);
        await WriteSopsAsync(identity, string.Join('\n', lines));

        _ = await AssertRefusedAsync(ExitCode.SecretsRefused, Site.SecretsFile);
    }

    [Fact]
    public async Task An_address_that_is_taken()
    {
        await Host.ScriptAsync("systemd-run --quiet --unit taker --service-type notify --property NotifyAccess=all /bin/sh -c 'python3 -m http.server 8000 --bind 127.0.0.1 & while ! ss -Hltn sport = :8000 | grep -q .; do :; done; systemd-notify --ready; wait'");
        try
        {
            _ = await AssertRefusedAsync(ExitCode.AddressTaken, "127.0.0.1:8000 is taken by another process");
        }
        finally
        {
            await Host.ScriptAsync("systemctl stop taker");
        }
    }

    [Fact]
    public async Task A_configuration_with_several_faults_names_them_all()
    {
        await ChangeAsync(configuration =>
        {
            configuration["binde"] = "x";
            configuration["health"]!["failureThreshold"] = "often";
        });

        _ = await AssertRefusedAsync(ExitCode.Configuration, "binde is no setting (did you mean bind?)");
        Assert.Contains("health.failureThreshold must be a number", await Site.ShowAsync("StatusText"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_that_is_not_there()
    {
        await ChangeAsync(configuration => configuration["steps"]!["migrate"] = "prism-migrade");

        _ = await AssertRefusedAsync(ExitCode.Configuration, "prism-migrade is not on PATH");
    }

    private static Dictionary<string, string> Secrets => new() { ["SECRET_KEY"] = "x", ["POSTGRES_USER"] = "prism", ["POSTGRES_PASSWORD"] = Site.Password };

    private async Task WriteSopsAsync(string identity, string file)
    {
        await Site.WriteSecretsAsync(file);
        await Host.WriteFileAsync("/etc/prism/age.key", identity + "\n", "0600");
    }

    private async Task ChangeAsync(Action<JsonObject> change)
    {
        var configuration = (JsonObject)JsonNode.Parse(await Host.ReadFileAsync(Site.ConfigurationFile))!;
        change(configuration);
        await Site.WriteConfigurationAsync(configuration);
    }

    private Task SetAsync(string name, string value) => ChangeAsync(configuration => configuration["environment"]![name] = value);

    private async Task<ExecResult> AssertRefusedAsync(ExitCode code, string cause)
    {
        await Site.OverrideUnitAsync("[Service]\nRestart=no\n");

        var start = await Site.StartAsync();

        Assert.NotEqual(0, start.ExitCode);
        var shown = await Site.ShowAsync("ActiveState", "ExecMainStatus", "ExecMainCode", "StatusText");
        Assert.Equal(("failed", $"{(int)code}", "1"), (shown["ActiveState"], shown["ExecMainStatus"], shown["ExecMainCode"]));
        Assert.StartsWith("Failed: ", shown["StatusText"], StringComparison.Ordinal);
        Assert.Contains(cause, shown["StatusText"], StringComparison.Ordinal);

        // One line of our own says it, and nowhere is a stack of ours.
        var journal = (await Site.JournalAsync()).Where(entry => entry.Identifier == "prism-supervisor").ToList();
        var error = Assert.Single(journal, entry => entry.Priority <= 3);
        Assert.Contains(cause, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
        Assert.DoesNotContain(journal, entry => entry.Message.Contains("   at ", StringComparison.Ordinal) || entry["PRISM_EXCEPTION"] is not null);
        return start;
    }
}
