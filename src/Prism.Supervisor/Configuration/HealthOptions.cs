namespace Prism.Supervisor.Configuration;

/// <summary>What is asked of the site, how often, and how many answers make a verdict (the kubelet's words).</summary>
/// <param name="Path">The request target.</param>
/// <param name="Host">The Host header; null: the first usable name of ALLOWED_HOSTS.</param>
/// <param name="Headers">Sent with every probe.</param>
/// <param name="AcceptedStatus">Inclusive ranges of good status codes.</param>
/// <param name="Period">Between probes while serving.</param>
/// <param name="StartPeriod">Between probes until the first good answer.</param>
/// <param name="Timeout">Of one probe.</param>
/// <param name="FailureThreshold">Failures in a row that make a site unhealthy.</param>
/// <param name="SuccessThreshold">Good answers in a row that make it healthy.</param>
internal sealed record HealthOptions(
    string Path,
    string? Host,
    IReadOnlyDictionary<string, string> Headers,
    IReadOnlyList<StatusRange> AcceptedStatus,
    TimeSpan Period,
    TimeSpan StartPeriod,
    TimeSpan Timeout,
    int FailureThreshold,
    int SuccessThreshold);

/// <summary>Status codes from <paramref name="First"/> to <paramref name="Last"/>, both included.</summary>
internal readonly record struct StatusRange(int First, int Last)
{
    public bool Contains(int status) => First <= status && status <= Last;
}
