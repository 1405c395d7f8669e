using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using Prism.Supervisor.Database;

namespace Prism.Supervisor.Tests.Database;

/// <summary>Databases that do not answer, or not as one does; the real one is asked in Host/RoomForTwoTests.</summary>
[Trait("ring", "process")]
public sealed class ConnectionCountTests : IDisposable
{
    private readonly TcpListener server = new(IPAddress.Loopback, 0);
    private readonly FakeTimeProvider time = new();
    private readonly int port;

    public ConnectionCountTests()
    {
        server.Start();
        port = ((IPEndPoint)server.LocalEndpoint).Port;
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => server.Dispose();

    [Fact]
    public async Task A_server_that_does_not_answer_is_asked_no_longer_than_two_seconds()
    {
        var asking = AskAsync("hush", Cancellation);
        using var client = await server.AcceptTcpClientAsync(Cancellation);
        time.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(new ConnectionAnswer.Unknown("no answer within 2 s"), await asking);
    }

    [Fact]
    public async Task A_stop_ends_the_question()
    {
        using var stop = new CancellationTokenSource();
        var asking = AskAsync("hush", stop.Token);
        using var client = await server.AcceptTcpClientAsync(Cancellation);
        await stop.CancelAsync();

        _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
    }

    [Fact]
    public async Task Nobody_there_is_unknown()
    {
        server.Stop();

        Assert.Equal(new ConnectionAnswer.Unknown("ConnectionRefused"), await AskAsync("hush", Cancellation));
    }

    [Theory]
    [InlineData("HTTP/1.1 400 Bad Request\r\n\r\n")]
    [InlineData("R\0\0\0\u0008\0\0\0\0Z\0\0\0\u0005I")]
    [InlineData("E\u007f\u007f\u007f\u007fhush")]
    [InlineData("")]
    public async Task Something_else_there_is_unknown(string answer)
    {
        var asking = AskAsync("hush", Cancellation);
        using (var client = await server.AcceptTcpClientAsync(Cancellation))
        {
            _ = await client.GetStream().ReadAsync(new byte[1000], Cancellation);
            await client.GetStream().WriteAsync(System.Text.Encoding.Latin1.GetBytes(answer), Cancellation);
        }

        server.Stop();
        Assert.DoesNotContain("hush", Assert.IsType<ConnectionAnswer.Unknown>(await asking).Why, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("postgres://%2Fhush%2Fhush/hush")]
    [InlineData("postgres:///hush?host=@")]
    [InlineData("postgres:///hush?host=,")]
    [InlineData("postgres:///hush?host=a%00b")]
    [InlineData("postgres://hush;Host=hush/hush")]
    [InlineData("postgres:///hush?host=/hush&sslmode=verify-full&sslrootcert=/hush&sslcert=/hush")]
    public async Task A_place_that_cannot_be_is_unknown(string text) =>
        Assert.DoesNotContain("hush", Assert.IsType<ConnectionAnswer.Unknown>(await ConnectionCount.AskAsync(Target(text), TimeProvider.System, Cancellation)).Why, StringComparison.Ordinal);

    private Task<ConnectionAnswer> AskAsync(string name, CancellationToken stopping) =>
        ConnectionCount.AskAsync(Target($"postgres://hush:hush@127.0.0.1:{port}/{name}?sslmode=disable"), time, stopping);

    private static DatabaseTarget Target(string text) => DatabaseTarget.From(name => name == "DATABASE_URL" ? text : null)!;
}
