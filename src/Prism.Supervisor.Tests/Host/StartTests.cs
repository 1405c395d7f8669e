namespace Prism.Supervisor.Tests.Host;

/// <summary>A start as the operator sees it: systemctl, STATUS=, the journal, the first page.</summary>
public sealed class StartTests(HostFixture fixture) : SiteTest(fixture)
{
    [Fact]
    public async Task A_start_on_an_empty_database_serves_the_site()
    {
        var start = await Site.StartAsync();
        var page = await Site.GetAsync("/");

        Assert.Equal((0, 200), (start.ExitCode, page.Status));
        Assert.Equal("postgresql", (await Site.GetAsync("/healthz")).Json.GetProperty("database").GetString());
        Assert.Matches(@"^Serving on 127\.0\.0\.1:8000, generation 1 \(pid \d+\)$", await Site.ShowAsync("StatusText"));
    }

    [Fact]
    public async Task Everybody_speaks_in_the_journal_under_its_own_name_and_step()
    {
        _ = (await Site.StartAsync()).Succeeded();

        var journal = await Site.JournalAsync();

        Assert.Contains(journal, entry => entry is { Identifier: "prism-migrate" } && entry["PRISM_STEP"] == "migrate" && entry.Message.Contains("journal.0012", StringComparison.Ordinal));
        Assert.Contains(journal, entry => entry is { Identifier: "prism-collectstatic" } && entry["PRISM_STEP"] == "collectstatic" && entry.Message.Contains("static files copied", StringComparison.Ordinal));
        Assert.Contains(journal, entry => entry is { Identifier: "prism-gunicorn" } && entry["PRISM_GENERATION"] == "1" && entry.Message.Contains("Booting worker", StringComparison.Ordinal));
        Assert.Contains(journal, entry => entry is { Identifier: "prism-supervisor", Priority: 6 } && entry["PRISM_STEP"] == "secrets");
    }

    [Fact]
    public async Task The_start_is_over_only_when_the_first_page_is_there()
    {
        var configuration = Site.DefaultConfiguration();
        configuration["environment"]!["PRISM_SLOW_IMPORT"] = "3";
        await Site.WriteConfigurationAsync(configuration);

        var starting = Site.StartAsync();
        var booting = await Site.WaitForJournalAsync(entry => entry.Message.Contains("Booting worker", StringComparison.Ordinal), Patience);
        var whileStarting = await Site.ShowAsync("ActiveState");
        var start = await starting;
        var page = await Site.GetAsync();

        Assert.Equal(("activating", 0, 200), (whileStarting, start.ExitCode, page.Status));
        var started = (await Site.JournalAsync()).Single(entry => entry.Message.StartsWith($"Started {Site.Unit}", StringComparison.Ordinal));
        Assert.True(started.Time - booting.Time >= TimeSpan.FromSeconds(2.5), $"booting at {booting.Time:O}, started at {started.Time:O}");
    }

    [Fact]
    public async Task A_status_line_names_the_step_that_runs()
    {
        var configuration = Site.DefaultConfiguration();
        configuration["environment"]!["PRISM_SLOW_COLLECTSTATIC"] = "3";
        await Site.WriteConfigurationAsync(configuration);

        var starting = Site.StartAsync();
        await Site.WaitForAsync("StatusText", text => text.Contains("unning prism-collectstatic", StringComparison.Ordinal), Patience);

        _ = (await starting).Succeeded();
    }

    [Fact]
    public async Task Eight_restarts_in_a_row_are_no_start_limit()
    {
        var configuration = Site.DefaultConfiguration();
        configuration["steps"] = new System.Text.Json.Nodes.JsonObject { ["migrate"] = "", ["collectstatic"] = "" };
        await Site.WriteConfigurationAsync(configuration);
        _ = await Site.StartAsync();

        for (var i = 0; i < 8; i++)
        {
            _ = (await Site.RestartAsync()).Succeeded();
        }
    }
}
