namespace Prism.Supervisor.Tests.Host;

/// <summary>SIGTERM in every phase: exit 0, and no process outlives the supervisor.</summary>
public sealed class StopTests(HostFixture fixture) : SiteTest(fixture)
{
    [Fact]
    public async Task A_stop_ends_everything_and_counts_as_a_success()
    {
        _ = (await Site.StartAsync()).Succeeded();

        var stop = await Site.StopAsync();

        Assert.Equal(0, stop.ExitCode);
        await AssertStoppedAsync();
        Assert.Contains(await Site.JournalAsync(), entry => entry.Message == "Stopped; nothing is left running");
        Assert.DoesNotContain(await Site.JournalAsync(), entry => entry.Message.Contains("Killing process", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_restart_serves_again()
    {
        _ = (await Site.StartAsync()).Succeeded();
        var before = (await Site.GetAsync()).Json.GetProperty("pid").GetInt32();

        var restart = await Site.RestartAsync();

        Assert.Equal(0, restart.ExitCode);
        Assert.NotEqual(before, (await Site.GetAsync()).Json.GetProperty("pid").GetInt32());
    }

    [Fact]
    public async Task A_request_in_flight_is_answered_before_the_stop()
    {
        var configuration = Site.DefaultConfiguration();
        configuration["environment"]!["PRISM_FAULTS"] = "1";
        await Site.WriteConfigurationAsync(configuration);
        _ = (await Site.StartAsync()).Succeeded();

        var slow = Site.GetAsync("/faults/slow?seconds=3");
        await AwaitConnectionAsync();
        var stop = await Site.StopAsync();

        Assert.Equal((200, 0), ((await slow).Status, stop.ExitCode));
    }

    [Theory]
    [InlineData("PRISM_SLOW_MIGRATION", "Started prism-migrate")]
    [InlineData("PRISM_SLOW_COLLECTSTATIC", "Started prism-collectstatic")]
    [InlineData("PRISM_SLOW_IMPORT", "Booting worker")]
    public async Task A_stop_during_a_step_of_the_start_ends_it(string slowness, string line)
    {
        var configuration = Site.DefaultConfiguration();
        configuration["environment"]![slowness] = "600"; // longer than systemd waits for a stop
        await Site.WriteConfigurationAsync(configuration);
        var starting = Site.StartAsync();
        _ = await Site.WaitForJournalAsync(entry => entry.Message.Contains(line, StringComparison.Ordinal), Patience);

        var stop = await Site.StopAsync();
        _ = await starting;

        Assert.Equal(0, stop.ExitCode);
        await AssertStoppedAsync();
    }

    [Fact]
    public async Task A_stop_ends_a_worker_that_hangs_for_ever()
    {
        var configuration = Site.DefaultConfiguration();
        configuration["environment"]!["PRISM_FAULTS"] = "1";
        configuration["gunicorn"]!["gracefulTimeoutSeconds"] = 2;
        await Site.WriteConfigurationAsync(configuration);
        _ = (await Site.StartAsync()).Succeeded();
        var hanging = Site.GetAsync("/faults/hang");
        await AwaitConnectionAsync();

        var stop = await Site.StopAsync();
        _ = await hanging;

        Assert.Equal(0, stop.ExitCode);
        await AssertStoppedAsync();
    }

    /// <summary>A connection's beginning has no event outside the processes that share it: ask twenty times a second, for as long as it takes.</summary>
    private Task<ExecResult> AwaitConnectionAsync() =>
        Host.ScriptAsync("until ss -Htn state established 'sport = :8000' | grep -q .; do sleep 0.05; done");

    private async Task AssertStoppedAsync()
    {
        var shown = await Site.ShowAsync("ActiveState", "Result", "ExecMainStatus");

        Assert.Equal(("inactive", "success", "0"), (shown["ActiveState"], shown["Result"], shown["ExecMainStatus"]));
        Assert.Equal("", (await Host.ExecAsync("pgrep", "--uid", "prism", "--list-full")).Output);
    }
}
