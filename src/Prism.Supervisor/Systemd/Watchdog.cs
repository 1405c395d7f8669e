using System.Globalization;

namespace Prism.Supervisor.Systemd;

/// <summary>How often WATCHDOG=1 is due: half of what the manager allows; null when it does not ask (sd_watchdog_enabled(3)).</summary>
internal static class Watchdog
{
    // Whoever allows more is served by this too; a timer cannot be set to just any length.
    private const long LongestMicroseconds = 24L * 60 * 60 * 1_000_000;

    public static TimeSpan? Interval(IReadOnlyDictionary<string, string> environment)
    {
        if (environment.TryGetValue("WATCHDOG_PID", out var pid) && pid != Environment.ProcessId.ToString(CultureInfo.InvariantCulture))
        {
            return null;
        }

        return environment.TryGetValue("WATCHDOG_USEC", out var text)
            && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds)
            && microseconds > 0
                ? TimeSpan.FromMicroseconds(Math.Min(microseconds, LongestMicroseconds) / 2.0)
                : null;
    }
}
