using System.Runtime.CompilerServices;
using Prism.Supervisor.Configuration;

namespace Prism.Supervisor.Health;

/// <summary>Asks every period and yields changes. Until the first good answer it asks quickly and failures are no verdict; once unhealthy it ends: what comes next is another generation (the kubelet's onHold).</summary>
/// <param name="judgesFromTheStart">Bad answers are a verdict before the first good one too: its like has answered already. No answer is still none.</param>
internal sealed class HealthMonitor(HealthOptions options, SiteProbe probe, TimeProvider time, bool judgesFromTheStart = false)
{
    public async IAsyncEnumerable<HealthReport> WatchAsync([EnumeratorCancellation] CancellationToken stopping)
    {
        var tally = new HealthTally();
        var wasBusy = false;
        while (tally.Verdict != false)
        {
            // What is shared is not asked; an answer says nothing then of whether clients are served.
            var isSilent = probe.IsPublicShared && wasBusy;
            var result = await probe.AskAsync(isProven: tally.Verdict == true, stopping);
            var isBusy = result is ProbeResult.Busy || (isSilent && result.Succeeded);
            var counts = result.Succeeded || tally.Verdict is not null || (judgesFromTheStart && result is ProbeResult.Answered);
            var next = counts ? tally.Count(result.Succeeded, options.SuccessThreshold, options.FailureThreshold) : default;

            if (!result.Succeeded)
            {
                yield return new HealthReport.Failed($"{probe.Question} {result}");
            }

            if (next.Verdict != tally.Verdict)
            {
                yield return next.Verdict == true
                    ? new HealthReport.BecameHealthy()
                    : new HealthReport.BecameUnhealthy($"{probe.Question} {result}, {options.FailureThreshold} times in a row");
            }
            else if (isBusy && !wasBusy)
            {
                yield return new HealthReport.Busy($"{((ProbeResult.Busy)result).Kind}: {probe.Question} {result}");
            }
            else if (result.Succeeded && !isBusy && (wasBusy || tally is { Verdict: true, Failures: > 0 }))
            {
                yield return new HealthReport.Recovered();
            }

            tally = next;
            wasBusy = isBusy;
            await Task.Delay(tally.Verdict is null ? options.StartPeriod : options.Period, time, stopping);
        }
    }
}
