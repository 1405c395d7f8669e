using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Prism.Supervisor.Interop;
using Prism.Supervisor.Processes;
using Prism.Supervisor.Systemd;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Commands;

/// <summary>`prism-supervisor run` in the foreground over a real Django site with a real Gunicorn: serving, and what disturbs it.</summary>
[Trait("ring", "process")]
public sealed class RunCommandTests : IDisposable
{
    private const int HangGuard = 300_000;
    private const int Interrupt = 2;
    private const int HangUp = 1;

    private readonly SampleSite site = new();
    private readonly HttpClient client = new();

    public RunCommandTests() => SampleSite.SkipWithoutDjango();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        client.Dispose();
        site.Dispose();
    }

    [Theory(Timeout = HangGuard)]
    [InlineData(Signals.Terminate)]
    [InlineData(Interrupt)]
    [InlineData(HangUp)]
    public async Task It_serves_until_it_is_told_to_stop_and_leaves_nothing(int signal)
    {
        var supervisor = await site.RunAsync();
        _ = await supervisor.ServesAsync();
        var health = await HealthAsync();

        supervisor.Signal(signal);
        var (code, _) = await supervisor.EndedAsync();

        Assert.Equal("ok", health.GetProperty("status").GetString());
        Assert.Equal("1", health.GetProperty("generation").ToString());
        Assert.Equal(0, code);
        Assert.Empty(site.Processes());
        Assert.Empty(Directory.EnumerateFileSystemEntries(site["run"], "notify-*"));
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_wrapper_may_run_what_it_likes_before_it_becomes_the_server()
    {
        var wrapper = site.WriteScript("wrapper", $"#!/bin/sh\nfor i in 1 2 3 4 5 6 7 8 9 10; do sleep 0.15; done\nexec {SampleSite.Wrapper("prism-gunicorn")} \"$@\"\n");

        var supervisor = await site.Set("gunicorn", "command", wrapper).RunAsync();

        _ = await supervisor.ServesAsync();
    }

    [Fact(Timeout = HangGuard)]
    public async Task The_last_word_of_a_talkative_step_and_ours_are_heard()
    {
        var step = site.WriteScript("flood", "#!/usr/bin/python3\nfor i in range(20000): print('line', i, 'of the flood')\nraise ValueError('the real reason')\n");

        var supervisor = await site.Set("steps", "migrate", step).RunAsync();
        var (code, reason) = await supervisor.EndedAsync();

        Assert.Equal((int)ExitCode.MigrateFailed, code);
        Assert.Contains("flood exited with code 1: ValueError: the real reason", reason, StringComparison.Ordinal);
        Assert.Contains("line 19999 of the flood", supervisor.Said, StringComparison.Ordinal);
        Assert.Equal(20000, supervisor.Said.Split("of the flood").Length - 1);
    }

    [Theory(Timeout = HangGuard)]
    [InlineData(new string[0], "The static files are complete already: ")]
    [InlineData(new[] { "--force" }, "Started prism-collectstatic ")]
    public async Task What_has_been_done_is_done_again_only_by_force(string[] arguments, string said)
    {
        site.Config["release"] = new System.Text.Json.Nodes.JsonObject { ["id"] = "one" };
        _ = site.Set("steps", "collectstatic", SampleSite.Wrapper("prism-collectstatic"));
        var first = await site.RunAsync();
        _ = await first.ServesAsync();
        first.Signal(Signals.Terminate);
        _ = await first.EndedAsync();

        var second = await site.RunUnmigratedAsync(arguments: arguments);

        _ = await second.HeardAsync(said);
        _ = await second.ServesAsync();
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_new_site_is_migrated_and_its_files_collected_first()
    {
        _ = site.Set("steps", "migrate", SampleSite.Wrapper("prism-migrate")).Set("steps", "collectstatic", SampleSite.Wrapper("prism-collectstatic"));
        var supervisor = await site.RunUnmigratedAsync();
        _ = await supervisor.ServesAsync();
        Assert.Contains("prism-migrate succeeded", supervisor.Said, StringComparison.Ordinal);
        Assert.Contains("prism-collectstatic succeeded", supervisor.Said, StringComparison.Ordinal);

        using var page = await client.GetAsync(new Uri(site.Url), Stop);

        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.True(File.Exists(Path.Combine(site["static"], "staticfiles.json")));
        Assert.StartsWith("static.releases/", new FileInfo(site["static"]).LinkTarget, StringComparison.Ordinal);
        supervisor.Signal(Signals.Terminate);
        Assert.Equal(0, (await supervisor.EndedAsync()).Code);
        Assert.DoesNotContain(SampleSite.SecretKey, supervisor.Said, StringComparison.Ordinal);
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_killed_arbiter_is_replaced_and_its_workers_do_not_linger()
    {
        var supervisor = await site.RunAsync();
        var arbiter = await supervisor.ServesAsync();

        _ = ProcessCalls.Kill(arbiter, Signals.Kill);
        _ = await supervisor.ServesAsync(generation: 2);

        Assert.Equal("2", (await HealthAsync()).GetProperty("generation").ToString());
        Assert.Empty(site.ProcessesOf(generation: 1));
        supervisor.Signal(Signals.Terminate);
        Assert.Equal(0, (await supervisor.EndedAsync()).Code);
        Assert.Empty(site.Processes());
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_stopped_arbiter_is_found_unhealthy_and_replaced()
    {
        _ = site.Set("health", "timeoutSeconds", 1);
        var supervisor = await site.RunAsync();
        _ = await supervisor.ServesAsync();

        foreach (var pid in site.ProcessesOf(generation: 1))
        {
            _ = ProcessCalls.Kill(pid, Signals.Stop);
        }

        _ = await supervisor.HeardAsync("failed and is replaced");
        _ = await supervisor.ServesAsync(generation: 2);

        Assert.Equal("2", (await HealthAsync()).GetProperty("generation").ToString());
        Assert.Empty(site.ProcessesOf(generation: 1));
        supervisor.Signal(Signals.Terminate);
        Assert.Equal(0, (await supervisor.EndedAsync()).Code);
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_second_signal_does_not_wait_for_the_grace()
    {
        var supervisor = await site.With("PRISM_FAULTS", "1").Set("health", "periodSeconds", 600).RunAsync();
        _ = await supervisor.ServesAsync();
        using var hanging = new TcpClient();
        await hanging.ConnectAsync(IPAddress.Loopback, site.Port, Stop);
        await hanging.GetStream().WriteAsync("GET /faults/hang HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"u8.ToArray(), Stop);

        supervisor.Signal(Signals.Terminate);
        _ = await supervisor.HeardAsync("Stopping");
        supervisor.Signal(Signals.Terminate);

        Assert.Equal(0, (await supervisor.EndedAsync()).Code);
        Assert.Empty(site.Processes());
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_killed_supervisor_takes_its_arbiter_with_it()
    {
        var supervisor = await site.RunAsync();
        using var arbiter = ProcessCalls.OpenPidFd(await supervisor.ServesAsync());

        supervisor.Signal(Signals.Kill);
        await supervisor.ExitedAsync();

        Assert.True(await Task.Run(() => Polling.WaitReadable([(int)arbiter.DangerousGetHandle()], 300_000), Stop));
    }

    [Fact(Timeout = HangGuard)]
    public async Task The_service_manager_hears_ready_once_and_only_when_it_serves()
    {
        using var manager = new NotifyListener(site["manager"]);
        var heard = new List<string>();
        var hearing = Task.Run(async () =>
        {
            await foreach (var (message, _) in manager.ReadAsync(Stop))
            {
                heard.AddRange(message.Assignments.Select(one => $"{one.Key}={one.Value}"));
                if (heard.Contains("STATUS=Stopped"))
                {
                    break;
                }
            }
        }, Stop);
        var supervisor = await site.With("PRISM_SLOW_IMPORT", "1").RunAsync(new() { ["NOTIFY_SOCKET"] = site["manager"], ["WATCHDOG_USEC"] = "200000" });
        _ = await supervisor.ServesAsync();

        supervisor.Signal(HangUp);
        _ = await HealthAsync();
        supervisor.Signal(Signals.Terminate);
        Assert.Equal(0, (await supervisor.EndedAsync()).Code);
        await hearing;

        _ = Assert.Single(heard, word => word == "READY=1");
        Assert.InRange(heard.IndexOf("READY=1"), heard.FindIndex(one => one.StartsWith("STATUS=Serving on", StringComparison.Ordinal)), heard.IndexOf("STOPPING=1"));
        Assert.Contains("WATCHDOG=1", heard);
        Assert.DoesNotContain("STATUS=Gunicorn arbiter booted", heard);
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_socket_that_systemd_passed_is_served_on()
    {
        await File.WriteAllTextAsync(site["start.py"], """
            import os, socket, sys
            s = socket.create_server(("127.0.0.1", int(sys.argv[1])))
            os.dup2(s.fileno(), 3)
            os.set_inheritable(3, True)
            os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1", LISTEN_FDNAMES="prism.socket")
            os.execv(sys.argv[2], sys.argv[2:])
            """, Stop);
        site.Config["bind"] = "127.0.0.1:1";
        var supervisor = await site.RunThroughAsync(Programs.Python, site["start.py"], $"{site.Port}", Programs.Supervisor);
        _ = await supervisor.HeardAsync("passed by prism.socket");
        _ = await supervisor.ServesAsync();

        Assert.Equal("ok", (await HealthAsync()).GetProperty("status").GetString());
        supervisor.Signal(Signals.Terminate);
        Assert.Equal(0, (await supervisor.EndedAsync()).Code);
        Assert.Empty(site.Processes());
    }

    private async Task<JsonElement> HealthAsync()
    {
        using var answer = JsonDocument.Parse(await client.GetStringAsync(new Uri($"{site.Url}/healthz"), Stop));
        return answer.RootElement.Clone();
    }
}
