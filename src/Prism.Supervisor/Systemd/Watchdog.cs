using System.Globalization;

namespace Prism.Supervisor.Systemd;

/// <summary>How often WATCHDOG=1 is due: half of what the manager allows; null when it does not ask (sd_watchdog_enabled(3)).</summary>
internal static class Watchdog
{
    public static TimeSpan? Interval(IReadOnlyDictionary<string, string> environment)
    {
        if (environment.TryGetValue("WATCHDOG_PID", out var pid) && pid != Environment.ProcessId.ToString(CultureInfo.InvariantCulture))
        {
            return null;
        }

        return environment.TryGetValue("WATCHDOG_USEC", out var text)
            && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds)
            && microseconds > 0
                ? TimeSpan.FromMicroseconds(microseconds / 2.0)
                : null;
    }
}
