using System.Globalization;
using Prism.Supervisor.Processes;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Processes;

public sealed class ProcessTreeTests
{
    private const int HangGuard = 60_000;

    private const string Mark = "PRISM_TREE";

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

    [Fact(Timeout = HangGuard)]
    public async Task Processes_that_fork_and_leave_faster_than_anyone_can_look_end_too()
    {
        // Six chains; each link starts the next one and ends. They stop by themselves should the test fail.
        var child = await LaunchAsync("""
            import os, time
            until = time.monotonic() + 20
            for chain in range(6):
                if os.fork() == 0:
                    while time.monotonic() < until:
                        if os.fork():
                            os._exit(0)
                    os._exit(0)
            print("running", flush=True)
            time.sleep(20)
            """);
        Assert.Equal("running", await child.LineAsync());

        _ = await Programs.Launcher.KillTreeAsync(child).WaitAsync(Stop);

        // Whoever holds the output is alive, seen or not.
        await child.Output.Completion.WaitAsync(TimeSpan.FromSeconds(5), Stop);
    }

    private Task<ChildProcess> LaunchAsync(string script)
    {
        var spec = Programs.Script(script);
        return Programs.Launcher.LaunchAsync(spec with { Environment = spec.Environment.With(Mark, mark) });
    }
}
