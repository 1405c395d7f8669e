using Microsoft.Extensions.Logging;

namespace Prism.Supervisor.Migrations;

internal static partial class Log
{
    [LoggerMessage(LogLevel.Information, "{Count} migrations are to be applied{Scope}: {Pending}")]
    public static partial void Pending(this ILogger log, int count, string scope, string pending, string step);

    [LoggerMessage(LogLevel.Information, "Applied {Migration} ({Place}) in {Seconds:0.0} s")]
    public static partial void Applied(this ILogger log, string migration, string place, double seconds, string step);

    [LoggerMessage(LogLevel.Debug, "Which migrations are to be applied is not known: {Why}")]
    public static partial void NoList(this ILogger log, string why, string step);

    [LoggerMessage(LogLevel.Warning, "The database is ahead of this release: it holds {Unknown}, which the release does not know: was the code rolled back? What those changed is not undone")]
    public static partial void Ahead(this ILogger log, string unknown, string step);

    [LoggerMessage(LogLevel.Debug, "The database holds migrations of apps that the release does not have: {Apps}")]
    public static partial void ForeignApps(this ILogger log, string apps, string step);

    [LoggerMessage(LogLevel.Information, "Waiting for the migration lock, which {Holder} holds")]
    public static partial void WaitsForLock(this ILogger log, string holder, string step);

    [LoggerMessage(LogLevel.Information, "Took the migration lock after {Seconds:0.0} s")]
    public static partial void TookLock(this ILogger log, double seconds, string step);

    [LoggerMessage(LogLevel.Warning, "migrate runs without the migration lock, so that another one may run beside it: {Why}")]
    public static partial void WithoutLock(this ILogger log, string why, string step);

    [LoggerMessage(LogLevel.Debug, "migrate runs without the migration lock: {Why}")]
    public static partial void NoDatabase(this ILogger log, string why, string step);

    [LoggerMessage(LogLevel.Warning, "The connection that holds the migration lock was lost ({Why}): until it is taken again another migrate may run beside this one, which goes on")]
    public static partial void LostLock(this ILogger log, string why, string step);

    [LoggerMessage(LogLevel.Warning, "The migration lock was lost, and now {Holder} holds it: two migrations may be running at once")]
    public static partial void TakenByOther(this ILogger log, string holder, string step);

    [LoggerMessage(LogLevel.Information, "The migration lock is held again")]
    public static partial void HeldAgain(this ILogger log, string step);

    [LoggerMessage(LogLevel.Information, "A connection pooler stands before PostgreSQL: the migration lock is held by an open transaction, which it cannot hand to others")]
    public static partial void Pooled(this ILogger log, string step);

    [LoggerMessage(LogLevel.Warning, "{Migration} waits for a lock in PostgreSQL: {Blockers}")]
    public static partial void Blocked(this ILogger log, string migration, string blockers, string step);

    [LoggerMessage(LogLevel.Information, "{Migration} waits for no lock any more, after {Seconds:0.0} s")]
    public static partial void Unblocked(this ILogger log, string migration, double seconds, string step);

    [LoggerMessage(LogLevel.Warning, "Cancelled what migrate had left running in PostgreSQL")]
    public static partial void CancelledBackend(this ILogger log, string step);

    [LoggerMessage(LogLevel.Warning, "Ended the connection that migrate had left in PostgreSQL, since it did not heed its cancellation")]
    public static partial void TerminatedBackend(this ILogger log, string step);

    [LoggerMessage(LogLevel.Information, "PostgreSQL itself has ended meanwhile, and whatever migrate had running there with it")]
    public static partial void ServerGone(this ILogger log, string step);

    [LoggerMessage(LogLevel.Error, "What migrate has left running in PostgreSQL cannot be ended: {Why}; it may hold locks: look for application_name '{BackendName}' in pg_stat_activity")]
    public static partial void BackendRemains(this ILogger log, string why, string backendName, string step);

    [LoggerMessage(LogLevel.Warning, "Invalid indexes are in the database: {Indexes}: a CREATE INDEX CONCURRENTLY that did not finish leaves one behind; drop it before migrate runs again")]
    public static partial void InvalidIndexes(this ILogger log, string indexes, string step);

    [LoggerMessage(LogLevel.Warning, "migrate did not finish: {What}")]
    public static partial void NotFinished(this ILogger log, string what, string step);
}
