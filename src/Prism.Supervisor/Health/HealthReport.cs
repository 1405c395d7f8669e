namespace Prism.Supervisor.Health;

/// <summary>A change of the site's health, or a failed answer on the way to one.</summary>
internal abstract record HealthReport
{
    private HealthReport()
    {
    }

    internal sealed record BecameHealthy : HealthReport;

    internal sealed record BecameUnhealthy(string Reason) : HealthReport;

    /// <summary>An answer that was not good and has not changed the verdict (yet).</summary>
    internal sealed record Failed(string Reason) : HealthReport;

    /// <summary>The workers have more to do than they can; said once for as long as it lasts, and no failure.</summary>
    internal sealed record Busy(string Reason) : HealthReport;

    /// <summary>A good answer after failed ones that had not changed the verdict, or after the site was busy.</summary>
    internal sealed record Recovered : HealthReport;
}
