using Microsoft.Extensions.Logging;

namespace Prism.Supervisor.Systemd;

internal static partial class Log
{
    [LoggerMessage(LogLevel.Warning, "The service manager did not take {State}: {Reason}")]
    public static partial void ManagerNotReached(this ILogger log, string state, string reason);

    [LoggerMessage(LogLevel.Warning, "The listening socket {Name} is not in systemd's fd store ({Reason}): the next restart refuses connections for a moment")]
    public static partial void NotStored(this ILogger log, string name, string reason);

    [LoggerMessage(LogLevel.Warning, "The listening socket {Name} could not be taken out of systemd's fd store: {Reason}")]
    public static partial void NotRemoved(this ILogger log, string name, string reason);
}
