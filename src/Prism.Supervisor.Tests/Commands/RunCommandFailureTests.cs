using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace Prism.Supervisor.Tests.Commands;

/// <summary>Starts that fail: the exit code of their kind, one line that says why, nothing left.</summary>
[Trait("ring", "process")]
public sealed class RunCommandFailureTests : IDisposable
{
    private const int HangGuard = 300_000;

    // Seconds until the start is given up: it must have answered by then, on a machine with much else to do.
    private const int LongEnough = 15;

    private static readonly string PostQuantumFile = Secrets.SopsCase.Named("078-pq-hybrid").FilePath;

    private readonly SampleSite site = new();

    public RunCommandFailureTests() => SampleSite.SkipWithoutDjango();

    public void Dispose() => site.Dispose();

    [Fact(Timeout = HangGuard)]
    public async Task A_site_that_cannot_be_imported() =>
        await FailsAsync(site.With("PRISM_BROKEN_WSGI", "1"), ExitCode.ServerDidNotComeUp, "ImportError: prism.wsgi was told to be broken");

    [Fact(Timeout = HangGuard)]
    public async Task A_site_that_answers_with_faults_only() =>
        await FailsAsync(site.With("PRISM_BROKEN_SITE", "1").Set("gunicorn", "startTimeoutSeconds", LongEnough), ExitCode.ServerDidNotComeUp, "answered 500");

    [Fact(Timeout = HangGuard)]
    public async Task A_site_that_refuses_the_probes_host() =>
        await FailsAsync(site.Set("health", "host", "other.example").Set("gunicorn", "startTimeoutSeconds", LongEnough), ExitCode.ServerDidNotComeUp, "is the probe's Host in ALLOWED_HOSTS?");

    [Fact(Timeout = HangGuard)]
    public async Task A_migration_that_fails() =>
        await FailsAsync(site.With("PRISM_FAIL_MIGRATION", "1").Set("steps", "migrate", SampleSite.Wrapper("prism-migrate")), ExitCode.MigrateFailed, "RuntimeError: the migration was told to fail", isMigrated: false);

    [Fact(Timeout = HangGuard)]
    public async Task Static_files_that_cannot_be_collected() =>
        await FailsAsync(site.With("PRISM_FAIL_COLLECTSTATIC", "1").Set("steps", "collectstatic", SampleSite.Wrapper("prism-collectstatic")), ExitCode.CollectstaticFailed, "RuntimeError: collectstatic was told to fail");

    [Fact(Timeout = HangGuard)]
    public async Task A_port_that_is_taken()
    {
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        other.Bind(new IPEndPoint(IPAddress.Loopback, site.Port));
        other.Listen();

        await FailsAsync(site, ExitCode.AddressTaken, $"127.0.0.1:{site.Port} is taken");
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_secret_that_is_missing() =>
        await FailsAsync(site.Set("secrets", "required", new JsonArray("SECRET_KEY", "POSTGRES_PASSWORD")), ExitCode.SecretsRefused, "POSTGRES_PASSWORD");

    [Fact(Timeout = HangGuard)]
    public async Task Secrets_that_are_not_there() =>
        await FailsAsync(site.Set("secrets", "file", site["absent.env"]), ExitCode.SecretsRefused, "absent.env");

    [Fact(Timeout = HangGuard)]
    public async Task Secrets_that_everybody_can_write()
    {
        File.SetUnixFileMode(site["secrets.env"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherWrite);

        await FailsAsync(site, ExitCode.SecretsRefused, $"{site["secrets.env"]}: every user of this host can write it (mode 0602)");
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_credential_that_nobody_passed()
    {
        _ = site.Config["secrets"]!.AsObject().Remove("file");

        await FailsAsync(site.Set("secrets", "credential", "prism.env"), ExitCode.SecretsRefused, "systemd passed no credentials");
    }

    [Fact(Timeout = HangGuard)]
    public async Task An_external_sops_that_is_not_installed() =>
        await FailsAsync(site.Set("secrets", "sopsCommand", "sops-of-nowhere").Set("steps", "migrate", "/bin/false"), ExitCode.Configuration, "sops-of-nowhere is not on PATH (/usr/bin:/bin): put its folder there, or give the whole path as secrets.sopsCommand");

    [Fact(Timeout = HangGuard)]
    public async Task An_external_sops_that_fails()
    {
        var sops = site.WriteScript("sops", "#!/bin/sh\nexit 128\n");

        await FailsAsync(site.Set("secrets", "file", PostQuantumFile).Set("secrets", "sopsCommand", sops), ExitCode.TryAgain, "secrets.sopsCommand: sops exited with code 128");
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_stop_does_not_wait_for_an_external_sops()
    {
        var sops = site.WriteScript("sops", "#!/bin/sh\nsleep 1000 & exec sleep 1000\n");
        var supervisor = await site.Set("secrets", "file", PostQuantumFile).Set("secrets", "sopsCommand", sops).RunUnmigratedAsync();
        while (site.Processes().Count < 3)
        {
            await Task.Yield(); // The script tells nobody that it runs, so the process table is asked.
        }

        supervisor.Signal(15);
        var (code, _) = await supervisor.EndedAsync();

        Assert.Equal(0, code);
        Assert.Empty(site.Processes());
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_setting_that_is_misspelt() =>
        await FailsAsync(site.Set("health", "pth", "/"), ExitCode.Configuration, "health.pth is no setting (did you mean health.path?)");

    [Fact(Timeout = HangGuard)]
    public async Task A_server_that_is_not_installed() =>
        await FailsAsync(site.Set("gunicorn", "command", "prism-gunicorn-of-nowhere").Set("steps", "migrate", "/bin/false"), ExitCode.Configuration, "prism-gunicorn-of-nowhere is not on PATH");

    [Fact(Timeout = HangGuard)]
    public async Task A_step_that_is_not_installed() =>
        await FailsAsync(site.Set("steps", "migrate", "/nowhere/prism-migrate"), ExitCode.Configuration, "/nowhere/prism-migrate is no executable file");

    [Theory(Timeout = HangGuard)]
    [InlineData("import sys; sys.exit('the configuration is bad')")]
    [InlineData("import os; os._exit(0)")]
    [InlineData("import os; os.abort()")]
    public async Task A_site_whose_workers_die_without_a_word_of_the_arbiter(string module)
    {
        var script = site.WriteScript("broken.py", module);

        await FailsAsync(
            site.Set("gunicorn", "command", new JsonArray("/usr/bin/python3", "-m", "gunicorn", "--chdir", Path.GetDirectoryName(script), "broken:application")),
            ExitCode.ServerDidNotComeUp,
            "workers died before the first good answer");
    }

    /// <summary>Both end while the arbiter is held, so that it hears of them with one SIGCHLD; without a reminder it would wait for the second for 600 s.</summary>
    [Fact(Timeout = HangGuard)]
    public async Task A_site_whose_workers_fail_at_the_same_time()
    {
        var script = site.WriteScript("broken.py", """
            import os, signal, time

            arbiter = os.getppid()

            def workers():
                with open(f"/proc/{arbiter}/task/{arbiter}/children") as children:
                    return children.read().split()

            def is_dead(pid):
                with open(f"/proc/{pid}/stat") as stat:
                    return stat.read().rpartition(")")[2].split()[0] == "Z"

            while len(workers()) < 2:
                time.sleep(0.01)
            os.kill(arbiter, signal.SIGSTOP)
            if os.fork() == 0:
                while not all(map(is_dead, workers())):
                    time.sleep(0.01)
                os.kill(arbiter, signal.SIGCONT)
                os._exit(0)
            raise RuntimeError("both at once")
            """);

        await FailsAsync(
            site.With("WEB_CONCURRENCY", "2").Set("gunicorn", "command", new JsonArray("/usr/bin/python3", "-m", "gunicorn", "--chdir", Path.GetDirectoryName(script), "broken:application")),
            ExitCode.ServerDidNotComeUp,
            "python3 exited with code ");
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_wrapper_that_starts_the_server_instead_of_becoming_it()
    {
        var wrapper = site.WriteScript("wrapper", $"#!/bin/sh\n{SampleSite.Wrapper("prism-gunicorn")} \"$@\"\nexit $?\n");

        await FailsAsync(site.Set("gunicorn", "command", wrapper).Set("gunicorn", "startTimeoutSeconds", LongEnough), ExitCode.ServerDidNotComeUp, "let the wrapper exec Gunicorn");
    }

    [Theory(Timeout = HangGuard)]
    [InlineData("run", "--no-such-option")]
    [InlineData("no-such-command")]
    public async Task A_command_line_that_is_wrong(params string[] arguments)
    {
        var supervisor = await RunningSupervisor.StartAsync(arguments, site.Environment());

        var (code, line) = await supervisor.EndedAsync();

        Assert.Equal((int)ExitCode.Usage, code);
        Assert.StartsWith("prism-supervisor: ", line, StringComparison.Ordinal);
    }

    private static async Task FailsAsync(SampleSite site, ExitCode? kind, string words, bool isMigrated = true)
    {
        var supervisor = isMigrated ? await site.RunAsync() : await site.RunUnmigratedAsync();

        var (code, reason) = await supervisor.EndedAsync();

        Assert.Contains(words, reason, StringComparison.Ordinal);
        if (kind is { } expected)
        {
            Assert.Equal((int)expected, code);
        }

        Assert.EndsWith($"(exit code {code})", reason, StringComparison.Ordinal);
        Assert.DoesNotContain(SampleSite.SecretKey, supervisor.Said, StringComparison.Ordinal);
        Assert.DoesNotContain("   at Prism", supervisor.Said, StringComparison.Ordinal);
        Assert.Empty(site.Processes());
    }
}
