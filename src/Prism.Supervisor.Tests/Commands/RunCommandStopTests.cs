using Prism.Supervisor.Processes;
using Prism.Supervisor.Systemd;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Commands;

/// <summary>A stop that comes before it serves, wherever it comes: exit 0, nothing left.</summary>
[Trait("ring", "process")]
public sealed class RunCommandStopTests : IDisposable
{
    private const int HangGuard = 300_000;

    private readonly SampleSite site = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public RunCommandStopTests() => SampleSite.SkipWithoutDjango();

    public void Dispose() => site.Dispose();

    [Fact(Timeout = HangGuard)]
    public async Task While_it_migrates() =>
        await StopsAsync(
            await site.With("PRISM_SLOW_MIGRATION", "600").Set("steps", "migrate", SampleSite.Wrapper("prism-migrate")).RunUnmigratedAsync(),
            "the migration takes 600 s");

    [Fact(Timeout = HangGuard)]
    public async Task While_it_collects_static_files() =>
        await StopsAsync(
            await site.With("PRISM_SLOW_COLLECTSTATIC", "600").Set("steps", "collectstatic", SampleSite.Wrapper("prism-collectstatic")).RunAsync(),
            "collectstatic takes 600 s");

    [Fact(Timeout = HangGuard)]
    public async Task While_the_site_is_imported() =>
        await StopsAsync(await site.With("PRISM_SLOW_IMPORT", "600").RunAsync(), "the import of prism.wsgi takes 600 s");

    [Fact(Timeout = HangGuard)]
    public async Task A_step_may_end_gently()
    {
        var step = site.WriteScript("gentle", """
            #!/usr/bin/python3 -u
            import signal, sys
            signal.signal(signal.SIGTERM, lambda *_: sys.exit("rolled back"))
            print("working", flush=True)
            signal.pause()
            """);
        var supervisor = await site.Set("steps", "migrate", step).RunAsync();

        await StopsAsync(supervisor, "working");

        Assert.Contains("rolled back", supervisor.Said, StringComparison.Ordinal);
    }

    [Fact(Timeout = HangGuard)]
    public async Task While_a_step_ignores_it_and_its_children_hide()
    {
        var step = site.WriteScript("deaf", """
            #!/usr/bin/python3 -u
            import os, signal, time
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            if os.fork() == 0:
                os.setsid()
                if os.fork():
                    os._exit(0)
                print("hidden", flush=True)
                time.sleep(1000)
            time.sleep(1000)
            """);

        await StopsAsync(await site.Set("steps", "migrate", step).Set("steps", "stopTimeoutSeconds", 0.1).RunAsync(), "hidden");
    }

    [Fact(Timeout = HangGuard)]
    public async Task While_a_step_ignores_it_a_second_signal_ends_the_wait()
    {
        var step = site.WriteScript("deaf", "#!/bin/sh\ntrap 'echo deaf' TERM\necho waiting\nwhile :; do sleep 1; done\n");
        var supervisor = await site.Set("steps", "migrate", step).Set("steps", "stopTimeoutSeconds", 3000).RunAsync();
        _ = await supervisor.HeardAsync("waiting");

        supervisor.Signal(Signals.Terminate);
        _ = await supervisor.HeardAsync("deaf");
        supervisor.Signal(Signals.Terminate);

        Assert.Equal(0, (await supervisor.EndedAsync()).Code);
        Assert.Empty(site.Processes());
    }

    [Fact(Timeout = HangGuard)]
    public async Task While_its_own_log_is_not_taken()
    {
        // Nobody reads the supervisor's output: its pipe is full long before the step has said all and opens the other one.
        var other = site["all-said"];
        var step = site.WriteScript("chatty", $"""
            #!/usr/bin/python3
            import os, sys, time
            os.mkfifo("{other}.new"); os.rename("{other}.new", "{other}")
            for _ in range(200000): print("x" * 80)
            sys.stdout.flush()
            open("{other}", "w").close()
            time.sleep(1000)
            """);
        var supervisor = await site.Set("steps", "migrate", step).RunAsync();
        _ = await supervisor.HeardAsync("Started chatty");
        await AwaitFileAsync(other);
        _ = await Task.Run(() => File.ReadAllText(other), TestContext.Current.CancellationToken);

        supervisor.Signal(Signals.Terminate);
        await supervisor.ExitedAsync();

        Assert.Empty(site.Processes());
    }

    [Fact(Timeout = HangGuard)]
    public async Task While_processes_fork_and_exit_to_get_away()
    {
        // They are gone from any list before it is read; the lock that they all hold is not.
        var held = site["held"];
        var step = site.WriteScript("hopper", $"""
            #!/usr/bin/python3 -u
            import fcntl, os, time
            lock = open("{held}", "w")
            fcntl.flock(lock, fcntl.LOCK_SH)
            for number in range(4):
                if os.fork() == 0:
                    os.setsid()
                    if number == 3: print("hopping", flush=True)
                    end = time.monotonic() + 20
                    while time.monotonic() < end:
                        if os.fork(): os._exit(0)
                    os._exit(0)
            time.sleep(1000)
            """);

        await StopsAsync(await site.Set("steps", "migrate", step).RunAsync(), "hopping");

        Assert.True((await Children.RunAsync(Programs.Spec("/usr/bin/flock", "--nonblock", "--exclusive", held, "/bin/true"))).Exit.Succeeded, "somebody still holds the lock");
    }

    [Fact(Timeout = HangGuard)]
    public async Task While_a_server_is_about_to_be_launched_which_the_manager_hears_first()
    {
        _ = await Fifo.MakeAsync(site["reached"]);
        _ = await Fifo.MakeAsync(site["go"]);
        using var manager = new NotifyListener(site["manager"]);
        var supervisor = await site.RunThroughAsync(
            Programs.Shell, "-c", $"NOTIFY_SOCKET={site["manager"]} exec \"$0\" \"$@\" --halt-at {site["."]}", Programs.Supervisor);
        while (await File.ReadAllTextAsync(site["reached"], Stop) != "start/launch generation\n")
        {
            await File.WriteAllTextAsync(site["go"], "\n", Stop);
        }

        supervisor.Signal(Signals.Terminate);
        _ = await supervisor.HeardAsync("SIGTERM received: stopping");
        await File.WriteAllTextAsync(site["go"], "\n", Stop);
        var halting = PassTheRestAsync();
        var heard = new List<string>();
        await foreach (var (message, _) in manager.ReadAsync(Stop))
        {
            heard.AddRange(message.Assignments.Select(one => $"{one.Key}={one.Value}"));
            if (heard is [.., "STATUS=Stopped"])
            {
                break;
            }
        }

        Assert.Equal(0, (await supervisor.EndedAsync()).Code);
        await halting;
        Assert.Contains("STATUS=Starting Gunicorn, generation 1", heard.TakeWhile(word => word != "STOPPING=1"));

        async Task PassTheRestAsync()
        {
            while (await File.ReadAllTextAsync(site["reached"], Stop) != "stop/finished\n")
            {
                await File.WriteAllTextAsync(site["go"], "\n", Stop);
            }

            await File.WriteAllTextAsync(site["go"], "\n", Stop);
        }
    }

    [Fact(Timeout = HangGuard)]
    public async Task Signals_that_mean_something_to_gunicorn_only_do_no_harm()
    {
        const int user1 = 10, user2 = 12, quit = 3;
        var supervisor = await site.RunAsync();
        _ = await supervisor.ServesAsync();

        supervisor.Signal(user1);
        _ = await supervisor.HeardAsync("SIGUSR1 received: it means nothing here");
        supervisor.Signal(user2);
        _ = await supervisor.HeardAsync("SIGUSR2 received: it means nothing here");
        supervisor.Signal(quit);
        var (code, _) = await supervisor.EndedAsync();

        Assert.Equal(0, code);
        Assert.Empty(site.Processes());
    }

    [Fact(Timeout = HangGuard)]
    public async Task What_a_step_leaves_behind_is_ended_and_named()
    {
        var step = site.WriteScript("leaver", """
            #!/usr/bin/python3 -u
            import os, time
            if os.fork() == 0:
                os.setsid()
                if os.fork():
                    os._exit(0)
                print("left", flush=True)
                time.sleep(1000)
            os.wait()
            """);
        var supervisor = await site.Set("steps", "migrate", step).RunAsync();

        _ = await supervisor.HeardAsync("Killed what the step left behind");
        _ = await supervisor.ServesAsync();
        supervisor.Signal(Signals.Terminate);

        Assert.Equal(0, (await supervisor.EndedAsync()).Code);
        Assert.Empty(site.Processes());
    }

    private async Task StopsAsync(RunningSupervisor supervisor, string moment)
    {
        _ = await supervisor.HeardAsync(moment);

        supervisor.Signal(Signals.Terminate);
        var (code, _) = await supervisor.EndedAsync();

        Assert.True(code == 0, supervisor.Said);
        Assert.Empty(site.Processes());
    }

    private static async Task AwaitFileAsync(string path)
    {
        using var watcher = new FileSystemWatcher(Path.GetDirectoryName(path)!) { EnableRaisingEvents = true };
        var there = new TaskCompletionSource();
        watcher.Renamed += (_, change) =>
        {
            if (change.FullPath == path)
            {
                _ = there.TrySetResult();
            }
        };
        if (!File.Exists(path))
        {
            await there.Task.WaitAsync(TestContext.Current.CancellationToken);
        }
    }
}
