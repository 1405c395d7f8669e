using System.Globalization;
using Prism.Supervisor.Processes;
using Prism.Supervisor.Secrets;
using Prism.Supervisor.Steps;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Processes;

[Collection(Subreaper.Name)]
public sealed class ProcessTreeTests
{
    private const int HangGuard = 300_000;

    private const string Mark = "PRISM_TREE";

    // A daemon leaves its group, and its parent leaves it; it says its pid once it is adopted.
    private const string Daemon = """
        import os, time
        wait, go = os.pipe()
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.read(wait, 1)
                print(os.getpid(), flush=True)
                time.sleep(1000)
            os._exit(0)
        os.wait()
        os.write(go, b".")
        """;

    private readonly string mark = Guid.NewGuid().ToString();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact(Timeout = HangGuard)]
    public async Task Grandchildren_end_too_whatever_they_do_to_hide()
    {
        var child = await LaunchAsync("""
            import os, signal, time
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            for hide in (lambda: None, os.setsid, lambda: os.setpgid(0, 0)):
                if os.fork() == 0:
                    hide()
                    if os.fork() == 0:
                        print(os.getpid(), flush=True)
                    time.sleep(1000)
            time.sleep(1000)
            """);
        var lowest = new[] { await child.LineAsync(), await child.LineAsync(), await child.LineAsync() };

        var killed = await Programs.Launcher.KillTreeAsync(child).WaitAsync(Stop);

        Assert.Equal(7, killed.Count);
        Assert.DoesNotContain(lowest, pid => Children.IsAlive(int.Parse(pid, CultureInfo.InvariantCulture)));
        Assert.Empty(Children.Marked(Mark, mark));
        Assert.Equal("killed by SIGKILL", (await child.Exited.WaitAsync(Stop)).ToString());
    }

    [Fact(Timeout = HangGuard)]
    public async Task Nothing_left_is_nothing_killed()
    {
        var child = await LaunchAsync("pass");
        _ = await child.Exited.WaitAsync(Stop);

        Assert.Empty(await Programs.Launcher.KillTreeAsync(child).WaitAsync(Stop));
    }

    [Fact(Timeout = HangGuard)]
    public async Task Orphans_of_a_child_that_has_ended_are_found_by_its_group()
    {
        var child = await LaunchAsync("""
            import os, time
            if os.fork() == 0:
                time.sleep(1000)
            """);
        _ = await child.Exited.WaitAsync(Stop);

        var killed = await Programs.Launcher.KillTreeAsync(child).WaitAsync(Stop);

        _ = Assert.Single(killed);
        Assert.Empty(Children.Marked(Mark, mark));
    }

    [Theory(Timeout = HangGuard)]
    [InlineData(Daemon, false)]
    [InlineData(Daemon + "\ntime.sleep(1000)", true)]
    public async Task A_daemon_ends_with_the_child_it_came_of(string script, bool outlivesIt)
    {
        var child = await LaunchAsync(script);
        var daemon = await DaemonOfAsync(child);
        if (!outlivesIt)
        {
            _ = await child.Exited.WaitAsync(Stop);
        }

        var killed = await Programs.Launcher.KillTreeAsync(child).WaitAsync(Stop);

        Assert.Equal(outlivesIt ? 2 : 1, killed.Count);
        Assert.False(Children.IsAlive(daemon));
        Assert.Empty(Children.Marked(Mark, mark));
    }

    [Fact(Timeout = HangGuard)]
    public async Task Orphans_of_another_child_stay()
    {
        var first = await LaunchAsync(Daemon);
        var firsts = await DaemonOfAsync(first);
        var second = await LaunchAsync(Daemon);
        var seconds = await DaemonOfAsync(second);
        _ = await second.Exited.WaitAsync(Stop);

        var killed = await Programs.Launcher.KillTreeAsync(second).WaitAsync(Stop);

        _ = Assert.Single(killed);
        Assert.False(Children.IsAlive(seconds));
        Assert.True(Children.IsAlive(firsts));
        _ = await Programs.Launcher.KillTreeAsync(first).WaitAsync(Stop);
        Assert.False(Children.IsAlive(firsts));
    }

    [Fact(Timeout = HangGuard)]
    public async Task The_end_of_a_step_leaves_the_orphans_of_a_generation_alone()
    {
        var arbiter = await LaunchAsync(Daemon);
        var worker = await DaemonOfAsync(arbiter);
        var log = new RecordingLogger<StepRunner>();
        var runner = new StepRunner(Programs.Launcher, "/", TimeSpan.FromSeconds(10), TimeProvider.System, log);
        var step = new ManageStep("migrate", [Programs.Python, "-c", Daemon], "steps.migrate", ExitCode.MigrateFailed);

        await runner.RunAsync(step, ProcessEnvironment.Empty.With(Mark, mark), new Redactor([]), Stop, CancellationToken.None);

        Assert.Equal(worker, Assert.Single(Children.Marked(Mark, mark)));
        _ = await Programs.Launcher.KillTreeAsync(arbiter).WaitAsync(Stop);
        Assert.Empty(Children.Marked(Mark, mark));
    }

    [Fact(Timeout = HangGuard)]
    public async Task Children_launched_meanwhile_live_on()
    {
        var ended = await LaunchAsync("pass");
        _ = await ended.Exited.WaitAsync(Stop);
        var launches = Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Programs.Launcher.LaunchAsync(Programs.Spec("/bin/cat"))));
        var killed = new List<string>();
        do
        {
            killed.AddRange(await Programs.Launcher.KillTreeAsync(ended).WaitAsync(Stop));
        }
        while (!launches.IsCompleted);

        Assert.Empty(killed);
        Assert.All(await Task.WhenAll((await launches).Select(child => child.Exited)), exit => Assert.True(exit.Succeeded));
    }

    [Fact(Timeout = HangGuard)]
    public async Task Processes_that_fork_and_leave_faster_than_anyone_can_look_end_too()
    {
        // Six chains; each link starts the next one and ends. They stop by themselves should the test fail.
        var child = await LaunchAsync("""
            import os, time
            until = time.monotonic() + 120
            for chain in range(6):
                if os.fork() == 0:
                    while time.monotonic() < until:
                        if os.fork():
                            os._exit(0)
                    os._exit(0)
            print("running", flush=True)
            time.sleep(120)
            """);
        Assert.Equal("running", await child.LineAsync());

        _ = await Programs.Launcher.KillTreeAsync(child).WaitAsync(Stop);

        // Whoever holds the output is alive, seen or not.
        await child.Output.Completion.WaitAsync(TimeSpan.FromSeconds(60), Stop);
    }

    private static async Task<int> DaemonOfAsync(ChildProcess child) => int.Parse(await child.LineAsync(), CultureInfo.InvariantCulture);

    private Task<ChildProcess> LaunchAsync(string script)
    {
        var spec = Programs.Script(script);
        return Programs.Launcher.LaunchAsync(spec with { Environment = spec.Environment.With(Mark, mark) });
    }
}
