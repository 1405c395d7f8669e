using Microsoft.Extensions.Logging;

namespace Prism.Supervisor.Database;

internal static partial class Log
{
    [LoggerMessage(LogLevel.Warning, "Waiting for PostgreSQL at {Place}: {Reason}")]
    public static partial void DatabaseMissing(this ILogger log, string place, string reason, string step);

    [LoggerMessage(LogLevel.Warning, "Still waiting for PostgreSQL at {Place}, {Seconds:0} s: {Reason}")]
    public static partial void DatabaseStillMissing(this ILogger log, string place, double seconds, string reason, string step);

    [LoggerMessage(LogLevel.Information, "PostgreSQL at {Place} is up after {Seconds:0.0} s")]
    public static partial void DatabaseUp(this ILogger log, string place, double seconds, string step);

    [LoggerMessage(LogLevel.Warning, "PostgreSQL at {Place} is a standby that can only be read: a migration fails there until it is promoted")]
    public static partial void DatabaseReadOnly(this ILogger log, string place, string step);

    [LoggerMessage(LogLevel.Warning, "PostgreSQL at {Place} is not waited for, since it cannot be asked: {Why}")]
    public static partial void DatabaseUnknown(this ILogger log, string place, string why, string step);
}
