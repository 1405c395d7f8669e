using System.Text.Json.Nodes;
using Prism.Supervisor.Tests.Fixtures;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Commands;

/// <summary>exec with a configuration: the command gets what a child of run gets, and no unit or bus is needed.</summary>
[Trait("ring", "process")]
public sealed class ExecConfigurationTests : IDisposable
{
    private const int HangGuard = 300_000;

    // Root is asked whom to become; anybody else stays who they are.
    private static readonly string[] AsWeAre = Environment.IsPrivilegedProcess ? ["--user", "root"] : [];

    private readonly TempFolder folder = new();
    private readonly Dictionary<string, string> caller = new() { ["PATH"] = "/usr/bin:/bin", ["DBUS_SYSTEM_BUS_ADDRESS"] = "unix:path=/nowhere" };
    private readonly JsonObject config;

    public ExecConfigurationTests() => config = new JsonObject
    {
        ["stateDirectory"] = Directory.CreateDirectory(folder["state"]).FullName,
        ["environment"] = new JsonObject { ["ALLOWED_HOSTS"] = "example.org" },
        ["secrets"] = new JsonObject { ["file"] = folder.WriteSecret("s.env", "SECRET_KEY=from-file\nLISTEN_FDS=4\n"), ["required"] = new JsonArray("SECRET_KEY"), ["together"] = new JsonArray() },
    };

    public void Dispose() => folder.Dispose();

    [Fact(Timeout = HangGuard)]
    public async Task The_command_gets_what_a_child_of_run_gets()
    {
        foreach (var (name, value) in new[] { ("LANG", "C.UTF-8"), ("POSTGRES_HOST", "db"), ("AWS_KEY", "x"), ("NOTIFY_SOCKET", "/x"), ("SECRET_KEY", "own"), ("TERM", "dumb"), ("COLORTERM", "no") })
        {
            caller[name] = value;
        }

        var ran = await RunAsync("sh", "-c", "env -0; pwd >&2");

        Assert.Equal(
            ["ALLOWED_HOSTS=example.org", "COLORTERM=no", "LANG=C.UTF-8", "PATH=/usr/bin:/bin", "POSTGRES_HOST=db", $"PWD={folder["state"]}", "SECRET_KEY=from-file", "TERM=dumb"],
            WithoutLogin(ran));
        Assert.EndsWith(folder["state"], ran.Error.TrimEnd(), StringComparison.Ordinal);
        Assert.Contains("never passed to the site, whoever sets them: LISTEN_FDS", ran.Error, StringComparison.Ordinal);
    }

    [Theory(Timeout = HangGuard)]
    [InlineData(null, "LC_ALL=C,PATH=/usr/bin:/bin")]
    [InlineData("de_DE.UTF-8", "LANG=de_DE.UTF-8,PATH=/usr/bin:/bin")]
    public async Task The_callers_language_is_taken_where_the_site_has_none(string? language, string expected)
    {
        caller["LC_ALL"] = "C";
        config["passEnvironment"] = new JsonArray("PATH");
        config["environment"] = language is null ? [] : new JsonObject { ["LANG"] = language };

        Assert.Equal(expected, string.Join(',', (await RunAsync("env", "-0")).Variables.Where(one => !one.StartsWith("SECRET", StringComparison.Ordinal)).Order(StringComparer.Ordinal)));
    }

    [Fact(Timeout = HangGuard)]
    public async Task What_is_named_passes_too_but_nothing_that_is_reserved()
    {
        caller["DJANGO_SUPERUSER_PASSWORD"] = "x";
        caller["SOPS_AGE_KEY"] = "x";

        var passed = await RunAsync("--pass", "DJANGO_SUPERUSER_*", "env", "-0");
        var refused = await RunAsync("--pass", "SOPS_AGE_KEY", "env", "-0");

        Assert.Contains("DJANGO_SUPERUSER_PASSWORD=x", passed.Variables);
        Assert.Equal(((int)ExitCode.Usage, ""), (refused.Code, refused.Text));
    }

    [Fact(Timeout = HangGuard)]
    public async Task What_is_required_must_be_there_except_in_a_file_of_ones_own()
    {
        config["secrets"]!["required"] = new JsonArray("SECRET_KEY", "POSTGRES_PASSWORD");
        var other = folder.WriteSecret("other.env", "OTHER=1\n");

        var refused = await RunAsync("env");
        var explicitly = await RunAsync("--secrets", other, "env", "-0");

        Assert.Equal(((int)ExitCode.SecretsRefused, ""), (refused.Code, refused.Text));
        Assert.Contains("POSTGRES_PASSWORD", refused.Error, StringComparison.Ordinal);
        Assert.Equal(["ALLOWED_HOSTS=example.org", "OTHER=1", "PATH=/usr/bin:/bin"], WithoutLogin(explicitly));
    }

    [Fact(Timeout = HangGuard)]
    public async Task Without_a_file_the_environment_must_hold_what_is_required()
    {
        _ = config["secrets"]!.AsObject().Remove("file");

        var refused = await RunAsync("env");
        caller["SECRET_KEY"] = "own";
        var ran = await RunAsync("env", "-0");

        Assert.Contains("SECRET_KEY: not set", refused.Error, StringComparison.Ordinal);
        Assert.Contains("SECRET_KEY=own", ran.Variables);
    }

    [Fact(Timeout = HangGuard)]
    public async Task The_command_line_overrides_the_configuration()
    {
        var (identity, recipient) = SopsWriter.NewKey();
        caller["SOPS_AGE_KEY"] = identity;
        var file = folder.Write("sops.env", SopsWriter.Write(recipient, new Dictionary<string, string> { ["SECRET_KEY"] = "'quoted'", ["EMPTY"] = "", ["PYTHONPATH"] = "/x" }));
        config["secrets"]!["file"] = file;

        var named = await RunAsync("env", "-0");
        var allowed = await RunAsync("--unauthenticated", "allow", "env", "-0");
        var raw = await RunAsync("--unauthenticated", "allow", "--dialect", "sops", "env", "-0");

        Assert.Equal(((int)ExitCode.SecretsRefused, ""), (named.Code, named.Text));
        Assert.Contains("SECRET_KEY=quoted", allowed.Variables);
        Assert.Contains("PYTHONPATH=/x", allowed.Variables);
        Assert.Contains("SECRET_KEY='quoted'", raw.Variables);
    }

    [Fact(Timeout = HangGuard)]
    public async Task As_a_units_main_process_it_passes_on_what_the_manager_meant_for_that_and_uses_its_key()
    {
        var (identity, recipient) = SopsWriter.NewKey();
        config["secrets"]!["file"] = folder.Write("sops.env", SopsWriter.Write(recipient, new Dictionary<string, string> { ["SECRET_KEY"] = "x" }));
        const string script = """
            export SYSTEMD_EXEC_PID=$$ NOTIFY_SOCKET=/n WATCHDOG_USEC=1 WATCHDOG_PID=$$ JOURNAL_STREAM=1:2 INVOCATION_ID=i MEMORY_PRESSURE_WATCH=/m MEMORY_PRESSURE_WRITE=w
            export LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=age-key CREDENTIALS_DIRECTORY=/c SOPS_AGE_SSH_PRIVATE_KEY_FILE=/s MAINPID=1 FDSTORE=3
            exec "$@" 3<key
            """;
        _ = folder.WriteSecret("key", identity);

        var ran = await Capture.RunAsync(Programs.Shell, Capture.Complete(caller), folder.Path, ["-c", script, "sh", Programs.Supervisor, "exec", "--config", WriteConfig(), .. AsWeAre, "--", "sh", "-c", "env -0; ls /proc/self/fd >&2"]);

        Assert.True(ran.Code == 0, ran.Error);
        Assert.Equal(
            ["ALLOWED_HOSTS", "INVOCATION_ID", "JOURNAL_STREAM", "MEMORY_PRESSURE_WATCH", "MEMORY_PRESSURE_WRITE", "NOTIFY_SOCKET", "PATH", "PWD", "SECRET_KEY", "SYSTEMD_EXEC_PID", "WATCHDOG_PID", "WATCHDOG_USEC"],
            WithoutLogin(ran).Select(one => one.Split('=')[0]));

        // The unit's own working directory; and no descriptor but three, and the one that ls reads with.
        Assert.Contains($"PWD={folder.Path}", ran.Variables);
        Assert.EndsWith("0\n1\n2\n3\n", ran.Error, StringComparison.Ordinal);
    }

    [Fact(Timeout = HangGuard)]
    public async Task Root_must_say_whom_to_become()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "not root");

        var ran = await Capture.SupervisorAsync(caller, folder.Path, "exec", "--config", WriteConfig(), "--", "env");

        Assert.Equal(((int)ExitCode.Usage, ""), (ran.Code, ran.Text));
        Assert.Contains("--user", ran.Error, StringComparison.Ordinal);
    }

    [Fact(Timeout = HangGuard)]
    public async Task Root_becomes_the_user_for_good()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "not root");
        File.SetUnixFileMode(folder.Path, (UnixFileMode)0x1ed);

        var ran = await Capture.SupervisorAsync(caller, folder.Path, "exec", "--config", WriteConfig(), "--user", "nobody", "--", "sh", "-c", "grep -E '^(Uid|Gid|Groups|CapEff|CapPrm|CapAmb)' /proc/self/status | tr -s '\\t ' ' '; env -0");

        var nobody = (await Capture.RunAsync("/usr/bin/id", caller, "/", "-u", "nobody")).Text.Trim();
        var group = (await Capture.RunAsync("/usr/bin/id", caller, "/", "-g", "nobody")).Text.Trim();
        var groups = (await Capture.RunAsync("/usr/bin/id", caller, "/", "-G", "nobody")).Text.Trim();
        Assert.StartsWith(
            $"Uid: {nobody} {nobody} {nobody} {nobody}\nGid: {group} {group} {group} {group}\nGroups: {groups} \nCapPrm: 0000000000000000\nCapEff: 0000000000000000\nCapAmb: 0000000000000000\n", ran.Text, StringComparison.Ordinal);
        Assert.Contains("USER=nobody\0", ran.Text, StringComparison.Ordinal);
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_user_without_a_home_does_not_get_roots()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "not root");
        File.SetUnixFileMode(folder.Path, (UnixFileMode)0x1ed);
        caller["HOME"] = "/root";
        caller["SHELL"] = "/bin/bash";
        config["passEnvironment"] = "*";
        var users = folder.Write("passwd", "homeless:x:4711:4711::/:/usr/sbin/nologin\n");
        const string move = "mount --bind \"$0\" /etc/passwd; exec \"$@\"";

        var ran = await Capture.RunAsync(
            "/usr/bin/unshare", Capture.Complete(caller), folder.Path, "--mount", "sh", "-c", move, users, Programs.Supervisor, "exec", "--config", WriteConfig(), "--user", "homeless", "--", "env", "-0");

        Assert.Contains("LOGNAME=homeless", ran.Variables);
        Assert.DoesNotContain(ran.Variables, one => one.Split('=')[0] is "HOME" or "SHELL");
    }

    /// <summary>A unit cannot use sudo: what it lacks is in its file.</summary>
    [Fact(Timeout = HangGuard)]
    public async Task A_unit_that_has_no_key_is_not_told_to_be_root()
    {
        var (_, recipient) = SopsWriter.NewKey();
        config["secrets"]!["file"] = folder.Write("sops.env", SopsWriter.Write(recipient, new Dictionary<string, string> { ["SECRET_KEY"] = "x" }));
        File.SetUnixFileMode(folder.Path, (UnixFileMode)0x1ed);
        string[] person = Environment.IsPrivilegedProcess ? ["setpriv", "--reuid", "65534", "--clear-groups"] : ["env"];

        var asPerson = await Capture.RunAsync("/usr/bin/env", Capture.Complete(caller), folder.Path, [.. person, Programs.Supervisor, "exec", "--config", WriteConfig(), "--", "env"]);
        var asUnit = await Capture.RunAsync(
            "/usr/bin/env", Capture.Complete(caller), folder.Path, [.. person, "sh", "-c", "SYSTEMD_EXEC_PID=$$ exec \"$@\"", "sh", Programs.Supervisor, "exec", "--config", WriteConfig(), "--", "env"]);

        Assert.Equal((int)ExitCode.NoPermission, asPerson.Code);
        Assert.Contains("sudo", asPerson.Error, StringComparison.Ordinal);
        Assert.Equal((int)ExitCode.SecretsRefused, asUnit.Code);
        Assert.Contains("OpenFile=", asUnit.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("sudo", asUnit.Error, StringComparison.Ordinal);
    }

    [Theory(Timeout = HangGuard)]
    [InlineData("no-such-user-here")]
    [InlineData("")]
    public async Task A_user_that_is_not_there(string user)
    {
        var ran = await Capture.SupervisorAsync(caller, folder.Path, "exec", "--config", WriteConfig(), "--user", user, "--", "env");

        Assert.Equal(((int)ExitCode.Configuration, ""), (ran.Code, ran.Text));
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_working_directory_that_is_not_there()
    {
        Directory.Delete(folder["state"]);

        var ran = await RunAsync("env");

        Assert.Equal(((int)ExitCode.Configuration, ""), (ran.Code, ran.Text));
        Assert.Contains($"{folder["state"]} cannot be entered", ran.Error, StringComparison.Ordinal);
    }

    private Task<Capture> RunAsync(params string[] arguments) => Capture.SupervisorAsync(caller, folder.Path, ["exec", "--config", WriteConfig(), .. AsWeAre, .. arguments]);

    private string WriteConfig() => folder.Write("prism.json", config.ToJsonString());

    /// <summary>In order, and without what --user root adds.</summary>
    private static IEnumerable<string> WithoutLogin(Capture ran) =>
        ran.Variables.Where(one => one.Split('=')[0] is not ("USER" or "LOGNAME" or "HOME" or "_")).Order(StringComparer.Ordinal);
}
