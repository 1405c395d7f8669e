using Npgsql;

namespace Prism.Supervisor.Database;

/// <summary>Asks a database, with one query that every role may make, which limits hold for the site's connections and how many there are. Never an error: what cannot be asked is Unknown.</summary>
internal static class ConnectionCount
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>
    /// What others do is hidden from an unprivileged role (backend_type is null), but not whose they are. Background
    /// processes have no user or no database; superusers are bound by max_connections alone (postinit.c, miscinit.c);
    /// reserved_connections is of PostgreSQL 16.
    /// </summary>
    private const string Query = """
        select current_setting('max_connections')::bigint,
            case when r.rolsuper then 0 else current_setting('superuser_reserved_connections')::bigint
                + case when (select pg_has_role(r.oid, p.oid, 'USAGE') from pg_catalog.pg_roles p where p.rolname = 'pg_use_reserved_connections')
                    then 0 else coalesce(current_setting('reserved_connections', true)::bigint, 0) end end,
            count(a.pid),
            case when r.rolsuper then -1 else r.rolconnlimit end::bigint,
            count(a.pid) filter (where a.usesysid = r.oid),
            case when r.rolsuper then -1 else d.datconnlimit end::bigint,
            count(a.pid) filter (where a.datid = d.oid),
            count(a.pid) filter (where a.usesysid = r.oid and a.datid = d.oid)
        from pg_catalog.pg_roles r
        join pg_catalog.pg_database d on d.datname = current_database()
        left join pg_catalog.pg_stat_activity a on a.pid <> pg_backend_pid() and a.usesysid is not null and a.datid is not null
            and coalesce(a.backend_type, 'client backend') = 'client backend'
        where r.rolname = session_user
        group by r.oid, r.rolsuper, r.rolconnlimit, d.oid, d.datconnlimit
        """;

    public static async Task<ConnectionAnswer> AskAsync(DatabaseTarget target, TimeProvider time, CancellationToken stopping)
    {
        using var patience = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, stopping);
        try
        {
            // Whatever Npgsql waits for that hears of no token, a resolver for one, is left behind.
            return await QueryAsync(target, either.Token).WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            throw;
        }
        catch (PostgresException refusal) when (refusal.SqlState == PostgresErrorCodes.TooManyConnections)
        {
            return new ConnectionAnswer.Full(Counter(refusal.Routine));
        }
#pragma warning disable CA1031 // A question on the side: whatever a database, a driver or a setting does to it must not stop a reload.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            return new ConnectionAnswer.Unknown(Kind(fault));
        }
    }

    private static async Task<ConnectionAnswer> QueryAsync(DatabaseTarget target, CancellationToken cancellation)
    {
        await using var source = PostgresSource.Of(target, Patience);
        if (source is null)
        {
            return new ConnectionAnswer.Unknown("libssl.so.3 is not on the loader's path");
        }

        await using var connection = await source.OpenConnectionAsync(cancellation);
        return await OnAsync(connection, cancellation);
    }

    /// <summary>Asked over a connection that is there, which is not counted. Throws what Npgsql throws.</summary>
    public static async Task<ConnectionAnswer> OnAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(Query, connection);
        await using var row = await command.ExecuteReaderAsync(cancellation);
        return await row.ReadAsync(cancellation)
            ? new ConnectionAnswer.Counted(
                row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), Limit(row.GetInt64(3)), row.GetInt64(4), Limit(row.GetInt64(5)), row.GetInt64(6), row.GetInt64(7))
            : new ConnectionAnswer.Unknown("the role is not in pg_roles");
    }

    /// <summary>-1 is none (pg_authid, pg_database).</summary>
    private static long? Limit(long value) => value < 0 ? null : value;

    /// <summary>The message is in the server's language; the function that sent it is not.</summary>
    public static ConnectionLimit Counter(string? routine) => routine switch
    {
        "InitializeSessionUserId" => ConnectionLimit.Role,
        "CheckMyDatabase" => ConnectionLimit.Database,
        _ => ConnectionLimit.Server,
    };

    /// <summary>Messages name users and databases; codes and types do not.</summary>
    internal static string Kind(Exception fault) => fault switch
    {
        PostgresException refusal => $"PostgreSQL refused with {refusal.SqlState}",
        OperationCanceledException => $"no answer within {Patience.TotalSeconds:0} s",
        { InnerException: { } inner } => Kind(inner),
        System.Net.Sockets.SocketException failure => failure.SocketErrorCode.ToString(),
        _ => fault.GetType().Name,
    };
}
