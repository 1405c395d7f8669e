using System.Net;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Prism.Supervisor.Configuration;
using Prism.Supervisor.Gunicorn;
using Prism.Supervisor.Systemd;

namespace Prism.Supervisor.Lifecycle;

/// <summary>The loop: reads one event, asks the table, performs the effects. It alone owns the state; everything else only writes events.</summary>
internal sealed class Conductor : IDisposable
{
    private readonly Channel<UnitEvent> events = Channel.CreateUnbounded<UnitEvent>(new UnboundedChannelOptions { SingleReader = true });
    private readonly CancellationTokenSource ended = new();
    private readonly NotifySocket notify;
    private readonly CrashPoints points;
    private readonly string address;
    private readonly TimeSpan? watchdogInterval;
    private readonly TimeProvider time;
    private readonly ILogger<Conductor> log;
    private readonly StatusBoard status;
    private readonly Fleet fleet;
    private readonly Reloads reloads;
    private Release release;
    private UnitState state = UnitState.Initial;
    private string? lastFailedAnswer;

    public Conductor(
        Release first,
        IReleasePreparer preparer,
        GenerationLauncher launcher,
        NotifySocket notify,
        string address,
        EndPoint probed,
        TimeSpan? watchdogInterval,
        CrashPoints points,
        TimeProvider time,
        ILogger<Conductor> log)
    {
        (release, this.notify, this.address, this.watchdogInterval, this.points, this.time, this.log) = (first, notify, address, watchdogInterval, points, time, log);
        status = new StatusBoard(notify, log);
        fleet = new Fleet(launcher, probed, time, Tell, InBackground, log);
        reloads = new Reloads(preparer, notify, status, time, Tell, log);
    }

    private RestartOptions Restart => release.Options.Restart;

    private string Serving => $"Serving on {address}, generation {state.Generation} (pid {fleet.ArbiterOf(state.Generation)})";

    /// <summary>To be called for every stop signal; the second one shortens the grace of the first.</summary>
    public void RequestStop() => Tell(new UnitEvent.StopRequested());

    /// <summary>Completes with what became of the reload that begins after this call; never throws. <paramref name="progress"/> must not block.</summary>
    public Task<ReloadOutcome> RequestReload(Action<string> progress) => reloads.Ask(progress);

    /// <summary>Runs from the first launch to the last process; null after a requested stop, else why the unit ended.</summary>
    public async Task<UnitFailure?> RunAsync()
    {
        using var watchdog = watchdogInterval is { } interval
            ? time.CreateTimer(_ => Tell(new UnitEvent.WatchdogDue()), null, TimeSpan.Zero, interval)
            : null;
        try
        {
            _ = await PerformAsync([new Effect.Launch(state.Generation, Role.Current)]);
            await foreach (var what in events.Reader.ReadAllAsync())
            {
                Note(what);
                var (next, effects) = Transitions.Step(state, what, Restart);
                log.Stepped(state.Phase, what.GetType().Name, next.Phase, next.Generation);
                state = next;
                if (await PerformAsync(effects) is { } finish)
                {
                    return finish.Failure;
                }
            }

            throw new InvalidOperationException("the events ended before the unit did");
        }
        finally
        {
            await ended.CancelAsync();
            reloads.Close("the supervisor has stopped");
        }
    }

    public void Dispose()
    {
        fleet.Dispose();
        ended.Dispose();
        reloads.Dispose();
    }

    /// <summary>What an event means for those who keep no state of their own.</summary>
    private void Note(UnitEvent what)
    {
        switch (what)
        {
            case UnitEvent.ReloadRequested:
                reloads.Arrived();
                break;
            case UnitEvent.TreeEnded(var generation):
                fleet.Forget(generation);
                break;
        }
    }

    private async Task<Effect.Finish?> PerformAsync(IReadOnlyList<Effect> effects)
    {
        foreach (var effect in effects)
        {
            points.Before(effect, state);
            if (effect is Effect.Finish finish)
            {
                return finish;
            }

            await PerformAsync(effect);
            points.After(effect, state);
        }

        return null;
    }

    private async Task PerformAsync(Effect effect)
    {
        switch (effect)
        {
            case Effect.Launch(var generation, var role):
                await LaunchAsync(generation, role);
                break;
            case Effect.End(var generation, var grace):
                fleet.End(generation, grace);
                break;
            case Effect.AwaitHealthySpan(var generation):
                After(Restart.HealthyAfter, new UnitEvent.StayedHealthy(generation));
                break;
            case Effect.AwaitCanarySpan(var generation):
                After(reloads.Watch(generation), new UnitEvent.StayedHealthy(generation));
                break;
            case Effect.BackOff(var generation, var crashes):
                var delay = Backoff.Delay(Restart, crashes, Jitter());
                status.Show($"Gunicorn crashed {crashes} times in a row; the next start is due in {delay.TotalSeconds:0.#} s");
                log.BackingOff(crashes, delay.TotalSeconds, generation);
                After(delay, new UnitEvent.BackoffElapsed(generation));
                break;
            case Effect.Prepare:
                var arbiter = fleet.ArbiterOf(state.Generation);
                InBackground(() => reloads.PrepareAsync(arbiter, release.Options.Reload.Timeout));
                break;
            case Effect.CancelPreparation:
                reloads.CancelPreparation();
                break;
            case Effect.Promote:
                release = reloads.Promote(state.Rollout);
                break;
            case Effect.TellReady:
                release.Proven?.Invoke();
                notify.Ready();
                break;
            case Effect.TellReloading:
                reloads.Begin();
                break;
            case Effect.TellStopping:
                notify.Stopping();
                status.ShowReload(null);
                break;
            case Effect.TellWatchdog:
                notify.Watchdog();
                break;
            case Effect.SayProgress(var text):
                reloads.Progress(text);
                break;
            case Effect.ReloadSucceeded:
                reloads.Succeed(state.Generation);
                break;
            case Effect.ReloadFailed(var reason):
                reloads.Fail(reason, state.Generation);
                break;
            case Effect.RefuseReloads(var reason):
                reloads.Close(reason);
                break;
            case Effect.SayServing:
                lastFailedAnswer = null;
                status.Say(LogLevel.Information, Serving, state.Generation);
                break;
            case Effect.SayFailedAnswer(var generation, var isServing, var reason):
                SayFailedAnswer(generation, isServing, reason);
                break;
            case Effect.Say(var level, var text):
                status.Say(level, text, state.Generation);
                break;
        }
    }

    private async Task LaunchAsync(int number, Role role)
    {
        var what = role == Role.Canary ? $"a canary, generation {number}" : $"Gunicorn, generation {number}";
        Action<string> say = role == Role.Current ? doing => status.Show(OneLine.Sentence(doing)) : reloads.Progress;
        say($"starting {what}");
        lastFailedAnswer = null;
        if (await fleet.LaunchAsync(number, role == Role.Current ? release : reloads.Candidate!, role) is { } question)
        {
            say($"waiting for {question} of generation {number} (pid {fleet.ArbiterOf(number)})");
        }
    }

    private void SayFailedAnswer(int generation, bool isServing, string reason)
    {
        if (reason != lastFailedAnswer)
        {
            lastFailedAnswer = reason;
            log.ProbeFailed(reason, generation);
            status.Show($"{(isServing ? Serving : $"Starting Gunicorn, generation {generation}")}; the last probe failed: {reason}");
        }
    }

    private void After(TimeSpan delay, UnitEvent what) => InBackground(async () =>
    {
        await Task.Delay(delay, time, ended.Token);
        Tell(what);
    });

    private void Tell(UnitEvent what) => _ = events.Writer.TryWrite(what);

    /// <summary>Work beside the loop: what was cancelled is over, what fails otherwise is a fault of ours and must not pass in silence.</summary>
    private void InBackground(Func<Task> work) => _ = Task.Run(async () =>
    {
        try
        {
            await work();
        }
        catch (OperationCanceledException)
        {
        }
        catch (ObjectDisposedException)
        {
            // The generation it watched is gone.
        }
#pragma warning disable CA1031 // The loop must hear of it, whatever it is: it ends with this reason instead of waiting for ever.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            _ = events.Writer.TryComplete(fault);
        }
    });

#pragma warning disable CA5394 // Jitter, not a secret.
    private static double Jitter() => Random.Shared.NextDouble();
#pragma warning restore CA5394
}
