using System.Net;
using System.Net.Sockets;
using Prism.Supervisor.Configuration;
using Prism.Supervisor.Gunicorn;
using Prism.Supervisor.Health;
using Prism.Supervisor.Interop;
using Prism.Supervisor.Lifecycle;
using Prism.Supervisor.Processes;
using Prism.Supervisor.Secrets;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Gunicorn;

/// <summary>Real processes that play arbiters and workers (Dummies/arbiter.py).</summary>
public sealed class GenerationTests : IDisposable
{
    private const int HangGuard = 300_000;

    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);

    private readonly TempFolder folder = new();
    private readonly Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly RecordingLogger<GenerationLauncher> log = new();

    // The grace, and the last words: over as soon as they begin.
    private readonly SkippingTime impatience = new(Grace, TimeSpan.FromMilliseconds(500));

    public GenerationTests() => socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        socket.Dispose();
        folder.Dispose();
    }

    [Fact(Timeout = HangGuard)]
    public async Task It_is_ready_when_its_arbiter_says_so()
    {
        using var generation = await LaunchAsync("ready");

        await ReadyAsync(generation);

        _ = await generation.EndAsync(TimeSpan.Zero);
    }

    [Fact(Timeout = HangGuard)]
    public async Task What_a_worker_says_does_not_make_it_ready()
    {
        using var generation = await LaunchAsync("worker_first");
        var isReady = false;
        var listening = generation.ListenAsync(() => isReady = true);
        await SaidAsync("the worker has spoken");

        _ = await generation.EndAsync(TimeSpan.Zero);

        _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => listening);
        Assert.False(isReady);
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_worker_that_goes_on_talking_is_not_held_up()
    {
        using var generation = await LaunchAsync("chatty_worker");

        await ReadyAsync(generation);
        await SaidAsync("all said");

        _ = await generation.EndAsync(TimeSpan.Zero);
    }

    [Fact(Timeout = HangGuard)]
    public async Task An_arbiter_that_fails_is_told_with_its_reason()
    {
        using var generation = await LaunchAsync("traceback", TimeProvider.System);

        var reason = await generation.ExitedAsync().WaitAsync(Stop);

        Assert.Equal("arbiter exited with code 1: ImportError: no module named prism.wsgi", reason);
        Assert.Empty(await generation.EndAsync(Grace));
    }

    [Fact(Timeout = HangGuard)]
    public async Task An_arbiter_that_stops_in_time_leaves_nothing_to_kill()
    {
        using var generation = await LaunchAsync("graceful", TimeProvider.System);
        await SaidAsync("listening");

        Assert.Empty(await generation.EndAsync(Grace).WaitAsync(Stop));

        Assert.Equal("arbiter exited with code 0", await generation.ExitedAsync());
    }

    [Fact(Timeout = HangGuard)]
    public async Task An_arbiter_that_was_told_stands_still_until_its_workers_have_ended()
    {
        using var generation = await LaunchAsync("patient_worker", TimeProvider.System);
        await SaidAsync("worker");

        Assert.Empty(await generation.EndAsync(Grace).WaitAsync(Stop));

        Assert.Equal("arbiter exited with code 0", await generation.ExitedAsync());
    }

    [Fact(Timeout = HangGuard)]
    public async Task An_arbiter_that_ignores_term_is_killed_after_its_grace()
    {
        using var generation = await LaunchAsync("stubborn");
        await SaidAsync("deaf");

        var killed = await generation.EndAsync(Grace).WaitAsync(Stop);

        _ = Assert.Single(killed);
        Assert.Contains(Grace, impatience.Waits);
        Assert.Equal("arbiter killed by SIGKILL", await generation.ExitedAsync());
    }

    [Fact(Timeout = HangGuard)]
    public async Task Workers_whose_arbiter_dies_in_its_grace_finish_what_they_have()
    {
        using var generation = await LaunchAsync("orphan_at_work", TimeProvider.System);
        await SaidAsync("worker");

        // It does not handle TERM, and dies of it.
        Assert.Empty(await generation.EndAsync(Grace).WaitAsync(Stop));

        await SaidAsync("finished");
    }

    [Fact(Timeout = HangGuard)]
    public async Task Workers_whose_arbiter_stands_still_finish_what_they_have_before_all_is_killed()
    {
        using var generation = await LaunchAsync("orphan_at_work");
        await SaidAsync("worker");
        _ = ProcessCalls.Kill(generation.ArbiterPid, Signals.Stop);

        _ = await generation.EndAsync(Grace).WaitAsync(Stop);

        await SaidAsync("finished");
    }

    [Fact(Timeout = HangGuard)]
    public async Task Who_hurries_does_not_wait_for_the_grace()
    {
        using var generation = await LaunchAsync("stubborn", new SkippingTime(TimeSpan.FromMilliseconds(500)));
        await SaidAsync("deaf");

        var ending = generation.EndAsync(Grace);
        generation.Hurry();

        _ = Assert.Single(await ending.WaitAsync(Stop));
    }

    [Fact(Timeout = HangGuard)]
    public async Task Workers_of_a_killed_arbiter_are_ended()
    {
        using var generation = await OrphanedAsync("orphans");

        var killed = await generation.EndAsync(TimeSpan.FromMilliseconds(50)).WaitAsync(Stop);

        _ = Assert.Single(killed);
        Assert.Empty(Children.Marked("PRISM_TEST", folder.Path));
    }

    [Fact(Timeout = HangGuard)]
    public async Task Workers_of_a_killed_arbiter_may_finish_what_they_have_in_hand()
    {
        using var generation = await OrphanedAsync("orphan_at_work");

        var killed = await generation.EndAsync(Grace).WaitAsync(Stop);

        Assert.Empty(killed);
        await SaidAsync("finished");
    }

    [Theory(Timeout = HangGuard)]
    [InlineData("beat_by_time", "2", 5)]
    [InlineData("beat_by_mode", "2", 5)]
    [InlineData("beat_by_time", "1", 100)]
    [InlineData("beat_by_mode", "1", 100)]
    public async Task Its_workers_have_booted_when_the_heart_of_each_has_beaten_or_after_five_seconds(string behaviour, string beating, int looks)
    {
        var often = new SkippingTime(TimeSpan.FromMilliseconds(50));
        using var generation = await LaunchAsync(behaviour, often, beating);
        await SaidAsync("forked");

        await generation.WorkersBootedAsync(Stop);

        Assert.Equal(looks, often.Waits.Count);
        _ = await generation.EndAsync(TimeSpan.Zero);
    }

    [Theory(Timeout = HangGuard)]
    [InlineData(nameof(Role.Next), 100)]
    [InlineData(nameof(Role.Current), 0)]
    public async Task One_that_is_to_replace_another_is_healthy_only_when_all_its_workers_have_booted(string role, int looks)
    {
        var often = new SkippingTime(TimeSpan.FromMilliseconds(50));
        using var generation = await LaunchAsync("beat_by_time", often, "1");
        await SaidAsync("forked");
        using var site = RawSite.Saying("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        using var probe = new SiteProbe(new HttpProbe(TestOptions.Default.Health, "prism.example", site.EndPoint, TimeProvider.System), null);
        using var watching = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var healthy = new TaskCompletionSource();

        new GenerationObserver(generation, TestOptions.Default, probe, Enum.Parse<Role>(role), often, Tell, work => _ = Task.Run(work)).Start(watching.Token);
        await healthy.Task.WaitAsync(Stop);

        Assert.Equal(looks, often.Waits.Count);
        await watching.CancelAsync();
        _ = await generation.EndAsync(TimeSpan.Zero);

        void Tell(UnitEvent what) => _ = what is UnitEvent.BecameHealthy && healthy.TrySetResult();
    }

    [Fact(Timeout = HangGuard)]
    public async Task It_gets_its_number_the_socket_and_the_command_line()
    {
        using var generation = await LaunchAsync("tell", TimeProvider.System);

        await SaidAsync("7");
        await SaidAsync($"--bind fd://3 --bind fd://4 --backlog 65535 --graceful-timeout 30 --worker-tmp-dir {folder.Path}");
        await SaidAsync(folder.Path);
        await SaidAsync($"{((IPEndPoint)socket.LocalEndPoint!).Port}");

        _ = await generation.EndAsync(TimeSpan.Zero);
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_command_that_is_not_there_leaves_no_socket_behind()
    {
        _ = await Assert.ThrowsAsync<StartupException>(() => LaunchAsync("/nowhere/gunicorn", [], TimeProvider.System));

        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    /// <summary>A worker runs, and its arbiter was killed.</summary>
    private async Task<Generation> OrphanedAsync(string behaviour)
    {
        var generation = await LaunchAsync(behaviour);
        await SaidAsync("worker");
        using (var arbiter = System.Diagnostics.Process.GetProcessById(generation.ArbiterPid))
        {
            arbiter.Kill();
        }

        Assert.Equal("arbiter killed by SIGKILL", await generation.ExitedAsync().WaitAsync(Stop));
        return generation;
    }

    private Task<Generation> LaunchAsync(string behaviour, TimeProvider? time = null, params string[] arguments)
    {
        _ = File.CreateSymbolicLink(folder["arbiter"], Programs.Python);
        return LaunchAsync(folder["arbiter"], ["-u", Programs.Dummy("arbiter.py"), behaviour, .. arguments], time ?? impatience);
    }

    private Task<Generation> LaunchAsync(string command, string[] arguments, TimeProvider time)
    {
        var options = TestOptions.Default with
        {
            StateDirectory = folder.Path,
            Gunicorn = new GunicornOptions([command, .. arguments], Grace, TimeSpan.FromSeconds(60)),
        };
        var environment = ProcessEnvironment.Empty.With("PATH", "/usr/bin:/bin").With("PRISM_TEST", folder.Path);
        var release = new Release(options, environment, new Redactor([]), command, Version: null, NotUndone: null);
        return new GenerationLauncher(folder.Path, [socket], Programs.Launcher, time, log).LaunchAsync(7, release, isCanary: false);
    }

    private static Task ReadyAsync(Generation generation)
    {
        var ready = new TaskCompletionSource();
        _ = generation.ListenAsync(() => ready.TrySetResult());
        return ready.Task.WaitAsync(Stop);
    }

    private Task SaidAsync(string line) => log.SaidAsync(line);
}
