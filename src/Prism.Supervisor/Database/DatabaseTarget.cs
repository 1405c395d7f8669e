using System.Globalization;
using Npgsql;
using Prism.Supervisor.Secrets;

namespace Prism.Supervisor.Database;

/// <summary>The PostgreSQL that the site's settings name: DATABASE_URL as dj-database-url reads it, else USE_POSTGRES and POSTGRES_*; what they leave open is as in libpq (libpq-envars). Prints no value.</summary>
/// <param name="Host">A name, an address, or the folder of a unix socket.</param>
/// <param name="User">Null: the account that the process runs as.</param>
internal sealed record DatabaseTarget(Secret Host, int Port, Secret Name, Secret? User, Secret? Password)
{
    // Debian's and NixOS' libpq look here when no host is given (/var/run is /run).
    public const string SocketFolder = "/run/postgresql";
    public const int UsualPort = 5432;

    private static readonly string[] True = ["1", "true", "yes", "on"];

    /// <summary>libpq's sslmode; it is not used on a unix socket.</summary>
    public SslMode Encryption { get; private init; } = SslMode.Prefer;

    public Secret? RootCertificate { get; private init; }

    public Secret? Certificate { get; private init; }

    public Secret? CertificateKey { get; private init; }

    public Secret? PasswordFile { get; private init; }

    /// <summary>Several hosts are named, of which this is the first; libpq takes the first that answers.</summary>
    public bool IsOneOfSeveral { get; private init; }

    /// <summary>The variables that say, or would say, each of these.</summary>
    public (string Host, string Port, string Name, string User, string Password) Origins { get; private init; }

    /// <summary>What the server is told for the session, a search_path say.</summary>
    public Secret? Options { get; private init; }

    public bool IsUnixSocket => Host.Reveal() is ['/' or '@', ..];

    /// <summary>Null where the site has no PostgreSQL: SQLite, or another server.</summary>
    /// <param name="lookup">The children's environment; an empty value counts as none.</param>
    public static DatabaseTarget? From(Func<string, string?> lookup)
    {
        string? Given(string name) => lookup(name) is { Length: > 0 } value ? value : null;

        if (Given("DATABASE_URL") is { } text)
        {
            return DatabaseUrl.Read(text) is { } url ? Of(_ => "DATABASE_URL", url.Setting, Given) : null;
        }

        return True.Contains(Given("USE_POSTGRES")?.Trim(), StringComparer.OrdinalIgnoreCase)
            ? Of(
                name => name == "dbname" ? "POSTGRES_DB" : $"POSTGRES_{name.ToUpperInvariant()}",
                name => name switch
                {
                    "host" => Given("POSTGRES_HOST"),
                    "port" => Given("POSTGRES_PORT"),
                    "dbname" => Given("POSTGRES_DB") ?? "prism",
                    "user" => Given("POSTGRES_USER") ?? "prism",
                    "password" => Given("POSTGRES_PASSWORD"),
                    _ => null,
                },
                Given)
            : null;
    }

    /// <param name="origin">The variable that a setting comes from.</param>
    /// <param name="setting">By libpq's keywords.</param>
    private static DatabaseTarget Of(Func<string, string> origin, Func<string, string?> setting, Func<string, string?> given)
    {
        Secret? Value(string keyword, string variable) => (setting(keyword) ?? given(variable)) is { } value ? new Secret(value) : null;
        string Origin(string keyword, string variable) => setting(keyword) is null && given(variable) is not null ? variable : origin(keyword);

        var host = setting("host") ?? given("PGHOST") ?? SocketFolder;
        return new DatabaseTarget(
            new Secret(First(host)),
            (setting("port") ?? given("PGPORT")) is { } port ? PortNumber(Origin("port", "PGPORT"), First(port)) : UsualPort,
            new Secret(setting("dbname") ?? throw Bad(origin("dbname"), "it names no database")),
            Value("user", "PGUSER"),
            Value("password", "PGPASSWORD"))
        {
            IsOneOfSeveral = host.Contains(',', StringComparison.Ordinal),
            Origins = (Origin("host", "PGHOST"), Origin("port", "PGPORT"), origin("dbname"), Origin("user", "PGUSER"), Origin("password", "PGPASSWORD")),
            Encryption = Mode(Origin("sslmode", "PGSSLMODE"), setting("sslmode") ?? given("PGSSLMODE")),
            RootCertificate = Value("sslrootcert", "PGSSLROOTCERT"),
            Certificate = Value("sslcert", "PGSSLCERT"),
            CertificateKey = Value("sslkey", "PGSSLKEY"),
            PasswordFile = Value("passfile", "PGPASSFILE"),
            Options = Value("options", "PGOPTIONS"),
        };
    }

    /// <summary>libpq takes lists and tries them in turn: the first is as good as another to be asked.</summary>
    private static string First(string list) => list.Split(',')[0];

    private static int PortNumber(string origin, string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and <= ushort.MaxValue
            ? port
            : throw Bad(origin, "the port is no number from 1 to 65535");

    private static SslMode Mode(string origin, string? text) => text switch
    {
        null or "prefer" => SslMode.Prefer,
        "disable" => SslMode.Disable,
        "allow" => SslMode.Allow,
        "require" => SslMode.Require,
        "verify-ca" => SslMode.VerifyCA,
        "verify-full" => SslMode.VerifyFull,
        _ => throw Bad(origin, "sslmode is none of disable, allow, prefer, require, verify-ca, verify-full"),
    };

    private static StartupException Bad(string origin, string fault) => new(ExitCode.Configuration, $"{origin}: {fault}: the site will not find its database");
}
