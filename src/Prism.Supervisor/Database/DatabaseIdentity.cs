using Npgsql;

namespace Prism.Supervisor.Database;

/// <summary>Asks a database, with one query that every role may make, which one it is and what has been migrated in it. Never an error: what cannot be asked has no identity.</summary>
internal static class DatabaseIdentity
{
    /// <summary>
    /// The cluster (pg_control_system(): its identifier is drawn by initdb, and a physical copy that goes its own way begins another
    /// timeline), the database, the table that Django would use, and all its rows, in an order and a notation that no setting of a
    /// session changes. A dump that is restored makes other oids, a migration other rows.
    /// </summary>
    private const string Query = """
        select json_build_array(
            (select system_identifier from pg_catalog.pg_control_system())::text,
            (select timeline_id from pg_catalog.pg_control_checkpoint()),
            d.datname,
            d.oid::bigint,
            'django_migrations'::regclass::oid::bigint,
            (select json_agg(json_build_array(m.id, m.app, m.name, to_char(m.applied at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')) order by m.id) from django_migrations m))::text
        from pg_catalog.pg_database d
        where d.datname = current_database()
        """;

    /// <param name="lookup">The children's environment, by name.</param>
    public static async Task<IdentityAnswer> AskAsync(Func<string, string?> lookup, TimeProvider time, CancellationToken stopping)
    {
        using var patience = new CancellationTokenSource(ConnectionCount.Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, stopping);
        try
        {
            return DatabaseTarget.From(lookup) is { } target
                // Whatever Npgsql waits for that hears of no token, a resolver for one, is left behind.
                ? await QueryAsync(target, either.Token).WaitAsync(either.Token)
                : IdentityAnswer.None;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            throw;
        }
        catch (StartupException fault)
        {
            return IdentityAnswer.Unknown(fault.Message);
        }
        catch (PostgresException refusal) when (refusal.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            return IdentityAnswer.Unknown("it has no table django_migrations");
        }
#pragma warning disable CA1031 // A question on the side: who cannot be asked is migrated, and says then what is wrong.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            return IdentityAnswer.Unknown(ConnectionCount.Kind(fault));
        }
    }

    /// <summary>The identity of whom a connection leads to; null where it has none, or somebody's lock is in the way.</summary>
    public static async Task<string?> AtOnceAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        try
        {
            // Of this transaction alone: behind a pooler the session is the site's next.
            await using var command = new NpgsqlCommand($"begin; set local lock_timeout = 100; {Query}; commit", connection);
            return await command.ExecuteScalarAsync(cancellation) as string;
        }
        catch (NpgsqlException)
        {
            return null; // asked again, with patience, by whoever needs to know why
        }
    }

    private static async Task<IdentityAnswer> QueryAsync(DatabaseTarget target, CancellationToken cancellation)
    {
        await using var source = PostgresSource.Of(target, ConnectionCount.Patience);
        if (source is null)
        {
            return IdentityAnswer.Unknown("libssl.so.3 is not on the loader's path");
        }

        await using var command = source.CreateCommand(Query);
        await using var row = await command.ExecuteReaderAsync(cancellation);
        return await row.ReadAsync(cancellation) ? new IdentityAnswer(row.GetString(0), null) : IdentityAnswer.Unknown("it does not name itself");
    }
}
