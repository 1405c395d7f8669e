using System.Text.Json.Nodes;
using Prism.Supervisor.Tests.Fixtures;

namespace Prism.Supervisor.Tests.Host;

/// <summary>exec as its operator uses it: by root beside the unit, by another unit as its ExecStart=, and by those who may not.</summary>
public sealed class ExecTests(HostFixture fixture) : SiteTest(fixture)
{
    private const string Dump = "/etc/prism/dump";

    [Fact]
    public async Task The_command_gets_what_a_step_of_the_unit_gets()
    {
        await Host.ScriptAsync("""
            getent group extra >/dev/null || groupadd extra
            printf 'FROM_FILE="a b"\nBOTH=file\nUNSET_ME=1\nKEEP_ME=1\n# comment\n2BAD=x\n' >/etc/prism/unit.env
            """);
        await Host.WriteFileAsync(
            Dump,
            "#!/usr/bin/python3\nimport os, sys\nwith open(os.environ['STATE_DIRECTORY'] + '/' + sys.argv[1], 'w') as file:\n    mask = os.umask(0)\n"
                + "    mine = sorted(pair for pair in os.environb.items() if pair[0] not in (b'PRISM_LAUNCH', b'PGAPPNAME'))  # the mark of a launch, and of migrate's connections\n"
                + "    file.write(repr((mine, os.getcwd(), mask, os.getresuid(), os.getresgid(), sorted(os.getgroups()))))\n",
            "0755");
        await Site.OverrideUnitAsync("""
            [Service]
            Environment="QUOTED=a \"b\" $c" PERCENT=%%n HOSTUNIT=%n BOTH=unit
            EnvironmentFile=-/etc/prism/absent.env
            EnvironmentFile=/etc/prism/unit.env
            UnsetEnvironment=UNSET_ME KEEP_ME=2
            SupplementaryGroups=extra
            CacheDirectory=prism-django prism-more
            LogsDirectory=prism-django
            ConfigurationDirectory=prism-django
            UMask=0037
            # A user namespace would show the extra group as nobody's.
            PrivateUsers=false
            """);
        var configuration = Site.DefaultConfiguration();
        configuration["passEnvironment"] = "*";
        configuration["steps"]!["migrate"] = $"{Dump} step";
        await Site.WriteConfigurationAsync(configuration);
        _ = await Site.StartAsync(); // The site needs no migration for what is asked here; the step has run whether it comes up or not.

        (await Host.ExecAsync("prism-supervisor", "exec", "--", Dump, "command")).Succeeded();

        var step = await Host.ReadFileAsync($"{Site.State}/step");
        Assert.Equal(step, await Host.ReadFileAsync($"{Site.State}/command"));
        Assert.Contains("(b'QUOTED', b'a \"b\" $c')", step, StringComparison.Ordinal);
        Assert.Contains("(b'KEEP_ME', b'1')", step, StringComparison.Ordinal);
        Assert.Contains("(b'CACHE_DIRECTORY', b'/var/cache/prism-django:/var/cache/prism-more')", step, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_superuser_is_made_with_the_sites_database()
    {
        _ = (await Site.StartAsync()).Succeeded();

        var made = (await Host.ExecAsync(
            "env", "DJANGO_SUPERUSER_PASSWORD=for-tests", "prism-supervisor", "exec", "--pass", "DJANGO_SUPERUSER_*", "--",
            "prism-manage", "createsuperuser", "--noinput", "--username", "operator", "--email", "operator@example.org")).Succeeded();

        Assert.Contains("Superuser created successfully.", made.Output, StringComparison.Ordinal);
        Assert.Equal("operator", (await Host.ScriptAsync("prism-supervisor exec -- prism-manage dbshell -- -Atc 'select username from auth_user'")).Text);
    }

    [Fact]
    public async Task It_asks_on_the_callers_terminal()
    {
        _ = (await Site.StartAsync()).Succeeded();
        const string typist = """
            import os, pty, sys
            pid, terminal = pty.fork()
            if pid == 0:
                os.execvp("prism-supervisor", ["prism-supervisor", "exec", "--", "prism-manage", "createsuperuser", "--username", "typist"])
            heard = b""
            def hear(words):
                global heard
                while words not in heard:
                    heard += os.read(terminal, 1024)
                heard = heard.split(words, 1)[1]
            hear(b"Email address: "); os.write(terminal, b"typist@example.org\n")
            hear(b"Password: "); os.write(terminal, b"Corr3ct-Horse\n")
            hear(b"Password (again): "); os.write(terminal, b"Corr3ct-Horse\n")
            hear(b"Superuser created successfully.")
            sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) or b"Corr3ct" in heard)
            """;

        (await Host.ExecAsync("python3", "-c", typist)).Succeeded();
    }

    [Fact]
    public async Task The_key_is_the_one_that_only_root_can_open_whichever_way_the_unit_takes_it()
    {
        var (identity, recipient) = SopsWriter.NewKey();
        await Host.WriteFileAsync("/etc/prism/other.key", identity + "\n", "0600");
        await Site.WriteSecretsAsync(SopsWriter.Write(recipient, new Dictionary<string, string> { ["SECRET_KEY"] = "by-credential", ["POSTGRES_USER"] = "prism", ["POSTGRES_PASSWORD"] = Site.Password }));
        await Site.OverrideUnitAsync("[Service]\nOpenFile=\nLoadCredential=age-key:/etc/prism/other.key\nWorkingDirectory=/\n");

        Assert.Equal("by-credential /", (await Host.ScriptAsync("prism-supervisor exec -- sh -c 'echo $SECRET_KEY $PWD'")).Text);
    }

    /// <summary>Whoever mends a site that does not start needs its secrets all the same.</summary>
    [Fact]
    public async Task A_credential_is_found_whether_the_unit_runs_or_not()
    {
        var (identity, recipient) = SopsWriter.NewKey();
        await Host.WriteFileAsync("/etc/prism/age.key", identity + "\n", "0600");
        await Host.WriteFileAsync("/etc/prism/source.env", SopsWriter.Write(recipient, new Dictionary<string, string> { ["SECRET_KEY"] = "by-credential", ["POSTGRES_USER"] = "prism", ["POSTGRES_PASSWORD"] = Site.Password }), "0600");
        await Site.OverrideUnitAsync("[Service]\nLoadCredential=prism.env:/etc/prism/source.env\n\n[Install]\nAlias=prism-by-another-name.service\n");
        var configuration = Site.DefaultConfiguration();
        configuration["secrets"] = new JsonObject { ["credential"] = "prism.env" };
        await Site.WriteConfigurationAsync(configuration);
        await Host.ScriptAsync($"install -d -o prism {Site.State}; systemctl --quiet enable {Site.Unit}");
        const string exec = "prism-supervisor exec -- sh -c 'echo $SECRET_KEY'";

        Assert.Equal("by-credential", (await Host.ScriptAsync(exec)).Text);
        Assert.StartsWith("/etc/prism/source.env: sops dotenv file", (await Host.ScriptAsync("prism-supervisor secrets check")).Text, StringComparison.Ordinal);

        _ = (await Site.StartAsync()).Succeeded();

        Assert.Equal("by-credential", (await Host.ScriptAsync(exec)).Text);
        Assert.Equal("by-credential", (await Host.ScriptAsync(exec.Replace("exec", "exec --unit prism-by-another-name", StringComparison.Ordinal))).Text);
        Assert.StartsWith("/run/credentials/prism-django.service/prism.env: sops dotenv file", (await Host.ScriptAsync("prism-supervisor secrets check")).Text, StringComparison.Ordinal);
        await Host.ScriptAsync($"systemctl --quiet disable {Site.Unit}");
    }

    [Theory]
    [InlineData("LoadCredentialEncrypted=prism.env:/etc/prism/source.cred")]
    [InlineData("SetCredential=prism.env:SECRET_KEY=x")]
    [InlineData("LoadCredential=prism.env")]
    public async Task A_credential_that_systemd_alone_can_read_needs_the_unit_to_run(string setting)
    {
        await Site.OverrideUnitAsync($"[Service]\nOpenFile=\n{setting}\n{setting.Replace("prism.env", "age-key", StringComparison.Ordinal)}\n");
        var configuration = Site.DefaultConfiguration();
        configuration["secrets"] = new JsonObject { ["credential"] = "prism.env" };
        await Site.WriteConfigurationAsync(configuration);

        foreach (var command in (string[][])[["exec", "--", "true"], ["secrets", "check"]])
        {
            var ran = await Host.ExecAsync(["prism-supervisor", .. command]);

            Assert.Equal((int)ExitCode.SecretsRefused, ran.ExitCode);
            Assert.Contains("secrets.credential prism.env: only systemd can read it, and passes it while prism-django.service runs: start that", ran.Error, StringComparison.Ordinal);
        }

        var (_, recipient) = SopsWriter.NewKey();
        await Site.WriteSecretsAsync(SopsWriter.Write(recipient, new Dictionary<string, string> { ["SECRET_KEY"] = "x" }));
        await Site.WriteConfigurationAsync(Site.DefaultConfiguration());
        Assert.Contains("the credential age-key: only systemd can read it, and passes it while prism-django.service runs", (await Host.ExecAsync("prism-supervisor", "exec", "--", "true")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_may_not_read_the_key_is_told_what_to_do()
    {
        var (_, recipient) = SopsWriter.NewKey();
        await Site.WriteSecretsAsync(SopsWriter.Write(recipient, new Dictionary<string, string> { ["SECRET_KEY"] = "x" }));
        await Host.ScriptAsync($"chmod 644 {Site.SecretsFile}");

        foreach (var options in (string[][])[[], ["--config", Site.ConfigurationFile], ["--unit", "prism-django"], ["--config", "/etc/shadow"], ["--user", "prism", "--config", Site.ConfigurationFile]])
        {
            var ran = await Host.ExecAsync(["runuser", "-u", "nobody", "--", "prism-supervisor", "exec", .. options, "--", "echo", "ran"]);

            Assert.Equal(((int)ExitCode.NoPermission, ""), (ran.ExitCode, ran.Output));
            Assert.Contains("sudo prism-supervisor exec", ran.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Without_a_bus_only_what_needs_the_unit_fails()
    {
        await Host.ScriptAsync("systemctl stop dbus.socket dbus.service");
        try
        {
            var ofUnit = await Host.ExecAsync("prism-supervisor", "exec", "--", "true");
            var ofConfiguration = await Host.ExecAsync("prism-supervisor", "exec", "--config", Site.ConfigurationFile, "--user", "prism", "--", "id", "-un");
            var ofFile = await Host.ExecAsync("prism-supervisor", "exec", "--secrets", Site.SecretsFile, "--", "id", "-un");

            Assert.Equal((int)ExitCode.TryAgain, ofUnit.ExitCode);
            Assert.Contains("start the system bus, or name what is needed with --config", ofUnit.Error, StringComparison.Ordinal);
            Assert.NotEqual(0, ofConfiguration.ExitCode); // No state directory yet: the site was never started.
            Assert.Contains($"{Site.State} cannot be entered by user prism", ofConfiguration.Error, StringComparison.Ordinal);
            Assert.Equal("root", ofFile.Text);
        }
        finally
        {
            await Host.ScriptAsync("systemctl start dbus.socket");
        }
    }

    [Fact]
    public async Task Another_unit_takes_it_as_its_main_process()
    {
        const string worker = """
            import os, signal, socket
            names = sorted(os.environ)
            reserved = [name for name in names if name.startswith(("LISTEN_", "SOPS_", "CREDENTIALS_"))]
            status = f"{os.environ['SECRET_KEY']} {os.getpid() == int(os.environ['SYSTEMD_EXEC_PID'])} {reserved} {os.listdir('/proc/self/fd')[:-1]} {os.getcwd()}"
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
                notify.sendto(f"READY=1\nSTATUS={status}".encode(), os.environ["NOTIFY_SOCKET"])
            signal.pause()
            """;
        var (identity, recipient) = SopsWriter.NewKey();
        await Host.WriteFileAsync("/etc/prism/age.key", identity + "\n", "0600");
        await Site.WriteSecretsAsync(SopsWriter.Write(recipient, new Dictionary<string, string> { ["SECRET_KEY"] = "for-the-worker", ["POSTGRES_USER"] = "prism", ["POSTGRES_PASSWORD"] = "x" }));
        await Host.WriteFileAsync("/opt/worker.py", worker);
        await Host.WriteFileAsync("/run/systemd/system/prism-worker.service", $"""
            [Service]
            Type=notify
            NotifyAccess=main
            ExecStart=/usr/bin/prism-supervisor exec --config {Site.ConfigurationFile} -- /usr/bin/python3 /opt/worker.py
            User=prism
            WorkingDirectory=/opt
            OpenFile=/etc/prism/age.key:age-key:read-only
            WatchdogSec=30
            TimeoutStartSec=20

            """);
        try
        {
            await Host.ScriptAsync("systemctl daemon-reload; systemctl start prism-worker");

            Assert.Equal("for-the-worker True [] ['0', '1', '2'] /opt", (await Host.ExecAsync("systemctl", "show", "--value", "--property=StatusText", "prism-worker")).Text);
        }
        finally
        {
            await Host.ScriptAsync("systemctl stop prism-worker; rm /run/systemd/system/prism-worker.service; systemctl daemon-reload");
        }
    }
}
