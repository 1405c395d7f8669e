using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Prism.Supervisor.Configuration;
using Prism.Supervisor.Gunicorn;
using Prism.Supervisor.Health;
using Prism.Supervisor.Systemd;

namespace Prism.Supervisor.Lifecycle;

/// <summary>The loop: reads one event, asks the table, performs the effects. It alone owns the state; everything else only writes events.</summary>
internal sealed class Conductor(
    SupervisorOptions options,
    GenerationLauncher launcher,
    HttpProbe probe,
    NotifySocket notify,
    string address,
    TimeSpan? watchdogInterval,
    TimeProvider time,
    ILogger<Conductor> log) : IDisposable
{
    // A generation that is thought to be stuck gets this long after TERM.
    private static readonly TimeSpan ShortGrace = TimeSpan.FromSeconds(2);

    private readonly Channel<UnitEvent> events = Channel.CreateUnbounded<UnitEvent>(new UnboundedChannelOptions { SingleReader = true });
    private readonly CancellationTokenSource ended = new();
    private CancellationTokenSource watching = new();
    private Generation? current;
    private string? lastFailedAnswer;

    /// <summary>To be called for every stop signal; the second one shortens the grace of the first.</summary>
    public void RequestStop() => Tell(new UnitEvent.StopRequested());

    /// <summary>Runs from the first launch to the last process; null after a requested stop, else why the unit ended.</summary>
    public async Task<UnitFailure?> RunAsync()
    {
        using var watchdog = watchdogInterval is { } interval
            ? time.CreateTimer(_ => Tell(new UnitEvent.WatchdogDue()), null, TimeSpan.Zero, interval)
            : null;
        var state = UnitState.Initial;
        await LaunchAsync(state.Generation);
        await foreach (var what in events.Reader.ReadAllAsync())
        {
            var (next, effects) = Transitions.Step(state, what, options.Restart);
            log.Stepped(state.Phase, what.GetType().Name, next.Phase, next.Generation);
            state = next;
            foreach (var effect in effects)
            {
                if (effect is Effect.Finish finish)
                {
                    await ended.CancelAsync();
                    return finish.Failure;
                }

                await PerformAsync(effect);
            }
        }

        throw new InvalidOperationException("the events ended before the unit did");
    }

    private async Task PerformAsync(Effect effect)
    {
        switch (effect)
        {
            case Effect.Launch(var generation):
                await LaunchAsync(generation);
                break;
            case Effect.End(var generation, var grace):
                End(generation, grace);
                break;
            case Effect.AwaitHealthySpan(var generation):
                After(options.Restart.HealthyAfter, new UnitEvent.StayedHealthy(generation));
                break;
            case Effect.BackOff(var generation, var crashes):
                var delay = Backoff.Delay(options.Restart, crashes, Jitter());
                notify.Status($"Gunicorn crashed {crashes} times in a row; the next start is due in {delay.TotalSeconds:0.#} s");
                log.BackingOff(crashes, delay.TotalSeconds, generation);
                After(delay, new UnitEvent.BackoffElapsed(generation));
                break;
            case Effect.TellReady:
                notify.Ready();
                break;
            case Effect.TellStopping:
                notify.Stopping();
                break;
            case Effect.TellWatchdog:
                notify.Watchdog();
                break;
            case Effect.SayServing:
                lastFailedAnswer = null;
                Say(LogLevel.Information, Serving);
                break;
            case Effect.SayFailedAnswer(var generation, var isServing, var reason):
                SayFailedAnswer(generation, isServing, reason);
                break;
            case Effect.Say(var level, var text):
                Say(level, text);
                break;
        }
    }

    public void Dispose()
    {
        current?.Dispose();
        watching.Dispose();
        ended.Dispose();
    }

    private string Serving => $"Serving on {address}, generation {current?.Number} (pid {current?.ArbiterPid})";

    private void Say(LogLevel level, string text)
    {
        var line = StatusLine.From(text);
        notify.Status(line);
        log.Said(level, line, current?.Number);
    }

    private void SayFailedAnswer(int generation, bool isServing, string reason)
    {
        if (reason != lastFailedAnswer)
        {
            lastFailedAnswer = reason;
            log.ProbeFailed(reason, generation);
            notify.Status($"{(isServing ? Serving : $"Starting Gunicorn, generation {generation}")}; the last probe failed: {reason}");
        }
    }

    private async Task LaunchAsync(int number)
    {
        current?.Dispose();
        current = null;
        lastFailedAnswer = null;
        notify.Status($"Starting Gunicorn, generation {number}");
        try
        {
            current = await launcher.LaunchAsync(number);
        }
        catch (StartupException fault)
        {
            Tell(new UnitEvent.Exited(number, fault.Code, fault.Message));
            return;
        }

        notify.Status($"Waiting for {probe.Question} of generation {number} (pid {current.ArbiterPid})");
        watching.Dispose();
        watching = CancellationTokenSource.CreateLinkedTokenSource(ended.Token);
        new GenerationObserver(current, options, probe, time, Tell, InBackground).Start(watching.Token);
    }

    private void End(int generation, Grace grace)
    {
        watching.Cancel();
        if (current is not { } ending)
        {
            Tell(new UnitEvent.TreeEnded(generation));
            return;
        }

        if (grace == Grace.None)
        {
            ending.Hurry();
        }

        var span = grace switch
        {
            Grace.None => TimeSpan.Zero,
            Grace.Short => ShortGrace,
            Grace.Full => options.Gunicorn.GracefulTimeout,
        };
        InBackground(async () =>
        {
            if (await ending.EndAsync(span) is { Count: > 0 } killed)
            {
                log.Killed(string.Join(", ", killed), generation);
            }

            Tell(new UnitEvent.TreeEnded(generation));
        });
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
