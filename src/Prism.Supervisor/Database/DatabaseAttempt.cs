using Npgsql;

namespace Prism.Supervisor.Database;

/// <summary>One attempt to connect as the site, with Django's patience for one; whatever comes of it is a verdict.</summary>
internal static class DatabaseAttempt
{
    /// <summary>Django's own connect_timeout.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <param name="identifies">Whether it is asked on the same connection which database it is: a second one would cost a start as much as the first.</param>
    public static async Task<DatabaseVerdict> AskAsync(DatabaseTarget target, DatabaseWords words, bool identifies, TimeProvider time, CancellationToken stopping)
    {
        using var patience = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, stopping);
        try
        {
            // Whatever Npgsql waits for that hears of no token, a resolver for one, is left behind.
            return await ConnectAsync(target, identifies, either.Token).WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            throw;
        }
#pragma warning disable CA1031 // What a database, a driver or a setting does is judged, whatever it is.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            return DatabaseVerdicts.Of(fault, words);
        }
    }

    private static async Task<DatabaseVerdict> ConnectAsync(DatabaseTarget target, bool identifies, CancellationToken cancellation)
    {
        await using var source = PostgresSource.Of(target, Patience);
        if (source is null)
        {
            return new DatabaseVerdict.Unknown("libssl.so.3 is not on the loader's path");
        }

        await using var connection = await source.OpenConnectionAsync(cancellation);

        // A pooler greets for a server that is away (PgBouncer keeps its welcome).
        await using var question = new NpgsqlCommand("select 1", connection);
        _ = await question.ExecuteScalarAsync(cancellation);

        // From PostgreSQL 14 on it says so by itself (GUC_REPORT).
        return new DatabaseVerdict.Up(
            IsStandby: connection.PostgresParameters.GetValueOrDefault("in_hot_standby") == "on",
            identifies ? await DatabaseIdentity.AtOnceAsync(connection, cancellation) : null);
    }
}
