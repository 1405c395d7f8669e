using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using Prism.Supervisor.Database;

namespace Prism.Supervisor.Tests.Database;

/// <summary>Databases that do not say who they are; the real one is asked in Host/DatabaseIdentityTests.</summary>
[Trait("ring", "process")]
public sealed class DatabaseIdentityTests : IDisposable
{
    private readonly TcpListener server = new(IPAddress.Loopback, 0);
    private readonly FakeTimeProvider time = new();
    private readonly int port;

    public DatabaseIdentityTests()
    {
        server.Start();
        port = ((IPEndPoint)server.LocalEndpoint).Port;
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => server.Dispose();

    [Fact]
    public async Task A_server_that_does_not_answer_is_asked_no_longer_than_two_seconds()
    {
        var asking = AskAsync(Cancellation);
        using var client = await server.AcceptTcpClientAsync(Cancellation);
        time.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(IdentityAnswer.Unknown("no answer within 2 s"), await asking);
    }

    [Fact]
    public async Task A_stop_ends_the_question()
    {
        using var stop = new CancellationTokenSource();
        var asking = AskAsync(stop.Token);
        using var client = await server.AcceptTcpClientAsync(Cancellation);
        await stop.CancelAsync();

        _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
    }

    [Fact]
    public async Task Nobody_there_is_unknown()
    {
        server.Stop();

        Assert.Equal(IdentityAnswer.Unknown("ConnectionRefused"), await AskAsync(Cancellation));
    }

    [Fact]
    public async Task Another_kind_of_database_and_one_that_cannot_be_are_unknown()
    {
        Assert.Equal(IdentityAnswer.Unknown("only PostgreSQL can be asked"), await AskAsync("sqlite:///db.sqlite3"));
        Assert.Equal(IdentityAnswer.Unknown("DATABASE_URL: it names no database: the site will not find its database"), await AskAsync("postgres://hush:hush@hush"));
    }

    private static Task<IdentityAnswer> AskAsync(string url) => DatabaseIdentity.AskAsync(name => name == "DATABASE_URL" ? url : null, TimeProvider.System, Cancellation);

    private Task<IdentityAnswer> AskAsync(CancellationToken stopping) =>
        DatabaseIdentity.AskAsync(name => name == "DATABASE_URL" ? $"postgres://hush:hush@127.0.0.1:{port}/hush?sslmode=disable" : null, time, stopping);
}
