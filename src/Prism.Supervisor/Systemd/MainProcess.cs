using System.Globalization;

namespace Prism.Supervisor.Systemd;

/// <summary>What the manager meant for the one process it started (systemd.exec(5)): it may pass on to what that process becomes, since execve(2) keeps the pid.</summary>
internal static class MainProcess
{
    private static readonly string[] Meant =
        ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "JOURNAL_STREAM", "INVOCATION_ID", "MEMORY_PRESSURE_WATCH", "MEMORY_PRESSURE_WRITE", "SYSTEMD_EXEC_PID"];

    /// <summary>Whether we are that process, and not a child of it that inherited its environment.</summary>
    public static bool IsThis(IReadOnlyDictionary<string, string> environment) =>
        environment.TryGetValue("SYSTEMD_EXEC_PID", out var pid) && pid == System.Environment.ProcessId.ToString(CultureInfo.InvariantCulture);

    /// <summary>Empty when we are not; never what was passed for us alone (descriptors, credentials).</summary>
    public static IEnumerable<KeyValuePair<string, string>> Variables(IReadOnlyDictionary<string, string> environment) =>
        IsThis(environment) ? environment.Where(pair => Meant.Contains(pair.Key)) : [];
}
