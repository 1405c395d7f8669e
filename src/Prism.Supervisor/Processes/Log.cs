using Microsoft.Extensions.Logging;

namespace Prism.Supervisor.Processes;

internal static partial class Log
{
    [LoggerMessage("{Line}")]
    public static partial void Said(this ILogger log, LogLevel level, string line, string syslogIdentifier, int childPid, int? generation, string? step);
}
