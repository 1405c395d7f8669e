namespace Prism.Supervisor.Configuration;

/// <summary>How the site's PostgreSQL is waited for.</summary>
/// <param name="Wait">How long a start waits; Timeout.InfiniteTimeSpan: as long as it takes.</param>
/// <param name="Unit">The unit that runs it, where it is on this host; null: none is asked about.</param>
internal sealed record DatabaseOptions(TimeSpan Wait, string? Unit);
