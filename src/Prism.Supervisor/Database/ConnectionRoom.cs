namespace Prism.Supervisor.Database;

/// <summary>Whether as many connections as the site holds could be taken once more. Pure.</summary>
internal static class ConnectionRoom
{
    private const string Fewer = "or run fewer Gunicorn workers or threads";

    /// <summary>A line for the operator when they could not, or null. Of several limits, the one that is hit first.</summary>
    /// <param name="atLeast">What the next generation may open: its workers times their threads.</param>
    public static string? Warning(ConnectionAnswer answer, int atLeast) => answer switch
    {
        ConnectionAnswer.Full full => $"PostgreSQL has no connection left for the site, and will refuse the next generation's: {Full(full.Limit)}: {Remedy(full.Limit)}",
        ConnectionAnswer.Counted counted => Warning(counted, Math.Max(counted.SiteHolds, atLeast)),
        _ => null,
    };

    /// <summary>How many more could be taken than are counted, and the limit that is hit first.</summary>
    public static (long Left, long InUse, string Remedy) Left(ConnectionAnswer.Counted counted)
    {
        var tightest = Limits(counted).MinBy(limit => limit.Most - limit.InUse);
        return (tightest.Most - tightest.InUse, tightest.InUse, $"{Stated(tightest.Limit, counted)}, and {tightest.InUse} are in use beside it: {Remedy(tightest.Limit)}");
    }

    private static string? Warning(ConnectionAnswer.Counted counted, long more)
    {
        var tightest = Limits(counted).MinBy(limit => limit.Most - limit.InUse);
        return tightest.Most - tightest.InUse >= more
            ? null
            : $"PostgreSQL may refuse connections while two generations run: {Stated(tightest.Limit, counted)}; {tightest.InUse} are in use, and the next generation takes up to {more} more: {Remedy(tightest.Limit)}";
    }

    private static IEnumerable<(ConnectionLimit Limit, long Most, long InUse)> Limits(ConnectionAnswer.Counted counted)
    {
        if (counted.RoleLimit is { } role)
        {
            yield return (ConnectionLimit.Role, role, counted.RoleInUse);
        }

        if (counted.DatabaseLimit is { } database)
        {
            yield return (ConnectionLimit.Database, database, counted.DatabaseInUse);
        }

        yield return (ConnectionLimit.Server, counted.Most - counted.Reserved, counted.InUse);
    }

    private static string Stated(ConnectionLimit limit, ConnectionAnswer.Counted counted) => limit switch
    {
        ConnectionLimit.Role => $"the site's role has CONNECTION LIMIT {counted.RoleLimit}",
        ConnectionLimit.Database => $"the site's database has CONNECTION LIMIT {counted.DatabaseLimit}",
        ConnectionLimit.Server => $"max_connections is {counted.Most}, of which {counted.Reserved} are reserved",
    };

    private static string Full(ConnectionLimit limit) => limit switch
    {
        ConnectionLimit.Role => "the CONNECTION LIMIT of its role is reached",
        ConnectionLimit.Database => "the CONNECTION LIMIT of its database is reached",
        ConnectionLimit.Server => "max_connections is reached, save for what is reserved",
    };

    private static string Remedy(ConnectionLimit limit) => limit switch
    {
        ConnectionLimit.Role => $"raise it (ALTER ROLE … CONNECTION LIMIT), {Fewer}",
        ConnectionLimit.Database => $"raise it (ALTER DATABASE … CONNECTION LIMIT), {Fewer}",
        ConnectionLimit.Server => $"raise max_connections, {Fewer}",
    };
}
