using Microsoft.Extensions.Logging;

namespace Prism.Supervisor.Lifecycle;

internal static partial class Log
{
    [LoggerMessage(LogLevel.Debug, "{From} heard {What}: {To}")]
    public static partial void Stepped(this ILogger log, Phase from, string what, Phase to, int generation);

    [LoggerMessage("{Text}")]
    public static partial void Said(this ILogger log, LogLevel level, string text, int? generation);

    [LoggerMessage(LogLevel.Warning, "The probe failed: {Reason}")]
    public static partial void ProbeFailed(this ILogger log, string reason, int generation);

    [LoggerMessage(LogLevel.Warning, "Killed what was left: {Processes}")]
    public static partial void Killed(this ILogger log, string processes, int generation);

    [LoggerMessage(LogLevel.Warning, "Crashed {Crashes} times in a row; starting again in {Seconds:0.0} s")]
    public static partial void BackingOff(this ILogger log, int crashes, double seconds, int generation);

    [LoggerMessage(LogLevel.Information, "A reload has begun")]
    public static partial void ReloadBegun(this ILogger log);

    [LoggerMessage(LogLevel.Debug, "Reloading: {Text}")]
    public static partial void ReloadProgress(this ILogger log, string text);

    [LoggerMessage(LogLevel.Critical, "A fault of prism-supervisor itself while a reload was prepared; please report it")]
    public static partial void PreparationFault(this ILogger log, Exception fault);
}
