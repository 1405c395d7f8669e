using Microsoft.Extensions.Logging;

namespace Prism.Supervisor.Systemd;

internal static partial class Log
{
    [LoggerMessage(LogLevel.Warning, "The service manager did not take {State}: {Reason}")]
    public static partial void ManagerNotReached(this ILogger log, string state, string reason);
}
