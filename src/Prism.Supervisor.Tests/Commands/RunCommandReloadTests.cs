using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Prism.Supervisor.Interop;
using Prism.Supervisor.Processes;
using Prism.Supervisor.Systemd;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Commands;

/// <summary>The real binary over a real Django site with a real Gunicorn, asked for reloads.</summary>
[Trait("ring", "process")]
public sealed class RunCommandReloadTests : IDisposable
{
    private const int HangGuard = 300_000;
    private const int HangUp = 1;

    private readonly SampleSite site = new();
    private readonly HttpClient client = new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.Zero });

    public RunCommandReloadTests()
    {
        SampleSite.SkipWithoutDjango();
        site.Config["reload"] = new JsonObject { ["canarySeconds"] = 0.3 };
        _ = site.With("PRISM_RELEASE", "one").With("PRISM_FAULTS", "1");
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        client.Dispose();
        site.Dispose();
    }

    [Fact(Timeout = HangGuard)]
    public async Task The_new_release_and_its_secrets_are_served_and_no_visitor_notices()
    {
        // The key comes once, as an open file (OpenFile=), and is read twice.
        await File.WriteAllTextAsync(site["start.py"], """
            import os, sys
            os.dup2(os.open(sys.argv[1], os.O_RDONLY), 3)
            os.set_inheritable(3, True)
            os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1", LISTEN_FDNAMES="age-key")
            os.execv(sys.argv[2], sys.argv[2:])
            """, Stop);
        File.Copy(Sample("age-key.txt"), site["key"]);
        File.SetUnixFileMode(site["key"], UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.Copy(Sample("prism.env"), site["secrets.env"], overwrite: true);
        var supervisor = await site.RunThroughAsync(Programs.Python, site["start.py"], site["key"], Programs.Supervisor);
        _ = await supervisor.ServesAsync();
        var before = await client.GetStringAsync(new Uri($"{site.Url}/faults/env?name=EMAIL_HOST_PASSWORD"), Stop);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var visitor = VisitAsync(enough.Token);
        File.Copy(Sample("rotated.env"), site["secrets.env"], overwrite: true);
        _ = site.With("PRISM_RELEASE", "two").WriteConfig();

        var reload = await ReloadAsync();

        await enough.CancelAsync();
        Assert.Equal((0, ""), (reload.Code, reload.Error));
        Assert.Equal("Reloaded: generation 3 serves", reload.Text.TrimEnd('\n').Split('\n')[^1]);
        Assert.InRange(await visitor, 1, int.MaxValue);
        Assert.Equal(("two", "3"), await ServedAsync());
        Assert.NotEqual(before, NewPassword);
        Assert.Equal(NewPassword, await client.GetStringAsync(new Uri($"{site.Url}/faults/env?name=EMAIL_HOST_PASSWORD"), Stop));
        Assert.Empty(site.ProcessesOf(generation: 1));
        Assert.Empty(site.ProcessesOf(generation: 2));
        await EndsAsync(supervisor);
        Assert.Empty(Directory.EnumerateFileSystemEntries(site["run"]));
    }

    [Theory(Timeout = HangGuard)]
    [InlineData("PRISM_BROKEN_WSGI", "import: prism-gunicorn --check-config exited with code 1: ImportError: ")]
    [InlineData("PRISM_BROKEN_SITE", "the canary: not up within 15 s: GET /healthz (Host: 127.0.0.1) answered 500")]
    public async Task A_broken_release_leaves_the_old_one_and_the_next_good_one_succeeds(string defect, string reason)
    {
        var supervisor = await site.RunAsync();
        _ = await supervisor.ServesAsync();
        _ = site.With(defect, "1").With("PRISM_RELEASE", "two").Set("gunicorn", "startTimeoutSeconds", 15).WriteConfig();

        var failed = await ReloadAsync();
        var served = await ServedAsync();
        _ = site.With(defect, "").WriteConfig();
        var good = await ReloadAsync();

        Assert.Equal(1, failed.Code);
        Assert.StartsWith($"prism-supervisor: the reload failed: {reason}", failed.Error, StringComparison.Ordinal);
        Assert.Equal(("one", "1"), served);
        Assert.Equal((0, "two"), (good.Code, (await ServedAsync()).Release));
        await EndsAsync(supervisor);
        Assert.Contains($"ERR prism-supervisor: The reload failed: {reason}", supervisor.Said, StringComparison.Ordinal);
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_configuration_that_is_no_JSON_leaves_the_old_release()
    {
        var supervisor = await site.RunAsync();
        _ = await supervisor.ServesAsync();
        await File.WriteAllTextAsync(site["prism.json"], "{", Stop);

        var failed = await ReloadAsync();

        Assert.Equal((1, "Reading the configuration\n"), (failed.Code, failed.Text));
        Assert.StartsWith($"prism-supervisor: the reload failed: {site["prism.json"]}", failed.Error, StringComparison.Ordinal);
        Assert.Equal(("one", "1"), await ServedAsync());
        await EndsAsync(supervisor);
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_hangup_under_a_service_manager_is_a_reload()
    {
        var states = StatesAsync(site["manager"]);
        var supervisor = await site.RunAsync(new() { ["NOTIFY_SOCKET"] = site["manager"] });
        _ = await supervisor.ServesAsync();
        _ = site.With("PRISM_RELEASE", "two").WriteConfig();

        supervisor.Signal(HangUp);
        _ = await supervisor.HeardAsync("SIGHUP received: a reload is asked for");

        await ReloadsToTwoAndEndsAsync(supervisor, states);
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_hangup_during_the_start_is_a_reload_after_it()
    {
        var states = StatesAsync(site["manager"]);
        var step = site.WriteScript("waits", "#!/bin/sh\ntrap 'exit 0' USR1\necho \"waits as $$\"\nwhile :; do sleep 0.05; done\n");
        var supervisor = await site.Set("steps", "migrate", step).RunAsync(new() { ["NOTIFY_SOCKET"] = site["manager"] });
        var pid = int.Parse((await supervisor.HeardAsync("waits as ")).Split(' ')[^1], CultureInfo.InvariantCulture);
        _ = site.With("PRISM_RELEASE", "two").Set("steps", "migrate", new JsonArray()).WriteConfig();

        supervisor.Signal(HangUp);
        _ = await supervisor.HeardAsync("SIGHUP received: a reload is asked for");
        _ = ProcessCalls.Kill(pid, 10);
        _ = await supervisor.HeardAsync("Serving on");

        await ReloadsToTwoAndEndsAsync(supervisor, states);
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_stop_ends_a_reload_and_answers_who_waits()
    {
        var supervisor = await site.RunAsync();
        _ = await supervisor.ServesAsync();
        var step = site.WriteScript("waits", "#!/bin/sh\necho waiting\nexec sleep 1000\n");
        _ = site.Set("steps", "migrate", step).WriteConfig();
        var reloading = ReloadAsync();
        _ = await supervisor.HeardAsync("waiting");

        await EndsAsync(supervisor);

        var reload = await reloading;
        Assert.Equal((1, "prism-supervisor: the reload failed: the supervisor is stopping\n"), (reload.Code, reload.Error));
        Assert.Contains("Ending waits: a stop was requested", supervisor.Said, StringComparison.Ordinal);
    }

    private static string Sample(string name) => Repository.PathTo("samples", "secrets", name);

    /// <summary>Of rotated.env, as /faults/env tells it.</summary>
    private static string NewPassword => Convert.ToHexStringLower(SHA256.HashData("another p@ss word#2$3=4"u8));

    /// <summary>A service manager that reads all it is told, and keeps what the unit does.</summary>
    private static async Task<List<string>> StatesAsync(string path)
    {
        using var manager = new NotifyListener(path);
        await Task.Yield();
        var states = new List<string>();
        await foreach (var (message, _) in manager.ReadAsync(Stop))
        {
            states.AddRange(message.Assignments.Where(one => one.Key is "READY" or "RELOADING" or "STOPPING").Select(one => $"{one.Key}={one.Value}"));
            if (states is [.., "STOPPING=1"])
            {
                break;
            }
        }

        return states;
    }

    private Task<Capture> ReloadAsync() =>
        Capture.SupervisorAsync(new Dictionary<string, string>(), site["run"], "reload", "--wait", "--runtime-directory", site["run"]);

    private async Task<(string? Release, string? Generation)> ServedAsync()
    {
        using var answer = JsonDocument.Parse(await client.GetStringAsync(new Uri($"{site.Url}/healthz"), Stop));
        return (answer.RootElement.GetProperty("release").GetString(), answer.RootElement.GetProperty("generation").GetString());
    }

    /// <summary>Each time on a new connection; how often, until it is called off. A failure is the test's.</summary>
    private async Task<int> VisitAsync(CancellationToken enough)
    {
        for (var answers = 0; ; answers++)
        {
            if (enough.IsCancellationRequested)
            {
                return answers;
            }

            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"{site.Url}/healthz"));
            request.Headers.ConnectionClose = true;
            using var answer = await client.SendAsync(request, Stop);
            _ = answer.EnsureSuccessStatusCode();
        }
    }

    private async Task ReloadsToTwoAndEndsAsync(RunningSupervisor supervisor, Task<List<string>> states)
    {
        _ = await supervisor.HeardAsync("A reload has begun");
        _ = await supervisor.HeardAsync("Reloaded: generation 3 serves");
        Assert.Equal(("two", "3"), await ServedAsync());
        await EndsAsync(supervisor);
        Assert.Equal(["READY=1", "RELOADING=1", "READY=1", "STOPPING=1"], await states);
    }

    private async Task EndsAsync(RunningSupervisor supervisor)
    {
        supervisor.Signal(Signals.Terminate);
        Assert.Equal(0, (await supervisor.EndedAsync()).Code);
        Assert.Empty(site.Processes());
    }
}
