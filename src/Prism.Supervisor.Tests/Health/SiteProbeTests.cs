using System.Net;
using System.Net.Sockets;
using Prism.Supervisor.Configuration;
using Prism.Supervisor.Gunicorn;
using Prism.Supervisor.Health;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Health;

/// <summary>Two real sockets: the private one is a unix socket, the public one mostly TCP.</summary>
public sealed class SiteProbeTests : IDisposable
{
    private const int HangGuard = 300_000;

    private const string Good = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    private const string Bad = "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n";

    // Below it a test hangs; nothing here waits for it.
    private static readonly HealthOptions Patient = TestOptions.Default.Health with { Timeout = TimeSpan.FromSeconds(300) };
    private static readonly HealthOptions Impatient = TestOptions.Default.Health;

    private readonly TempFolder folder = new();
    private readonly ProbeSocket socket;

    public SiteProbeTests() => socket = ProbeSocket.Open(folder.Path, 1);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        socket.Dispose();
        folder.Dispose();
    }

    [Theory(Timeout = HangGuard)]
    [InlineData(Good, Good, "answered 200")]
    [InlineData(Bad, Good, "answered 500")]
    [InlineData(Good, Bad, "answered 500 where it is served; on its private socket it answers")]
    public async Task Until_it_is_proven_both_must_answer_well(string quietly, string publicly, string words)
    {
        using var quiet = RawSite.Saying(quietly, socket.Socket);
        using var site = RawSite.Saying(publicly);

        var result = await AskAsync(site.EndPoint, isProven: false);

        Assert.Equal(words, result.ToString());
        Assert.Equal(quietly == Good && publicly == Good, result.Succeeded);
    }

    [Fact(Timeout = HangGuard)]
    public async Task What_fails_on_its_private_socket_does_not_trouble_the_public_one()
    {
        using var quiet = RawSite.Saying(Bad, socket.Socket);
        using var site = RawSite.Saying(Good);

        _ = await AskAsync(site.EndPoint, isProven: false);

        Assert.Empty(site.Requests);
    }

    [Fact(Timeout = HangGuard)]
    public async Task Beside_another_generation_it_is_proven_on_its_private_socket_alone()
    {
        using var quiet = RawSite.Saying(Good, socket.Socket);
        using var site = RawSite.Saying(Bad);

        Assert.True((await AskAsync(site.EndPoint, isProven: false, isPublicShared: true)).Succeeded);
        Assert.Empty(site.Requests);
        Assert.True((await AskAsync(site.EndPoint, isProven: true, isPublicShared: true)).Succeeded);
    }

    [Theory(Timeout = HangGuard)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Without_a_public_address_only_the_private_socket_is_asked(bool isProven)
    {
        using var quiet = RawSite.Saying(Good, socket.Socket);

        Assert.Equal("answered 200", (await AskAsync(null, isProven)).ToString());
    }

    [Theory(Timeout = HangGuard)]
    [InlineData(Good, true)]
    [InlineData(Bad, false)]
    public async Task Once_proven_an_answer_in_public_is_all_that_counts(string publicly, bool succeeded)
    {
        using var quiet = RawSite.Saying(Good, socket.Socket);
        using var site = RawSite.Saying(publicly);

        Assert.Equal(succeeded, (await AskAsync(site.EndPoint, isProven: true)).Succeeded);
        Assert.Empty(quiet.Requests);
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_full_backlog_is_busy_when_the_private_socket_answers()
    {
        using var quiet = RawSite.Saying(Good, socket.Socket);
        using var site = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        site.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        site.Listen(1);
        var crowd = Fill(site, 10);

        var result = await AskBusyAsync(site);

        Assert.Equal("did not answer within 5 s where it is served; on its private socket it answers", Assert.IsType<ProbeResult.Busy>(result).ToString());
        Assert.True(result.Succeeded);
        crowd.ForEach(client => client.Dispose());
    }

    [Theory(Timeout = HangGuard)]
    [InlineData(true, "could not be asked: there is no such socket where it is served; on its private socket it answers")]
    [InlineData(false, "could not be asked: nobody listens where it is served; on its private socket it answers")]
    public async Task Where_nobody_listens_it_is_out_of_reach_and_not_busy(bool isPath, string words)
    {
        using var quiet = RawSite.Saying(Good, socket.Socket);
        using var deaf = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        deaf.Bind(new IPEndPoint(IPAddress.Loopback, 0));

        var busy = Assert.IsType<ProbeResult.Busy>(await AskAsync(isPath ? new UnixDomainSocketEndPoint(folder["gone"]) : deaf.LocalEndPoint, isProven: true));

        Assert.Equal((words, "out of reach for clients until the unit is restarted", true), (busy.ToString(), busy.Kind, busy.Succeeded));
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_full_backlog_of_a_unix_socket_is_busy_too()
    {
        using var quiet = RawSite.Saying(Good, socket.Socket);
        using var site = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        site.Bind(new UnixDomainSocketEndPoint(folder["public"]));
        site.Listen(1);
        var crowd = Fill(site, 10);

        var result = await AskAsync(site.LocalEndPoint, isProven: true);

        Assert.Equal("could not be asked: Resource temporarily unavailable where it is served; on its private socket it answers", Assert.IsType<ProbeResult.Busy>(result).ToString());
        crowd.ForEach(client => client.Dispose());
    }

    [Theory(Timeout = HangGuard)]
    [InlineData(Bad, "answered 500")]
    [InlineData("overrun\r\n\r\n", "did not answer within 5 s")]
    public async Task What_does_not_answer_well_on_its_private_socket_either_is_not_busy(string quietly, string words)
    {
        using var quiet = RawSite.Saying(quietly, socket.Socket);
        using var site = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        site.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        site.Listen();

        var result = await AskBusyAsync(site);

        Assert.Equal(words, result.ToString());
        Assert.False(result.Succeeded);
    }

    private static List<Socket> Fill(Socket site, int clients)
    {
        var crowd = new List<Socket>();
        for (var i = 0; i < clients; i++)
        {
            var client = new Socket(site.AddressFamily, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
            crowd.Add(client);
            try
            {
                client.Connect(site.LocalEndPoint!);
            }
            catch (SocketException fault) when (fault.SocketErrorCode == SocketError.WouldBlock)
            {
                // Under way (TCP), or there is no room left (unix).
            }
        }

        return crowd;
    }

    private Task<ProbeResult> AskAsync(EndPoint? site, bool isProven, bool isPublicShared = false) =>
        AskAsync(site is null ? null : new HttpProbe(Patient, "prism.example", site, TimeProvider.System), isProven, isPublicShared);

    /// <summary>Who asks in public has no time at all.</summary>
    private Task<ProbeResult> AskBusyAsync(Socket site) =>
        AskAsync(new HttpProbe(Impatient, "prism.example", site.LocalEndPoint!, new SkippingTime(Impatient.Timeout)), isProven: true, isPublicShared: false);

    private async Task<ProbeResult> AskAsync(HttpProbe? inPublic, bool isProven, bool isPublicShared)
    {
        using var probe = new SiteProbe(new HttpProbe(Patient, "prism.example", socket.EndPoint, TimeProvider.System), inPublic) { IsPublicShared = isPublicShared };
        return await probe.AskAsync(isProven, Stop);
    }
}
