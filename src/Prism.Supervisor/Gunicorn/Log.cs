using Microsoft.Extensions.Logging;

namespace Prism.Supervisor.Gunicorn;

internal static partial class Log
{
    [LoggerMessage(LogLevel.Information, "Started {Program} (pid {ChildPid}), generation {Generation}")]
    public static partial void Started(this ILogger log, string program, int childPid, int generation);
}
