using Prism.Supervisor.Configuration;
using Prism.Supervisor.Gunicorn;
using Prism.Supervisor.Health;

namespace Prism.Supervisor.Lifecycle;

/// <summary>Turns what a generation and its probe report into events with the generation's number. Decides nothing.</summary>
internal sealed class GenerationObserver(
    Generation generation, SupervisorOptions options, SiteProbe probe, Role role, TimeProvider time, Action<UnitEvent> tell, Action<Func<Task>> inBackground)
{
    private readonly int number = generation.Number;
    private volatile string? lastFailedAnswer;
    private volatile bool hasAnswered;

    public void Start(CancellationToken stopping)
    {
        inBackground(() => generation.ListenAsync(() => tell(new UnitEvent.ArbiterReady(number))));
        inBackground(async () => tell(new UnitEvent.Exited(number, ExitCode.ServerDidNotComeUp, await generation.ExitedAsync())));
        inBackground(() => WatchHealthAsync(stopping));
        inBackground(() => TimeStartAsync(stopping));
        inBackground(async () =>
        {
            var deaths = await generation.WorkersKeepDyingAsync(forgivesNone: role == Role.Canary, stopping);
            tell(new UnitEvent.StartFailed(number, $"{(deaths == 1 ? "a worker" : $"{deaths} workers")} died {(hasAnswered ? "soon after" : "before")} the first good answer{LastWords}"));
        });
    }

    private string LastWords => generation.Cause is { } cause ? $"; the last words: {cause}" : "";

    private async Task WatchHealthAsync(CancellationToken stopping)
    {
        await foreach (var report in new HealthMonitor(options.Health, probe, time, judgesFromTheStart: role == Role.Next).WatchAsync(stopping))
        {
            if (report is HealthReport.BecameHealthy && role == Role.Next)
            {
                // The old one goes next, with all its workers.
                hasAnswered = true;
                await generation.WorkersBootedAsync(stopping);
            }

            tell(Hear(report));
        }
    }

    private UnitEvent Hear(HealthReport report)
    {
        switch (report)
        {
            case HealthReport.BecameHealthy:
                hasAnswered = true;
                generation.WorkersProven();
                return new UnitEvent.BecameHealthy(number);
            case HealthReport.BecameUnhealthy(var reason):
                return new UnitEvent.BecameUnhealthy(number, reason);
            case HealthReport.Busy(var reason):
                return new UnitEvent.AnswerFailed(number, reason);
            case HealthReport.Failed(var reason):
                lastFailedAnswer = reason;
                return new UnitEvent.AnswerFailed(number, reason);
            default:
                return new UnitEvent.AnswerRecovered(number);
        }
    }

    private async Task TimeStartAsync(CancellationToken stopping)
    {
        await Task.Delay(options.Gunicorn.StartTimeout, time, stopping);
        if (hasAnswered && generation.HasSaidReady)
        {
            return;
        }

        var why = (hasAnswered, generation.HasSaidReady, generation.ForeignReady) switch
        {
            (true, _, { } pid) => $"READY=1 came from pid {pid}, not from pid {generation.ArbiterPid} that was started: let the wrapper exec Gunicorn",
            (true, _, _) => "the site answers, but the arbiter never said READY=1 (Gunicorn says it through $NOTIFY_SOCKET)",
            (false, false, _) => lastFailedAnswer ?? "the arbiter never said READY=1, and the probe is still waiting for its answer",
            (false, true, _) => lastFailedAnswer ?? $"{probe.Question} is still waiting for its answer",
        };
        tell(new UnitEvent.StartFailed(number, $"not up within {options.Gunicorn.StartTimeout.TotalSeconds:0.#} s: {why}{LastWords}"));
    }
}
