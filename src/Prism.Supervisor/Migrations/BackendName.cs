using System.Globalization;

namespace Prism.Supervisor.Migrations;

/// <summary>What our connections and migrate's call themselves in pg_stat_activity (application_name), where every role can read it: at most 63 bytes (NAMEDATALEN). Pure but for the name of this machine.</summary>
internal static class BackendName
{
    public const int Longest = 63;

    /// <summary>How PostgreSQL writes the moment behind <see cref="OfLock"/>, by its own clock (to_char).</summary>
    public const string MomentFormat = " YYYYMMDD\"T\"HH24MISS\"Z\"";

    private const string LockPrefix = "prism-supervisor ";
    private const string MigratePrefix = "prism-migrate ";
    private const string Moment = "yyyyMMdd'T'HHmmss'Z'";
    private const int LengthOfMoment = 17;

    /// <summary>Of who waits for the migration lock; who holds it adds since when.</summary>
    public static string OfLock(string host, int pid) => $"{LockPrefix}{Place(host, pid, Longest - LockPrefix.Length - LengthOfMoment)}";

    /// <summary>Of one launch of migrate, and of no other anywhere.</summary>
    public static string OfMigrate(string host, int pid, string nonce) => $"{MigratePrefix}{Place(host, pid, Longest - MigratePrefix.Length - nonce.Length - 1)} {nonce}";

    public static string OfMigrate() => OfMigrate(Environment.MachineName, Environment.ProcessId, Guid.NewGuid().ToString("N")[..12]);

    /// <summary>"the supervisor on web1 (pid 42), since 2026-11-23 15:54:10 UTC"; null when it is not the name of one that holds the lock.</summary>
    public static string? Supervisor(string name)
    {
        var parts = name.StartsWith(LockPrefix, StringComparison.Ordinal) ? name[LockPrefix.Length..].Split(' ') : [];
        return parts is [var place, var moment]
            && place.LastIndexOf(':') is > 0 and var colon
            && int.TryParse(place.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
            && DateTime.TryParseExact(moment, Moment, CultureInfo.InvariantCulture, DateTimeStyles.None, out var since)
                ? string.Create(CultureInfo.InvariantCulture, $"the supervisor on {Printable(place[..colon])} (pid {pid}), since {since:yyyy-MM-dd HH:mm:ss} UTC")
                : null;
    }

    /// <summary>A name that somebody else gave a connection, fit for a line.</summary>
    public static string Printable(string name) => string.Concat(name.Take(Longest).Select(letter => char.IsControl(letter) || char.IsSurrogate(letter) ? '\uFFFD' : letter));

    private static string Place(string host, int pid, int longest)
    {
        var number = string.Create(CultureInfo.InvariantCulture, $":{pid}");
        var plain = string.Concat(host.Select(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '.' or '_' ? letter : '-'));
        return (plain.Length > longest - number.Length ? plain[..(longest - number.Length)] : plain) + number;
    }
}
