using System.Net.Sockets;
using Prism.Supervisor.Control;
using Prism.Supervisor.Processes;
using Prism.Supervisor.Tests.Control;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Commands;

/// <summary>reload as its caller sees it: two streams and an exit code.</summary>
[Trait("ring", "process")]
public sealed class ReloadCommandTests : IDisposable
{
    private const int HangGuard = 300_000;

    private readonly TempFolder folder = new();
    private readonly FakeReloads reloads = new();

    public void Dispose() => folder.Dispose();

    [Fact(Timeout = HangGuard)]
    public async Task With_wait_it_tells_each_step_and_ends_with_the_verdict()
    {
        await using var server = Serve();
        var running = RunAsync("reload", "--wait", "--runtime-directory", folder.Path);

        var reload = await reloads.NextAsync();
        reload.Progress("Reading the secrets");
        reload.Progress("Running migrate");
        reload.Succeed("Serving generation 2");

        Assert.Equal((0, "Reading the secrets\nRunning migrate\nServing generation 2\n", ""), Parts(await running));
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_failed_reload_is_exit_code_1_and_one_line()
    {
        await using var server = Serve();
        var running = RunAsync("reload", "-w", "--runtime-directory", folder.Path);

        var reload = await reloads.NextAsync();
        reload.Progress("Running migrate");
        reload.Fail("migrate: exit code 1");

        Assert.Equal((1, "Running migrate\n", "prism-supervisor: the reload failed: migrate: exit code 1\n"), Parts(await running));
    }

    [Fact(Timeout = HangGuard)]
    public async Task Without_wait_it_is_done_once_accepted()
    {
        await using var server = Serve();

        Assert.Equal((0, "Accepted; the unit's status and journal tell what comes of it\n", ""), Parts(await RunAsync("reload", "--runtime-directory", folder.Path)));
        Assert.False((await reloads.NextAsync()).End.Task.IsCompleted);
    }

    [Fact(Timeout = HangGuard)]
    public async Task The_folder_is_the_first_of_RUNTIME_DIRECTORY()
    {
        await using var server = Serve();

        Assert.Equal(0, (await RunAsync(new Dictionary<string, string> { ["RUNTIME_DIRECTORY"] = $"{folder.Path}:/run/other" }, "reload")).Code);
    }

    [Theory(Timeout = HangGuard)]
    [InlineData("RUNTIME_DIRECTORY", "")]
    [InlineData("UNRELATED", "x")]
    public async Task Without_one_it_is_the_one_of_the_unit(string name, string value)
    {
        Assert.SkipWhen(File.Exists("/run/prism-django/control"), "a supervisor runs here");

        var ran = await RunAsync(new Dictionary<string, string> { [name] = value }, "reload");

        Assert.Equal((69, ""), (ran.Code, ran.Text));
        Assert.Equal("prism-supervisor: no supervisor listens at /run/prism-django/control: start one (systemctl start prism-django), or name the runtimeDirectory of its configuration with --runtime-directory\n", ran.Error);
    }

    [Fact(Timeout = HangGuard)]
    public async Task Who_may_not_is_told_to_use_sudo()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root, to be somebody else");
        await using var server = Serve();
        const string exchange = "import os, sys; os.setgroups([]); os.setgid(65534); os.setuid(65534); os.execv(sys.argv[1], sys.argv[1:])";

        var ran = await Capture.RunAsync(Programs.Python, Capture.Complete(new Dictionary<string, string>()), "/", "-c", exchange, Programs.Supervisor, "reload", "--runtime-directory", folder.Path);

        Assert.Equal((77, "", $"prism-supervisor: {folder["control"]} is not for this user: use sudo, or be the user of the supervisor\n"), Parts(ran));
        Assert.Equal(0, reloads.Count);
    }

    [Fact(Timeout = HangGuard)]
    public async Task As_ExecReload_it_leaves_the_words_to_the_journal_of_the_supervisor()
    {
        await using var server = Serve();
        const string script = "SYSTEMD_EXEC_PID=$$ exec \"$@\"";
        var running = Capture.RunAsync(Programs.Shell, Capture.Complete(new Dictionary<string, string>()), "/", "-c", script, "sh", Programs.Supervisor, "reload", "--wait", "--runtime-directory", folder.Path);

        var reload = await reloads.NextAsync();
        reload.Progress("Running migrate");
        reload.Fail("migrate: exit code 1");

        Assert.Equal((1, "", ""), Parts(await running));
    }

    [Fact(Timeout = HangGuard)]
    public async Task As_ExecReload_it_has_not_failed_when_the_unit_is_stopped()
    {
        await using var server = Serve();
        var child = await AsExecReloadAsync();
        _ = await reloads.NextAsync();

        Assert.True(child.Signal(Signals.Terminate));

        Assert.Equal(0, (await child.Exited.WaitAsync(TestContext.Current.CancellationToken)).Code);
    }

    /// <summary>The verdict is here, and so is the stop: from then on the signal may come at any moment, until there is no process.</summary>
    [Fact(Timeout = HangGuard)]
    public async Task As_ExecReload_it_has_not_failed_when_the_stop_comes_with_its_end()
    {
        await using var server = Serve();
        for (var round = 0; round < 10; round++)
        {
            var child = await AsExecReloadAsync();
            (await reloads.NextAsync()).Succeed("Serving generation 2");
            while (!child.Exited.IsCompleted)
            {
                _ = child.Signal(Signals.Terminate);
                await Task.Yield();
            }

            Assert.Equal(0, (await child.Exited).Code);
        }
    }

    [Fact(Timeout = HangGuard)]
    public async Task As_ExecReload_it_has_not_failed_when_the_supervisor_stops_before_it_hears_of_it()
    {
        await using var server = Serve();
        const string script = "SYSTEMD_EXEC_PID=$$ exec \"$@\"";
        var running = Capture.RunAsync(Programs.Shell, Capture.Complete(new Dictionary<string, string>()), "/", "-c", script, "sh", Programs.Supervisor, "reload", "--wait", "--runtime-directory", folder.Path);

        (await reloads.NextAsync()).Fail("the supervisor is stopping");

        Assert.Equal((0, "", ""), Parts(await running));
    }

    [Theory(Timeout = HangGuard)]
    [InlineData(2)]
    [InlineData(1)]
    [InlineData(15)]
    public async Task A_signal_ends_the_waiting_and_not_the_reload(int signal)
    {
        await using var server = Serve();
        var child = await Programs.Launcher.LaunchAsync(Programs.Spec(Programs.Supervisor, "reload", "--wait", "--runtime-directory", folder.Path));
        var reload = await reloads.NextAsync();
        reload.Progress("begun");
        Assert.Equal("begun", await child.LineAsync());

        Assert.True(child.Signal(signal));

        Assert.Equal(signal, (await child.Exited.WaitAsync(TestContext.Current.CancellationToken)).Signal);
        Assert.False(reload.End.Task.IsCompleted);
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_supervisor_that_dies_is_worth_another_try()
    {
        await DieAsync();

        var ran = await RunAsync("reload", "--wait", "--runtime-directory", folder.Path);

        Assert.Equal((75, "one\n"), (ran.Code, ran.Text));
        Assert.Contains("ended the connection before it told what came of the reload", ran.Error, StringComparison.Ordinal);
    }

    [Theory(Timeout = HangGuard)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task As_ExecReload_it_says_that_the_reload_of_a_supervisor_that_died_is_over(bool isOfUnit)
    {
        using var manager = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        manager.Bind(new UnixDomainSocketEndPoint(folder["notify"]));
        await DieAsync();
        var script = isOfUnit ? "SYSTEMD_EXEC_PID=$$ exec \"$@\"" : "exec \"$@\"";

        var ran = await Capture.RunAsync(Programs.Shell, Capture.Complete(new Dictionary<string, string> { ["NOTIFY_SOCKET"] = folder["notify"] }), "/", "-c", script, "sh", Programs.Supervisor, "reload", "--wait", "--runtime-directory", folder.Path);

        Assert.Equal(75, ran.Code);
        Assert.Equal(isOfUnit ? "READY=1".Length : 0, manager.Available);
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_reload_that_failed_is_the_supervisors_to_end()
    {
        using var manager = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        manager.Bind(new UnixDomainSocketEndPoint(folder["notify"]));
        await using var server = Serve();
        var running = Capture.RunAsync(Programs.Shell, Capture.Complete(new Dictionary<string, string> { ["NOTIFY_SOCKET"] = folder["notify"] }), "/", "-c", "SYSTEMD_EXEC_PID=$$ exec \"$@\"", "sh", Programs.Supervisor, "reload", "--wait", "--runtime-directory", folder.Path);

        (await reloads.NextAsync()).Fail("migrate: exit code 1");

        Assert.Equal((1, 0), ((await running).Code, manager.Available));
    }

    [Theory(Timeout = HangGuard)]
    [InlineData("reload", "now")]
    [InlineData("reload", "--runtime-directory")]
    [InlineData("reload", "--runtime-directory", "")]
    public async Task A_wrong_line_is_told(params string[] arguments)
    {
        var ran = await RunAsync(arguments);

        Assert.Equal((64, ""), (ran.Code, ran.Text));
        Assert.Matches("^prism-supervisor: [^\n]+\n$", ran.Error);
    }

    private static (int Code, string Text, string Error) Parts(Capture ran) => (ran.Code, ran.Text, ran.Error);

    private static Task<Capture> RunAsync(params string[] arguments) => RunAsync(new Dictionary<string, string>(), arguments);

    private static Task<Capture> RunAsync(Dictionary<string, string> environment, params string[] arguments) =>
        Capture.SupervisorAsync(environment, "/", arguments);

    /// <summary>A supervisor that accepts, tells one step, and is no more.</summary>
    private async Task DieAsync()
    {
        var dying = await Programs.Launcher.LaunchAsync(Programs.Script($"""
            import socket
            s = socket.socket(socket.AF_UNIX); s.bind('{folder["control"]}'); s.listen(); print('listening', flush=True)
            c, _ = s.accept(); c.recv(100); c.sendall(b'accepted\nprogress one\n')
            """));
        Assert.Equal("listening", await dying.LineAsync());
    }

    private ControlServer Serve() => new(folder.Path, reloads.RunAsync, TimeProvider.System, new RecordingLogger<ControlServer>());

    private Task<ChildProcess> AsExecReloadAsync() => Programs.Launcher.LaunchAsync(Programs.Spec(
        Programs.Shell, "-c", "SYSTEMD_EXEC_PID=$$ exec \"$@\"", "sh", Programs.Supervisor, "reload", "--wait", "--runtime-directory", folder.Path));
}
