using Microsoft.Extensions.Logging;
using Prism.Supervisor.Configuration;
using Prism.Supervisor.Gunicorn;
using Prism.Supervisor.Lifecycle;
using Prism.Supervisor.Processes;
using Prism.Supervisor.Secrets;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Lifecycle;

public sealed class ReloadsTests : IDisposable
{
    private static readonly TimeSpan LongEnough = TimeSpan.FromMinutes(7);

    private readonly FakeManager manager = new();
    private readonly FakePreparer preparer = new();
    private readonly RecordingLogger<Conductor> log = new();
    private readonly List<UnitEvent> events = [];
    private readonly StatusBoard status;
    private readonly Reloads reloads;

    public ReloadsTests()
    {
        status = new StatusBoard(manager.Socket, log);
        status.Show("Serving");
        reloads = new Reloads(preparer, manager.Socket, status, TimeProvider.System, events.Add, log);
    }

    public void Dispose() => reloads.Dispose();

    [Fact]
    public void A_reload_is_announced_to_systemd_with_its_moment_and_to_the_journal_once()
    {
        reloads.Begin();

        Assert.Matches("^RELOADING=1\nMONOTONIC_USEC=[1-9][0-9]*$", manager.Heard[^1]);
        Assert.Equal([(LogLevel.Information, "A reload has begun")], log.Entries);
    }

    [Fact]
    public void A_step_is_shown_behind_what_serves_and_told_to_those_who_wait()
    {
        var told = new List<string>();
        _ = Ask(told.Add);
        reloads.Begin();

        reloads.Progress("running migrate");
        status.Show("Serving generation 2");

        Assert.Equal(["Running migrate"], told);
        Assert.Equal("Serving generation 2; reloading: running migrate", manager.Status);
        Assert.Contains("STATUS=Serving; reloading: running migrate", manager.Heard);
        Assert.DoesNotContain(log.Entries, entry => entry.Level > LogLevel.Debug && entry.Text.Contains("migrate", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_success_clears_the_status_and_is_told()
    {
        var asked = Ask();
        reloads.Begin();
        reloads.Progress("running migrate");

        reloads.Succeed(generation: 3);

        Assert.Equal("Serving", manager.Status);
        Assert.Equal((LogLevel.Information, "Reloaded: generation 3 serves"), log.Entries[^1]);
        Assert.Equal(new ReloadOutcome(Succeeded: true, "Reloaded: generation 3 serves"), await asked);
    }

    [Fact]
    public async Task A_failure_stays_in_the_status_until_the_next_reload_says_more()
    {
        var asked = Ask();
        reloads.Begin();

        reloads.Fail("migrate: no", generation: 1);
        status.Show("Still serving");

        Assert.Equal("Still serving; the last reload failed: migrate: no", manager.Status);
        Assert.Equal((LogLevel.Error, "The reload failed: migrate: no"), log.Entries[^1]);
        Assert.Equal(new ReloadOutcome(Succeeded: false, "migrate: no"), await asked);
        reloads.Begin();
        reloads.Succeed(generation: 2);
        Assert.Equal("Still serving", manager.Status);
    }

    [Fact]
    public async Task What_a_failed_release_had_changed_is_told_with_its_failure_and_not_with_the_next()
    {
        var asked = Ask();
        reloads.Begin();
        preparer.Prepare = _ => Task.FromResult(Release("not undone: whatever migrate changed"));
        await reloads.PrepareAsync(arbiter: null, LongEnough);

        reloads.Fail("the canary: no answer", generation: 1);

        Assert.Equal([new UnitEvent.Prepared()], events.Skip(1));
        Assert.Equal("the canary: no answer; not undone: whatever migrate changed", (await asked).Text);
        Assert.EndsWith("; not undone: whatever migrate changed", manager.Status, StringComparison.Ordinal);
        Assert.Null(reloads.Candidate);
        asked = Ask();
        reloads.Begin();
        reloads.Fail("secrets: no", generation: 1);
        Assert.Equal("secrets: no", (await asked).Text);
    }

    [Fact]
    public async Task The_preparer_gets_the_arbiter_that_serves_and_what_it_says_is_an_event()
    {
        preparer.Progress = "reading";

        await reloads.PrepareAsync(arbiter: 42, LongEnough);

        Assert.Equal(42, preparer.Arbiter);
        Assert.Equal([new UnitEvent.Progressed("reading"), new UnitEvent.Prepared()], events);
    }

    [Fact]
    public async Task A_step_that_fails_is_an_event_with_its_reason()
    {
        preparer.Prepare = _ => throw new StartupException(ExitCode.MigrateFailed, "migrate: no");

        await reloads.PrepareAsync(arbiter: null, LongEnough);

        Assert.Equal([new UnitEvent.PreparationFailed("migrate: no")], events);
    }

    [Fact]
    public async Task A_preparation_that_is_cancelled_reports_its_end()
    {
        preparer.Prepare = async stopping =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, stopping);
            return Release(null);
        };
        var preparing = reloads.PrepareAsync(arbiter: null, LongEnough);

        reloads.CancelPreparation();
        await preparing;

        Assert.Equal([new UnitEvent.PreparationFailed("the supervisor is stopping")], events);
    }

    [Fact]
    public async Task A_preparation_that_takes_too_long_is_ended_and_says_which_setting_allows_more()
    {
        preparer.Prepare = async stopping =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, stopping);
            return Release(null);
        };

        await reloads.PrepareAsync(arbiter: null, TimeSpan.FromMilliseconds(1));

        Assert.Equal([new UnitEvent.PreparationFailed("it was not prepared within 0.001 s (reload.timeoutSeconds)")], events);
    }

    [Fact]
    public async Task The_span_that_the_configuration_has_now_is_that_of_this_reload()
    {
        preparer.Span = TimeSpan.FromMilliseconds(1);
        preparer.Prepare = async stopping =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, stopping);
            return Release(null);
        };

        await reloads.PrepareAsync(arbiter: null, LongEnough);

        Assert.Equal([new UnitEvent.PreparationFailed("it was not prepared within 0.001 s (reload.timeoutSeconds)")], events);
    }

    [Fact]
    public async Task A_fault_of_ours_is_a_failed_reload_and_a_line_that_asks_for_a_report()
    {
        preparer.Prepare = _ => throw new InvalidOperationException("a secret, perhaps");

        await reloads.PrepareAsync(arbiter: null, LongEnough);

        Assert.Equal([new UnitEvent.PreparationFailed("a fault of prism-supervisor itself (InvalidOperationException); the journal has more")], events);
        Assert.Equal((LogLevel.Critical, "A fault of prism-supervisor itself while a reload was prepared; please report it"), Assert.Single(log.Entries));
    }

    [Fact]
    public async Task Once_closed_nobody_waits_in_vain()
    {
        var early = Ask();
        reloads.Begin();
        reloads.Progress("running migrate");

        reloads.Close("the supervisor is stopping");

        Assert.Equal(new ReloadOutcome(Succeeded: false, "the supervisor is stopping"), await early);
        Assert.Equal("the supervisor is stopping", (await reloads.Ask(static _ => { })).Text);
        Assert.Equal("Serving", manager.Status);
    }

    [Fact]
    public void A_canary_is_watched_for_as_long_as_its_own_release_says()
    {
        reloads.Begin();
        preparer.Prepare = _ => Task.FromResult(Release(null) with { Options = TestOptions.Default with { Reload = new ReloadOptions(CanaryTime: TimeSpan.FromSeconds(1.5), Timeout: LongEnough) } });
        Assert.True(reloads.PrepareAsync(arbiter: null, LongEnough).IsCompletedSuccessfully);

        Assert.Equal(TimeSpan.FromSeconds(1.5), reloads.Watch(canary: 4));
        Assert.Equal("Serving; reloading: watching the canary, generation 4, for 1.5 s", manager.Status);
    }

    [Fact]
    public void While_the_old_generation_takes_its_time_the_status_says_so()
    {
        reloads.Begin();
        Assert.True(reloads.PrepareAsync(arbiter: null, LongEnough).IsCompletedSuccessfully);
        var candidate = reloads.Candidate;

        Assert.Same(candidate, reloads.Promote(new Rollout(Stage.Retiring, Number: 1)));
        Assert.Equal("Serving; reloading: generation 1 finishes what it has in hand", manager.Status);
    }

    [Fact]
    public void A_release_that_serves_from_now_on_is_told_and_one_that_fails_is_not()
    {
        var proven = 0;
        preparer.Prepare = _ => Task.FromResult(Release(null) with { Proven = () => proven++ });
        reloads.Begin();
        Assert.True(reloads.PrepareAsync(arbiter: null, LongEnough).IsCompletedSuccessfully);

        reloads.Fail("the canary failed", generation: 1);
        Assert.Equal(0, proven);

        reloads.Begin();
        Assert.True(reloads.PrepareAsync(arbiter: null, LongEnough).IsCompletedSuccessfully);
        _ = reloads.Promote(null);
        Assert.Equal(1, proven);
    }

    private static Release Release(string? notUndone) => new(TestOptions.Default, ProcessEnvironment.Empty, new Redactor([]), "/bin/true", Version: null, notUndone);

    private Task<ReloadOutcome> Ask(Action<string>? progress = null)
    {
        var outcome = reloads.Ask(progress ?? (static _ => { }));
        reloads.Arrived();
        return outcome;
    }

    private sealed class FakePreparer : IReleasePreparer
    {
        public string? Progress { get; set; }

        public int? Arbiter { get; private set; }

        /// <summary>Of the configuration that it reads.</summary>
        public TimeSpan? Span { get; set; }

        public Func<CancellationToken, Task<Release>> Prepare { get; set; } = _ => Task.FromResult(Release(null));

        public Task<Release> PrepareAsync(Action<string> progress, int? arbiter, ReloadTime limit)
        {
            Arbiter = arbiter;
            if (Progress is { } text)
            {
                progress(text);
            }

            if (Span is { } span)
            {
                limit.Change(span);
            }

            return Prepare(limit.Token);
        }
    }
}
