using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Prism.Supervisor.Tests.Host;

namespace Prism.Supervisor.Tests.Packaging;

/// <summary>The unit as NixOS would write it, store paths and all, on a host with a real systemd; a switch as `nixos-rebuild switch` makes it.</summary>
public sealed class NixHostTests(HostFixture fixture) : SiteTest(fixture)
{
    private const string Celery = "prism-celery-worker.service";

    private const string Settings = $$"""
        services.prism = {
          hosts = lib.mkForce [ "{{Site.HostName}}" ];
          secretsFile = "{{Site.SecretsFile}}";
          settings = {
            environment = { POSTGRES_DB = "prism"; POSTGRES_HOST = "127.0.0.1"; };
            health.path = "/healthz";
            reload.canarySeconds = 0.2;
          };
        };
        """;

    public override async ValueTask DisposeAsync()
    {
        if (Fixture.Unavailable is null)
        {
            _ = await Host.ScriptAsync("""
                systemctl stop prism-django.service 'prism-celery-*' 2>/dev/null || :
                umount /run/secrets.d 2>/dev/null || :
                rm -rf /run/secrets /run/secrets.d /var/lib/prism-root /nix /etc/systemd/system/prism-celery-* /etc/systemd/system/prism-django.service.wants /etc/systemd/system/multi-user.target.wants/prism-celery-* /var/lib/prism-celery-*
                systemctl daemon-reload
                """);
        }

        await base.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_switch_to_another_release_is_a_reload_that_nobody_notices()
    {
        var first = await NixService.EvaluateAsync(Settings + Release("first"));
        var second = await NixService.EvaluateAsync(Settings + Release("second"));
        await InstallAsync(first, "first");
        _ = (await Site.StartAsync()).Succeeded();
        var before = await Site.GetAsync();
        var supervisor = await Site.MainPidAsync();
        var visitors = await Visitors.AskAsync(Host, "127.0.0.1:8000");

        // What is new in the store, then the links of /etc, the units, and a reload of what has nothing but its triggers changed.
        await InstallAsync(second, "second");
        var reload = await Site.ReloadAsync();

        var (answers, failures) = await visitors.EndAsync();
        Assert.Equal((0, ""), (reload.ExitCode, reload.Error));
        Assert.Empty(failures);
        Assert.InRange(answers, 10, int.MaxValue);
        Assert.Equal(("first", "second"), (before.Json.GetProperty("release").GetString(), (await Site.GetAsync()).Json.GetProperty("release").GetString()));
        Assert.Equal(supervisor, await Site.MainPidAsync());
        Assert.Equal("yes", await Site.ShowAsync("MemoryDenyWriteExecute"));
    }

    /// <summary>As that test declares it, secrets, key, database and all; only the key's way to its place is NixOS' own.</summary>
    [Fact]
    public async Task The_host_of_the_vm_test_starts()
    {
        var service = await NixService.EvaluateAsync($$"""
            imports = [ (import {{Repository.PathTo("packaging", "nix", "tests", "vm.nix")}} { module = { }; }).nodes.machine ];
            """);
        await InstallAsync(service, "first");
        await Host.WriteFileAsync(service.Configuration.GetProperty("secrets").GetProperty("file").GetString()!, await File.ReadAllTextAsync(Repository.PathTo("packaging", "nix", "hosts", "midship", "prism.env"), TestContext.Current.CancellationToken));
        await Host.WriteFileAsync("/etc/prism/age.key", await File.ReadAllTextAsync(Repository.PathTo("samples", "secrets", "age-key.txt"), TestContext.Current.CancellationToken));
        _ = await Host.ScriptAsync("chmod 0400 /etc/prism/age.key");

        _ = (await Site.StartAsync()).Succeeded();

        var health = await Host.ExecAsync("curl", "--fail", "--silent", "--show-error", "http://localhost:8000/healthz");
        Assert.True(health.ExitCode == 0, health.Error);
        Assert.Equal("postgresql", JsonElement.Parse(health.Output).GetProperty("database").GetString());
    }

    [Fact]
    public async Task An_unchanged_release_of_the_store_is_not_migrated_again()
    {
        await InstallAsync(await NixService.EvaluateAsync(Settings + Release("first")), "first");
        _ = (await Site.StartAsync()).Succeeded();

        _ = (await Site.RestartAsync()).Succeeded();

        Assert.Contains(await Site.JournalAsync(), entry => entry.Message.StartsWith("Skipped migrate: nothing has changed since it succeeded", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Root_manages_the_site_with_its_secrets_and_settings()
    {
        var service = await NixService.EvaluateAsync(Settings + Release("first"));
        await InstallAsync(service, "first");
        _ = await Host.ScriptAsync($"install -d -o prism -g prism {Site.State}");

        var asked = await Host.ExecAsync("sh", "-c", service.Commands["prism-manage"], "prism-manage", "shell", "-c", "import os; print(os.getuid() != 0, os.environ['POSTGRES_DB'], bool(os.environ['SECRET_KEY']))");

        Assert.Equal((0, "True prism True"), (asked.ExitCode, asked.Output.Trim().Split('\n')[^1]));
    }

    [Fact]
    public async Task Celery_is_started_when_the_site_has_answered_and_has_its_secrets()
    {
        await InstallCeleryAsync();

        _ = (await Site.StartAsync()).Succeeded();
        await UntilCeleryRunsAsync();

        Assert.True(await MomentAsync(Site.Unit, "ActiveEnterTimestampMonotonic") < await MomentAsync(Celery, "ExecMainStartTimestampMonotonic"), "Celery was started before the site had answered");
        _ = (await Site.StopAsync()).Succeeded();
        Assert.Equal("inactive", (await Host.ExecAsync("systemctl", "is-active", Celery)).Output.TrimEnd());
    }

    [Fact]
    public async Task Celery_is_started_too_when_the_site_needs_a_second_try()
    {
        await InstallCeleryAsync("services.prism.settings.database.waitSeconds = 0;");
        _ = (await Host.ExecAsync("systemctl", "stop", Site.DatabaseUnit)).Succeeded();

        Assert.NotEqual(0, (await Site.StartAsync()).ExitCode);
        Assert.NotEqual("active", (await Host.ExecAsync("systemctl", "is-active", Celery)).Output.TrimEnd());
        _ = (await Host.ExecAsync("systemctl", "start", Site.DatabaseUnit)).Succeeded();

        await UntilCeleryRunsAsync();
        Assert.Equal("active", await Site.ShowAsync("ActiveState"));
    }

    [Fact]
    public async Task A_confined_site_sees_of_the_host_what_it_needs()
    {
        await InstallAsync(await NixService.EvaluateAsync(Settings + Confined() + Release("first")), "first");

        _ = (await Site.StartAsync()).Succeeded();

        Assert.Equal(200, (await Site.GetAsync()).Status);
        Assert.Equal("bin dev etc lib lib64 nix proc root run sys tmp usr var", await SeenAsync(Site.Unit, "/"));
        Assert.Equal("lib run tmp", await SeenAsync(Site.Unit, "/var"));
        Assert.Equal("prism-django", await SeenAsync(Site.Unit, "/var/lib"));
        Assert.Equal("", await SeenAsync(Site.Unit, "-A /root /run/user /var/run/user /run/credentials /var/run/credentials | grep -v :"));
        // Written to is what the site's own is, and no more.
        Assert.Equal("/tmp /var/tmp /var/lib/prism-django /run/prism-django", await WritableAsync(Site.Unit, "/", "/etc", "/nix/store", "/run", "/run/host", "/var", "/var/lib", "/var/run", "/tmp", "/var/tmp", Site.State, "/run/prism-django"));
    }

    /// <summary>Mounts are made once, and what lies in their place on the host is another soon: what a switch and other services replace is followed.</summary>
    [Fact]
    public async Task A_confined_site_is_reloaded_restarted_and_replaced_like_any_other()
    {
        await InstallAsync(await NixService.EvaluateAsync(Settings + Confined() + Release("first")), "first");
        _ = (await Site.StartAsync()).Succeeded();

        await InstallAsync(await NixService.EvaluateAsync(Settings + Confined() + Release("second")), "second");
        _ = (await Site.ReloadAsync()).Succeeded();
        Assert.Equal("second", (await Site.GetAsync()).Json.GetProperty("release").GetString());

        // The folder of its socket goes with PostgreSQL, and comes back another.
        _ = await Host.ScriptAsync($"""
            systemctl stop {Site.DatabaseUnit}
            rm -r /run/postgresql
            install -d -m 2775 -o postgres -g postgres /run/postgresql
            systemctl start {Site.DatabaseUnit}
            """);
        Assert.Equal(200, (await Site.GetAsync()).Status);
        _ = (await Site.ReloadAsync()).Succeeded();

        var killed = await Site.MainPidAsync();
        _ = await Host.ScriptAsync($"kill -KILL {killed}");
        await Site.WaitForAsync("MainPID", pid => pid != "0" && pid != killed.ToString(CultureInfo.InvariantCulture), TimeSpan.FromSeconds(30));
        await Site.WaitForAsync("SubState", "running", TimeSpan.FromSeconds(30));
        Assert.Equal(200, (await Site.GetAsync()).Status);

        _ = (await Site.RestartAsync()).Succeeded();
        Assert.Equal("second", (await Site.GetAsync()).Json.GetProperty("release").GetString());
        var supervisor = await Site.MainPidAsync();
        Assert.Contains(await Site.JournalAsync(), entry => entry.Pid == supervisor && entry.Message.StartsWith("Serving on 127.0.0.1:8000", StringComparison.Ordinal));
    }

    /// <summary>sops-nix mounts a file system for its secrets, which may be after the start, and puts each generation into a folder of its own, to which a link leads.</summary>
    [Fact]
    public async Task A_confined_site_follows_the_secrets_that_a_switch_decrypts()
    {
        await InstallAsync(await NixService.EvaluateAsync(Settings + Confined() + Release("first")), "first");
        _ = (await Site.StartAsync()).Succeeded();
        await InstallAsync(await NixService.EvaluateAsync(Settings + Confined("""services.prism.secretsFile = lib.mkForce "/run/secrets/prism-env";""") + Release("first")), "second");

        _ = await Host.ScriptAsync("mkdir -m 0751 /run/secrets.d; mount -t tmpfs -o mode=0751 tmpfs /run/secrets.d");
        foreach (var (generation, secret) in new[] { (1, "old"), (2, "new") })
        {
            await Host.ScriptAsync($"mkdir -m 0751 /run/secrets.d/{generation}; ln -sfn /run/secrets.d/{generation} /run/secrets; rm -rf /run/secrets.d/{generation - 1}");
            await Host.WriteFileAsync("/run/secrets/prism-env", Site.DefaultSecrets.Replace("SECRET_KEY=", $"SECRET_KEY={secret}-", StringComparison.Ordinal), "0400", "prism:prism");
            _ = (await Site.ReloadAsync()).Succeeded();

            var arbiter = await Host.ScriptAsync($"tr '\\0' '\\n' </proc/$(pgrep --newest --parent {await Site.MainPidAsync()})/environ | grep ^SECRET_KEY=");
            Assert.Equal($"SECRET_KEY={secret}-only-for-tests", arbiter.Text);
        }
    }

    [Fact]
    public async Task A_confined_Celery_has_its_own_state_and_the_sites()
    {
        await InstallCeleryAsync(Confined($"systemd.services.prism-celery-worker.{Loader}"));

        _ = (await Site.StartAsync()).Succeeded();
        await UntilCeleryRunsAsync();

        Assert.Equal("prism-celery-worker prism-django", await SeenAsync(Celery, "/var/lib"));
        Assert.Equal($"{Site.State} /var/lib/prism-celery-worker", await WritableAsync(Celery, "/var/lib", Site.State, "/var/lib/prism-celery-worker", "/run"));
    }

    [Theory]
    [InlineData("services.prism.allowedAddresses = [ ];")]
    [InlineData("""services.prism = { allowedAddresses = [ "10.1.1.0/24" ]; confine = true; };""")]
    public async Task This_systemd_has_nothing_to_complain_about_either(string settings)
    {
        var service = await NixService.EvaluateAsync(Settings + Release("first") + settings + """
            services.prism = { celery.worker.enable = true; celery.beat.enable = true; celery.command = [ "/bin/true" ]; };
            """);
        await InstallAsync(service, "first");

        var verified = await Host.ScriptAsync($"systemd-analyze verify {string.Join(' ', service.Units.Keys)} 2>&1 | grep prism || :");
        var exposed = await Host.ExecAsync("systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=9", $"/etc/systemd/system/{Site.Unit}");

        Assert.Equal("", verified.Output);
        Assert.True(exposed.ExitCode == 0, $"exposed more than 0.9: {exposed.Output}");
    }

    // Celery's place is taken by a shell that ends at once without the secret.
    private async Task InstallCeleryAsync(string settings = "")
    {
        var service = await NixService.EvaluateAsync($$"""
            {{Settings}}{{Release("first")}}{{settings}}
            services.prism.celery = { worker.enable = true; command = [ "/bin/sh" "-c" "test -n \"$SECRET_KEY\" && exec sleep infinity" ]; };
            """);
        await InstallAsync(service, "first");
        _ = await Host.ScriptAsync($"""
            for wanting in {service.WantedBy["prism-celery-worker"]}; do
                mkdir -p /etc/systemd/system/$wanting.wants
                ln -sf ../{Celery} /etc/systemd/system/$wanting.wants/
            done
            systemctl daemon-reload
            """);
    }

    // What root finds in a folder, from where the unit's main process stands.
    private Task<string> SeenAsync(string unit, string folder) => InUnitAsync(unit, $"ls {folder} | xargs");

    private Task<string> WritableAsync(string unit, params string[] folders) =>
        InUnitAsync(unit, $"for folder in {string.Join(' ', folders)}; do touch $folder/written 2>/dev/null && rm $folder/written && echo $folder; done | xargs");

    private async Task<string> InUnitAsync(string unit, string script)
    {
        var pid = (await Host.ExecAsync("systemctl", "show", "--value", "--property=MainPID", unit)).Text;
        return (await Host.ExecAsync("nsenter", "--target", pid, "--mount", "--root", "--wd=/", "/bin/sh", "-uc", script)).Text;
    }

    // Its job was made with the site's, and nothing waits for it.
    private async Task UntilCeleryRunsAsync() =>
        _ = (await Host.ExecAsync("timeout", "60", "sh", "-c", $"until [ \"$(systemctl show --value --property=SubState {Celery})\" = running ]; do sleep 0.1; done")).Succeeded();

    private async Task<long> MomentAsync(string unit, string property) =>
        long.Parse((await Host.ExecAsync("systemctl", "show", "--value", $"--property={property}", unit)).Text, CultureInfo.InvariantCulture);

    private static string Release(string name) =>
        $$"""services.prism.package = pkgs.package { name = "prism-django"; contents = "{{name}}"; };""";

    // What a program of this host needs besides, and one from the store does not.
    private const string Loader = """serviceConfig.BindReadOnlyPaths = [ "-/lib" "-/lib64" ];""";

    private static string Confined(string settings = "") => $$"""
        imports = [
          {
            services.prism = { confine = true; settings.environment.POSTGRES_HOST = lib.mkForce "/run/postgresql"; };
            systemd.services.prism-django.{{Loader}}
          }
          { {{settings}} }
        ];
        """;

    /// <summary>The store as the build would have filled it, /etc as the activation would have linked it, and the units read.</summary>
    private async Task InstallAsync(NixService service, string release)
    {
        var supervisor = Path(service.Unit, "prism-supervisor");
        var package = Path(service.Etc["prism/supervisor.json"], "prism-django");
        _ = await Host.ScriptAsync($"""
            mkdir -p {supervisor}/bin {string.Join(' ', service.Folders)}
            [ -e {supervisor}/bin/prism-supervisor ] || cp /usr/bin/prism-supervisor {supervisor}/bin/
            [ -e {package} ] || cp -R /opt/prism-site {package}
            echo {release} >{package}/RELEASE
            # The tools and the time zones that NixOS names to every unit are Debian's here.
            for place in {string.Join(' ', Regex.Matches(service.Unit, "/nix/store/[0-9a-f]+-(coreutils|findutils|gnugrep|gnused|systemd|tzdata)").Select(match => match.Value).Distinct())}; do
                [ -e $place ] || ln -s /usr $place
            done
            """);
        var configuration = $"/nix/store/{release}-prism-supervisor.json";
        await Host.WriteFileAsync(configuration, service.Etc["prism/supervisor.json"]);
        _ = await Host.ScriptAsync($"ln -sfn {configuration} {Site.ConfigurationFile}");
        foreach (var (name, text) in service.Units)
        {
            await Host.WriteFileAsync($"/etc/systemd/system/{name}", text);
        }

        _ = (await Host.ExecAsync("systemctl", "daemon-reload")).Succeeded();
    }

    private static string Path(string text, string package) => Regex.Match(text, $"/nix/store/[0-9a-f]+-{package}").Value;
}
