using Microsoft.Extensions.Logging;

namespace Prism.Supervisor;

internal static partial class Log
{
    [LoggerMessage(LogLevel.Information, "prism-supervisor {Version} started (pid {Pid}), configured by {File}")]
    public static partial void Started(this ILogger log, string version, int pid, string file, string step);

    [LoggerMessage(LogLevel.Information, "Read {Count} secrets from {File}: {Opened}")]
    public static partial void SecretsRead(this ILogger log, string file, string opened, int count, string step);

    [LoggerMessage(LogLevel.Warning, "{Warning}")]
    public static partial void SecretsWarning(this ILogger log, string warning, string step);

    [LoggerMessage(LogLevel.Information, "No secrets file is configured: the secrets are taken from this unit's environment")]
    public static partial void NoSecretsFile(this ILogger log, string step);

    [LoggerMessage(LogLevel.Information, "Listening on {Address} ({Origin})")]
    public static partial void Listening(this ILogger log, string address, string origin, string step);

    [LoggerMessage(LogLevel.Warning, "{Setting} has changed in the configuration; it stays as it was until the unit is restarted")]
    public static partial void NeedsRestart(this ILogger log, string setting);

    [LoggerMessage(LogLevel.Warning, "{Warning}")]
    public static partial void RoomWarning(this ILogger log, string warning);

    [LoggerMessage(LogLevel.Warning, "collectstatic has failed: {Why}; migrate goes on to its end, since a migration is not ended half-way")]
    public static partial void MigrateGoesOn(this ILogger log, string why, string step);

    [LoggerMessage(LogLevel.Debug, "The database could not be asked whether it has connections for two generations: {Why}")]
    public static partial void ConnectionsUnknown(this ILogger log, string why);

    [LoggerMessage(LogLevel.Information, "{Signal} received: {Meaning}")]
    public static partial void SignalReceived(this ILogger log, string signal, string meaning);

    [LoggerMessage(LogLevel.Information, "Stopped; nothing is left running")]
    public static partial void Stopped(this ILogger log);

    [LoggerMessage(LogLevel.Error, "Something that descends from this program could not be ended and is left running")]
    public static partial void LeftRunning(this ILogger log);

    [LoggerMessage(LogLevel.Error, "{Reason} (exit code {Code})")]
    public static partial void Failed(this ILogger log, string reason, int code);

    [LoggerMessage(LogLevel.Critical, "A fault of prism-supervisor itself; please report it")]
    public static partial void Fault(this ILogger log, Exception fault);
}
