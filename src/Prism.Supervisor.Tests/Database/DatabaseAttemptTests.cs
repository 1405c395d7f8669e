using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using Prism.Supervisor.Database;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Database;

/// <summary>What a real PostgreSQL does to those that it will not have, and what others do that listen in its place.</summary>
[Trait("ring", "process")]
public sealed class DatabaseAttemptTests(LocalPostgres postgres) : IClassFixture<LocalPostgres>, IAsyncLifetime
{
    private const int HangGuard = 300_000;
    private const string Anybody = "host all all 127.0.0.1/32 scram-sha-256";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(postgres.Unavailable is not null, postgres.Unavailable ?? "");
        await postgres.StartAsync();
        await postgres.AllowAsync("local all other peer", "local all all trust", Anybody);
        await postgres.SqlAsync(
            "drop database if exists shop", "drop role if exists alice", "create role alice login password 'word'", "create database shop owner alice");
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Theory(Timeout = HangGuard)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task One_that_takes_the_site_is_up(bool isUnixSocket) => Assert.Equal(new DatabaseVerdict.Up(IsStandby: false), await AskAsync(isUnixSocket ? postgres.Sockets : null));

    [Theory(Timeout = HangGuard)]
    [InlineData(false, "connection refused")]
    [InlineData(true, "there is no such socket")]
    public async Task One_that_is_not_there_may_come(bool isUnixSocket, string why)
    {
        await postgres.StopAsync();

        Assert.Equal(new DatabaseVerdict.NotYet(why), await AskAsync(isUnixSocket ? postgres.Sockets : null));
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_socket_file_that_nobody_listens_on_any_more_is_no_server()
    {
        using var folder = new TempFolder();
        using (var dead = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            dead.Bind(new UnixDomainSocketEndPoint(folder["s"]));
            File.Move(folder["s"], folder[string.Create(CultureInfo.InvariantCulture, $".s.PGSQL.{postgres.Port}")]);
        }

        Assert.Equal(new DatabaseVerdict.NotYet("connection refused"), await AskAsync(folder.Path));
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_name_that_nobody_knows_may_be_known_later() =>
        Assert.Equal(new DatabaseVerdict.NotYet("the host's name is not known: is POSTGRES_HOST right?"), await AskAsync("nowhere.invalid"));

    [Fact(Timeout = HangGuard)]
    public async Task A_wrong_password_and_none_are_told_apart()
    {
        Assert.Contains("refuses the site's password, or has no such role, which it does not tell (28P01): correct POSTGRES_PASSWORD", await RefusalAsync(password: "hush"), StringComparison.Ordinal);
        Assert.Contains("asks for a password, and the site has none: set POSTGRES_PASSWORD", await RefusalAsync(password: null), StringComparison.Ordinal);
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_role_that_is_not_there_is_as_a_wrong_password_or_says_so()
    {
        Assert.Contains("(28P01)", await RefusalAsync(user: "bob"), StringComparison.Ordinal);
        Assert.Contains("has no role \"bob\" (28000): CREATE ROLE \"bob\" LOGIN", await RefusalAsync(postgres.Sockets, user: "bob"), StringComparison.Ordinal);

        await postgres.SqlAsync("alter role alice nologin");
        Assert.Contains("has a role \"alice\" that may not log in (28000): ALTER ROLE \"alice\" LOGIN", await RefusalAsync(), StringComparison.Ordinal);
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_database_that_is_not_there_is_named() =>
        Assert.Contains("has no database \"depot\" (3D000): CREATE DATABASE \"depot\" OWNER \"alice\", or correct POSTGRES_DB", await RefusalAsync(name: "depot"), StringComparison.Ordinal);

    [Fact(Timeout = HangGuard)]
    public async Task A_door_that_nobody_opens_is_told_with_the_line_that_is_missing()
    {
        await postgres.AllowAsync();

        Assert.Contains("has no line in pg_hba.conf that lets the site in (28000): add host \"shop\" \"alice\"", await RefusalAsync(), StringComparison.Ordinal);
        Assert.Contains("has no line in pg_hba.conf that lets the site in (28000): add local \"shop\" \"alice\"", await RefusalAsync(postgres.Sockets), StringComparison.Ordinal);
    }

    [Fact(Timeout = HangGuard)]
    public async Task Another_account_than_the_role_is_told() =>
        Assert.Contains("does not take the service's account for the role \"other\" (28000)", await RefusalAsync(postgres.Sockets, user: "other"), StringComparison.Ordinal);

    [Fact(Timeout = HangGuard)]
    public async Task A_database_that_the_role_may_not_enter_is_told()
    {
        await postgres.SqlAsync("alter database shop owner to postgres", "revoke connect on database shop from public");
        Assert.Contains("does not let the role into the database (42501): GRANT CONNECT ON DATABASE \"shop\" TO \"alice\"", await RefusalAsync(), StringComparison.Ordinal);

        await postgres.SqlAsync("grant connect on database shop to alice", "alter database shop allow_connections false");
        Assert.Contains("takes no connections to the database (55000): ALTER DATABASE \"shop\" ALLOW_CONNECTIONS true", await RefusalAsync(), StringComparison.Ordinal);
    }

    [Fact(Timeout = HangGuard)]
    public async Task Too_many_connections_may_pass()
    {
        await postgres.SqlAsync("alter role alice connection limit 0");
        Assert.Equal(new DatabaseVerdict.NotYet("too many connections (53300): ALTER ROLE \"alice\" CONNECTION LIMIT is reached"), await AskAsync());

        await postgres.SqlAsync("alter role alice connection limit -1", "alter database shop connection limit 0");
        Assert.Equal(new DatabaseVerdict.NotYet("too many connections (53300): ALTER DATABASE \"shop\" CONNECTION LIMIT is reached"), await AskAsync());
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_server_without_TLS_is_told_to_a_site_that_wants_it()
    {
        // The server is shared, and another test may have given it a certificate.
        await postgres.SqlAsync("alter system set ssl = off");
        await postgres.StopAsync();
        await postgres.StartAsync();

        Assert.Contains("has no TLS for the site, which wants it (sslmode)", await RefusalAsync(encryption: "require"), StringComparison.Ordinal);
    }

    [Fact(Timeout = HangGuard)]
    public async Task It_says_on_the_same_connection_which_database_it_is_unless_that_is_locked()
    {
        Assert.Equal(new DatabaseVerdict.Up(IsStandby: false), await AskAsync(identifies: true));
        await using var source = PostgresSource.Of(Target().Target, DatabaseAttempt.Patience)!;
        await using var other = await source.OpenConnectionAsync(Cancellation);
        await DoAsync("create table django_migrations (id int, app text, name text, applied timestamptz)");
        try
        {
            var up = Assert.IsType<DatabaseVerdict.Up>(await AskAsync(identifies: true));

            Assert.NotNull(up.Identity);
            Assert.Equal((await DatabaseIdentity.AskAsync(Variables(), TimeProvider.System, Cancellation)).Text, up.Identity);

            await DoAsync("begin; lock table django_migrations");
            Assert.Equal(new DatabaseVerdict.Up(IsStandby: false), await AskAsync(identifies: true));
        }
        finally
        {
            await DoAsync("rollback; drop table django_migrations");
        }

        async Task DoAsync(string statements)
        {
#pragma warning disable CA2100 // The test's own text.
            await using var command = new NpgsqlCommand(statements, other);
#pragma warning restore CA2100
            _ = await command.ExecuteNonQueryAsync(Cancellation);
        }
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_certificate_that_is_not_trusted_or_is_for_another_name_is_told()
    {
        var (own, other) = await postgres.UseTlsAsync("localhost");

        Assert.Equal(new DatabaseVerdict.Up(IsStandby: false), await AskAsync("localhost", encryption: "verify-full", authority: own));
        Assert.Contains("is not trusted here", await RefusalAsync("localhost", encryption: "verify-full", authority: other), StringComparison.Ordinal);
        Assert.Contains("another name", await RefusalAsync("127.0.0.1", encryption: "verify-full", authority: own), StringComparison.Ordinal);
        Assert.Equal(new DatabaseVerdict.Up(IsStandby: false), await AskAsync("127.0.0.1", encryption: "verify-ca", authority: own));
    }

    [Fact(Timeout = HangGuard)]
    public async Task Something_else_that_listens_there_is_told()
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        var asking = AskAsync(port: ((IPEndPoint)server.LocalEndpoint).Port);
        using (var client = await server.AcceptTcpClientAsync(Cancellation))
        {
            _ = await client.GetStream().ReadAsync(new byte[1000], Cancellation);
            await client.GetStream().WriteAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray(), Cancellation);
        }

        Assert.Contains("does not speak PostgreSQL's protocol", Assert.IsType<DatabaseVerdict.Refused>(await asking).Line, StringComparison.Ordinal);
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_connection_that_is_closed_at_once_may_be_one_day_answered()
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        var asking = AskAsync(encryption: "disable", port: ((IPEndPoint)server.LocalEndpoint).Port);
        (await server.AcceptTcpClientAsync(Cancellation)).Dispose();

        Assert.Equal(new DatabaseVerdict.NotYet("the connection is closed before it is answered"), await asking);
    }

    [Fact(Timeout = HangGuard)]
    public async Task One_that_does_not_answer_is_asked_no_longer_than_Django_would()
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        var time = new FakeTimeProvider();
        var asking = AskAsync(time: time, port: ((IPEndPoint)server.LocalEndpoint).Port);
        using var client = await server.AcceptTcpClientAsync(Cancellation);
        time.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal(new DatabaseVerdict.NotYet("no answer"), await asking);
    }

    [Fact(Timeout = HangGuard)]
    public async Task One_that_comes_up_late_is_noticed_by_itself()
    {
        await postgres.StopAsync();
        var log = new RecordingLogger<DatabaseWait>();
        var (target, words) = Target();
        var wait = new DatabaseWait(
            attempt => DatabaseAttempt.AskAsync(target, words, identifies: false, TimeProvider.System, attempt), look: null, words.Place, Timeout.InfiniteTimeSpan, TimeProvider.System, log);
        var waiting = wait.AwaitAsync(static _ => { }, Cancellation);
        await log.SaidAsync($"Waiting for PostgreSQL at {words.Place}: connection refused");

        await postgres.StartAsync();
        await waiting;

        Assert.StartsWith($"PostgreSQL at {words.Place} is up after ", log.Entries[^1].Text, StringComparison.Ordinal);
    }

    private async Task<string> RefusalAsync(string? host = null, string user = "alice", string? password = "word", string name = "shop", string? encryption = null, string? authority = null)
    {
        var line = Assert.IsType<DatabaseVerdict.Refused>(await AskAsync(host, user, password, name, encryption, authority)).Line;
        Assert.DoesNotContain("hush", line, StringComparison.Ordinal);
        return line;
    }

    private Task<DatabaseVerdict> AskAsync(
        string? host = null, string user = "alice", string? password = "word", string name = "shop", string? encryption = null, string? authority = null, int? port = null, TimeProvider? time = null, bool identifies = false)
    {
        var (target, words) = Target(host, user, password, name, encryption, authority, port);
        return DatabaseAttempt.AskAsync(target, words, identifies, time ?? TimeProvider.System, Cancellation);
    }

    private (DatabaseTarget Target, DatabaseWords Words) Target(
        string? host = null, string user = "alice", string? password = "word", string name = "shop", string? encryption = null, string? authority = null, int? port = null)
    {
        var target = DatabaseTarget.From(Variables(host, user, password, name, encryption, authority, port))!;
        return (target, new DatabaseWords(target, _ => false));
    }

    private Func<string, string?> Variables(
        string? host = null, string user = "alice", string? password = "word", string name = "shop", string? encryption = null, string? authority = null, int? port = null) => variable => variable switch
        {
            "USE_POSTGRES" => "1",
            "POSTGRES_HOST" => host ?? "127.0.0.1",
            "POSTGRES_PORT" => (port ?? postgres.Port).ToString(CultureInfo.InvariantCulture),
            "POSTGRES_DB" => name,
            "POSTGRES_USER" => user,
            "POSTGRES_PASSWORD" => password,
            "PGSSLMODE" => encryption,
            "PGSSLROOTCERT" => authority,
            _ => null,
        };
}
