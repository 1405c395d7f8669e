using Microsoft.Extensions.Logging;

namespace Prism.Supervisor.Steps;

internal static partial class Log
{
    [LoggerMessage(LogLevel.Information, "Left out {Step}: no command is configured")]
    public static partial void LeftOut(this ILogger log, string step);

    [LoggerMessage(LogLevel.Information, "Started {Program} (pid {ChildPid})")]
    public static partial void Started(this ILogger log, string program, int childPid, string step);

    [LoggerMessage(LogLevel.Information, "{Program} succeeded after {Seconds:0.0} s")]
    public static partial void Succeeded(this ILogger log, string program, double seconds, string step);

    [LoggerMessage(LogLevel.Information, "Ending {Program}: {Reason}")]
    public static partial void Ending(this ILogger log, string program, string reason, string step);

    [LoggerMessage(LogLevel.Warning, "Killed what the step left behind: {Leftovers}")]
    public static partial void KilledLeftovers(this ILogger log, string leftovers, string step);
}
