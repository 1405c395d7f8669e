using Microsoft.Extensions.Logging;

namespace Prism.Supervisor.Gunicorn;

/// <summary>Reads the level of a line that Gunicorn logged: "[2026-11-23 05:00:32 +0000] [pid] [LEVEL] message" (gunicorn/glogging.py). Pure.</summary>
internal static class GunicornLog
{
    private const string Separator = "] [";

    /// <summary>HaltServer, and that a worker exited, is how the arbiter passes on that a worker failed (gunicorn/errors.py, arbiter.py); why it did stands before.</summary>
    public static bool IsNoCause(string line) =>
        line.StartsWith("gunicorn.errors.HaltServer", StringComparison.Ordinal) || line.Contains("] [ERROR] Worker (pid:", StringComparison.Ordinal);

    /// <summary>Null for a line without one: a traceback, or what the site itself printed.</summary>
    public static LogLevel? LevelOf(string line)
    {
        if (line.Length == 0 || line[0] != '[')
        {
            return null;
        }

        var pid = line.IndexOf(Separator, StringComparison.Ordinal);
        var level = pid < 0 ? -1 : line.IndexOf(Separator, pid + Separator.Length, StringComparison.Ordinal);
        var end = level < 0 ? -1 : line.IndexOf(']', level + Separator.Length);
        return end < 0 ? null : line[(level + Separator.Length)..end] switch
        {
            "CRITICAL" => LogLevel.Critical,
            "ERROR" => LogLevel.Error,
            "WARNING" => LogLevel.Warning,
            "INFO" => LogLevel.Information,
            "DEBUG" => LogLevel.Debug,
            _ => null,
        };
    }
}
