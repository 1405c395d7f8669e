using Microsoft.Extensions.Logging;
using Prism.Supervisor.Database;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Database;

/// <summary>With a database that answers as the test wishes, and a clock that jumps from one attempt to the next.</summary>
public sealed class DatabaseWaitTests
{
    private const int HangGuard = 300_000;

    private static readonly DatabaseVerdict Up = new DatabaseVerdict.Up(IsStandby: false);
    private static readonly DatabaseVerdict Refused = new DatabaseVerdict.NotYet("connection refused");

    private readonly SkippingTime time = new(
        DatabaseWait.FirstPause, DatabaseWait.FirstPause * 2, DatabaseWait.FirstPause * 4, DatabaseWait.LongestPause);

    private readonly RecordingLogger<DatabaseWait> log = new();
    private readonly List<string> progress = [];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string[] Said => [.. log.Entries.Select(entry => entry.Text)];

    [Fact(Timeout = HangGuard)]
    public async Task A_database_that_is_up_costs_one_attempt_and_no_word()
    {
        var looks = 0;

        await Wait(Answers(Up), look: () => Task.FromResult<string?>($"{++looks}")).AwaitAsync(progress.Add, Stop);

        Assert.Empty(progress);
        Assert.Empty(Said);
        Assert.Empty(time.Waits);
        Assert.Equal(0, looks);
    }

    [Fact(Timeout = HangGuard)]
    public async Task It_is_asked_again_at_least_every_third_of_a_second()
    {
        await Wait(Answers([.. Enumerable.Repeat(Refused, 6), Up])).AwaitAsync(progress.Add, Stop);

        Assert.Equal([0.05, 0.1, 0.2, 0.3, 0.3, 0.3], time.Waits.Select(wait => wait.TotalSeconds));
        Assert.True(DatabaseWait.LongestPause < TimeSpan.FromSeconds(0.5) && DatabaseWait.Overlap < TimeSpan.FromSeconds(0.5));
    }

    [Fact(Timeout = HangGuard)]
    public async Task It_says_for_how_long_and_why_and_what_has_changed()
    {
        var starting = new DatabaseVerdict.NotYet("it is starting up");

        await Wait(Answers([.. Enumerable.Repeat(Refused, 10), .. Enumerable.Repeat(starting, 5), Up])).AwaitAsync(progress.Add, Stop);

        Assert.Equal(
            ["Waiting for PostgreSQL at db:5432: connection refused", "Still waiting for PostgreSQL at db:5432, 2 s: it is starting up", "PostgreSQL at db:5432 is up after 4.0 s"],
            Said);
        Assert.Equal(
            [
                "waiting for PostgreSQL at db:5432, 0 s: connection refused",
                "waiting for PostgreSQL at db:5432, 1 s: connection refused",
                "waiting for PostgreSQL at db:5432, 2 s: it is starting up",
                "waiting for PostgreSQL at db:5432, 4 s: it is starting up",
            ],
            progress);
    }

    [Fact(Timeout = HangGuard)]
    public async Task The_journal_is_reminded_every_half_minute_and_those_who_look_more_often()
    {
        await Wait(Answers([.. Enumerable.Repeat(Refused, 320), Up])).AwaitAsync(progress.Add, Stop);

        Assert.Equal(3, Said.Count(line => line.StartsWith("Still waiting", StringComparison.Ordinal)));
        Assert.InRange(progress.Count, 10 + 15, 40);
    }

    [Fact(Timeout = HangGuard)]
    public async Task What_waiting_does_not_mend_ends_it_at_once()
    {
        var fault = await Assert.ThrowsAsync<StartupException>(
            () => Wait(Answers(Refused, new DatabaseVerdict.Refused("no such role"))).AwaitAsync(progress.Add, Stop));

        Assert.Equal((ExitCode.DatabaseUnavailable, "no such role"), (fault.Code, fault.Message));
    }

    [Fact(Timeout = HangGuard)]
    public async Task It_waits_no_longer_than_it_may()
    {
        var fault = await Assert.ThrowsAsync<StartupException>(() => Wait(_ => Task.FromResult(Refused), limit: TimeSpan.FromSeconds(12)).AwaitAsync(progress.Add, Stop));

        Assert.Equal(
            (ExitCode.TryAgain, "PostgreSQL at db:5432 was not there within 12 s (database.waitSeconds): connection refused: start it, or correct where the site looks for it"),
            (fault.Code, fault.Message));
        Assert.InRange(time.Waits.Sum(wait => wait.TotalSeconds), 12, 12.4);
    }

    [Fact(Timeout = HangGuard)]
    public async Task Without_a_limit_it_waits_for_days()
    {
        await Wait(_ => Task.FromResult(time.GetUtcNow() - time.Start > TimeSpan.FromDays(2) ? Up : Jump())).AwaitAsync(progress.Add, Stop);

        Assert.StartsWith("PostgreSQL at db:5432 is up after 172800.", Said[^1], StringComparison.Ordinal);

        DatabaseVerdict Jump()
        {
            time.Advance(TimeSpan.FromHours(24));
            return Refused;
        }
    }

    [Fact(Timeout = HangGuard)]
    public async Task With_no_time_at_all_it_tries_once()
    {
        var fault = await Assert.ThrowsAsync<StartupException>(() => Wait(Answers(Refused), limit: TimeSpan.Zero).AwaitAsync(progress.Add, Stop));

        Assert.Equal(ExitCode.TryAgain, fault.Code);
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_host_that_swallows_packets_is_asked_again_beside_the_attempt_that_it_has_swallowed()
    {
        var clock = new SkippingTime(DatabaseWait.Overlap);
        var swallowed = 0;

        await new DatabaseWait(
            attempt => ++swallowed < 5 ? Never(attempt) : Task.FromResult(Up), look: null, "db:5432", Timeout.InfiniteTimeSpan, clock, log).AwaitAsync(progress.Add, Stop);

        Assert.Equal(4, clock.Waits.Count(wait => wait == DatabaseWait.Overlap));
        Assert.Equal(["Waiting for PostgreSQL at db:5432: no answer", "PostgreSQL at db:5432 is up after 1.6 s"], Said);
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_slow_answer_of_an_attempt_that_is_older_counts_when_it_is_a_good_one()
    {
        var clock = new SkippingTime(DatabaseWait.Overlap);
        var slow = new TaskCompletionSource<DatabaseVerdict>();
        var count = 0;

        await new DatabaseWait(Ask, look: null, "db:5432", Timeout.InfiniteTimeSpan, clock, log).AwaitAsync(progress.Add, Stop);

        Assert.Equal(3, count);

        Task<DatabaseVerdict> Ask(CancellationToken attempt)
        {
            if (++count == 3)
            {
                slow.SetResult(Up);
            }

            return count == 1 ? slow.Task : Never(attempt);
        }
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_stop_ends_it_and_the_attempt_under_way()
    {
        using var stopping = new CancellationTokenSource();
        var cut = new TaskCompletionSource();
        var count = 0;
        var waiting = Wait(attempt =>
        {
            if (++count == 1)
            {
                return Task.FromResult(Refused);
            }

            _ = attempt.Register(cut.SetResult);
            return Never(attempt);
        }).AwaitAsync(text => stopping.Cancel(), stopping.Token);

        var fault = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);

        Assert.Equal("PostgreSQL at db:5432 was waited for: connection refused", fault.Message);
    }

    [Fact(Timeout = HangGuard)]
    public async Task What_the_manager_says_stands_behind_the_reason()
    {
        await Wait(Answers([.. Enumerable.Repeat(Refused, 3), Up]), look: () => Task.FromResult<string?>("postgresql.service is failed (exit-code)")).AwaitAsync(progress.Add, Stop);

        Assert.Equal("Waiting for PostgreSQL at db:5432: connection refused; postgresql.service is failed (exit-code)", Said[0]);
        Assert.Equal("waiting for PostgreSQL at db:5432, 0 s: connection refused; postgresql.service is failed (exit-code)", progress[^1]);
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_manager_that_does_not_answer_delays_nothing()
    {
        await Wait(Answers([.. Enumerable.Repeat(Refused, 5), Up]), look: () => new TaskCompletionSource<string?>().Task).AwaitAsync(progress.Add, Stop);

        Assert.Equal(["Waiting for PostgreSQL at db:5432: connection refused", "PostgreSQL at db:5432 is up after 1.0 s"], Said);
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_standby_and_what_cannot_be_asked_are_told_and_let_through()
    {
        await Wait(Answers(new DatabaseVerdict.Up(IsStandby: true))).AwaitAsync(progress.Add, Stop);
        await Wait(Answers(new DatabaseVerdict.Unknown("NotSupportedException"))).AwaitAsync(progress.Add, Stop);

        Assert.Equal(
            [
                (LogLevel.Warning, "PostgreSQL at db:5432 is a standby that can only be read: a migration fails there until it is promoted"),
                (LogLevel.Warning, "PostgreSQL at db:5432 is not waited for, since it cannot be asked: NotSupportedException"),
            ],
            log.Entries);
    }

    private DatabaseWait Wait(Func<CancellationToken, Task<DatabaseVerdict>> ask, Func<Task<string?>>? look = null, TimeSpan? limit = null) =>
        new(ask, look, "db:5432", limit ?? Timeout.InfiniteTimeSpan, time, log);

    /// <summary>One after the other.</summary>
    private static Func<CancellationToken, Task<DatabaseVerdict>> Answers(params DatabaseVerdict[] verdicts)
    {
        var left = new Queue<DatabaseVerdict>(verdicts);
        return _ => Task.FromResult(left.Dequeue());
    }

    private static async Task<DatabaseVerdict> Never(CancellationToken attempt)
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, attempt);
        return Up;
    }
}
