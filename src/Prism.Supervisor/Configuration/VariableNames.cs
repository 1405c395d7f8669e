namespace Prism.Supervisor.Configuration;

/// <summary>Which variables there can be, and which no child ever gets. Pure.</summary>
internal static class VariableNames
{
    /// <summary>Of one string that execve(2) takes, NUL included: MAX_ARG_STRLEN.</summary>
    public const int LongestString = 131072;

    /// <summary>What the manager meant for the supervisor alone (systemd.exec(5), sd_notify(3)), what opens the secrets, and our own overrides.</summary>
    public static IReadOnlyList<string> Reserved { get; } =
    [
        "NOTIFY_SOCKET", "WATCHDOG_*", "LISTEN_*", "FDSTORE", "MAINPID", "MANAGERPID", "SYSTEMD_*", "CREDENTIALS_DIRECTORY", "MONITOR_*",
        "JOURNAL_STREAM", "INVOCATION_ID", "MEMORY_PRESSURE_*", "SOPS_*", "DOTNET_*", Settings.Prefix + "*",
    ];

    public static bool IsReserved(string name) => Matches(Reserved, name);

    /// <summary>A trailing * stands for any ending.</summary>
    public static bool Matches(IEnumerable<string> patterns, string name) =>
        patterns.Any(pattern => pattern.EndsWith('*') ? name.StartsWith(pattern[..^1], StringComparison.Ordinal) : name == pattern);

    public static bool IsName(string name) =>
        name.Length > 0 && !char.IsAsciiDigit(name[0]) && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '_');
}
