using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Prism.Supervisor.Tests.Host;

/// <summary>What an operator sees of steps that are not done twice: a start that has nothing to do starts nothing but the server.</summary>
public sealed class SkippedStepTests(HostFixture fixture) : SiteTest(fixture)
{
    private readonly JsonObject configuration = Site.DefaultConfiguration();
    private int seen;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        configuration["release"] = new JsonObject { ["id"] = "one" };
        await Site.WriteConfigurationAsync(configuration);
        _ = (await Site.StartAsync()).Succeeded();
        Assert.Equal(["prism-collectstatic", "prism-migrate"], await RanAsync());
    }

    [Fact]
    public async Task A_second_start_runs_neither_migrate_nor_collectstatic_and_asks_for_no_version()
    {
        _ = (await Site.RestartAsync()).Succeeded();

        var journal = await NewLinesAsync();
        Assert.Contains(journal, entry => entry["PRISM_STEP"] == "migrate" && entry.Message.StartsWith("Skipped migrate: nothing has changed since it succeeded at 20", StringComparison.Ordinal));
        Assert.Contains(journal, entry => entry["PRISM_STEP"] == "collectstatic" && entry.Message.StartsWith("The static files are complete already: ", StringComparison.Ordinal));
        Assert.DoesNotContain(journal, entry => entry.Identifier is "prism-migrate" or "prism-collectstatic");
        Assert.Single(journal, entry => entry.Identifier == "prism-supervisor" && entry.Message.StartsWith("Started prism-", StringComparison.Ordinal));
        Assert.Equal(200, (await Site.GetAsync()).Status);
        Assert.Equal("600 prism", (await Host.ExecAsync("stat", "--format=%a %U", $"{Site.State}/.prism-migrate")).Text);
    }

    /// <summary>Once in a while a busy host takes longer than Gunicorn is given: then it is ended, and started again in its turn.</summary>
    [Fact]
    public async Task A_second_start_asks_the_database_while_Gunicorn_starts()
    {
        for (var tries = 1; ; tries++)
        {
            _ = (await Site.RestartAsync()).Succeeded();
            var lines = (await NewLinesAsync()).Select(entry => entry.Message).ToList();
            var started = lines.FindIndex(line => line.StartsWith("Started prism-gunicorn ", StringComparison.Ordinal));
            Assert.InRange(started, 0, lines.FindIndex(line => line.StartsWith("Skipped migrate: ", StringComparison.Ordinal)));
            Assert.Equal(200, (await Site.GetAsync()).Status);
            if (!lines.Exists(line => line.StartsWith("Ended prism-gunicorn ", StringComparison.Ordinal)))
            {
                break;
            }

            Assert.InRange(tries, 1, 20);
        }
    }

    [Fact]
    public async Task A_rotated_password_is_no_reason_to_migrate()
    {
        await SqlAsync("postgres", "alter role prism password 'rotated-password'");
        await Site.WriteSecretsAsync(Site.DefaultSecrets.Replace(Site.Password, "rotated-password", StringComparison.Ordinal));

        _ = (await Site.RestartAsync()).Succeeded();

        Assert.Empty(await RanAsync());
    }

    [Fact]
    public async Task A_migration_that_was_rolled_back_is_applied_again()
    {
        await SqlAsync("prism", "delete from django_migrations where app = 'sessions'", "drop table django_session");

        _ = (await Site.RestartAsync()).Succeeded();

        var journal = await NewLinesAsync();
        Assert.Contains(journal, entry => entry.Message.StartsWith("migrate has to run: the database is another, or its migrations are others, since", StringComparison.Ordinal));
        Assert.Contains(journal, entry => entry.Identifier == "prism-migrate" && entry.Message.Contains("Applying sessions.0001_initial", StringComparison.Ordinal));

        // Gunicorn was started on the guess that it had nothing to wait for, and was gone before the migration began.
        var lines = journal.Select(entry => entry.Message).ToList();
        var ended = lines.FindIndex(line => Regex.IsMatch(line, @"^Ended prism-gunicorn \(pid \d+\), generation 1, which was started ahead: "));
        Assert.InRange(ended, 0, lines.FindIndex(line => line.StartsWith("Started prism-migrate ", StringComparison.Ordinal)));
        Assert.Equal(2, lines.Count(line => line.StartsWith("Started prism-gunicorn ", StringComparison.Ordinal)));
        Assert.DoesNotContain(journal, entry => entry.Identifier == "prism-collectstatic");
    }

    [Fact]
    public async Task Another_release_another_setting_and_force_run_both_again()
    {
        configuration["release"]!["id"] = "two";
        await RestartedRunsAsync("prism-collectstatic", "prism-migrate");

        configuration["environment"]!["PRISM_RELEASE"] = "two";
        await RestartedRunsAsync("prism-collectstatic", "prism-migrate");

        await RestartedRunsAsync();

        await Site.OverrideUnitAsync("[Service]\nExecStart=\nExecStart=/usr/bin/prism-supervisor run --config /etc/prism/supervisor.json --force\n");
        await RestartedRunsAsync("prism-collectstatic", "prism-migrate");
    }

    [Fact]
    public async Task A_reload_does_nothing_twice_either_and_says_that_nothing_was_changed()
    {
        _ = (await Site.ReloadAsync()).Succeeded();

        Assert.Empty(await RanAsync());
    }

    [Fact]
    public async Task What_failed_is_run_again_though_nothing_has_changed()
    {
        configuration["steps"]!["migrate"] = new JsonArray("prism-migrate", "--no-such-option");
        await Site.WriteConfigurationAsync(configuration);
        Assert.NotEqual(0, (await Site.RestartAsync()).ExitCode);
        _ = await RanAsync();

        configuration["steps"]!["migrate"] = "prism-migrate";
        await RestartedRunsAsync("prism-migrate");
    }

    private async Task RestartedRunsAsync(params string[] steps)
    {
        await Site.WriteConfigurationAsync(configuration);
        _ = (await Host.ExecAsync("systemctl", "reset-failed", Site.Unit)).Succeeded();
        _ = (await Site.RestartAsync()).Succeeded();
        Assert.Equal(steps, await RanAsync());
    }

    /// <summary>Which steps have spoken since this was asked last.</summary>
    private async Task<string[]> RanAsync() =>
        [.. (await NewLinesAsync()).Select(entry => entry.Identifier).Where(name => name is "prism-migrate" or "prism-collectstatic").Distinct().Order(StringComparer.Ordinal)];

    private async Task<IReadOnlyList<JournalEntry>> NewLinesAsync()
    {
        var all = await Site.JournalAsync();
        IReadOnlyList<JournalEntry> fresh = [.. all.Skip(seen)];
        seen = all.Count;
        return fresh;
    }

    private async Task SqlAsync(string database, params string[] statements) =>
        _ = (await Host.ExecAsync(["runuser", "-u", "postgres", "--", "psql", "--quiet", "--no-psqlrc", "--set", "ON_ERROR_STOP=1", database, .. statements.SelectMany(statement => new[] { "-c", statement })])).Succeeded();
}
