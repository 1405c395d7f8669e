using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Prism.Supervisor.Processes;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Processes;

/// <summary>What a child starts with and how it is known to have ended, with real processes.</summary>
public sealed class OsProcessLauncherTests
{
    private const int HangGuard = 300_000;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory(Timeout = HangGuard)]
    [InlineData("exit 0", "exited with code 0")]
    [InlineData("exit 7", "exited with code 7")]
    [InlineData("exit 137", "exited with code 137")]
    [InlineData("kill -KILL $$", "killed by SIGKILL")]
    [InlineData("kill -SEGV $$", "killed by SIGSEGV")]
    [InlineData("kill -TERM $$", "killed by SIGTERM")]
    public async Task How_a_child_ended_is_known_exactly(string script, string words)
    {
        var (exit, _) = await Children.RunAsync(Programs.Spec(Programs.Shell, "-c", script));

        Assert.Equal(words, exit.ToString());
    }

    [Fact(Timeout = HangGuard)]
    public async Task Its_environment_is_exactly_what_was_built_and_the_mark_of_its_launch()
    {
        var environment = ProcessEnvironment.Empty.With("PLAIN", "1").With("EMPTY", "").With("LINES", "a\nb").With("UMLAUT", "ü€𝄞").With("EQUALS", "a=b=c");
        var spec = Programs.Script("print(ascii(sorted(open('/proc/self/environ', 'rb').read().decode().split('\\0')[:-1])))") with { Environment = environment };

        var child = await Programs.Launcher.LaunchAsync(spec);

        Assert.Equal($@"['EMPTY=', 'EQUALS=a=b=c', 'LINES=a\nb', 'PLAIN=1', 'PRISM_LAUNCH={child.Mark}', 'UMLAUT=\xfc\u20ac\U0001d11e']", await child.LineAsync());
    }

    [Fact(Timeout = HangGuard)]
    public async Task Each_launch_has_a_mark_of_its_own_whatever_was_configured()
    {
        var environment = ProcessEnvironment.Empty.With(LaunchMark.Variable, "1.1");
        var spec = Programs.Script("import os; print(os.environ['PRISM_LAUNCH'])") with { Environment = environment };

        var first = await Programs.Launcher.LaunchAsync(spec);
        var second = await Programs.Launcher.LaunchAsync(spec);

        Assert.Matches($@"^{Environment.ProcessId}\.\d+$", first.Mark);
        Assert.NotEqual(first.Mark, second.Mark);
        Assert.Equal(first.Mark, await first.LineAsync());
        Assert.Equal(second.Mark, await second.LineAsync());
    }

    [Fact(Timeout = HangGuard)]
    public async Task Its_arguments_arrive_as_they_are()
    {
        var lines = await Children.LinesOfAsync(Programs.Spec(Programs.Python, "-c", "import sys; print(ascii(sys.argv[1:]))", "", "a b", "\"$*", "ü", "--launch"));

        Assert.Equal(@"['', 'a b', '""$*', '\xfc', '--launch']", Assert.Single(lines));
    }

    [Theory(Timeout = HangGuard)]
    [InlineData(0, "0 1 2")]
    [InlineData(1, "0 1 2 3")]
    [InlineData(3, "0 1 2 3 4 5")]
    public async Task Its_descriptors_are_exactly_those_given(int passed, string expected)
    {
        var files = Enumerable.Range(0, passed).Select(_ => File.OpenHandle("/dev/zero")).ToArray();
        var script = "import os; fds = os.listdir('/proc/self/fd'); print(*sorted(fd for fd in fds if os.path.lexists('/proc/self/fd/' + fd)))";

        var lines = await Children.LinesOfAsync(Programs.Script(script, files));

        Assert.Equal(expected, Assert.Single(lines));
        Array.ForEach(files, file => file.Dispose());
    }

    [Fact(Timeout = HangGuard)]
    public async Task Who_gets_sockets_as_systemd_passes_them_is_told_that_they_are_its_own()
    {
        const string tell = "import os; print([os.environ.get('LISTEN_PID') == str(os.getpid()), 'LISTEN_PID' in os.environ])";
        var without = Programs.Script(tell);
        var with = without with { Environment = without.Environment.With("LISTEN_FDS", "1").With("LISTEN_PID", "1") };

        Assert.Equal("[True, True]", Assert.Single(await Children.LinesOfAsync(with)));
        Assert.Equal("[False, False]", Assert.Single(await Children.LinesOfAsync(without)));
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_passed_socket_serves()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var child = await Programs.Launcher.LaunchAsync(Programs.Script("import socket; socket.socket(fileno=3).accept()[0].sendall(b'hello')", listener.SafeHandle));
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(listener.LocalEndPoint!, Stop);

        var answer = new byte[10];
        var length = await client.ReceiveAsync(answer.AsMemory(), Stop);

        Assert.Equal("hello", Encoding.ASCII.GetString(answer, 0, length));
        Assert.True((await child.Exited.WaitAsync(Stop)).Succeeded);
    }

    [Fact(Timeout = HangGuard)]
    public async Task It_leads_a_process_group_of_its_own()
    {
        var lines = await Children.LinesOfAsync(Programs.Script("import os; print(os.getpid() == os.getpgrp())"));

        Assert.Equal("True", Assert.Single(lines));
    }

    [Fact(Timeout = HangGuard)]
    public async Task No_signal_is_ignored_or_blocked()
    {
        var lines = await Children.LinesOfAsync(Programs.Spec("/bin/grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"));

        Assert.Equal(["SigBlk:\t0000000000000000", "SigIgn:\t0000000000000000"], lines);
    }

    [Fact(Timeout = HangGuard)]
    public async Task It_leaves_no_core_and_reads_nothing()
    {
        var lines = await Children.LinesOfAsync(Programs.Spec(Programs.Shell, "-c", "grep 'Max core' /proc/self/limits; read line || echo nothing"));

        // 1 keeps a collector out, which 0 does not (core(5)); where the hard limit is lower it stays.
        Assert.Matches("^Max core file size +[01] +[01] ", lines[0]);
        Assert.Equal("nothing", lines[1]);
    }

    [Fact(Timeout = HangGuard)]
    public async Task It_keeps_our_umask()
    {
        var ours = File.ReadLines("/proc/self/status").First(line => line.StartsWith("Umask:", StringComparison.Ordinal));

        var lines = await Children.LinesOfAsync(Programs.Spec("/bin/grep", "^Umask", "/proc/self/status"));

        Assert.Equal(ours, Assert.Single(lines));
    }

    [Fact(Timeout = HangGuard)]
    public async Task It_works_where_it_was_told_to()
    {
        using var folder = new TempFolder();

        var lines = await Children.LinesOfAsync(Programs.Spec("/bin/pwd") with { WorkingDirectory = folder.Path });

        Assert.Equal(folder.Path, Assert.Single(lines));
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_program_that_is_not_there_is_one_clear_line()
    {
        var fault = await RefusedAsync(Programs.Spec("/nowhere/prism-gunicorn"));

        Assert.Equal("/nowhere/prism-gunicorn cannot be started: No such file or directory", fault.Message);
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_program_that_may_not_be_executed_is_one_clear_line()
    {
        using var folder = new TempFolder();

        var fault = await RefusedAsync(Programs.Spec(folder.Write("data", "no program")));

        Assert.Equal($"{folder["data"]} cannot be started: Permission denied", fault.Message);
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_program_that_is_none_is_one_clear_line()
    {
        using var folder = new TempFolder();

        var fault = await RefusedAsync(Programs.Spec(folder.WriteScript("noise", "\u0001\u0002\u0003")));

        Assert.Equal($"{folder["noise"]} cannot be started: Exec format error", fault.Message);
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_working_directory_that_is_not_there_is_one_clear_line()
    {
        var fault = await RefusedAsync(Programs.Spec("/bin/true") with { WorkingDirectory = "/nowhere" });

        Assert.Equal("/bin/true cannot be started: its working directory /nowhere cannot be entered", fault.Message);
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_signal_to_a_child_that_has_ended_reaches_nobody()
    {
        var child = await Programs.Launcher.LaunchAsync(Programs.Spec("/bin/true"));
        _ = await child.Exited.WaitAsync(Stop);

        Assert.False(child.Signal(Signals.Terminate));
    }

    [Fact(Timeout = HangGuard)]
    public async Task Many_children_at_once_are_told_apart()
    {
        var runs = Enumerable.Range(0, 40).Select(number => Children.RunAsync(Programs.Spec(Programs.Shell, "-c", $"echo {number}; exit {number}"))).ToList();

        var all = await Task.WhenAll(runs);

        Assert.Equal(Enumerable.Range(0, 40), all.Select(run => run.Exit.Code!.Value));
        Assert.Equal(Enumerable.Range(0, 40), all.Select(run => int.Parse(Assert.Single(run.Lines), CultureInfo.InvariantCulture)));
    }

    [Fact(Timeout = HangGuard)]
    public async Task The_end_of_a_child_does_not_wait_for_those_who_hold_its_output()
    {
        var child = await Programs.Launcher.LaunchAsync(Programs.Spec(Programs.Shell, "-c", "sleep 1000 & echo $!"));
        var grandchild = int.Parse(await child.LineAsync(), CultureInfo.InvariantCulture);

        _ = await child.Exited.WaitAsync(Stop);

        Assert.True(Children.IsAlive(grandchild));
        _ = await Programs.Launcher.KillTreeAsync(child);
        Assert.False(Children.IsAlive(grandchild));
        await child.Output.Completion.WaitAsync(Stop);
    }

    private static async Task<StartupException> RefusedAsync(ProcessSpec spec)
    {
        var fault = await Assert.ThrowsAsync<StartupException>(() => Programs.Launcher.LaunchAsync(spec));
        Assert.Equal(ExitCode.Configuration, fault.Code);
        return fault;
    }
}
