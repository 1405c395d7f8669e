using Microsoft.Extensions.Logging;

namespace Prism.Supervisor.Gunicorn;

internal static partial class Log
{
    [LoggerMessage(LogLevel.Information, "Started {Program} (pid {ChildPid}), generation {Generation}")]
    public static partial void Started(this ILogger log, string program, int childPid, int generation);

    [LoggerMessage(LogLevel.Information, "Started {Program} (pid {ChildPid}), generation {Generation}, as a canary")]
    public static partial void StartedCanary(this ILogger log, string program, int childPid, int generation);

    [LoggerMessage(LogLevel.Information, "Ended {Program} (pid {ChildPid}), generation {Generation}, which was started ahead: {Reason}")]
    public static partial void EndedAhead(this ILogger log, string program, int childPid, int generation, string reason);

    [LoggerMessage(LogLevel.Debug, "{Program} is Gunicorn {GunicornVersion}")]
    public static partial void VersionKnown(this ILogger log, string program, Version gunicornVersion);

    [LoggerMessage(LogLevel.Debug, "Gunicorn's version cannot be known: {Reason}")]
    public static partial void VersionUnknown(this ILogger log, string reason);

    [LoggerMessage(LogLevel.Debug, "Gunicorn's version cannot be kept for the next start: {Reason}")]
    public static partial void VersionNotKept(this ILogger log, string reason);
}
