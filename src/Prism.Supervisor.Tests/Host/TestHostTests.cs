using System.Diagnostics;

namespace Prism.Supervisor.Tests.Host;

public sealed class TestHostTests(HostFixture fixture) : HostTest(fixture)
{
    [Fact]
    public async Task The_host_runs_a_systemd_with_all_that_the_unit_asks_for()
    {
        var version = (await Host.ExecAsync("systemctl", "--version")).Text.Split(' ')[1];

        Assert.True(int.Parse(version.Split('.')[0], null) >= 253, $"systemd {version} has no OpenFile=");
    }

    [Fact]
    public async Task The_host_has_settled_when_it_is_ready()
    {
        // Failures that earlier tests provoked are not the boot's.
        _ = await Host.ScriptAsync("systemctl reset-failed");

        Assert.Equal("running", (await Host.ExecAsync("systemctl", "is-system-running")).Output.Trim());
    }

    [Fact]
    public async Task A_commands_status_output_and_complaints_come_out_as_they_are()
    {
        var result = await Host.ExecAsync(["sh", "-c", "read line; echo \"$line\"; echo wrong >&2; exit 7"], "hello\n", Cancellation);

        Assert.Equal((7, "hello\n", "wrong\n"), (result.ExitCode, result.Output, result.Error));
    }

    [Fact]
    public async Task A_file_is_written_with_its_owner_and_mode_and_read_back()
    {
        await Host.WriteFileAsync("/etc/test/secret", "first line\n'second'", "0640", "root:daemon");

        Assert.Equal("first line\n'second'", await Host.ReadFileAsync("/etc/test/secret"));
        Assert.Equal("640 root:daemon", (await Host.ExecAsync("stat", "--format=%a %U:%G", "/etc/test/secret")).Text);
    }

    [Fact]
    public async Task A_line_written_to_the_journal_can_be_read_with_its_fields()
    {
        var cursor = await Host.JournalCursorAsync();

        await Host.ExecAsync(["systemd-cat", "--identifier=someone", "--priority=warning"], "something happened\n", Cancellation);

        var entry = Assert.Single(await Host.JournalAsync(cursor, "--identifier=someone"));
        Assert.Equal(("something happened", 4), (entry.Message, entry.Priority));
    }

    [Fact]
    public async Task PostgreSQL_answers() =>
        Assert.Equal("1", (await Host.ExecAsync("runuser", "-u", "postgres", "--", "psql", "-Atc", "select 1")).Text);

    [Fact]
    public async Task Gunicorn_and_Django_are_there() =>
        Assert.Matches(@"^4\.\d", (await Host.ExecAsync("python3", "-c", "import gunicorn, django; print(django.__version__)")).Text);

    [Fact]
    public async Task The_unit_has_nothing_to_complain_about()
    {
        const string unit = "/etc/systemd/system/prism-django.service";
        await Host.ScriptAsync($"""
            id prism >/dev/null 2>&1 || useradd --system --home-dir /var/lib/prism-django --shell /usr/sbin/nologin prism
            [ -e /usr/bin/prism-supervisor ] || install -m 0755 /bin/true /usr/bin/prism-supervisor
            install -m 0644 {Site.RepositoryInside}/packaging/systemd/prism-django.service {unit}
            """);

        var verdict = await Host.ExecAsync("systemd-analyze", "verify", unit);
        var security = await Host.ExecAsync("systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=11", unit);

        Assert.Equal((0, "", ""), (verdict.ExitCode, verdict.Output, verdict.Error));
        Assert.True(security.ExitCode == 0, $"exposed more than 1.1: {security.Output}");
    }

    [Fact]
    public async Task A_host_ends_with_its_standard_input()
    {
        var other = await TestHost.StartAsync([], Cancellation);
        var inhabitant = await InhabitAsync(other);

        await other.DisposeAsync();

        await inhabitant.WaitAsync(Patience, Cancellation);
        Assert.False(Directory.Exists($"/proc/{other.Pid}"));
    }

    [Fact]
    public async Task A_host_does_not_outlive_a_killed_runner()
    {
        await using var other = await TestHost.StartAsync([], Cancellation);
        var inhabitant = await InhabitAsync(other);

        using (var runner = Process.GetProcessById(other.RunnerPid))
        {
            runner.Kill();
        }

        await inhabitant.WaitAsync(Patience, Cancellation);
    }

    // A command that ends only with its host; it says in the journal that it runs.
    private static async Task<Task> InhabitAsync(TestHost host)
    {
        var inhabitant = host.ExecAsync("sh", "-c", "echo here | systemd-cat -t inhabitant; exec sleep infinity");
        await foreach (var _ in host.FollowJournalAsync(null, ["--identifier=inhabitant"], Cancellation))
        {
            break;
        }
        return inhabitant;
    }
}
