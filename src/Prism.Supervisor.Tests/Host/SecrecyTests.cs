using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Prism.Supervisor.Tests.Fixtures;

namespace Prism.Supervisor.Tests.Host;

/// <summary>Secrets reach Gunicorn and the two steps, and nothing else.</summary>
public sealed class SecrecyTests(HostFixture fixture) : SiteTest(fixture)
{
    private const string Canary = "canary-5eb1c9a04f-canary";

    [Fact]
    public async Task A_canary_is_in_the_environment_of_the_children_and_nowhere_else()
    {
        var (identity, _) = await WriteCanaryAsync();
        await SayCanaryInStepsAsync();
        _ = (await Site.StartAsync()).Succeeded();
        _ = await Site.GetAsync("/");

        // It is where it belongs: what the site has, by its digest, and what the wrappers of the steps saw.
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Canary))), (await Site.GetAsync("/faults/env?name=SECRET_KEY")).Body.Trim());
        Assert.Equal("seen seen", (await Host.ExecAsync("sh", "-c", "cat /var/lib/prism-django/migrate.saw /var/lib/prism-django/collectstatic.saw | xargs")).Text);

        // A worker and the supervisor itself die in the ways that dump cores.
        var main = await Site.MainPidAsync();
        _ = await Host.ScriptAsync($"kill -SEGV $(pgrep --parent $(pgrep --parent {main}) | head -n 1)");
        _ = await Site.GetAsync("/healthz");
        _ = await Host.ScriptAsync($"kill -ABRT {main}");
        await Site.WaitForAsync("NRestarts", "1", Patience);
        await Site.WaitForAsync("ActiveState", "active", Patience);

        foreach (var secret in (string[])[Canary, identity])
        {
            Assert.Equal("", await FindAsync(secret));
        }

        // The search finds what is there.
        await Host.WriteFileAsync("/run/control", Canary);
        Assert.Equal("/run/control", (await FindAsync(Canary)).Trim());
        _ = await Host.ScriptAsync("rm /run/control");

        Assert.Contains(await Site.JournalAsync(), entry => entry is { Identifier: "migrate", Message: "the secret is ***" });
    }

    [Fact]
    public async Task A_process_of_the_same_user_reads_neither_key_nor_supervisor()
    {
        _ = await WriteCanaryAsync();
        await Host.WriteFileAsync(
            "/etc/prism/migrate",
            $"""
            #!/bin/sh
            for file in /etc/prism/age.key /proc/$PPID/environ /proc/$PPID/mem /proc/$PPID/maps /proc/$PPID/fd/3 /proc/self/environ; do
                head -c 1 "$file" >/dev/null 2>&1 && echo "$file"
            done >{Site.State}/could-read
            exec prism-migrate
            """,
            "0755");
        var configuration = Site.DefaultConfiguration();
        configuration["steps"]!["migrate"] = "/etc/prism/migrate";
        await Site.WriteConfigurationAsync(configuration);

        _ = (await Site.StartAsync()).Succeeded();

        // From where Django sits: a child of the supervisor, in the same sandbox. Its own environment shows that it can read at all.
        Assert.Equal("/proc/self/environ", (await Host.ReadFileAsync($"{Site.State}/could-read")).Trim());
    }

    [Fact]
    public async Task The_children_have_only_their_own_descriptors_and_variables()
    {
        _ = await WriteCanaryAsync();
        _ = (await Site.StartAsync()).Succeeded();
        var arbiter = (await Host.ExecAsync("pgrep", "--parent", (await Site.MainPidAsync()).ToString(CultureInfo.InvariantCulture))).Text;

        var names = (await Host.ScriptAsync($"tr '\\0' '\\n' </proc/{arbiter}/environ | cut -d= -f1 | sort")).Text.Split('\n');
        var files = (await Host.ScriptAsync($"ls -l /proc/{arbiter}/fd")).Text;

        Assert.DoesNotContain(names, name => name.StartsWith("LISTEN_", StringComparison.Ordinal) || name.StartsWith("WATCHDOG_", StringComparison.Ordinal) || name is "INVOCATION_ID" or "JOURNAL_STREAM" or "SYSTEMD_EXEC_PID");
        Assert.Contains("PRISM_GENERATION", names);
        Assert.DoesNotContain("age.key", files, StringComparison.Ordinal);
    }

    private async Task<(string Identity, string File)> WriteCanaryAsync()
    {
        var (identity, recipient) = SopsWriter.NewKey();
        var file = SopsWriter.Write(recipient, new Dictionary<string, string> { ["SECRET_KEY"] = Canary, ["POSTGRES_USER"] = "prism", ["POSTGRES_PASSWORD"] = Site.Password });
        await Site.WriteSecretsAsync(file);
        await Host.WriteFileAsync("/etc/prism/age.key", identity + "\n", "0600");
        return (identity, file);
    }

    /// <summary>Steps that look for the canary, and one that prints it: what a careless site would do.</summary>
    private async Task SayCanaryInStepsAsync()
    {
        foreach (var step in (string[])["migrate", "collectstatic"])
        {
            await Host.WriteFileAsync(
                $"/etc/prism/{step}",
                $"#!/bin/sh\n[ -z \"$SECRET_KEY\" ] || echo seen >/var/lib/prism-django/{step}.saw\n[ {step} = collectstatic ] || echo \"the secret is $SECRET_KEY\" >&2\nexec prism-{step}\n",
                "0755");
        }

        var configuration = Site.DefaultConfiguration();
        configuration["environment"]!["PRISM_FAULTS"] = "1";
        configuration["steps"]!["migrate"] = "/etc/prism/migrate";
        configuration["steps"]!["collectstatic"] = "/etc/prism/collectstatic";
        await Site.WriteConfigurationAsync(configuration);
    }

    /// <summary>Every place a secret must not be in, looked through as root; the text is handed in on standard input, since a command line is one of those places.</summary>
    private async Task<string> FindAsync(string secret)
    {
        const string search = """
            IFS= read -r wanted
            has() { printf '%s\n' "$wanted" | grep -aqFf /dev/stdin "$1" 2>/dev/null; }
            journalctl --sync
            journalctl -o json --all --no-pager >/root/journal.json; has /root/journal.json && echo journal
            systemctl status --no-pager --full prism-django >/root/status; has /root/status && echo status
            systemctl show --all prism-django >/root/show; has /root/show && echo show
            for process in /proc/[0-9]*; do
                has "$process/cmdline" && echo "$process/cmdline"
                case $(readlink "$process/exe") in
                    */prism-supervisor) has "$process/environ" && echo "the supervisor's environ" ;;
                esac
            done
            printf '%s\n' "$wanted" | grep -raslFf /dev/stdin /var /run /tmp /dev/shm --exclude-dir=testhost
            ls /var/lib/systemd/coredump 2>/dev/null
            find / -xdev \( -name core -o -name 'core.[0-9]*' \) -type f 2>/dev/null
            true
            """;
        return (await Host.ExecAsync(["bash", "-c", search], secret + "\n", Cancellation)).Succeeded().Output;
    }
}
