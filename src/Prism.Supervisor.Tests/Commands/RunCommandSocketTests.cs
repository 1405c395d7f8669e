using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Prism.Supervisor.Interop;
using Prism.Supervisor.Processes;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Commands;

/// <summary>The sockets of a supervisor that comes and goes, with a manager that keeps them (Dummies/manager.py) and a real Gunicorn.</summary>
[Trait("ring", "process")]
public sealed class RunCommandSocketTests : IDisposable
{
    private const int HangGuard = 300_000;

    private readonly SampleSite site = new();

    public RunCommandSocketTests()
    {
        SampleSite.SkipWithoutDjango();
        site.Config["bind"] = new JsonArray($"127.0.0.1:{site.Port}", $"[::1]:{site.Port}", Unix);
        site.Config["bindMode"] = "0600";
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string UnixPath => site["prism.sock"];

    private string Unix => $"unix:{UnixPath}";

    public void Dispose() => site.Dispose();

    [Theory(Timeout = HangGuard)]
    [InlineData(Signals.Terminate)]
    [InlineData(Signals.Kill)]
    public async Task Whoever_asks_while_the_supervisor_is_replaced_gets_an_answer(int signal)
    {
        var supervisor = await RunWithManagerAsync();
        var pid = await ServesAsync(supervisor);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        Task<int>[] visitors =
        [
            AskOnAndOnAsync(new IPEndPoint(IPAddress.Loopback, site.Port), enough.Token),
            AskOnAndOnAsync(new IPEndPoint(IPAddress.IPv6Loopback, site.Port), enough.Token),
            AskOnAndOnAsync(new UnixDomainSocketEndPoint(UnixPath), enough.Token),
        ];

        _ = ProcessCalls.Kill(pid, signal);
        _ = await supervisor.HeardAsync("(restored from the fd store)");
        _ = await supervisor.ServesAsync();
        await AskAsync(new UnixDomainSocketEndPoint(UnixPath));
        await enough.CancelAsync();

        Assert.All(await Task.WhenAll(visitors), answers => Assert.NotEqual(0, answers));
        Assert.True((await EndAsync(supervisor)).Split("manager: keeps prism-listen-").Length == 4, supervisor.Said);
    }

    [Fact(Timeout = HangGuard)]
    public async Task An_address_that_is_configured_no_more_leaves_the_store_and_is_closed()
    {
        var supervisor = await RunWithManagerAsync();
        var pid = await ServesAsync(supervisor);
        site.Config["bind"] = $"[::1]:{site.Port}";
        _ = site.WriteConfig();

        _ = ProcessCalls.Kill(pid, Signals.Terminate);
        _ = await supervisor.HeardAsync($"Listening on [::1]:{site.Port} (restored from the fd store)");
        _ = await supervisor.ServesAsync();

        Assert.False(File.Exists(UnixPath));
        var refused = await Assert.ThrowsAsync<HttpRequestException>(() => AskAsync(new IPEndPoint(IPAddress.Loopback, site.Port)));
        Assert.Equal(HttpRequestError.ConnectionError, refused.HttpRequestError);
        await AskAsync(new IPEndPoint(IPAddress.IPv6Loopback, site.Port));
        Assert.Equal(3, (await EndAsync(supervisor)).Split("manager: drops prism-listen-").Length);
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_path_that_somebody_removed_is_bound_anew()
    {
        var supervisor = await RunWithManagerAsync();
        var pid = await ServesAsync(supervisor);
        File.Delete(UnixPath);

        _ = ProcessCalls.Kill(pid, Signals.Terminate);
        _ = await supervisor.HeardAsync($"[::1]:{site.Port} restored from the fd store, {Unix} bound by the supervisor");
        _ = await supervisor.ServesAsync();

        await AskAsync(new UnixDomainSocketEndPoint(UnixPath));
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_path_survives_the_gunicorn_that_served_on_it()
    {
        site.Config["bind"] = Unix;
        var supervisor = await site.RunAsync();
        var arbiter = await supervisor.ServesAsync();
        var bindings = (await File.ReadAllTextAsync($"/proc/{arbiter}/cmdline", Stop)).Split('\0').Count(argument => argument == "--bind");

        // An arbiter that is told to stop removes what it takes for its own.
        _ = ProcessCalls.Kill(arbiter, Signals.Terminate);
        _ = await supervisor.ServesAsync(generation: 2);

        await AskAsync(new UnixDomainSocketEndPoint(UnixPath));
        Assert.Equal(0, bindings);
        supervisor.Signal(Signals.Terminate);
        Assert.Equal(0, (await supervisor.EndedAsync()).Code);
        Assert.True(File.Exists(UnixPath));
    }

    private Task<RunningSupervisor> RunWithManagerAsync() =>
        site.RunThroughAsync(Programs.Python, Programs.Dummy("manager.py"), site["manager"], Programs.Supervisor);

    /// <summary>Reads on until it serves; the supervisor's pid.</summary>
    private static async Task<int> ServesAsync(RunningSupervisor supervisor)
    {
        var started = await supervisor.HeardAsync("manager: started ");
        _ = await supervisor.ServesAsync();
        return int.Parse(started.Split(' ')[^1], CultureInfo.InvariantCulture);
    }

    private static async Task<string> EndAsync(RunningSupervisor manager)
    {
        manager.Signal(Signals.Terminate);
        Assert.Equal(0, (await manager.EndedAsync()).Code);
        return manager.Said;
    }

    /// <summary>The number of answers; a request that fails is an exception.</summary>
    private static async Task<int> AskOnAndOnAsync(EndPoint endPoint, CancellationToken enough)
    {
        var answers = 0;
        for (; !enough.IsCancellationRequested; answers++)
        {
            await AskAsync(endPoint);
        }

        return answers;
    }

    private static async Task AskAsync(EndPoint endPoint)
    {
        using var client = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, token) =>
            {
                var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(endPoint, token);
                return new NetworkStream(socket, ownsSocket: true);
            },
        });
        using var answer = await client.GetAsync(new Uri("http://127.0.0.1/healthz"), Stop);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }
}
