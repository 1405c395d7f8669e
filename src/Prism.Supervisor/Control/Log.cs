using Microsoft.Extensions.Logging;

namespace Prism.Supervisor.Control;

internal static partial class Log
{
    [LoggerMessage(LogLevel.Information, "A reload was asked for by process {AskingPid} of user {AskingUser}")]
    public static partial void ReloadAsked(this ILogger log, int askingPid, uint askingUser);

    [LoggerMessage(LogLevel.Warning, "Process {AskingPid} of user {AskingUser} may not use the control socket")]
    public static partial void Forbidden(this ILogger log, int askingPid, uint askingUser);

    [LoggerMessage(LogLevel.Warning, "The control socket takes no connections at the moment: {Reason}")]
    public static partial void NotAccepting(this ILogger log, string reason);

    [LoggerMessage(LogLevel.Critical, "A fault of prism-supervisor itself in a reload; please report it")]
    public static partial void ReloadFault(this ILogger log, Exception fault);
}
