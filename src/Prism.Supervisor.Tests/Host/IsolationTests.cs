using System.Globalization;
using Prism.Supervisor.Tests.Fixtures;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Host;

/// <summary>What a program that Django starts can reach of the supervisor, of the same user and in the same sandbox: Dummies/probe tries all it can, from a worker.</summary>
public sealed class IsolationTests(HostFixture fixture) : SiteTest(fixture)
{
    private const string Probe = "/etc/prism/probe";

    /// <summary>Of a process that has not protected itself, the same probe has all this: so it would have been ours. (pidfd_getfd, process_madvise and perf_event_open are tried too, but systemd-nspawn grants them to nobody.)</summary>
    private static readonly HashSet<string> Spoils =
    [
        "read /proc/PID/environ", "read /proc/PID/mem", "write /proc/PID/mem", "read /proc/PID/maps", "read /proc/PID/auxv", "read /proc/PID/syscall", "read /proc/PID/io",
        "read /proc/PID/fd/N", "read /proc/PID/fdinfo/N", "list /proc/PID/fd", "list /proc/PID/map_files", "readlink /proc/PID/exe", "list /proc/PID/cwd/", "list /proc/PID/root/",
        "read /proc/PID/task/PID/environ", "read /proc/PID/task/PID/mem", "list /proc/PID/task/PID/fd",
        "process_vm_readv", "process_vm_writev", "ptrace, to seize", "kcmp of files", "kcmp of memory", "get_robust_list",
    ];

    /// <summary>What the kernel tells everybody about a process unless /proc hides it. The command line holds no secret, and limits none that could be raised.</summary>
    private static readonly HashSet<string> Public =
    [
        .. ((string[])
        [
            "arch_status", "autogroup", "cgroup", "cmdline", "comm", "coredump_filter", "cpu_resctrl_groups", "cpuset", "gid_map", "ksm_merging_pages", "ksm_stat", "limits", "loginuid", "mountinfo", "mounts", "oom_adj", "oom_score",
            "oom_score_adj", "projid_map", "sched", "schedstat", "sessionid", "setgroups", "stat", "statm", "status", "timens_offsets", "timers", "timerslack_ns", "uid_map", "wchan", "children",
        ]).SelectMany(name => (string[])[$"read /proc/PID/{name}", $"read /proc/PID/task/PID/{name}"]),
        "list /proc/PID/task", "list /proc/PID/attr", "list /proc/PID/net", "list /proc/PID/task/PID/attr", "list /proc/PID/task/PID/net",
        .. Harmless,
    ];

    /// <summary>It may be signalled, as every process of its user may, and looked at from outside.</summary>
    private static HashSet<string> Harmless => ["pidfd_open", "prlimit, to look", "signal 0"];

    [Fact]
    public async Task Nothing_that_Django_starts_reads_the_key_or_the_supervisor()
    {
        await PrepareAsync();
        _ = (await Site.StartAsync()).Succeeded();

        var found = await ProbeAsync("supervisor");

        Assert.Equal(await Site.MainPidAsync(), found.Pid);
        Assert.Subset(Harmless, found.Worked);
        Assert.Contains("signal 0", found.Worked); // It was there.
        Assert.Equal("EACCES", found.Failed["read the key file"]);

        // The sandbox hides what is not one's own; of what is, the same probe reads enough.
        var control = await ProbeAsync("control");
        Assert.Superset(new HashSet<string> { "read /proc/PID/environ", "read /proc/PID/mem", "read /proc/PID/fd/N", "read /proc/PID/maps" }, control.Worked);
    }

    [Fact]
    public async Task Nor_does_it_where_the_unit_hides_and_filters_nothing()
    {
        await PrepareAsync();
        await Site.OverrideUnitAsync("[Service]\nProtectProc=default\nProcSubset=all\nPrivateUsers=no\nSystemCallFilter=\nRestrictNamespaces=no\nProtectKernelTunables=no\nNoNewPrivileges=no\n");
        _ = (await Site.StartAsync()).Succeeded();

        var found = await ProbeAsync("supervisor");
        var control = await ProbeAsync("control");

        Assert.Equal(await Site.MainPidAsync(), found.Pid);
        Assert.Subset(Public, found.Worked);
        Assert.Superset(new HashSet<string> { "read /proc/PID/status", "read /proc/PID/cmdline", "signal 0" }, found.Worked);
        Assert.Superset(Spoils, control.Worked);
        Assert.Empty(found.Worked.Intersect(Spoils));
    }

    [Fact]
    public async Task A_signal_that_dumps_cores_leaves_none_for_Django_to_read()
    {
        await PrepareAsync();
        await Site.OverrideUnitAsync("[Service]\nLimitCORE=infinity\n"); // So that nothing but the supervisor itself prevents it.
        _ = (await Site.StartAsync()).Succeeded();

        _ = await Host.ScriptAsync($"runuser -u prism -- kill -ABRT {await Site.MainPidAsync()}");
        await Site.WaitForAsync("NRestarts", "1", Patience);

        Assert.Contains(await Site.JournalAsync(), entry => entry.Message.EndsWith("Main process exited, code=killed, status=6/ABRT", StringComparison.Ordinal));

        // A process of the same user, killed alike where cores may be, leaves one.
        _ = await Host.ExecAsync("systemd-run", "--quiet", "--wait", "--unit=control", "--uid=prism", "--property=LimitCORE=infinity", $"--property=WorkingDirectory={Site.State}", "python3", "-c", "import os; os.abort()");
        Assert.Contains(await Host.JournalAsync(null, "--unit=control"), entry => entry.Message.EndsWith("Main process exited, code=dumped, status=6/ABRT", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_credential_is_readable_by_Django_and_a_warning_says_so()
    {
        await PrepareAsync();
        await Site.OverrideUnitAsync("[Service]\nOpenFile=\nLoadCredential=age-key:/etc/prism/age.key\n");
        _ = (await Site.StartAsync()).Succeeded();

        var found = await ProbeAsync("supervisor");

        Assert.Equal(["read the credential age-key"], found.Worked.Except(Harmless));
        Assert.Contains(await Site.JournalAsync(), entry => entry.Priority == 4 && entry.Message.Contains("readable by every process of this user; OpenFile= keeps it from Django", StringComparison.Ordinal));
    }

    private async Task PrepareAsync()
    {
        var (identity, recipient) = SopsWriter.NewKey();
        await Site.WriteSecretsAsync(SopsWriter.Write(recipient, new Dictionary<string, string> { ["SECRET_KEY"] = "only-for-tests", ["POSTGRES_USER"] = "prism", ["POSTGRES_PASSWORD"] = Site.Password }));
        await Host.WriteFileAsync("/etc/prism/age.key", identity + "\n", "0600");
        await Host.WriteFileAsync(Probe, await File.ReadAllTextAsync(Programs.Dummy("probe"), Cancellation), "0755");
        var configuration = Site.DefaultConfiguration();
        configuration["environment"]!["PRISM_FAULTS"] = "1";
        configuration["environment"]!["PRISM_FAULT_PROGRAM"] = Probe;
        await Site.WriteConfigurationAsync(configuration);
    }

    private async Task<Found> ProbeAsync(string target)
    {
        var page = await Site.GetAsync($"/faults/program?argument={target}");
        Assert.StartsWith("{", page.Body, StringComparison.Ordinal);
        var found = new Found(
            page.Json.GetProperty("pid").GetInt32(),
            [.. page.Json.GetProperty("worked").EnumerateArray().Select(what => what.GetString()!)],
            page.Json.GetProperty("failed").EnumerateObject().ToDictionary(one => one.Name, one => one.Value.GetString()!, StringComparer.Ordinal));
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{target}: {found.Worked.Count} of {found.Worked.Count + found.Failed.Count} attempts worked: {string.Join(", ", found.Worked)}"));
        TestContext.Current.TestOutputHelper?.WriteLine($"failed: {string.Join(", ", found.Failed.Select(one => $"{one.Key} {one.Value}"))}");
        return found;
    }

    private sealed record Found(int Pid, HashSet<string> Worked, Dictionary<string, string> Failed);
}
