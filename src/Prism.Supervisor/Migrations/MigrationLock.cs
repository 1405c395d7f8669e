using System.Globalization;
using Microsoft.Extensions.Logging;
using Npgsql;
using Prism.Supervisor.Database;

namespace Prism.Supervisor.Migrations;

/// <summary>
/// Nobody else's migrate runs beside ours on one database: an advisory lock on a connection of our own (PostgreSQL, 13.3.5),
/// gone with whoever held it. Waited for by asking again and again: a statement that waits would hold a snapshot. One that is
/// lost while migrate runs is told and taken again; migrate goes on, since ending it half-way is worse than what the lock prevents.
/// </summary>
internal sealed class MigrationLock : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(0.25);

    private readonly NpgsqlDataSource source;
    private readonly string step;
    private readonly TimeProvider time;
    private readonly ILogger log;
    private readonly AnswerPatience patience;
    private bool isGivenUp;
    private MigrationSession? session;
    private bool isHeld;
    private bool toldOfPooler;
    private int? other;

    private MigrationLock(NpgsqlDataSource source, string step, TimeProvider time, ILogger log) => (this.source, this.step, this.time, this.log, patience) = (source, step, time, log, new AnswerPatience(time));

    /// <summary>Whether somebody else had it at first.</summary>
    public bool HasWaited { get; private set; }

    /// <summary>As far as is known.</summary>
    public bool IsHeld => isHeld;

    /// <summary>Whether the connection that held it was lost, be there another now or not.</summary>
    public bool WasLost { get; private set; }

    /// <summary>Why the last question without an answer had none.</summary>
    public string? Trouble { get; private set; }

    /// <summary>Whether that was because the server itself has ended; a pooler in between can be gone alone.</summary>
    public bool IsServerGone { get; private set; }

    /// <summary>Null where there is no PostgreSQL, or where we cannot get in and the site perhaps can: told, and migrate may run. Throws <see cref="StartupException"/> when the database has gone away.</summary>
    /// <param name="extend">Is called while whoever holds it is alive.</param>
    public static async Task<MigrationLock?> TakeAsync(
        DatabaseTarget? target, string step, Action<string> progress, Action<TimeSpan> extend, TimeProvider time, ILogger log, CancellationToken stopping)
    {
        if (target is null)
        {
            return null;
        }

        if (Source(target) is not { } source)
        {
            log.WithoutLock("libssl.so.3 is not on the loader's path", step);
            return null;
        }

        var taken = new MigrationLock(source, step, time, log);
        try
        {
            await taken.OpenAsync(stopping);
            await taken.WaitAsync(progress, extend, stopping);
            return taken;
        }
        catch (Exception fault) when (!stopping.IsCancellationRequested && ConnectionFault.IsOne(fault))
        {
            await taken.DisposeAsync();
            if (fault is NpgsqlException { IsTransient: true } or OperationCanceledException or TimeoutException)
            {
                throw new StartupException(ExitCode.TryAgain, $"the migration lock could not be taken, and migrate was not begun: {ConnectionFault.Words(fault, AnswerPatience.Usual)}: see whether PostgreSQL is well", fault);
            }

            log.WithoutLock(ConnectionFault.Words(fault, AnswerPatience.Usual), step);
            return null;
        }
        catch
        {
            await taken.DisposeAsync();
            throw;
        }
    }

    /// <summary>From now on there is nothing but to end: no answer is waited for longer than <see cref="AnswerPatience.Last"/>, and after one that did not come nothing is asked.</summary>
    public void End() => patience.End();

    /// <summary>What the limits of PostgreSQL's connections leave; null: not known, since there is no answer or a pooler in between.</summary>
    public async Task<ConnectionAnswer.Counted?> CountAsync(CancellationToken cancellation) =>
        session is { IsPooled: false } ? await AskAsync(one => session!.CountAsync(one), cancellation) as ConnectionAnswer.Counted : null;

    /// <summary>What the database holds; null: it cannot be asked now.</summary>
    public Task<AppliedMigrations?> AppliedAsync(CancellationToken cancellation) => AskAsync(one => session!.AppliedAsync(one), cancellation);

    /// <summary>What migrate's connections do; null: it cannot be asked now. Sees to it that the lock is still held.</summary>
    public async Task<IReadOnlyList<Backend>?> LookAsync(string name, CancellationToken cancellation)
    {
        var isOurs = await AskAsync(one => session!.IsHeldAsync(one), cancellation);
        if (isHeld && !isOurs)
        {
            Lose("it is no longer this connection's: does a pooler stand before PostgreSQL?");
            await CloseAsync();
        }

        if (!isHeld)
        {
            await TakeAgainAsync(cancellation);
        }

        return await AskAsync(one => session!.BackendsAsync(name, one), cancellation);
    }

    /// <summary>A question to the database, over the connection that is there or a new one; null: no answer.</summary>
    public async Task<T?> AskAsync<T>(Func<CancellationToken, Task<T>> question, CancellationToken cancellation)
    {
        if (isGivenUp)
        {
            return default;
        }

        try
        {
            if (session is null)
            {
                await OpenAsync(cancellation);
            }

            return await patience.WithinAsync(question, cancellation);
        }
        catch (PostgresException refusal) when (refusal.InvariantSeverity == "ERROR" && session is { IsPooled: false })
        {
            return default; // somebody has locked what was asked for, or it is not to be read by this role; the connection is well
        }
        catch (Exception fault) when (!cancellation.IsCancellationRequested && ConnectionFault.IsOne(fault))
        {
            Trouble = ConnectionFault.Words(fault, patience.Span);
            IsServerGone = !toldOfPooler && ConnectionFault.IsServerGone(fault);
            isGivenUp = patience.IsEnding && ConnectionFault.IsSilence(fault);
            Lose(Trouble);
            await CloseAsync(isSilent: ConnectionFault.IsSilence(fault));
            return default;
        }
    }

    /// <inheritdoc cref="MigrationSession.EndAsync"/>
    public Task<bool> EndAsync(string name, bool forGood, CancellationToken cancellation) => AskAsync(
        async one =>
        {
            await session!.EndAsync(name, forGood, one);
            return true;
        },
        cancellation);

    public Task<IReadOnlyList<Backend>?> BackendsAsync(string name, CancellationToken cancellation) => AskAsync(one => session!.BackendsAsync(name, one), cancellation);

    public Task<IReadOnlyList<string>?> InvalidIndexesAsync(CancellationToken cancellation) => AskAsync(one => session!.InvalidIndexesAsync(one), cancellation);

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        await source.DisposeAsync();
        patience.Dispose();
    }

    private static NpgsqlDataSource? Source(DatabaseTarget target) =>
        PostgresSource.Of(target, AnswerPatience.Usual, BackendName.OfLock(Environment.MachineName, Environment.ProcessId));

    private async Task OpenAsync(CancellationToken cancellation)
    {
        session = await patience.WithinAsync(one => MigrationSession.OpenAsync(source, one), cancellation);
        if (session.IsPooled && !toldOfPooler)
        {
            toldOfPooler = true;
            log.Pooled(step);
        }
    }

    private async Task WaitAsync(Action<string> progress, Action<TimeSpan> extend, CancellationToken stopping)
    {
        var begun = time.GetTimestamp();
        string? told = null;
        while (!await patience.WithinAsync(session!.TryLockAsync, stopping))
        {
            HasWaited = true;
            if (await patience.WithinAsync(session.HolderAsync, stopping) is { } holder)
            {
                if ($"{holder.Backend} {holder.Name}" is var key && key != told)
                {
                    told = key;
                    log.WaitsForLock($"{holder}", step);
                }

                progress(string.Create(CultureInfo.InvariantCulture, $"waiting for the migration lock, which {holder} holds, {time.GetElapsedTime(begun).TotalSeconds:0} s"));
                if (holder.IsAlive)
                {
                    extend(Migration.Extension);
                }
            }

            await Task.Delay(Pause, time, stopping);
        }

        isHeld = true;
        if (HasWaited)
        {
            log.TookLock(time.GetElapsedTime(begun).TotalSeconds, step);
        }
    }

    private async Task TakeAgainAsync(CancellationToken cancellation)
    {
        if (await AskAsync(one => session!.TryLockAsync(one), cancellation))
        {
            (isHeld, other) = (true, null);
            log.HeldAgain(step);
        }
        else if (session is not null && await AskAsync(one => session!.HolderAsync(one), cancellation) is { } holder && holder.Backend != other)
        {
            other = holder.Backend;
            log.TakenByOther($"{holder}", step);
        }
    }

    private void Lose(string why)
    {
        if (isHeld)
        {
            (isHeld, WasLost) = (false, true);
            if (!patience.IsEnding)
            {
                log.LostLock(why, step);
            }
        }
    }

    /// <summary>One that still waits for an answer closes when it has had enough of that, and nobody waits for it in turn.</summary>
    private async Task CloseAsync(bool isSilent = false)
    {
        if (session is { } last)
        {
            session = null;
            var closing = last.DisposeAfterAsync(patience.Asked);
            if (!isSilent)
            {
                _ = await Task.WhenAny(closing, Task.Delay(AnswerPatience.Last, time));
            }
        }
    }
}
