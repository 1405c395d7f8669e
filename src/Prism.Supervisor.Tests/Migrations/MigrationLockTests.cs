using Microsoft.Extensions.Time.Testing;
using Prism.Supervisor.Database;
using Prism.Supervisor.Interop;
using Prism.Supervisor.Migrations;
using Prism.Supervisor.Processes;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Migrations;

/// <summary>The lock in a real PostgreSQL, and with a real PgBouncer in between.</summary>
[Trait("ring", "process")]
[Collection(MigrationDatabaseTests.Name)]
public sealed class MigrationLockTests(MigrationDatabase server)
{
    private const int HangGuard = 300_000;
    private const string HoldersOfIt = "select count(*) from pg_locks l join pg_database d on d.oid = l.database where d.datname = current_database() and locktype = 'advisory' and classid = 1349675379 and objid = 1833789799 and objsubid = 1 and granted";

    private readonly RecordingLogger<Migration> log = new();
    private readonly List<string> progress = [];
    private int extensions;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact(Timeout = HangGuard)]
    public async Task It_is_in_the_database_while_it_is_held_and_not_after()
    {
        var database = await server.CreateAsync();
        var other = await server.CreateAsync();

        await using (var held = await TakeAsync(database))
        {
            Assert.NotNull(held);
            Assert.Equal((1L, 0L), (await server.AskAsync(database, HoldersOfIt), await server.AskAsync(other, HoldersOfIt)));
            await using var elsewhere = await TakeAsync(other);
            Assert.NotNull(elsewhere);
        }

        await server.AwaitAsync(database, $"select ({HoldersOfIt}) = 0");
        Assert.Empty(log.Entries);
    }

    [Fact(Timeout = HangGuard)]
    public async Task The_next_one_waits_and_says_for_whom()
    {
        var database = await server.CreateAsync();
        var first = (await TakeAsync(database))!;

        var second = TakeAsync(database);
        await log.SaidAsync(text => text.StartsWith($"Waiting for the migration lock, which the supervisor on {Environment.MachineName} (pid {Environment.ProcessId}), since 20", StringComparison.Ordinal));
        Assert.False(second.IsCompleted);
        await first.DisposeAsync();

        await using var held = await second;
        Assert.True(held!.HasWaited);
        Assert.Contains(log.Entries, entry => entry.Text.StartsWith("Took the migration lock after", StringComparison.Ordinal));
        Assert.Matches($@"^waiting for the migration lock, which the supervisor on .* \(pid {Environment.ProcessId}\), since .* UTC holds, [0-9]+ s$", progress[0]);
        Assert.InRange(extensions, 1, int.MaxValue);
    }

    [Fact(Timeout = HangGuard)]
    public async Task Somebody_else_who_holds_it_is_named_by_what_can_be_seen()
    {
        var database = await server.CreateAsync();
        await using var somebody = await server.ConnectAsync(database, "their deploy", "postgres");
        await somebody.DoAsync($"select pg_advisory_lock({MigrationSession.Key})");

        var waiting = TakeAsync(database);

        await log.SaidAsync(text => text.StartsWith("Waiting for the migration lock, which 'their deploy' (PostgreSQL's process ", StringComparison.Ordinal));
        Assert.Equal(0, extensions);
        await somebody.DoAsync($"select pg_advisory_unlock({MigrationSession.Key})");
        await (await waiting)!.DisposeAsync();
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_stop_ends_the_waiting()
    {
        var database = await server.CreateAsync();
        await using var first = await TakeAsync(database);
        using var stopping = new CancellationTokenSource();
        var second = TakeAsync(database, stopping: stopping.Token);
        await log.SaidAsync(text => text.StartsWith("Waiting", StringComparison.Ordinal));

        await stopping.CancelAsync();

        _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        await server.AwaitAsync(database, "select count(*) = 1 from pg_stat_activity where datname = current_database() and application_name like 'prism-supervisor %'");
    }

    [Fact(Timeout = HangGuard)]
    public async Task Who_waits_holds_up_no_index_that_is_built_concurrently()
    {
        var database = await server.CreateAsync();
        await using var first = await TakeAsync(database);
        var second = TakeAsync(database);
        await log.SaidAsync(text => text.StartsWith("Waiting", StringComparison.Ordinal));

        await server.SqlAsync(database, "create table t (x int)", "set statement_timeout = '20s'", "create index concurrently i on t (x)");

        await first!.DisposeAsync();
        await (await second)!.DisposeAsync();
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_connection_that_is_lost_is_told_and_the_lock_taken_again()
    {
        var database = await server.CreateAsync();
        await using var held = await TakeAsync(database);
        await EndOursAsync(database);

        Assert.NotNull(await held!.LookAsync("nobody", Stop) ?? await held.LookAsync("nobody", Stop));

        Assert.Contains(log.Entries, entry => entry.Text.StartsWith("The connection that holds the migration lock was lost (", StringComparison.Ordinal));
        Assert.Contains(log.Entries, entry => entry.Text == "The migration lock is held again");
        Assert.Equal(1L, await server.AskAsync(database, HoldersOfIt));
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_server_that_stands_still_is_no_fault_and_the_lock_is_taken_again()
    {
        var database = await server.CreateAsync();
        var time = new FakeTimeProvider();
        await using var held = await MigrationLock.TakeAsync(server.Target(database, null), "migrate", progress.Add, _ => { }, time, log, Stop);
        var backend = await WhileItStandsStillAsync(database, async () =>
        {
            var look = held!.LookAsync("nobody", Stop);
            time.Advance(AnswerPatience.Usual);
            _ = await look;
        });

        await server.AwaitAsync(database, $"select ({HoldersOfIt}) = 0 or not exists (select from pg_stat_activity where pid = {backend})");
        while (!held!.IsHeld)
        {
            _ = await held.LookAsync("nobody", Stop);
        }

        Assert.True(held.WasLost);
        Assert.Contains(log.Entries, entry => entry.Text.StartsWith("The connection that holds the migration lock was lost (no answer within 5 s)", StringComparison.Ordinal));
    }

    [Fact(Timeout = HangGuard)]
    public async Task At_the_end_one_answer_that_does_not_come_is_the_last_that_is_waited_for()
    {
        var database = await server.CreateAsync();
        var time = new FakeTimeProvider();
        await using var held = await MigrationLock.TakeAsync(server.Target(database, null), "migrate", progress.Add, _ => { }, time, log, Stop);
        _ = await WhileItStandsStillAsync(database, async () =>
        {
            var look = held!.LookAsync("nobody", Stop);
            Assert.False(look.IsCompleted);
            held.End();
            time.Advance(AnswerPatience.Last);

            Assert.Null(await look);
            Assert.Null(await held.AppliedAsync(Stop));
        });

        Assert.Equal((true, false, "no answer within 1 s"), (held!.WasLost, held.IsServerGone, held.Trouble));
        Assert.Empty(log.Entries);
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_table_that_somebody_has_locked_costs_an_answer_and_not_the_lock()
    {
        var database = await server.CreateAsync();
        await server.SqlAsync(database, "create table django_migrations (id bigint, app text, name text)");
        await using var somebody = await server.ConnectAsync(database, "pg_restore", "postgres");
        await somebody.DoAsync("begin");
        await somebody.DoAsync("lock table django_migrations in access exclusive mode");

        await using var held = await TakeAsync(database);

        Assert.Null(await held!.AppliedAsync(Stop));
        Assert.Equal((true, false), (held.IsHeld, held.WasLost));
        Assert.Equal(1L, await server.AskAsync(database, HoldersOfIt));
        Assert.Empty(log.Entries);
    }

    [Fact(Timeout = HangGuard)]
    public async Task One_who_has_taken_it_meanwhile_is_named_once()
    {
        var database = await server.CreateAsync();
        await using var held = await TakeAsync(database);
        await EndOursAsync(database);
        await using var somebody = await server.ConnectAsync(database, "their deploy");
        await somebody.DoAsync($"select pg_advisory_lock({MigrationSession.Key})");

        for (var look = 0; look < 4; look++)
        {
            _ = await held!.LookAsync("nobody", Stop);
        }

        Assert.Single(log.Entries, entry => entry.Text.StartsWith("The migration lock was lost, and now 'their deploy' (PostgreSQL's process ", StringComparison.Ordinal));
    }

    [Theory(Timeout = HangGuard)]
    [InlineData("transaction")]
    [InlineData("session")]
    public async Task Behind_a_pooler_it_holds_all_the_same(string mode)
    {
        var database = await server.CreateAsync();
        var port = await server.PoolAsync(mode);

        var first = (await TakeAsync(database, port))!;
        Assert.Contains(log.Entries, entry => entry.Text.StartsWith("A connection pooler stands before PostgreSQL", StringComparison.Ordinal));
        var pid = (int)(await server.AskAsync(database, HoldersOfIt.Replace("count(*)", "l.pid", StringComparison.Ordinal)))!;
        for (var visitor = 0; visitor < 3; visitor++)
        {
            await using var connection = await server.ConnectAsync(database, port: port);
            Assert.NotEqual(pid, await connection.AskAsync("select pg_backend_pid()"));
        }

        Assert.NotNull(await first.LookAsync("nobody", Stop));
        var second = TakeAsync(database);
        await log.SaidAsync(text => text.StartsWith("Waiting for the migration lock, which the supervisor on", StringComparison.Ordinal));
        Assert.False(second.IsCompleted);

        await first.DisposeAsync();
        await (await second)!.DisposeAsync();
        Assert.DoesNotContain(log.Entries, entry => entry.Text.Contains("lost", StringComparison.Ordinal));
    }

    [Fact(Timeout = HangGuard)]
    public async Task Behind_a_pooler_of_statements_there_is_none_with_a_word()
    {
        var database = await server.CreateAsync();

        Assert.Null(await TakeAsync(database, await server.PoolAsync("statement")));

        Assert.Contains(log.Entries, entry => entry.Text.StartsWith("migrate runs without the migration lock, so that another one may run beside it: a pooler in between refused with 08P01: its log says why", StringComparison.Ordinal));
    }

    [Theory(Timeout = HangGuard)]
    [InlineData("transaction")]
    [InlineData("statement")]
    public async Task What_a_start_asks_through_a_pooler_leaves_no_setting_in_what_the_site_is_given_next(string mode)
    {
        var database = await server.CreateAsync();
        var port = await server.PoolAsync(mode);
        var target = server.Target(database, port);
        await server.SqlAsync(database, "create table django_migrations (id int, app text, name text, applied timestamptz)", $"grant select on django_migrations to {MigrationDatabase.Role}");

        _ = Assert.IsType<DatabaseVerdict.Up>(await DatabaseAttempt.AskAsync(target, new DatabaseWords(target, _ => false), identifies: true, TimeProvider.System, Stop));

        await using var next = await server.ConnectAsync(database, port: port);
        Assert.Equal("0", await next.AskAsync("select current_setting('lock_timeout')"));
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_table_that_the_role_may_not_read_does_not_cost_the_lock()
    {
        var database = await server.CreateAsync();
        await using var held = await TakeAsync(database);
        await server.SqlAsync(database, "create table django_migrations (id int, app text, name text)", "alter table django_migrations owner to postgres", $"revoke all on django_migrations from {MigrationDatabase.Role}");

        Assert.Null(await held!.AppliedAsync(Stop));

        Assert.False(held.WasLost);
        Assert.Equal(1L, await server.AskAsync(database, HoldersOfIt));
        Assert.Empty(log.Entries);
    }

    [Fact(Timeout = HangGuard)]
    public async Task Settings_of_the_role_do_not_end_it()
    {
        var database = await server.CreateAsync();
        await server.SqlAsync(database, $"alter role {MigrationDatabase.Role} in database {database} set statement_timeout = '300ms'", $"alter role {MigrationDatabase.Role} in database {database} set idle_session_timeout = '300ms'");

        await using var held = await TakeAsync(database);

        await server.AwaitAsync(database, "select state_change < clock_timestamp() - interval '0.6 s' from pg_stat_activity where datname = current_database() and application_name like 'prism-supervisor %'");
        Assert.NotNull(await held!.LookAsync("nobody", Stop));
        Assert.Empty(log.Entries);
    }

    [Fact(Timeout = HangGuard)]
    public async Task One_that_cannot_get_in_says_so_and_leaves_it_to_migrate()
    {
        _ = await server.CreateAsync();

        Assert.Null(await TakeAsync("nowhere"));

        Assert.Equal(["migrate runs without the migration lock, so that another one may run beside it: PostgreSQL refused with 3D000"], log.Entries.Select(entry => entry.Text));
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_database_that_has_gone_is_worth_another_try()
    {
        var nobody = DatabaseTarget.From(name => name == "DATABASE_URL" ? "postgres://u@127.0.0.1:1/x" : null);

        var failure = await Assert.ThrowsAsync<StartupException>(() => MigrationLock.TakeAsync(nobody, "migrate", progress.Add, _ => { }, TimeProvider.System, log, Stop));

        Assert.Equal((ExitCode.TryAgain, "the migration lock could not be taken, and migrate was not begun: ConnectionRefused: see whether PostgreSQL is well"), (failure.Code, failure.Message));
    }

    private Task<MigrationLock?> TakeAsync(string database, int? pooler = null, CancellationToken? stopping = null) =>
        MigrationLock.TakeAsync(server.Target(database, pooler), "migrate", progress.Add, _ => extensions++, TimeProvider.System, log, stopping ?? Stop);

    /// <summary>The server's process of the connection that holds the lock; yields its pid.</summary>
    private async Task<int> WhileItStandsStillAsync(string database, Func<Task> act)
    {
        var backend = (int)(await server.AskAsync(database, HoldersOfIt.Replace("count(*)", "l.pid", StringComparison.Ordinal)))!;
        _ = ProcessCalls.Kill(backend, Signals.Stop);
        try
        {
            await act();
        }
        finally
        {
            _ = ProcessCalls.Kill(backend, Signals.Continue);
        }

        return backend;
    }

    private Task EndOursAsync(string database) =>
        server.SqlAsync(database, "select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = current_database() and application_name like 'prism-supervisor %'");
}
