using System.Globalization;

namespace Prism.Supervisor.Tests.Host;

/// <summary>What dies is replaced, and nothing is left over of it.</summary>
public sealed class CrashTests(HostFixture fixture) : SiteTest(fixture)
{
    [Fact]
    public async Task A_killed_arbiter_is_replaced_and_its_orphans_are_ended()
    {
        _ = (await Site.StartAsync()).Succeeded();
        var old = await WorkersAsync();

        await KillAsync(await ArbiterAsync());
        var waited = await Site.GetAsync(); // its connection waits in the backlog
        await Site.WaitForAsync("StatusText", text => text.StartsWith("Serving", StringComparison.Ordinal) && text.Contains("generation 2", StringComparison.Ordinal), Patience);

        Assert.Equal((200, "2"), (waited.Status, waited.Json.GetProperty("generation").GetString()));
        Assert.Empty(old.Intersect(await WorkersAsync()));
        Assert.Contains(await Site.JournalAsync(), entry => entry is { Priority: 4 } && entry.Message == "Generation 1 failed and is replaced: prism-gunicorn killed by SIGKILL");
    }

    [Fact]
    public async Task A_killed_worker_is_gunicorns_to_replace()
    {
        _ = (await Site.StartAsync()).Succeeded();
        var worker = (await Site.GetAsync()).Json.GetProperty("pid").GetInt32();

        await KillAsync(worker);
        var page = await Site.GetAsync();

        Assert.Equal((200, "1"), (page.Status, page.Json.GetProperty("generation").GetString()));
        Assert.StartsWith("Serving", await Site.ShowAsync("StatusText"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_killed_supervisor_is_started_again_by_systemd_and_leaves_no_process()
    {
        _ = (await Site.StartAsync()).Succeeded();
        var old = await ProcessesAsync();

        await KillAsync(await Site.MainPidAsync());
        await Site.WaitForAsync("NRestarts", "1", Patience);
        var leftOver = old.Intersect(await ProcessesAsync());
        await Site.WaitForAsync("ActiveState", "active", Patience);

        Assert.Empty(leftOver);
        Assert.Equal(200, (await Site.GetAsync()).Status);
    }

    [Fact]
    public async Task A_supervisor_that_stands_still_is_ended_by_the_watchdog()
    {
        await Site.OverrideUnitAsync("[Service]\nWatchdogSec=2\nRestartSec=0\n");
        _ = (await Site.StartAsync()).Succeeded();

        _ = await Host.ExecAsync("kill", "-STOP", (await Site.MainPidAsync()).ToString(CultureInfo.InvariantCulture));
        await Site.WaitForAsync("NRestarts", "1", Patience);
        await Site.WaitForAsync("ActiveState", "active", Patience);

        Assert.Equal(200, (await Site.GetAsync()).Status);
    }

    [Fact]
    public async Task A_watchdog_that_is_fed_leaves_the_unit_alone()
    {
        await Site.OverrideUnitAsync("[Service]\nWatchdogSec=1\n");
        _ = (await Site.StartAsync()).Succeeded();

        // The manager's own note of the last WATCHDOG=1 moves on past two spans; it has no event, so ask ten times a second.
        _ = await Host.ScriptAsync($"""
            last() {"{"} systemctl show --value --property=WatchdogTimestampMonotonic {Site.Unit}; {"}"}
            first=$(last)
            for _ in $(seq 300); do [ $(($(last) - first)) -gt 2500000 ] && exit 0; sleep 0.1; done
            exit 1
            """);

        Assert.Equal("0", await Site.ShowAsync("NRestarts"));
        Assert.Equal("active", await Site.ShowAsync("ActiveState"));
    }

    [Fact]
    public async Task A_site_that_hangs_is_replaced()
    {
        var configuration = Site.DefaultConfiguration();
        configuration["environment"]!["PRISM_FAULTS"] = "1";
        configuration["health"]!["periodSeconds"] = 0.2;
        configuration["health"]!["timeoutSeconds"] = 2;
        await Site.WriteConfigurationAsync(configuration);
        _ = (await Site.StartAsync()).Succeeded();

        var hanging = Host.ScriptAsync($"for _ in 1 2 3 4; do curl -s -m 20 -H 'Host: {Site.HostName}' http://127.0.0.1:8000/faults/hang & done; wait || :");
        await Site.WaitForAsync("StatusText", text => text.StartsWith("Serving", StringComparison.Ordinal) && !text.Contains("generation 1", StringComparison.Ordinal), Patience);
        _ = await hanging;

        Assert.Contains(await Site.JournalAsync(), entry => entry.Message.Contains("did not answer within 2 s, 3 times in a row", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Repeated_crashes_are_given_up_with_a_code_of_their_own()
    {
        var configuration = Site.DefaultConfiguration();
        configuration["restart"] = new System.Text.Json.Nodes.JsonObject { ["limit"] = 1 };
        await Site.WriteConfigurationAsync(configuration);
        await Site.OverrideUnitAsync("[Service]\nRestart=no\n");
        _ = (await Site.StartAsync()).Succeeded();

        await KillAsync(await ArbiterAsync());
        await Site.WaitForAsync("StatusText", text => text.StartsWith("Serving", StringComparison.Ordinal) && text.Contains("generation 2", StringComparison.Ordinal), Patience);
        await KillAsync(await ArbiterAsync());
        await Site.WaitForAsync("ActiveState", "failed", Patience);

        Assert.Equal("85", await Site.ShowAsync("ExecMainStatus"));
        Assert.Equal("Failed: given up after 2 crashes in a row, the last: prism-gunicorn killed by SIGKILL", await Site.ShowAsync("StatusText"));
    }

    private async Task<int> ArbiterAsync() =>
        int.Parse((await Host.ExecAsync("pgrep", "--parent", (await Site.MainPidAsync()).ToString(CultureInfo.InvariantCulture))).Text, CultureInfo.InvariantCulture);

    private async Task<string[]> WorkersAsync() =>
        (await Host.ExecAsync("pgrep", "--parent", (await ArbiterAsync()).ToString(CultureInfo.InvariantCulture))).Text.Split('\n');

    private async Task<string[]> ProcessesAsync() => (await Host.ExecAsync("pgrep", "--uid", "prism")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private async Task KillAsync(int pid) => (await Host.ExecAsync("kill", "-KILL", pid.ToString(CultureInfo.InvariantCulture))).Succeeded();
}
