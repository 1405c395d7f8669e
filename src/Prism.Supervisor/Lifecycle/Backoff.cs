using Prism.Supervisor.Configuration;

namespace Prism.Supervisor.Lifecycle;

/// <summary>How long to wait before the next restart: doubling from the second crash in a row on, with up to a quarter of jitter so that hosts do not fall into step, never past the maximum. Pure.</summary>
internal static class Backoff
{
    /// <param name="restart">The first delay and the longest.</param>
    /// <param name="crashes">Crashes in a row, from 2 on.</param>
    /// <param name="chance">From 0 to 1.</param>
    public static TimeSpan Delay(RestartOptions restart, int crashes, double chance)
    {
        var doubled = restart.InitialDelay.TotalSeconds * Math.Pow(2, Math.Clamp(crashes - 2, 0, 60));
        return TimeSpan.FromSeconds(Math.Min(doubled * (1 + (0.25 * chance)), restart.MaximumDelay.TotalSeconds));
    }
}
