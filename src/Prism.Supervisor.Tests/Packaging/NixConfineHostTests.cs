using System.Globalization;
using Prism.Supervisor.Tests.Host;

namespace Prism.Supervisor.Tests.Packaging;

/// <summary>services.prism.confine on a host with a real systemd: what is seen in a root of its own, and what a switch and other services replace in it.</summary>
public sealed class NixConfineHostTests(HostFixture fixture) : NixSiteTest(fixture)
{
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
        await Site.WaitForAsync("MainPID", pid => pid != "0" && pid != killed.ToString(CultureInfo.InvariantCulture), Patience);
        await Site.WaitForAsync("SubState", "running", Patience);
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

    // What root finds in a folder, from where the unit's main process stands.
    private Task<string> SeenAsync(string unit, string folder) => InUnitAsync(unit, $"ls {folder} | xargs");

    private Task<string> WritableAsync(string unit, params string[] folders) =>
        InUnitAsync(unit, $"for folder in {string.Join(' ', folders)}; do touch $folder/written 2>/dev/null && rm $folder/written && echo $folder; done | xargs");

    private async Task<string> InUnitAsync(string unit, string script)
    {
        var pid = (await Host.ExecAsync("systemctl", "show", "--value", "--property=MainPID", unit)).Text;
        return (await Host.ExecAsync("nsenter", "--target", pid, "--mount", "--root", "--wd=/", "/bin/sh", "-uc", script)).Text;
    }
}
