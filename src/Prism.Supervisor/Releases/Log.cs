using Microsoft.Extensions.Logging;

namespace Prism.Supervisor.Releases;

internal static partial class Log
{
    [LoggerMessage(LogLevel.Information, "Skipped {Step}: {Reason}")]
    public static partial void Skipped(this ILogger log, string step, string reason);

    [LoggerMessage(LogLevel.Information, "{Step} has to run: {Reason}")]
    public static partial void MustRun(this ILogger log, string step, string reason);

    [LoggerMessage(LogLevel.Information, "What has been done already cannot be known, and is done each time: give the release a name (release.id), or its commands by their paths in /nix/store")]
    public static partial void NothingSkipped(this ILogger log);

    [LoggerMessage(LogLevel.Debug, "Nothing is known of the last success of {Step}: {Reason}")]
    public static partial void RecordPassedOver(this ILogger log, string step, string reason);

    [LoggerMessage(Message = "The success is not kept for the next start: the database cannot be asked what it is: {Reason}")]
    public static partial void NotRemembered(this ILogger log, LogLevel level, string reason, string step);

    [LoggerMessage(LogLevel.Warning, "The success cannot be kept for the next start: {Reason}")]
    public static partial void RecordNotKept(this ILogger log, string reason, string step);

    [LoggerMessage(LogLevel.Warning, "{File} cannot be removed, and may be believed later: remove it by hand: {Reason}")]
    public static partial void RecordNotRemoved(this ILogger log, string file, string reason, string step);
}
