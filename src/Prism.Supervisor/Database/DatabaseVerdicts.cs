using System.Net.Sockets;
using System.Security.Authentication;
using Npgsql;

namespace Prism.Supervisor.Database;

/// <summary>From what a connection failed with to whether waiting helps, and to the line that an operator needs (PostgreSQL's appendix A; auth.c, miscinit.c, postinit.c). Pure; quotes no message, since those name users and databases.</summary>
internal static class DatabaseVerdicts
{
    private const string Closed = "the connection is closed before it is answered";
    private const string NoAnswer = "no answer";

    public static DatabaseVerdict Of(Exception fault, DatabaseWords words) => fault switch
    {
        PostgresException refusal => refusal.SqlState switch
        {
            PostgresErrorCodes.TooManyConnections => new DatabaseVerdict.NotYet($"too many connections (53300): {Full(ConnectionCount.Counter(refusal.Routine), words)}"),
            PostgresErrorCodes.CannotConnectNow => new DatabaseVerdict.NotYet(NotNow(refusal.MessageText)),
            PostgresErrorCodes.AdminShutdown => new DatabaseVerdict.NotYet("it is shutting down, or somebody ends the site's connections (57P01): start it again, or see in its log who does"),
            PostgresErrorCodes.CrashShutdown => new DatabaseVerdict.NotYet("it is shutting down"),
            _ when ForGood(refusal, words) is { } line => new DatabaseVerdict.Refused($"PostgreSQL at {words.Place} {line}"),
            PostgresErrorCodes.ProtocolViolation => new DatabaseVerdict.NotYet(
                "a pooler in between answers 08P01: its log says why; see whether it knows the database and the role ([databases], auth_file) and reaches its server, and whether its limits are wide enough (max_client_conn, query_wait_timeout)"),
            var state => new DatabaseVerdict.NotYet($"it answers {state}; its log, or that of a pooler in between, says why"),
        },
        AuthenticationException doubt => new DatabaseVerdict.Refused($"PostgreSQL at {words.Place} {Untrusted(doubt.Message)}"),
        OperationCanceledException or TimeoutException => new DatabaseVerdict.NotYet(NoAnswer),
        SocketException failure => Of(failure.SocketErrorCode, words),
        EndOfStreamException => new DatabaseVerdict.NotYet(Closed),
        { InnerException: { } inner } when fault is NpgsqlException or IOException => Of(inner, words),
        IOException => new DatabaseVerdict.NotYet(Closed),
        NpgsqlException => Own(fault.Message, words),
        _ => new DatabaseVerdict.Unknown(fault.GetType().Name),
    };

    /// <summary>Null: it may pass.</summary>
    private static string? ForGood(PostgresException refusal, DatabaseWords words) => (refusal.SqlState, refusal.Routine) switch
    {
        (PostgresErrorCodes.InvalidPassword, _) =>
            $"refuses the site's password, or has no such role, which it does not tell (28P01): correct {words.PasswordSetting}, or ALTER ROLE {words.Role} PASSWORD '…', or CREATE ROLE {words.Role} LOGIN PASSWORD '…'",
        (PostgresErrorCodes.InvalidAuthorizationSpecification, "InitializeSessionUserId") => NoRole(refusal.MessageText, words),
        (PostgresErrorCodes.InvalidAuthorizationSpecification, "ClientAuthentication") => $"{NotLetIn(refusal.MessageText, words)}, and SELECT pg_reload_conf()",
        (PostgresErrorCodes.InvalidAuthorizationSpecification, "auth_failed") when words.IsUnixSocket =>
            $"does not take the service's account for the role {words.Role} (28000): name the role like the account, or have pg_hba.conf ask for a password, {HostLine(words)}, and SELECT pg_reload_conf()",
        (['2', '8', ..], _) => $"does not take the site for the role {words.Role} ({refusal.SqlState}): its log says why; correct pg_hba.conf or the role",
        (PostgresErrorCodes.InvalidCatalogName, _) => $"has no database {words.Name} (3D000): CREATE DATABASE {words.Name} OWNER {words.Role}, or correct {words.NameSetting}",
        (PostgresErrorCodes.InsufficientPrivilege, _) => $"does not let the role into the database (42501): GRANT CONNECT ON DATABASE {words.Name} TO {words.Role}",
        (PostgresErrorCodes.ObjectNotInPrerequisiteState, _) => $"takes no connections to the database (55000): ALTER DATABASE {words.Name} ALLOW_CONNECTIONS true",
        (PostgresErrorCodes.ProtocolViolation or PostgresErrorCodes.FeatureNotSupported, { Length: > 0 }) => Stranger(words),
        _ => null,
    };

    /// <summary>Again one code and one function for both.</summary>
    private static string NotLetIn(string message, DatabaseWords words) =>
        message.StartsWith("no pg_hba.conf entry", StringComparison.Ordinal) ? $"has no line in pg_hba.conf that lets the site in (28000): add {HostLine(words)}"
        : message.StartsWith("pg_hba.conf rejects", StringComparison.Ordinal) ? $"has a reject line in pg_hba.conf that the site comes to first (28000): change or remove that line, or put before it {HostLine(words)}"
        : $"has no line in pg_hba.conf that lets the site in, or a reject line before it (28000): remove that, or put before it {HostLine(words)}";

    /// <summary>One code and one function for both; the words tell them apart where they are English.</summary>
    private static string NoRole(string message, DatabaseWords words) =>
        message.EndsWith("does not exist", StringComparison.Ordinal) ? $"has no role {words.Role} (28000): CREATE ROLE {words.Role} LOGIN PASSWORD '…', or correct {words.UserSetting}"
        : message.EndsWith("is not permitted to log in", StringComparison.Ordinal) ? $"has a role {words.Role} that may not log in (28000): ALTER ROLE {words.Role} LOGIN"
        : $"has no role {words.Role}, or it may not log in (28000): CREATE ROLE {words.Role} LOGIN PASSWORD '…', or ALTER ROLE {words.Role} LOGIN";

    private static string HostLine(DatabaseWords words) =>
        words.IsUnixSocket ? $"local {words.Name} {words.Role} scram-sha-256" : $"host {words.Name} {words.Role} <this host's address>/32 scram-sha-256 (where it wants TLS, also set sslmode to require)";

    private static string Full(ConnectionLimit limit, DatabaseWords words) => limit switch
    {
        ConnectionLimit.Role => $"ALTER ROLE {words.Role} CONNECTION LIMIT is reached",
        ConnectionLimit.Database => $"ALTER DATABASE {words.Name} CONNECTION LIMIT is reached",
        ConnectionLimit.Server => "max_connections is reached, save for what is reserved",
    };

    /// <summary>The words of postmaster.c, where they are English.</summary>
    private static string NotNow(string message) =>
        message.Contains("starting up", StringComparison.Ordinal) ? "it is starting up"
        : message.Contains("shutting down", StringComparison.Ordinal) ? "it is shutting down"
        : message.Contains("in recovery", StringComparison.Ordinal) ? "it is recovering from a crash"
        : message.Contains("not yet accepting", StringComparison.Ordinal) ? "it is recovering, and not consistent yet"
        : message.Contains("not accepting", StringComparison.Ordinal) ? "it is a standby that takes no connections (hot_standby = off)"
        : "it takes no connections now (57P03)";

    /// <summary>.NET names the flags of SslPolicyErrors; of a check of Npgsql's own it tells nothing.</summary>
    private static string Untrusted(string message) =>
        message.Contains("NameMismatch", StringComparison.Ordinal) ? "has a certificate for another name: connect to the name that it was made for, or set sslmode to verify-ca"
        : message.Contains("ChainErrors", StringComparison.Ordinal) || message.Contains("UntrustedRoot", StringComparison.Ordinal) || message.Contains("PartialChain", StringComparison.Ordinal)
            ? "has a certificate that is not trusted here: name its authority with sslrootcert"
        : message.Contains("RemoteCertificate", StringComparison.Ordinal) ? "has a certificate that is not trusted here, or is for another name: name its authority with sslrootcert, and connect to the name that it was made for"
        : "and the site find no way to TLS with each other: look at its log, at ssl_min_protocol_version and at the client's certificate";

    private static DatabaseVerdict Of(SocketError error, DatabaseWords words) => error switch
    {
        SocketError.ConnectionRefused => new DatabaseVerdict.NotYet("connection refused"),
        SocketError.AddressNotAvailable when words.IsUnixSocket => new DatabaseVerdict.NotYet("there is no such socket"),
        SocketError.AccessDenied when words.IsUnixSocket => new DatabaseVerdict.Refused(
            $"PostgreSQL's socket {words.Place} may not be opened by the service's account: correct unix_socket_permissions in postgresql.conf, or add the socket's group to the unit (SupplementaryGroups=)"),
        SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain or SocketError.NoRecovery => new DatabaseVerdict.NotYet($"the host's name is not known: is {words.HostSetting} right?"),
        SocketError.HostUnreachable or SocketError.NetworkUnreachable or SocketError.NetworkDown or SocketError.HostDown => new DatabaseVerdict.NotYet("there is no way to the host"),
        SocketError.TimedOut => new DatabaseVerdict.NotYet(NoAnswer),
        SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown => new DatabaseVerdict.NotYet(Closed),
        _ => new DatabaseVerdict.NotYet($"the connection fails ({error})"),
    };

    /// <summary>What Npgsql itself has to say, in the words of the version that we have.</summary>
    private static DatabaseVerdict Own(string message, DatabaseWords words) => true switch
    {
        _ when message.StartsWith("No password", StringComparison.Ordinal) => new DatabaseVerdict.Refused($"PostgreSQL at {words.Place} asks for a password, and the site has none: set {words.PasswordSetting}"),
        _ when message.StartsWith("SSL connection requested", StringComparison.Ordinal) => new DatabaseVerdict.Refused(
            $"PostgreSQL at {words.Place} has no TLS for the site, which wants it (sslmode): set ssl = on and a certificate in postgresql.conf, or sslmode to prefer"),
        _ when message.StartsWith("Received ", StringComparison.Ordinal) => new DatabaseVerdict.Refused($"PostgreSQL at {words.Place} {Stranger(words)}"),
        _ => new DatabaseVerdict.Unknown(nameof(NpgsqlException)),
    };

    private static string Stranger(DatabaseWords words) => $"does not speak PostgreSQL's protocol as the site does: is {words.HostSetting} the right server, and 9.6 or later?";
}
