using System.Text;
using Microsoft.Extensions.Time.Testing;
using Prism.Supervisor.Processes;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Processes;

/// <summary>Helper programs that print a secret: what reaches them, what comes back, and every way in which they fail.</summary>
public sealed class CommandRunnerTests : IDisposable
{
    private const int HangGuard = 300_000;

    private static readonly Dictionary<string, string> Search = new() { ["PATH"] = "/usr/bin:/bin" };

    private readonly TempFolder folder = new();
    private readonly CancellationTokenSource stopping = new();
    private readonly FakeTimeProvider time = new();

    [Fact(Timeout = HangGuard)]
    public async Task Its_standard_output_comes_back_to_the_byte_and_its_standard_error_does_not()
    {
        var output = await RunAsync(["sh", "-c", @"printf 'a\0\377\n\n'; echo noise >&2"]);

        Assert.Equal([(byte)'a', 0, 0xff, (byte)'\n', (byte)'\n'], output);
    }

    [Fact(Timeout = HangGuard)]
    public async Task It_has_the_given_environment_and_its_own_descriptors_and_nothing_to_read()
    {
        const string script = "import os; print(sorted(os.environ)); print(*sorted(fd for fd in os.listdir('/proc/self/fd') if os.path.lexists('/proc/self/fd/' + fd))); print(os.read(0, 1))";

        var output = Encoding.ASCII.GetString(await RunAsync([Programs.Python, "-c", script], new() { ["ONLY"] = "1", ["LC_ALL"] = "C" }));

        Assert.Equal("['LC_ALL', 'ONLY', 'PRISM_LAUNCH']\n0 1 2\nb''\n", output);
    }

    /// <summary>sops reads its key file once for each recipient (age/keysource.go: MasterKey.Decrypt): a pipe would be empty the second time.</summary>
    [Fact(Timeout = HangGuard)]
    public async Task The_key_is_read_from_descriptor_3_as_often_as_it_takes_and_stands_nowhere_else()
    {
        const string script = "cat /dev/fd/3 /dev/fd/3; tr '\\0' '\\n' < /proc/self/environ; tr '\\0' ' ' < /proc/self/cmdline; readlink /proc/self/fd/3";

        var output = Encoding.ASCII.GetString(await RunAsync(["sh", "-c", script], key: "canary-key"));

        Assert.StartsWith("canary-keycanary-keyPATH=", output, StringComparison.Ordinal);
        Assert.Equal(2, output.Split("canary-key").Length - 1);
        Assert.Contains("/memfd:age-key", output, StringComparison.Ordinal);
    }

    [Theory(Timeout = HangGuard)]
    [InlineData("echo canary; echo canary >&2; exit 3", ExitCode.TryAgain, "setting: sh exited with code 3; run it by hand")]
    [InlineData("echo canary; kill -SEGV $$", ExitCode.TryAgain, "setting: sh killed by SIGSEGV; run it by hand")]
    [InlineData("yes canary", ExitCode.SecretsRefused, "setting: sh printed more than 1 MiB")]
    [InlineData("head -c 1048577 /dev/zero", ExitCode.SecretsRefused, "setting: sh printed more than 1 MiB")]
    public async Task A_failure_is_one_line_that_names_the_setting_and_quotes_nothing(string script, object code, string line)
    {
        var refusal = await Assert.ThrowsAsync<StartupException>(() => RunAsync(["sh", "-c", script]));

        Assert.Equal(code, refusal.Code);
        Assert.StartsWith(line, refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", refusal.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = HangGuard)]
    public async Task As_much_as_the_limit_comes_back_whole() =>
        Assert.Equal(CommandRunner.LargestOutput, (await RunAsync(["sh", "-c", "head -c 1048576 /dev/zero"])).Length);

    [Theory(Timeout = HangGuard)]
    [InlineData("no-such-program", "no-such-program is not on PATH (/usr/bin:/bin): put its folder there, or give the whole path as setting")]
    [InlineData("/etc/passwd", "/etc/passwd is no executable file: correct setting in the configuration")]
    public async Task A_program_that_is_not_there_is_named(string program, string line)
    {
        var refusal = await Assert.ThrowsAsync<StartupException>(() => RunAsync([program]));

        Assert.Equal((ExitCode.Configuration, line), (refusal.Code, refusal.Message));
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_program_that_cannot_be_executed_is_named_with_its_setting()
    {
        var refusal = await Assert.ThrowsAsync<StartupException>(() => RunAsync([folder.WriteScript("broken", "#!/no/such/interpreter\n")]));

        Assert.StartsWith($"setting: {folder["broken"]} cannot be started: ", refusal.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_program_that_takes_too_long_is_ended_with_all_that_came_of_it()
    {
        var mark = Guid.NewGuid().ToString();
        var running = RunAsync(["sh", "-c", "sleep 1000 & exec sleep 1000"], Marked(mark));
        await RunsAsync(mark, processes: 2);

        time.Advance(CommandRunner.Patience);
        var refusal = await Assert.ThrowsAsync<StartupException>(() => running);

        Assert.Equal((ExitCode.TryAgain, "setting: sh had not ended after 60 s; run it by hand to see what it waits for"), (refusal.Code, refusal.Message));
        Assert.Empty(Children.Marked("RUNNER_MARK", mark));
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_stop_ends_it_and_is_no_failure()
    {
        var mark = Guid.NewGuid().ToString();
        var running = RunAsync(["sleep", "1000"], Marked(mark));
        await RunsAsync(mark, processes: 1);

        await stopping.CancelAsync();
        _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);

        Assert.Empty(Children.Marked("RUNNER_MARK", mark));
        _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => RunAsync(["true"]));
    }

    /// <summary>As gpg starts its agent: in the background, with the same output.</summary>
    [Fact(Timeout = HangGuard)]
    public async Task A_daemon_that_it_leaves_behind_holds_nothing_up()
    {
        var mark = Guid.NewGuid().ToString();

        var output = await RunAsync(["sh", "-c", "sleep 1000 & echo done"], Marked(mark));

        Assert.Equal("done\n", Encoding.ASCII.GetString(output));
        Assert.Empty(Children.Marked("RUNNER_MARK", mark));
    }

    public void Dispose()
    {
        stopping.Dispose();
        folder.Dispose();
    }

    private static Dictionary<string, string> Marked(string mark) => new(Search) { ["RUNNER_MARK"] = mark };

    /// <summary>The program tells nobody that it runs, so the process table is asked, again and again.</summary>
    private static async Task RunsAsync(string mark, int processes)
    {
        while (Children.Marked("RUNNER_MARK", mark).Count < processes)
        {
            await Task.Yield();
        }
    }

    private Task<byte[]> RunAsync(string[] command, Dictionary<string, string>? environment = null, string? key = null) => Task.Run(
        () => new CommandRunner(Programs.Launcher, time, stopping.Token).Run("setting", command, environment ?? Search, key is null ? null : Encoding.ASCII.GetBytes(key)),
        TestContext.Current.CancellationToken);
}
