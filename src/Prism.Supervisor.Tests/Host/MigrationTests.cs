using System.Globalization;

namespace Prism.Supervisor.Tests.Host;

/// <summary>A start that migrates under the shipped unit: what systemd gives it, what an operator reads, and what PostgreSQL is left with.</summary>
public sealed class MigrationTests(HostFixture fixture) : SiteTest(fixture)
{
    private const string Back = "cd / && prism-supervisor exec -- prism-migrate journal 0010 >/dev/null";
    // A psql that is killed would leave its statement, and with it the lock.
    private const string Release = "cd / && runuser -u postgres -- psql -qAt postgres -c \"select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(600)%' and pid <> pg_backend_pid()\"";
    private const string Somebody = "their-report.service";

    public override async ValueTask DisposeAsync()
    {
        _ = await Host.ScriptAsync(Release);
        _ = await Host.ExecAsync("systemctl", "stop", Somebody);
        await base.DisposeAsync();
    }

    [Fact]
    public async Task A_migration_that_takes_longer_than_a_start_may_is_done_all_the_same()
    {
        await SetAsync("PRISM_SLOW_MIGRATION", "12");
        await TimeoutAsync(seconds: 8);

        var starting = Site.StartAsync();
        await Site.WaitForAsync("StatusText", text => text.Contains("igrating ", StringComparison.Ordinal) && text.Contains(" journal.0011_entry_word_count, ", StringComparison.Ordinal), Patience);
        _ = (await starting).Succeeded();

        var applied = (await Site.JournalAsync()).Single(entry => entry.Message.StartsWith("Applied journal.0011_entry_word_count (", StringComparison.Ordinal));
        Assert.Equal(("journal.0011_entry_word_count", "migrate"), (applied["PRISM_MIGRATION"], applied["PRISM_STEP"]));
        Assert.InRange(double.Parse(applied["PRISM_SECONDS"]!, CultureInfo.InvariantCulture), 12, 60);
    }

    [Fact]
    public async Task A_migration_that_waits_for_a_lock_names_who_has_it_and_goes_on_when_it_is_free()
    {
        _ = (await Site.StartAsync()).Succeeded();
        _ = await Site.StopAsync();
        _ = await Host.ScriptAsync(Back);
        _ = await Host.ScriptAsync($"""
            cd /
            systemd-run --quiet --unit={Somebody} runuser -u postgres -- psql --quiet prism -c 'begin; lock table journal_entry; select pg_sleep(600)'
            until runuser -u postgres -- psql -qAt prism -c "select count(*) from pg_locks l where l.relation = 'journal_entry'::regclass and granted" | grep -q '^1$'; do sleep 0.1; done
            """);

        var starting = Site.StartAsync();
        _ = await Site.WaitForJournalAsync(entry => entry.Message.StartsWith("journal.0011_entry_word_count waits for a lock in PostgreSQL: 'psql' (PostgreSQL's process ", StringComparison.Ordinal), Patience);
        await Site.WaitForAsync("StatusText", text => text.Contains(" journal.0011_entry_word_count, ", StringComparison.Ordinal) && text.Contains("waits for a lock: 'psql' (PostgreSQL's process ", StringComparison.Ordinal), Patience);
        Assert.Contains("waits for a lock: 'psql'", (await Site.StatusAsync()).Output, StringComparison.Ordinal);
        _ = await Host.ScriptAsync(Release);
        _ = (await starting).Succeeded();

        Assert.Contains(await Site.JournalAsync(), entry => entry.Message.StartsWith("journal.0011_entry_word_count waits for no lock any more, after ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_stop_during_a_migration_leaves_no_statement_in_PostgreSQL()
    {
        await SetAsync("PRISM_SLOW_MIGRATION", "600");
        var starting = Site.StartAsync();
        await Site.WaitForAsync("StatusText", text => text.Contains(" journal.0011_entry_word_count, ", StringComparison.Ordinal) && !text.EndsWith(", 0 s", StringComparison.Ordinal), Patience);

        var stop = await Site.StopAsync();
        _ = await starting;

        Assert.Equal((0, "0"), (stop.ExitCode, (await Host.ScriptAsync("cd / && runuser -u postgres -- psql -qAt prism -c \"select count(*) from pg_stat_activity where application_name like 'prism-%'\"")).Text));
        Assert.Contains(
            await Site.JournalAsync(),
            entry => entry.Message.StartsWith("migrate did not finish: applied: ", StringComparison.Ordinal) && entry.Message.EndsWith("; journal.0011_entry_word_count was not finished", StringComparison.Ordinal));
    }

    private async Task SetAsync(string variable, string value)
    {
        var configuration = Site.DefaultConfiguration();
        configuration["environment"]![variable] = value;
        await Site.WriteConfigurationAsync(configuration);
    }

    private async Task TimeoutAsync(int seconds)
    {
        await Host.WriteFileAsync($"/etc/systemd/system/{Site.Unit}.d/timeout.conf", $"[Service]\nTimeoutStartSec={seconds}\n");
        _ = (await Host.ExecAsync("systemctl", "daemon-reload")).Succeeded();
    }
}
