using System.Net.Sockets;
using System.Security.Authentication;
using Npgsql;
using Prism.Supervisor.Database;

namespace Prism.Supervisor.Tests.Database;

public sealed class DatabaseVerdictsTests
{
    private const string Tcp = "db.example.org";
    private const string Unix = "/run/postgresql";

    [Theory]
    [InlineData(SocketError.ConnectionRefused, Tcp, "connection refused")]
    [InlineData(SocketError.AddressNotAvailable, Unix, "there is no such socket")]
    [InlineData(SocketError.HostNotFound, Tcp, "the host's name is not known: is POSTGRES_HOST right?")]
    [InlineData(SocketError.TryAgain, Tcp, "the host's name is not known: is POSTGRES_HOST right?")]
    [InlineData(SocketError.HostUnreachable, Tcp, "there is no way to the host")]
    [InlineData(SocketError.NetworkUnreachable, Tcp, "there is no way to the host")]
    [InlineData(SocketError.TimedOut, Tcp, "no answer")]
    [InlineData(SocketError.ConnectionReset, Tcp, "the connection is closed before it is answered")]
    [InlineData(SocketError.AccessDenied, Tcp, "the connection fails (AccessDenied)")]
    public void Nobody_there_is_waited_for(SocketError error, string host, string why) =>
        Assert.Equal(new DatabaseVerdict.NotYet(why), Of(new NpgsqlException("Failed to connect", new SocketException((int)error)), host));

    [Theory]
    [InlineData("57P03", "the database system is starting up", "it is starting up")]
    [InlineData("57P03", "the database system is shutting down", "it is shutting down")]
    [InlineData("57P03", "the database system is in recovery mode", "it is recovering from a crash")]
    [InlineData("57P03", "the database system is not yet accepting connections", "it is recovering, and not consistent yet")]
    [InlineData("57P03", "the database system is not accepting connections", "it is a standby that takes no connections (hot_standby = off)")]
    [InlineData("57P03", "das Datenbanksystem startet", "it takes no connections now (57P03)")]
    [InlineData("57P01", "terminating connection due to administrator command", "it is shutting down, or somebody ends the site's connections (57P01): start it again, or see in its log who does")]
    [InlineData("57P02", "terminating connection because of crash of another server process", "it is shutting down")]
    [InlineData("53200", "out of memory", "it answers 53200; its log, or that of a pooler in between, says why")]
    [InlineData("08P01", "server login failed", "a pooler in between answers 08P01: its log says why; see whether it knows the database and the role ([databases], auth_file) and reaches its server, and whether its limits are wide enough (max_client_conn, query_wait_timeout)")]
    public void What_may_pass_is_waited_for(string state, string message, string why) => Assert.Equal(new DatabaseVerdict.NotYet(why), Of(Refusal(state, message), Tcp));

    [Theory]
    [InlineData("InitializeSessionUserId", "ALTER ROLE \"alice\" CONNECTION LIMIT is reached")]
    [InlineData("CheckMyDatabase", "ALTER DATABASE \"shop\" CONNECTION LIMIT is reached")]
    [InlineData("InitProcess", "max_connections is reached, save for what is reserved")]
    public void Too_many_connections_may_pass_and_name_who_counts(string routine, string why) =>
        Assert.Equal(new DatabaseVerdict.NotYet($"too many connections (53300): {why}"), Of(Refusal("53300", "zu viele", routine), Tcp));

    [Theory]
    [InlineData("28P01", "auth_failed", "", Tcp, "refuses the site's password, or has no such role, which it does not tell (28P01): correct POSTGRES_PASSWORD, or ALTER ROLE \"alice\" PASSWORD '…', or CREATE ROLE \"alice\" LOGIN PASSWORD '…'")]
    [InlineData("28000", "InitializeSessionUserId", "role \"hush\" does not exist", Tcp, "has no role \"alice\" (28000): CREATE ROLE \"alice\" LOGIN PASSWORD '…', or correct POSTGRES_USER")]
    [InlineData("28000", "InitializeSessionUserId", "role \"hush\" is not permitted to log in", Tcp, "has a role \"alice\" that may not log in (28000): ALTER ROLE \"alice\" LOGIN")]
    [InlineData("28000", "InitializeSessionUserId", "Rolle »hush« existiert nicht", Tcp, "has no role \"alice\", or it may not log in (28000): CREATE ROLE \"alice\" LOGIN PASSWORD '…', or ALTER ROLE \"alice\" LOGIN")]
    [InlineData("28000", "ClientAuthentication", "no pg_hba.conf entry for host \"hush\"", Unix, "has no line in pg_hba.conf that lets the site in (28000): add local \"shop\" \"alice\" scram-sha-256, and SELECT pg_reload_conf()")]
    [InlineData("28000", "ClientAuthentication", "no pg_hba.conf entry for host \"hush\"", Tcp, "has no line in pg_hba.conf that lets the site in (28000): add host \"shop\" \"alice\" <this host's address>/32 scram-sha-256 (where it wants TLS, also set sslmode to require), and SELECT pg_reload_conf()")]
    [InlineData("28000", "ClientAuthentication", "pg_hba.conf rejects connection for host \"hush\"", Tcp, "has a reject line in pg_hba.conf that the site comes to first (28000): change or remove that line, or put before it host \"shop\" \"alice\" <this host's address>/32 scram-sha-256 (where it wants TLS, also set sslmode to require), and SELECT pg_reload_conf()")]
    [InlineData("28000", "ClientAuthentication", "kein pg_hba.conf-Eintrag", Tcp, "has no line in pg_hba.conf that lets the site in, or a reject line before it (28000): remove that, or put before it host \"shop\" \"alice\" <this host's address>/32 scram-sha-256 (where it wants TLS, also set sslmode to require), and SELECT pg_reload_conf()")]
    [InlineData("28000", "auth_failed", "", Unix, "does not take the service's account for the role \"alice\" (28000): name the role like the account, or have pg_hba.conf ask for a password, local \"shop\" \"alice\" scram-sha-256, and SELECT pg_reload_conf()")]
    [InlineData("28000", "auth_failed", "", Tcp, "does not take the site for the role \"alice\" (28000): its log says why; correct pg_hba.conf or the role")]
    [InlineData("3D000", "InitPostgres", "", Tcp, "has no database \"shop\" (3D000): CREATE DATABASE \"shop\" OWNER \"alice\", or correct POSTGRES_DB")]
    [InlineData("42501", "CheckMyDatabase", "", Tcp, "does not let the role into the database (42501): GRANT CONNECT ON DATABASE \"shop\" TO \"alice\"")]
    [InlineData("55000", "CheckMyDatabase", "", Tcp, "takes no connections to the database (55000): ALTER DATABASE \"shop\" ALLOW_CONNECTIONS true")]
    [InlineData("0A000", "ProcessStartupPacket", "", Tcp, "does not speak PostgreSQL's protocol as the site does: is POSTGRES_HOST the right server, and 9.6 or later?")]
    public void What_waiting_does_not_mend_has_its_remedy(string state, string routine, string message, string host, string line) =>
        Assert.Equal(
            new DatabaseVerdict.Refused($"PostgreSQL at {(host == Unix ? "/run/postgresql/.s.PGSQL.5432" : "db.example.org:5432")} {line}"),
            Of(Refusal(state, message, routine), host));

    [Theory]
    [InlineData("The remote certificate is invalid according to the validation procedure: RemoteCertificateNameMismatch", "has a certificate for another name")]
    [InlineData("The remote certificate is invalid because of errors in the certificate chain: UntrustedRoot", "has a certificate that is not trusted here: ")]
    [InlineData("The remote certificate was rejected by the provided RemoteCertificateValidationCallback.", "has a certificate that is not trusted here, or is for another name")]
    [InlineData("Authentication failed, see inner exception.", "and the site find no way to TLS")]
    public void A_server_that_is_not_trusted_is_refused(string message, string words) =>
        Assert.Contains(words, Assert.IsType<DatabaseVerdict.Refused>(Of(new NpgsqlException("TLS", new AuthenticationException(message)), Tcp)).Line, StringComparison.Ordinal);

    [Fact]
    public void A_socket_that_may_not_be_opened_is_not_waited_for() =>
        Assert.StartsWith("PostgreSQL's socket /run/postgresql/.s.PGSQL.5432 may not be opened", Assert.IsType<DatabaseVerdict.Refused>(Of(new NpgsqlException("", new SocketException((int)SocketError.AccessDenied)), Unix)).Line, StringComparison.Ordinal);

    [Fact]
    public void What_only_our_driver_cannot_do_is_no_verdict()
    {
        Assert.Equal(new DatabaseVerdict.Unknown("NotSupportedException"), Of(new NotSupportedException("hush"), Tcp));
        Assert.Equal(new DatabaseVerdict.Unknown("NpgsqlException"), Of(new NpgsqlException("hush"), Tcp));
    }

    [Fact]
    public void A_secret_variable_is_named_instead_of_its_value()
    {
        var words = Words(Tcp, name => name is "POSTGRES_HOST" or "POSTGRES_USER" or "POSTGRES_DB");

        Assert.Equal(
            new DatabaseVerdict.Refused("PostgreSQL at the host in POSTGRES_HOST has no database <the database in POSTGRES_DB> (3D000): CREATE DATABASE <the database in POSTGRES_DB> OWNER <the role in POSTGRES_USER>, or correct POSTGRES_DB"),
            DatabaseVerdicts.Of(Refusal("3D000", ""), words));
    }

    [Theory]
    [InlineData("postgres://hush:hush@hush:5433/hush", "the host in DATABASE_URL")]
    [InlineData("postgres://hush:hush@/hush", "/run/postgresql/.s.PGSQL.5432")]
    [InlineData("postgres://hush:hush@:5433/hush", "/run/postgresql and the port in DATABASE_URL")]
    public void An_address_is_a_secret_as_a_whole(string text, string place) =>
        Assert.Equal(place, new DatabaseWords(DatabaseTarget.From(name => name == "DATABASE_URL" ? text : null)!, name => name == "DATABASE_URL").Place);

    [Theory]
    [InlineData("::1", "[::1]:5432", true)]
    [InlineData("127.0.0.2", "127.0.0.2:5432", true)]
    [InlineData("localhost", "localhost:5432", true)]
    [InlineData("/srv/sockets", "/srv/sockets/.s.PGSQL.5432", true)]
    [InlineData("192.0.2.1", "192.0.2.1:5432", false)]
    [InlineData("a\nb", "a b:5432", false)]
    public void A_plain_place_is_said_as_it_is(string host, string place, bool isHere)
    {
        Assert.Equal(place, Words(host, _ => false).Place);
        Assert.Equal(isHere, DatabaseWords.IsHere(Target(host)));
    }

    [Fact]
    public void Names_are_quoted_as_SQL_has_it() =>
        Assert.Equal("\"a\"\"b\"", new DatabaseWords(Target(Tcp, user: "a\"b"), _ => false).Role);

    private static DatabaseVerdict Of(Exception fault, string host) => DatabaseVerdicts.Of(fault, Words(host, _ => false));

    private static DatabaseWords Words(string host, Func<string, bool> isSecret) => new(Target(host), isSecret);

    private static DatabaseTarget Target(string host, string user = "alice") => DatabaseTarget.From(name => name switch
    {
        "USE_POSTGRES" => "1",
        "POSTGRES_HOST" => host,
        "POSTGRES_DB" => "shop",
        "POSTGRES_USER" => user,
        "POSTGRES_PASSWORD" => "hush",
        _ => null,
    })!;

    private static PostgresException Refusal(string state, string message, string? routine = null) => new(message, "FATAL", "FATAL", state, routine: routine);
}
