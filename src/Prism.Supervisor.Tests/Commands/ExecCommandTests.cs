using Prism.Supervisor.Tests.Fixtures;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Commands;

/// <summary>exec with a file and nothing else: the process becomes the command, and the command gets what the file holds.</summary>
[Trait("ring", "process")]
public sealed class ExecCommandTests : IDisposable
{
    private const int HangGuard = 300_000;

    private static readonly (string Identity, string Recipient) Key = SopsWriter.NewKey();

    private readonly TempFolder folder = new();
    private readonly Dictionary<string, string> caller = new() { ["PATH"] = "/usr/bin:/bin" };

    public ExecCommandTests() => caller["SOPS_AGE_KEY"] = Key.Identity;

    public void Dispose() => folder.Dispose();

    [Fact(Timeout = HangGuard)]
    public async Task Names_that_no_shell_takes_and_those_that_are_reserved_pass_as_they_are()
    {
        var file = folder.Write("s.env", SopsWriter.Write(Key.Recipient, new Dictionary<string, string>
        {
            ["export A"] = "1",
            ["B "] = " x",
            ["a.b-c"] = "two\nlines",
            ["LISTEN_FDS"] = "9",
            ["SOPS_AGE_KEY"] = "own",
            ["PYTHONPATH"] = "/x",
            ["PATH"] = "/nowhere",
        }));

        var ran = await RunAsync("--secrets", file, "--dialect", "sops", "--unauthenticated", "allow", "--", "env", "-0");

        Assert.Equal(["export A=1", "B = x", "a.b-c=two\nlines", "LISTEN_FDS=9", "SOPS_AGE_KEY=own", "PYTHONPATH=/x", "PATH=/nowhere"], ran.Variables);
    }

    [Fact(Timeout = HangGuard)]
    public async Task Of_the_caller_only_what_is_named_passes_and_the_file_wins()
    {
        caller["ONE"] = "caller";
        caller["TWO"] = "caller";
        caller["LC_ALL"] = "C";
        caller["LC_TIME"] = "C";
        caller["THREE"] = "caller";

        var ran = await RunAsync("--secrets", Clear("ONE=file\n"), "--pass", "ONE", "--pass=TWO", "--pass", "LC_*", "--pass", "ABSENT", "env", "-0");

        Assert.Equal(["LC_ALL=C", "LC_TIME=C", "ONE=file", "TWO=caller"], ran.Variables.Order(StringComparer.Ordinal));
    }

    [Fact(Timeout = HangGuard)]
    public async Task What_is_not_UTF8_passes_byte_for_byte()
    {
        var script = $"""LATIN=$(printf 'caf\351') exec '{Programs.Supervisor}' exec --secrets '{Clear("A=1\n")}' --pass LATIN -- sh -c 'printf %s "$LATIN$0$1$2"' "$(printf 'x\377')" '' '"$ü'""";

        var ran = await Capture.RunAsync(Programs.Shell, Complete(), folder.Path, "-c", script);

        Assert.Equal("café"u8.ToArray()[..3].Concat(new byte[] { 0xe9, (byte)'x', 0xff }).Concat("\"$ü"u8.ToArray()), ran.Output);
    }

    [Theory(Timeout = HangGuard)]
    [InlineData("printf", "%s|%s", "--secrets", "--help")]
    [InlineData("--", "printf", "%s|%s", "--secrets", "--help")]
    [InlineData("--dialect", "systemd", "printf", "%s|%s", "--secrets", "--help")]
    [InlineData("--dialect=systemd", "printf", "%s|%s", "--secrets", "--help")]
    public async Task What_follows_the_first_word_is_the_commands(params string[] words) =>
        Assert.Equal("--secrets|--help", (await RunAsync(["--secrets", Clear("A=1\n"), .. words])).Text);

    [Fact(Timeout = HangGuard)]
    public async Task Not_even_two_dashes_are_taken_from_the_command() =>
        Assert.Equal("a|--|-c|@x|", (await RunAsync("--secrets", Clear("A=1\n"), "--", "printf", "%s|", "a", "--", "-c", "@x")).Text);

    [Theory(Timeout = HangGuard)]
    [InlineData("--secrets", "x.env")]
    [InlineData("--secrets", "x.env", "--")]
    [InlineData("--no-such-option", "true")]
    [InlineData("--no-such-option=x", "--", "true")]
    [InlineData("--dialect", "yaml", "true")]
    [InlineData("--unauthenticated", "perhaps", "true")]
    [InlineData("--secrets")]
    public async Task A_command_line_that_is_wrong_is_one_line(params string[] arguments)
    {
        var ran = await RunAsync(arguments);

        Assert.Equal(((int)ExitCode.Usage, ""), (ran.Code, ran.Text));
        Assert.StartsWith("prism-supervisor: ", Assert.Single(ran.Error.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    [Fact(Timeout = HangGuard)]
    public async Task Help_shows_how_it_is_used()
    {
        var ran = await RunAsync("--help");
        var overview = await Capture.SupervisorAsync(caller, folder.Path, "--help");

        Assert.Equal(0, ran.Code);
        Assert.Contains("sudo prism-supervisor exec -- prism-manage createsuperuser", ran.Text, StringComparison.Ordinal);
        Assert.Contains(" exec [options] [--] <COMMAND>...\n", ran.Text, StringComparison.Ordinal);
        Assert.Contains("\n  -?, -h, --help ", ran.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Examples:", overview.Text, StringComparison.Ordinal);
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_command_that_is_not_there_or_cannot_be_run_is_told_apart_as_env_does()
    {
        var file = Clear("A=1\n");
        var orphan = folder.WriteScript("orphan", "#!/no/such/interpreter\n");
        var shapeless = folder.WriteScript("shapeless", "true\n");

        foreach (var (command, code, words) in new[]
        {
            ("no-such-command", ExitCode.CommandNotFound, "no-such-command is not on PATH (/usr/bin:/bin)"),
            ("./no-such-command", ExitCode.CommandNotFound, "there is no such file"),
            (file, ExitCode.CommandNotExecutable, "is no executable file"),
            (folder.Path, ExitCode.CommandNotExecutable, "is a folder"),
            (orphan, ExitCode.CommandNotFound, "interpreter"),
            (shapeless, ExitCode.CommandNotExecutable, "Exec format error"),
        })
        {
            var ran = await RunAsync("--secrets", file, "--", command);
            Assert.Equal((int)code, ran.Code);
            Assert.Contains(words, ran.Error, StringComparison.Ordinal);
        }
    }

    [Fact(Timeout = HangGuard)]
    public async Task More_than_execve_takes_is_one_line()
    {
        var file = folder.Write("large.env", SopsWriter.Write(Key.Recipient, Enumerable.Range(0, 7).ToDictionary(i => $"V{i}", _ => new string('x', 90_000))));

        // A file holds at most 1 MiB; a small stack is what makes that too much (execve(2): a quarter of RLIMIT_STACK).
        var ran = await Capture.RunAsync(Programs.Shell, Complete(), folder.Path, "-c", $"ulimit -s 1024; exec '{Programs.Supervisor}' exec --secrets '{file}' --dialect sops -- env");

        Assert.Equal(((int)ExitCode.CommandNotExecutable, ""), (ran.Code, ran.Text));
        Assert.Contains("longer than execve(2) takes", ran.Error, StringComparison.Ordinal);
    }

    [Fact(Timeout = HangGuard)]
    public async Task It_is_the_same_process_with_the_callers_folder_and_three_descriptors()
    {
        // The shell reads its own status: while it starts a program it blocks all signals. The descriptor 3 is the folder that ls itself reads.
        const string look = "echo $$ $PWD; while read -r line; do case $line in SigBlk*|SigIgn*) echo $line ;; esac; done </proc/$$/status; exec ls -x /proc/self/fd";
        var script = $"echo $$; exec '{Programs.Supervisor}' exec --secrets '{Clear("A=1\n")}' --pass PATH -- sh -c \"$0\" 7</dev/null";

        var ran = await FromACallerThatIgnoresNothingAsync("-c", script, look);

        var lines = ran.Text.Split('\n');
        Assert.Equal($"{lines[0]} {folder.Path}", lines[1]);
        Assert.Equal(["0", "1", "2", "3"], lines[4].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.All(lines[2..4], line => Assert.EndsWith("0000000000000000", line, StringComparison.Ordinal));
    }

    /// <summary>nohup(1), and what a shell that is no terminal's starts in the background.</summary>
    [Fact(Timeout = HangGuard)]
    public async Task What_the_caller_ignores_stays_ignored()
    {
        var script = $"trap '' HUP INT; exec '{Programs.Supervisor}' exec --secrets '{Clear("A=1\n")}' -- grep SigIgn /proc/self/status";

        var ran = await FromACallerThatIgnoresNothingAsync("-c", script);

        Assert.Equal("SigIgn:\t0000000000000003\n", ran.Text);
    }

    /// <summary>The console of .NET would begin with the sequence that makes cursor keys send others, and the command would find them so.</summary>
    [Fact(Timeout = HangGuard)]
    public async Task A_warning_leaves_the_terminal_as_it_is()
    {
        const string typist = """
            import os, pty, sys
            pid, terminal = pty.fork()
            if pid == 0:
                os.execv(sys.argv[1], sys.argv[1:])
            heard = b""
            try:
                while part := os.read(terminal, 1024):
                    heard += part
            except OSError:
                pass
            os.waitpid(pid, 0)
            sys.stdout.buffer.write(heard)
            """;
        Assert.SkipUnless(File.Exists("/usr/bin/python3"), "no python3");
        caller["TERM"] = "xterm";
        var file = folder.Write("s.env", SopsWriter.Write(Key.Recipient, new Dictionary<string, string> { ["A"] = "'1'" }));

        var ran = await Capture.RunAsync("/usr/bin/python3", Complete(), folder.Path, "-c", typist, Programs.Supervisor, "exec", "--secrets", file, "--", "printenv", "A");

        Assert.StartsWith("prism-supervisor: ", ran.Text, StringComparison.Ordinal);
        Assert.EndsWith("\r\n1\r\n", ran.Text, StringComparison.Ordinal);
        Assert.DoesNotContain('\e', ran.Text);
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_folder_that_is_gone_holds_no_command_and_harms_no_other()
    {
        var script = $"mkdir gone; cd gone; rmdir ../gone; '{Programs.Supervisor}' exec --secrets '{Clear("A=1\n")}' -- printenv A; exec '{Programs.Supervisor}' exec --secrets '{Clear("A=1\n")}' -- ./command";

        var ran = await Capture.RunAsync(Programs.Shell, Complete(), folder.Path, "-c", script);

        Assert.Equal(((int)ExitCode.CommandNotFound, "1\n"), (ran.Code, ran.Text));
        Assert.Contains("./command: the folder that this was started in is gone", ran.Error, StringComparison.Ordinal);
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_file_that_is_read_as_sops_does_is_no_clear_one()
    {
        var ran = await RunAsync("--secrets", Clear("A=1\n"), "--dialect", "sops", "--unauthenticated", "allow", "--", "env");

        Assert.Equal(((int)ExitCode.SecretsRefused, ""), (ran.Code, ran.Text));
    }

    [Fact(Timeout = HangGuard)]
    public async Task What_is_not_authenticated_or_steers_is_refused_unless_it_is_allowed()
    {
        foreach (var name in (string[])["EMPTY", "GUNICORN_CMD_ARGS"])
        {
            var file = folder.Write("s.env", SopsWriter.Write(Key.Recipient, new Dictionary<string, string> { [name] = name == "EMPTY" ? "" : "x", ["B"] = "1" }));

            var refused = await RunAsync("--secrets", file, "env");
            var allowed = await RunAsync("--secrets", file, "--unauthenticated", "allow", "env", "-0");

            Assert.Equal(((int)ExitCode.SecretsRefused, ""), (refused.Code, refused.Text));
            Assert.Contains(name, refused.Error, StringComparison.Ordinal);
            Assert.Equal(2, allowed.Variables.Count);
            Assert.All(allowed.Error.TrimEnd().Split('\n'), line => Assert.StartsWith("prism-supervisor: ", line, StringComparison.Ordinal));
        }
    }

    private string Clear(string text) => folder.WriteSecret("clear.env", text);

    private Task<Capture> RunAsync(params string[] arguments) => Capture.SupervisorAsync(caller, folder.Path, ["exec", .. arguments]);

    /// <summary>A shell; whoever starts these tests may itself have been started with signals ignored.</summary>
    private Task<Capture> FromACallerThatIgnoresNothingAsync(params string[] arguments) =>
        Capture.RunAsync("/usr/bin/env", Complete(), folder.Path, ["--default-signal", Programs.Shell, .. arguments]);

    private Dictionary<string, string> Complete() => Capture.Complete(caller);
}
