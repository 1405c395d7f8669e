using Npgsql;
using Prism.Supervisor.Database;

namespace Prism.Supervisor.Migrations;

/// <summary>One connection of our own beside migrate: it holds the lock, and looks at migrate's backend. No statement of it takes longer than a moment: one that waited would hold a snapshot, for which a CREATE INDEX CONCURRENTLY would wait in turn.</summary>
internal sealed class MigrationSession : IAsyncDisposable
{
    /// <summary>The advisory lock that is held while migrate runs, in the database that it changes: "PrismMig". In pg_locks: classid 1349675379, objid 1833789799, objsubid 1.</summary>
    public const long Key = 0x5072_6973_6D4D_6967;

    // Whatever a role or a database has set, this connection is to live as long as migrate does.
    // A table that somebody has locked (pg_restore, VACUUM FULL) is not waited for: the lock of ours is worth more than the answer.
    private const string Unlimited = """
        select set_config(name, case name when 'lock_timeout' then '1000' else '0' end, $1) from pg_catalog.pg_settings
        where name in ('statement_timeout', 'lock_timeout', 'idle_session_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout')
        """;

    private const string Ours = """
        select pg_backend_pid(), exists (
            select from pg_catalog.pg_locks l join pg_catalog.pg_database d on d.oid = l.database and d.datname = current_database()
            where l.locktype = 'advisory' and l.objsubid = 1 and (l.classid::bigint << 32 | l.objid::bigint) = $1 and l.granted and l.pid = pg_backend_pid())
        """;

    private const string WhoHolds = """
        select l.pid, coalesce(a.application_name, ''), host(a.client_addr),
            extract(epoch from clock_timestamp() - a.backend_start)::float8, extract(epoch from clock_timestamp() - a.state_change)::float8
        from pg_catalog.pg_locks l
        join pg_catalog.pg_database d on d.oid = l.database and d.datname = current_database()
        left join pg_catalog.pg_stat_activity a on a.pid = l.pid
        where l.locktype = 'advisory' and l.objsubid = 1 and (l.classid::bigint << 32 | l.objid::bigint) = $1 and l.granted
        """;

    private const string WhatRuns = """
        select m.pid, coalesce(m.state, ''), coalesce(m.wait_event_type = 'Lock', false), p.pid, b.application_name, b.backend_type, b.state,
            host(b.client_addr), extract(epoch from clock_timestamp() - b.xact_start)::float8
        from pg_catalog.pg_stat_activity m
        left join lateral (select distinct u.pid from unnest(case when m.wait_event_type = 'Lock' then pg_blocking_pids(m.pid) end) u(pid)) p on true
        left join pg_catalog.pg_stat_activity b on b.pid = p.pid
        where m.application_name = $1 and m.usename = session_user and m.datname = current_database()
        order by m.pid, p.pid
        limit 100
        """;

    private readonly NpgsqlConnection connection;
    private int server;

    private MigrationSession(NpgsqlConnection connection) => this.connection = connection;

    /// <summary>Whether a pooler stands between: what answers has another number than what greeted (BackendKeyData).</summary>
    public bool IsPooled { get; private set; }

    public static async Task<MigrationSession> OpenAsync(NpgsqlDataSource source, CancellationToken cancellation)
    {
        var session = new MigrationSession(await source.OpenConnectionAsync(cancellation));
        try
        {
            session.server = await session.OneAsync<int>("select pg_backend_pid()", [], cancellation);
            session.IsPooled = session.server != session.connection.ProcessID;
            if (session.IsPooled)
            {
                // In transaction mode the next statement may be another server's, save within a transaction.
                await session.DoAsync("begin isolation level read committed", [], cancellation);
                session.server = await session.OneAsync<int>("select pg_backend_pid()", [], cancellation);
            }

            await session.DoAsync(Unlimited, [session.IsPooled], cancellation);
            return session;
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    /// <summary>False when somebody else has it.</summary>
    public async Task<bool> TryLockAsync(CancellationToken cancellation)
    {
        var isOurs = await OneAsync<bool>(IsPooled ? "select pg_try_advisory_xact_lock($1)" : "select pg_try_advisory_lock($1)", [Key], cancellation);
        if (isOurs)
        {
            await DoAsync(
                "select set_config('application_name', $1 || to_char(clock_timestamp() at time zone 'UTC', $2), $3)",
                [BackendName.OfLock(Environment.MachineName, Environment.ProcessId), BackendName.MomentFormat, IsPooled],
                cancellation);
        }

        return isOurs;
    }

    /// <summary>Null when it has been let go meanwhile.</summary>
    public async Task<LockHolder?> HolderAsync(CancellationToken cancellation)
    {
        await using var command = await FreshAsync(WhoHolds, [Key], cancellation);
        await using var row = await command.ExecuteReaderAsync(cancellation);
        return await row.ReadAsync(cancellation)
            ? new LockHolder(row.GetInt32(0), row.GetString(1), Text(row, 2), Number(row, 3), Number(row, 4))
            : null;
    }

    /// <summary>Whether the lock is still ours: the same server answers, and has it under its own number.</summary>
    public async Task<bool> IsHeldAsync(CancellationToken cancellation)
    {
        await using var command = Command(Ours, [Key]);
        await using var row = await command.ExecuteReaderAsync(cancellation);
        return await row.ReadAsync(cancellation) && row.GetInt32(0) == server && row.GetBoolean(1);
    }

    /// <summary>The connections of that name, which are the site's role's as we are.</summary>
    public async Task<IReadOnlyList<Backend>> BackendsAsync(string name, CancellationToken cancellation)
    {
        var found = new Dictionary<int, (string State, bool Waits, List<Blocker> Blockers)>();
        await using var command = await FreshAsync(WhatRuns, [name], cancellation);
        await using var row = await command.ExecuteReaderAsync(cancellation);
        while (await row.ReadAsync(cancellation))
        {
            var pid = row.GetInt32(0);
            if (!found.TryGetValue(pid, out var backend))
            {
                found[pid] = backend = (row.GetString(1), row.GetBoolean(2), []);
            }

            if (!await row.IsDBNullAsync(3, cancellation))
            {
                backend.Blockers.Add(new Blocker(row.GetInt32(3), Text(row, 4), Text(row, 5), Text(row, 6), Text(row, 7), Number(row, 8)));
            }
        }

        return [.. found.Select(pair => new Backend(pair.Key, pair.Value.State, pair.Value.Waits, pair.Value.Blockers))];
    }

    /// <summary>The connections that the site may have, this one not counted.</summary>
    public Task<ConnectionAnswer> CountAsync(CancellationToken cancellation) => ConnectionCount.OnAsync(connection, cancellation);

    /// <summary>Empty where there is no such table yet.</summary>
    public async Task<AppliedMigrations> AppliedAsync(CancellationToken cancellation)
    {
        var rows = new List<AppliedMigrations.Row>();
        if (IsPooled)
        {
            // Its lock on the table is not to last as long as the transaction.
            await DoAsync("savepoint applied", [], cancellation);
        }

        if (await OneAsync<bool>("select to_regclass('django_migrations') is not null", [], cancellation))
        {
            await using var command = Command("select id::bigint, app::text, name::text from django_migrations order by id", []);
            await using var row = await command.ExecuteReaderAsync(cancellation);
            while (await row.ReadAsync(cancellation))
            {
                rows.Add(new AppliedMigrations.Row(row.GetInt64(0), row.GetString(1), row.GetString(2)));
            }
        }

        if (IsPooled)
        {
            await DoAsync("rollback to savepoint applied", [], cancellation);
        }

        return new AppliedMigrations(rows);
    }

    /// <summary>Ends what the connections of that name do, or, for good, the connections themselves.</summary>
    public Task EndAsync(string name, bool forGood, CancellationToken cancellation) => DoAsync(
        $"select {(forGood ? "pg_terminate_backend" : "pg_cancel_backend")}(pid) from pg_catalog.pg_stat_activity where application_name = $1 and usename = session_user and datname = current_database()",
        [name],
        cancellation);

    /// <summary>What an unfinished CREATE INDEX CONCURRENTLY leaves behind, among what is the site's role's.</summary>
    public async Task<IReadOnlyList<string>> InvalidIndexesAsync(CancellationToken cancellation)
    {
        var names = new List<string>();
        await using var command = Command(
            "select c.oid::regclass::text from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid = i.indexrelid and c.relkind = 'i' where not i.indisvalid and pg_has_role(session_user, c.relowner, 'USAGE') order by 1 limit 20",
            []);
        await using var row = await command.ExecuteReaderAsync(cancellation);
        while (await row.ReadAsync(cancellation))
        {
            names.Add(row.GetString(0));
        }

        return names;
    }

    /// <summary>A connection that is busy would not close, and keep its lock.</summary>
    public async Task DisposeAfterAsync(Task question)
    {
        await question.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await DisposeAsync();
    }

    /// <summary>Never an error: a connection whose answer was given up closes itself, and says so.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await connection.DisposeAsync();
        }
        catch (Exception fault) when (fault is NpgsqlException or InvalidOperationException or IOException or TimeoutException or OperationCanceledException)
        {
        }
    }

    private static string? Text(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    private static double? Number(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : Math.Max(0, row.GetDouble(column));

    /// <summary>Within a transaction pg_stat_activity stands still otherwise.</summary>
    private async Task<NpgsqlCommand> FreshAsync(string text, object[] values, CancellationToken cancellation)
    {
        if (IsPooled)
        {
            await DoAsync("select pg_stat_clear_snapshot()", [], cancellation);
        }

        return Command(text, values);
    }

    private NpgsqlCommand Command(string text, object[] values)
    {
#pragma warning disable CA2100 // Every text is one of this file's.
        var command = new NpgsqlCommand(text, connection);
#pragma warning restore CA2100
        foreach (var value in values)
        {
            _ = command.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        return command;
    }

    private async Task<T> OneAsync<T>(string text, object[] values, CancellationToken cancellation)
    {
        await using var command = Command(text, values);
        return (T)(await command.ExecuteScalarAsync(cancellation))!;
    }

    private async Task DoAsync(string text, object[] values, CancellationToken cancellation)
    {
        await using var command = Command(text, values);
        _ = await command.ExecuteNonQueryAsync(cancellation);
    }
}
