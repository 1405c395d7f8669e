using System.Text.RegularExpressions;
using Prism.Supervisor.Migrations;
using Prism.Supervisor.Processes;
using Prism.Supervisor.Secrets;
using Prism.Supervisor.Steps;
using Prism.Supervisor.Tests.Commands;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Migrations;

/// <summary>The sample site's migrate on a real PostgreSQL, and scripts where something else is to be run.</summary>
[Trait("ring", "process")]
[Collection(MigrationDatabaseTests.Name)]
public sealed class MigrationTests(MigrationDatabase server) : IDisposable
{
    private const int HangGuard = 300_000;

    // One a second; more time would be asked for every five.
    private const int LongBlocked = 8;

    private const string NoBackend = "select count(*) = 0 from pg_stat_activity where datname = current_database() and application_name like 'prism-migrate %'";

    private readonly TempFolder folder = new();
    private readonly RecordingLogger<Migration> log = new();
    private readonly RecordingLogger<StepRunner> output = new();
    private readonly List<string> progress = [];
    private readonly TaskCompletionSource longBlocked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly string mark = Guid.NewGuid().ToString();
    private IReadOnlyList<string> manage = [SampleSite.Wrapper("prism-manage")];
    private TimeSpan stopTimeout = TimeSpan.FromSeconds(10);
    private int extensions;
    private MigrationOutcome? outcome;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        Children.Kill(() => Children.Marked("PRISM_TEST", mark));
        folder.Dispose();
    }

    [Fact(Timeout = HangGuard)]
    public async Task Of_three_at_once_on_an_empty_database_one_migrates_and_none_fails()
    {
        var database = await CreateAsync();
        RecordingLogger<Migration>[] logs = [new(), new(), new()];

        await Task.WhenAll(logs.Select(one => MigrateAsync(database, log: one)));

        Assert.Equal(true, await server.AskAsync(database, "select count(*) > 12 and count(*) = count(distinct (app, name)) from django_migrations"));
        var applied = logs.Select(one => one.Entries.Count(entry => entry.Text.StartsWith("Applied ", StringComparison.Ordinal))).Order().ToList();
        Assert.Equal((0, 0), (applied[0], applied[1]));
        Assert.Equal(await server.AskAsync(database, "select count(*) from django_migrations"), (long)applied[2]);
        Assert.Equal(2, logs.Count(one => one.Entries.Any(entry => entry.Text.StartsWith("Took the migration lock", StringComparison.Ordinal))));
    }

    [Fact(Timeout = HangGuard)]
    public async Task What_is_to_be_applied_and_what_runs_is_told()
    {
        var database = await CreateAsync();

        // Long enough for the list to come while it runs, on a machine that has other things to do.
        await MigrateAsync(database, slow: "6");

        Assert.Contains(progress, text => Regex.IsMatch(text, @"^migrating \d+/\d+ journal\.0011_entry_word_count, [1-9] s$"));
        var total = (long)(await server.AskAsync(database, "select count(*) from django_migrations"))!;
        Assert.Contains(log.Entries, entry => entry.Text.StartsWith($"{total} migrations are to be applied", StringComparison.Ordinal) && entry.Text.EndsWith($" and {total - 10} more", StringComparison.Ordinal));
        Assert.Matches($@"^Applied sessions\.0001_initial \({total}/{total}\) in [0-9.]+ s$", log.Entries.Select(entry => entry.Text).Last(text => text.StartsWith("Applied", StringComparison.Ordinal)));
        Assert.InRange(extensions, 1, int.MaxValue);
        Assert.DoesNotContain(log.Entries, entry => entry.Level > Microsoft.Extensions.Logging.LogLevel.Information);
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_database_that_is_ahead_of_the_release_is_warned_about()
    {
        var database = await CreateAsync();
        await MigrateAsync(database);
        await server.SqlAsync(database, "insert into django_migrations (app, name, applied) values ('journal', '0013_later', now()), ('gone', '0001_initial', now())");

        await MigrateAsync(database);

        Assert.Contains(log.Entries, entry => entry.Text.StartsWith("The database is ahead of this release: it holds journal.0013_later, which the release does not know", StringComparison.Ordinal));
        Assert.True(outcome is { IsCertain: true, Applied: [], Unfinished: null });
        Assert.Contains(log.Entries, entry => entry.Text == "The database holds migrations of apps that the release does not have: gone");
    }

    [Theory(Timeout = HangGuard)]
    [InlineData("#!/bin/sh\nexit 1\n", "manage showmigrations exited with code 1")]
    [InlineData("#!/bin/sh\nexec sleep 1000\n", "manage showmigrations was not done in time")]
    [InlineData("#!/bin/sh\necho hello there\n", "manage showmigrations printed no list")]
    [InlineData(null, "no manage.command is configured")]
    public async Task Without_a_list_everything_goes_on_without_a_total(string? script, string why)
    {
        var database = await CreateAsync();
        manage = script is null ? [] : [folder.WriteScript("manage", script)];

        await MigrateAsync(database);

        Assert.Contains(log.Entries, entry => entry.Text == $"Which migrations are to be applied is not known: {why}");
        Assert.Contains(log.Entries, entry => entry.Text.StartsWith("Applied journal.0001_initial (", StringComparison.Ordinal) && !entry.Text.Contains('/', StringComparison.Ordinal));
        Assert.Empty(Children.Marked("PRISM_TEST", mark));
    }

    [Fact(Timeout = HangGuard)]
    public async Task One_that_waits_for_a_lock_says_for_whom_and_asks_for_no_more_time()
    {
        var database = await CreateAsync();
        await MigrateAsync(database);
        var back = Programs.Spec(SampleSite.Wrapper("prism-migrate"), "journal", "0010") with { Environment = Environment(server.Environments(database)) };
        Assert.True((await Children.RunAsync(back)).Exit.Succeeded);
        await using var somebody = await server.ConnectAsync(database, "a report");
        await somebody.DoAsync("begin");
        await somebody.DoAsync("lock table journal_entry in share mode");

        var migrating = MigrateAsync(database);
        await log.SaidAsync(text => text.StartsWith("journal.0011_entry_word_count waits for a lock in PostgreSQL: 'a report' (PostgreSQL's process ", StringComparison.Ordinal) && text.Contains(", idle in transaction, its transaction open for ", StringComparison.Ordinal));
        var then = extensions;
        await longBlocked.Task.WaitAsync(Stop);
        Assert.Equal(then, extensions);
        Assert.Contains(progress.ToList(), text => text.Contains("journal.0011_entry_word_count, ", StringComparison.Ordinal) && text.Contains(" s, waits for a lock: 'a report' (", StringComparison.Ordinal));
        await somebody.DoAsync("rollback");
        await migrating;

        Assert.Single(log.Entries, entry => entry.Text.Contains(" waits for a lock", StringComparison.Ordinal));
        Assert.Single(log.Entries, entry => entry.Text.StartsWith("journal.0011_entry_word_count waits for no lock any more, after ", StringComparison.Ordinal));
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_stop_leaves_nothing_in_the_database_and_tells_what_was_applied()
    {
        var database = await CreateAsync();
        using var stopping = new CancellationTokenSource();
        var migrating = MigrateAsync(database, slow: "1000", stopping: stopping.Token);
        await server.AwaitAsync(database, "select count(*) = 1 from pg_stat_activity where datname = current_database() and application_name like 'prism-migrate %' and query like '%pg_sleep%'");

        await stopping.CancelAsync();

        _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => migrating);
        Assert.True(outcome is { IsCertain: true, Applied.Count: > 10, Unfinished: "journal.0011_entry_word_count" });
        Assert.Equal(true, await server.AskAsync(database, NoBackend));
        Assert.Contains(log.Entries, entry => entry.Text == "Cancelled what migrate had left running in PostgreSQL");
        var (_, text) = Assert.Single(log.Entries, entry => entry.Text.StartsWith("migrate did not finish: applied: ", StringComparison.Ordinal));
        Assert.EndsWith(" migrations, the last of them journal.0010_longer_topics_and_revision; journal.0011_entry_word_count was not finished", text, StringComparison.Ordinal);
        Assert.Empty(Children.Marked("PRISM_TEST", mark));
    }

    [Fact(Timeout = HangGuard)]
    public async Task One_that_was_killed_leaves_nothing_in_the_database()
    {
        var database = await CreateAsync();
        var migrating = MigrateAsync(database, slow: "1000");
        await server.AwaitAsync(database, "select count(*) = 1 from pg_stat_activity where datname = current_database() and application_name like 'prism-migrate %' and query like '%pg_sleep%'");
        Children.Kill(() => Children.Marked("PRISM_TEST", mark));

        var failure = await Assert.ThrowsAsync<StartupException>(() => migrating);

        Assert.Equal(ExitCode.MigrateFailed, failure.Code);
        Assert.EndsWith("; journal.0011_entry_word_count was not finished", failure.Message, StringComparison.Ordinal);
        Assert.Equal(true, await server.AskAsync(database, NoBackend));
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_failed_migration_is_told_with_what_came_before_it()
    {
        var database = await CreateAsync();
        await MigrateAsync(database);
        await server.SqlAsync(database, "delete from django_migrations where app = 'journal' and name >= '0012'");

        var failure = await Assert.ThrowsAsync<StartupException>(() => MigrateAsync(database, more: new() { ["PRISM_FAIL_MIGRATION"] = "1" }));

        Assert.EndsWith("(its whole output: journalctl -t prism-migrate); journal.0012_revision_number_unique was not finished", failure.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = HangGuard)]
    public async Task An_index_that_a_stop_has_left_invalid_is_named()
    {
        var database = await CreateAsync();
        await server.SqlAsync(database, "create table t (x int)", $"alter table t owner to {MigrationDatabase.Role}");
        await using var somebody = await server.ConnectAsync(database, "a report");
        await somebody.DoAsync("begin isolation level repeatable read");
        _ = await somebody.AskAsync("select count(*) from t");
        using var stopping = new CancellationTokenSource();
        manage = [];
        var migrating = MigrateAsync(database, script: Psql(database, "create index concurrently slow on t (x)"), stopping: stopping.Token);
        await log.SaidAsync(text => text.StartsWith("migrate waits for a lock in PostgreSQL: 'a report' (", StringComparison.Ordinal));

        await stopping.CancelAsync();

        _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => migrating);
        Assert.Contains(log.Entries, entry => entry.Text.StartsWith("Invalid indexes are in the database: slow: a CREATE INDEX CONCURRENTLY", StringComparison.Ordinal));
        Assert.Equal(true, await server.AskAsync(database, NoBackend));
    }

    [Fact(Timeout = HangGuard)]
    public async Task One_that_does_not_heed_the_stop_has_its_statement_taken_from_it_before_it_is_killed()
    {
        var database = await CreateAsync();
        (manage, stopTimeout) = ([], TimeSpan.FromSeconds(0.2));
        using var stopping = new CancellationTokenSource();
        var script = $"trap '' TERM; {Psql(database, "select pg_sleep(1000)")} || echo ended in order; while :; do sleep 0.1; done";
        var migrating = MigrateAsync(database, script: script, stopping: stopping.Token);
        await server.AwaitAsync(database, "select count(*) = 1 from pg_stat_activity where datname = current_database() and application_name like 'prism-migrate %' and query like '%pg_sleep%'");

        await stopping.CancelAsync();

        _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => migrating);
        Assert.Contains(output.Entries, entry => entry.Text == "ended in order");
        Assert.Empty(Children.Marked("PRISM_TEST", mark));
    }

    [Fact(Timeout = HangGuard)]
    public async Task On_SQLite_its_output_alone_tells()
    {
        _ = await CreateAsync();
        var environment = Environment(new Dictionary<string, string> { ["SQLITE_PATH"] = folder["db.sqlite3"] });

        await MigrateAsync(environment, null, log, Stop);

        Assert.Contains(progress, text => text.StartsWith("migrating ", StringComparison.Ordinal));
        Assert.Contains(log.Entries, entry => entry.Text.StartsWith("Applied journal.0012_revision_number_unique (", StringComparison.Ordinal));
        Assert.InRange(extensions, 1, int.MaxValue);
    }

    [Fact(Timeout = HangGuard)]
    public async Task Its_connection_is_lost_and_migrate_goes_on()
    {
        var database = await CreateAsync();
        var migrating = MigrateAsync(database, slow: "4");
        await server.AwaitAsync(database, "select count(*) = 1 from pg_stat_activity where datname = current_database() and application_name like 'prism-migrate %' and query like '%pg_sleep%'");
        await server.SqlAsync(database, "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name like 'prism-supervisor %'");

        await migrating;

        Assert.Contains(log.Entries, entry => entry.Text.StartsWith("The connection that holds the migration lock was lost", StringComparison.Ordinal));
        Assert.Contains(log.Entries, entry => entry.Text == "The migration lock is held again");
    }

    [Fact(Timeout = HangGuard)]
    public async Task One_that_fails_when_the_database_goes_away_is_worth_another_try()
    {
        var database = await CreateAsync();
        const string all = "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()";

        var failure = await Assert.ThrowsAsync<StartupException>(() => MigrateAsync(database, script: $"psql --no-psqlrc -h {server.Sockets} -U postgres -d {database} -qtc '{all}' >/dev/null; echo 'OperationalError: gone'; exit 1"));

        Assert.Equal(ExitCode.TryAgain, failure.Code);
        Assert.EndsWith("; the connection to PostgreSQL was lost meanwhile", failure.Message, StringComparison.Ordinal);
    }

    [Theory(Timeout = HangGuard)]
    [InlineData(1, false, false)]
    [InlineData(2, true, false)]
    [InlineData(3, true, true)]
    public async Task A_role_that_may_have_few_connections_has_them_for_migrate(int limit, bool isLocked, bool isListed)
    {
        var database = await CreateAsync();
        await server.SqlAsync(database, $"create role narrow{limit} login connection limit {limit} in role {MigrationDatabase.Role}", $"grant create on schema public to narrow{limit}");

        await MigrateAsync(database, more: new() { ["POSTGRES_USER"] = $"narrow{limit}" });

        Assert.Equal(0L, await server.AskAsync(database, "select count(*) filter (where app = 'journal') - 12 from django_migrations"));
        var warning = $"migrate runs without the migration lock, so that another one may run beside it: its connection would be the one that migrate needs; the site's role has CONNECTION LIMIT {limit}, and 0 are in use beside it: raise it (ALTER ROLE … CONNECTION LIMIT), or run fewer Gunicorn workers or threads";
        Assert.Equal(!isLocked, log.Entries.Any(entry => entry.Text == warning));
        Assert.Equal(isListed, log.Entries.Any(entry => entry.Text.Contains(" migrations are to be applied", StringComparison.Ordinal) && char.IsDigit(entry.Text[0])));
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_stop_while_the_server_stands_still_takes_a_moment()
    {
        var database = await CreateAsync();
        using var stopping = new CancellationTokenSource();
        var migrating = MigrateAsync(database, slow: "1000", stopping: stopping.Token);
        await server.AwaitAsync(database, "select count(*) = 1 from pg_stat_activity where datname = current_database() and application_name like 'prism-migrate %' and query like '%pg_sleep%'");
        server.Halt(isHalted: true);
        try
        {
            await stopping.CancelAsync();
            _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => migrating);
        }
        finally
        {
            server.Halt(isHalted: false);
        }

        Assert.Contains(log.Entries, entry => entry.Text.StartsWith("What migrate has left running in PostgreSQL cannot be ended: no answer within 1 s; ", StringComparison.Ordinal));
        Assert.Contains(log.Entries, entry => entry.Text.EndsWith("; journal.0011_entry_word_count was not finished", StringComparison.Ordinal));
        Assert.DoesNotContain(log.Entries, entry => entry.Text.Contains("Exception", StringComparison.Ordinal));
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_server_that_has_gone_has_left_nothing_running()
    {
        var database = await CreateAsync();
        var gone = folder["gone"];

        // As though it had ended: the way to it is gone, and so is every connection.
        var failure = await Assert.ThrowsAsync<StartupException>(() => MigrateAsync(
            Environment(server.Environments(database)).With("POSTGRES_HOST", server.Lane(gone)), $"rm {gone}; psql --no-psqlrc -h {server.Sockets} -U postgres -d {database} -qtc 'select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()' >/dev/null; exit 1", log, Stop));

        Assert.Equal(ExitCode.TryAgain, failure.Code);
        Assert.Contains(log.Entries, entry => entry.Text.StartsWith("PostgreSQL itself has ended meanwhile", StringComparison.Ordinal));
        Assert.DoesNotContain(log.Entries, entry => entry.Level >= Microsoft.Extensions.Logging.LogLevel.Error);
    }

    [Fact(Timeout = HangGuard)]
    public async Task Of_several_hosts_the_site_takes_the_first_that_answers_and_the_lock_none()
    {
        var database = await CreateAsync();

        await MigrateAsync(Environment(server.Environments(database)).With("POSTGRES_HOST", $"127.0.0.9,{server.Sockets}"), "echo done", log, Stop);

        Assert.Contains(log.Entries, entry => entry.Text == "migrate runs without the migration lock, so that another one may run beside it: several hosts are named, and the site takes the first that answers");
    }

    private async Task<string> CreateAsync()
    {
        SampleSite.SkipWithoutDjango();
        Assert.SkipUnless(Directory.Exists("/usr/lib/python3/dist-packages/psycopg2"), "no psycopg2: apt install python3-psycopg2");
        return await server.CreateAsync();
    }

    private string Psql(string database, string statement) => $"psql --no-psqlrc -h {server.Sockets} -U {MigrationDatabase.Role} -d {database} -c '{statement}'";

    private ProcessEnvironment Environment(IReadOnlyDictionary<string, string> more) =>
        more.Aggregate(
            ProcessEnvironment.Empty.With("PATH", "/usr/bin:/bin").With("PRISM_TEST", mark).With("SECRET_KEY", "only-for-tests").With("STATE_DIRECTORY", folder.Path),
            (one, pair) => one.With(pair.Key, pair.Value));

    private Task MigrateAsync(string database, string? slow = null, string? script = null, Dictionary<string, string>? more = null, RecordingLogger<Migration>? log = null, CancellationToken? stopping = null)
    {
        var environment = Environment(server.Environments(database).Where(pair => more?.ContainsKey(pair.Key) != true).Concat(more ?? []).ToDictionary()).With("PRISM_SLOW_MIGRATION", slow ?? "");
        return MigrateAsync(environment, script, log ?? this.log, stopping ?? Stop);
    }

    private async Task MigrateAsync(ProcessEnvironment environment, string? script, RecordingLogger<Migration> told, CancellationToken stopping)
    {
        var command = script is null ? SampleSite.Wrapper("prism-migrate") : folder.WriteScript("migrate", $"#!/bin/sh\n{script}\n");
        var time = TimeProvider.System;
        var runner = new StepRunner(Programs.Launcher, folder.Path, stopTimeout, time, output);
        var list = new ManageCommand(manage, manage.Count == 0 ? null : manage[0], folder.Path, Programs.Launcher, told);
        var migration = new Migration(runner, list, _ => Interlocked.Increment(ref extensions), time, told);
        Assert.True(migration.Outcome is { IsCertain: true, Applied: [], Unfinished: null });
        var running = migration.RunAsync(
            new ManageStep("migrate", [command], "steps.migrate", ExitCode.MigrateFailed),
            environment,
            new Redactor([]),
            text =>
            {
                lock (progress)
                {
                    progress.Add(text);
                    if (progress.Count(one => one.Contains(", waits for a lock: ", StringComparison.Ordinal)) == LongBlocked)
                    {
                        _ = longBlocked.TrySetResult();
                    }
                }
            },
            stopping,
            CancellationToken.None);
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        outcome = migration.Outcome;
        await running;
    }
}
