namespace Prism.Supervisor.Health;

/// <summary>Answers in a row, and the verdict they make: changed only when a run reaches its threshold (kubelet, prober/worker.go). Pure.</summary>
internal readonly record struct HealthTally(int Successes, int Failures, bool? Verdict)
{
    public HealthTally Count(bool succeeded, int successThreshold, int failureThreshold)
    {
        var successes = succeeded ? Math.Min(Successes + 1, successThreshold) : 0;
        var failures = succeeded ? 0 : Math.Min(Failures + 1, failureThreshold);
        return new HealthTally(successes, failures, successes >= successThreshold ? true : failures >= failureThreshold ? false : Verdict);
    }
}
