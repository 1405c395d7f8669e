namespace Prism.Supervisor.Configuration;

/// <summary>How a new release is tried.</summary>
/// <param name="CanaryTime">How long the canary must stay up and healthy after its first good answer.</param>
/// <param name="Timeout">How long everything before the canary may take: configuration, secrets, import gate, the wait for PostgreSQL, migrate, collectstatic.</param>
internal sealed record ReloadOptions(TimeSpan CanaryTime, TimeSpan Timeout);
