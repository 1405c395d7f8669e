using System.Globalization;
using System.Text.Json.Nodes;

namespace Prism.Supervisor.Tests.Host;

/// <summary>A start and a reload whose PostgreSQL is not up, or will not have the site, under a real systemd.</summary>
public sealed class WaitingForDatabaseTests(HostFixture fixture) : SiteTest(fixture)
{
    [Fact]
    public async Task A_start_waits_and_says_so_and_serves_once_PostgreSQL_is_up()
    {
        await StopDatabaseAsync();

        var starting = Site.StartAsync();
        await Site.WaitForAsync("StatusText", text => text.StartsWith("Waiting for PostgreSQL at 127.0.0.1:5432, ", StringComparison.Ordinal), Patience);
        _ = await Site.WaitForJournalAsync(
            entry => entry.Message == $"Waiting for PostgreSQL at 127.0.0.1:5432: connection refused; {Site.DatabaseUnit} is inactive" && entry["PRISM_STEP"] == "database", Patience);
        await StartDatabaseAsync();

        _ = (await starting).Succeeded();
        Assert.Equal(200, (await Site.GetAsync()).Status);
        Assert.Contains(await Site.JournalAsync(), entry => entry.Message.StartsWith("PostgreSQL at 127.0.0.1:5432 is up after ", StringComparison.Ordinal));
    }

    /// <summary>What was started ahead is not there while the database is waited for, and connections wait with it.</summary>
    [Fact]
    public async Task A_restart_waits_without_Gunicorn_and_serves_who_has_waited()
    {
        var configuration = Site.DefaultConfiguration();
        configuration["release"] = new JsonObject { ["id"] = "one" };
        await Site.WriteConfigurationAsync(configuration);
        _ = (await Site.StartAsync()).Succeeded();
        await StopDatabaseAsync();
        var from = (await Site.JournalAsync()).Count;

        var restarting = Site.RestartAsync();
        await Site.WaitForAsync("StatusText", text => text.StartsWith("Waiting for PostgreSQL at 127.0.0.1:5432, ", StringComparison.Ordinal), Patience);
        var ended = await Site.WaitForJournalAsync(entry => entry.Message.StartsWith("Ended prism-gunicorn ", StringComparison.Ordinal), Patience);
        Assert.EndsWith(": PostgreSQL has to come first", ended.Message, StringComparison.Ordinal);
        Assert.Equal("", (await Host.ExecAsync("pgrep", "--parent", (await Site.MainPidAsync()).ToString(CultureInfo.InvariantCulture))).Output);
        var asking = Site.GetAsync();
        await StartDatabaseAsync();

        _ = (await restarting).Succeeded();
        Assert.Equal(200, (await asking).Status);
        Assert.Equal(2, (await Site.JournalAsync()).Skip(from).Count(entry => entry.Message.StartsWith("Started prism-gunicorn ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_database_that_has_failed_is_waited_for_with_the_word_of_its_unit()
    {
        await StopDatabaseAsync();
        await Host.WriteFileAsync($"/run/systemd/system/{Site.DatabaseUnit}.d/test.conf", "[Service]\nExecStartPre=/bin/false\n");
        _ = await Host.ScriptAsync($"systemctl daemon-reload; ! systemctl start {Site.DatabaseUnit}");
        try
        {
            var starting = Site.StartAsync();
            await Site.WaitForAsync("StatusText", text => text.EndsWith($": connection refused; {Site.DatabaseUnit} is failed (exit-code)", StringComparison.Ordinal), Patience);
            _ = (await Site.StopAsync()).Succeeded();
            _ = await starting;
        }
        finally
        {
            _ = await Host.ScriptAsync($"rm -r /run/systemd/system/{Site.DatabaseUnit}.d; systemctl daemon-reload; systemctl reset-failed {Site.DatabaseUnit}");
        }
    }

    [Fact]
    public async Task A_start_that_waits_outlives_TimeoutStartSec()
    {
        await Site.OverrideUnitAsync("[Service]\nTimeoutStartSec=3s\n");
        await StopDatabaseAsync();

        var starting = Site.StartAsync();
        // The reminder, ten times later than systemd would have ended it.
        _ = await Site.WaitForJournalAsync(entry => entry.Message.StartsWith("Still waiting for PostgreSQL at 127.0.0.1:5432, 30 s: ", StringComparison.Ordinal), Patience);
        await StartDatabaseAsync();

        _ = (await starting).Succeeded();
        Assert.Equal("0", await Site.ShowAsync("NRestarts"));
    }

    [Fact]
    public async Task A_wrong_password_is_one_line_and_no_restart_loop()
    {
        await Site.WriteSecretsAsync(Site.DefaultSecrets.Replace(Site.Password, "hush-hush", StringComparison.Ordinal));

        var start = await Site.StartAsync();
        var shown = await Site.ShowAsync("ActiveState", "NRestarts", "ExecMainStatus");
        var journal = await Site.JournalAsync();

        Assert.NotEqual(0, start.ExitCode);
        Assert.Equal(("failed", "0", "69"), (shown["ActiveState"], shown["NRestarts"], shown["ExecMainStatus"]));
        Assert.Contains(
            journal,
            entry => entry.Message == "PostgreSQL at 127.0.0.1:5432 refuses the site's password, or has no such role, which it does not tell (28P01): correct POSTGRES_PASSWORD, "
                + "or ALTER ROLE <the role in POSTGRES_USER> PASSWORD '…', or CREATE ROLE <the role in POSTGRES_USER> LOGIN PASSWORD '…' (exit code 69)");
        Assert.DoesNotContain(journal, entry => entry.Message.StartsWith("Waiting for PostgreSQL", StringComparison.Ordinal));
        Assert.DoesNotContain(journal, entry => entry.Message.Contains("hush", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_start_gives_up_after_its_time_and_may_be_tried_again()
    {
        var configuration = Site.DefaultConfiguration();
        configuration["database"] = new JsonObject { ["waitSeconds"] = 5 };
        await Site.WriteConfigurationAsync(configuration);
        await Site.OverrideUnitAsync("[Service]\nRestart=no\n");
        await StopDatabaseAsync();

        Assert.NotEqual(0, (await Site.StartAsync()).ExitCode);

        Assert.Equal("75", await Site.ShowAsync("ExecMainStatus"));
        Assert.Equal(
            $"Failed: PostgreSQL at 127.0.0.1:5432 was not there within 5 s (database.waitSeconds): connection refused; {Site.DatabaseUnit} is inactive: start it, or correct where the site looks for it",
            await Site.ShowAsync("StatusText"));
    }

    [Fact]
    public async Task A_stop_ends_the_waiting_at_once()
    {
        await StopDatabaseAsync();
        var starting = Site.StartAsync();
        await Site.WaitForAsync("StatusText", text => text.StartsWith("Waiting for PostgreSQL", StringComparison.Ordinal), Patience);

        _ = (await Site.StopAsync()).Succeeded();
        _ = await starting;

        var shown = await Site.ShowAsync("Result", "ExecMainStatus", "ActiveState");
        Assert.Equal(("success", "0", "inactive"), (shown["Result"], shown["ExecMainStatus"], shown["ActiveState"]));
    }

    [Fact]
    public async Task A_reload_waits_no_longer_than_it_may_and_the_old_generation_serves_on()
    {
        var configuration = Site.DefaultConfiguration();
        configuration["reload"] = new JsonObject { ["timeoutSeconds"] = 15 };
        await Site.WriteConfigurationAsync(configuration);
        _ = (await Site.StartAsync()).Succeeded();
        await StopDatabaseAsync();

        var reload = await Site.ReloadAsync();

        Assert.NotEqual(0, reload.ExitCode);
        Assert.Contains(
            $"the last reload failed: PostgreSQL at 127.0.0.1:5432 was waited for: connection refused; {Site.DatabaseUnit} is inactive (reload.timeoutSeconds is 15)", await Site.ShowAsync("StatusText"), StringComparison.Ordinal);
        Assert.StartsWith("Serving on 127.0.0.1:8000, generation 1 ", await Site.ShowAsync("StatusText"), StringComparison.Ordinal);
        await StartDatabaseAsync();
        _ = (await Site.ReloadAsync()).Succeeded();
    }

    public override async ValueTask DisposeAsync()
    {
        await StartDatabaseAsync();
        await base.DisposeAsync();
    }

    private async Task StopDatabaseAsync() => _ = (await Host.ExecAsync("systemctl", "stop", Site.DatabaseUnit)).Succeeded();

    private async Task StartDatabaseAsync() => _ = (await Host.ExecAsync("systemctl", "start", Site.DatabaseUnit)).Succeeded();
}
