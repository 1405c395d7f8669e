using System.Text.RegularExpressions;
using Prism.Supervisor.Tests.Host;

namespace Prism.Supervisor.Tests.Packaging;

/// <summary>The unit as NixOS would write it, store paths and all, on a host with a real systemd; a switch as `nixos-rebuild switch` makes it.</summary>
public sealed class NixHostTests(HostFixture fixture) : SiteTest(fixture)
{
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
                rm -rf /nix /etc/systemd/system/prism-celery-* /etc/systemd/system/prism-django.service.wants /var/lib/prism-celery-*
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

    [Fact]
    public async Task An_unchanged_release_of_the_store_is_not_migrated_again()
    {
        await InstallAsync(await NixService.EvaluateAsync(Settings + Release("first")), "first");
        _ = (await Site.StartAsync()).Succeeded();

        _ = (await Site.RestartAsync()).Succeeded();

        Assert.Contains(await Site.JournalAsync(), entry => entry.Message.StartsWith("Skipped migrate: nothing has changed since it succeeded", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Celery_is_started_when_the_site_has_answered_and_has_its_secrets()
    {
        var service = await NixService.EvaluateAsync(Settings + Release("first") + """
            services.prism.celery = { worker.enable = true; command = [ "/bin/sh" "-c" "test -n \"$SECRET_KEY\" && ls -l /proc/$$/fd && exec sleep infinity" ]; };
            """);
        await InstallAsync(service, "first");
        _ = await Host.ScriptAsync("""
            mkdir -p /etc/systemd/system/prism-django.service.wants
            ln -s ../prism-celery-worker.service /etc/systemd/system/prism-django.service.wants/
            systemctl daemon-reload
            """);

        _ = (await Site.StartAsync()).Succeeded();
        // An order of jobs: the worker's, queued with the site's, is done when this one is.
        _ = (await Host.ExecAsync("systemctl", "start", "prism-celery-worker.service")).Succeeded();

        var times = (await Host.ScriptAsync("""
            systemctl show --value --property=ActiveEnterTimestampMonotonic prism-django.service
            systemctl show --value --property=ExecMainStartTimestampMonotonic prism-celery-worker.service
            systemctl show --value --property=SubState prism-celery-worker.service
            """)).Text.Split('\n');
        Assert.Equal("running", times[2]);
        Assert.True(long.Parse(times[0], System.Globalization.CultureInfo.InvariantCulture) < long.Parse(times[1], System.Globalization.CultureInfo.InvariantCulture), $"the worker was started before the site had answered: {times[0]} {times[1]}");
        _ = (await Site.StopAsync()).Succeeded();
        Assert.Equal("inactive", (await Host.ExecAsync("systemctl", "is-active", "prism-celery-worker.service")).Text);
    }

    [Fact]
    public async Task This_systemd_has_nothing_to_complain_about_either()
    {
        var service = await NixService.EvaluateAsync(Settings + Release("first") + """
            services.prism = { allowedAddresses = [ ]; celery.worker.enable = true; celery.beat.enable = true; celery.command = [ "/bin/true" ]; };
            """);
        await InstallAsync(service, "first");

        var verified = await Host.ScriptAsync($"systemd-analyze verify {string.Join(' ', service.Units.Keys)} 2>&1 | grep prism || :");
        var exposed = await Host.ExecAsync("systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=9", $"/etc/systemd/system/{Site.Unit}");

        Assert.Equal("", verified.Output);
        Assert.True(exposed.ExitCode == 0, $"exposed more than 0.9: {exposed.Output}");
    }

    private static string Release(string name) =>
        $$"""services.prism.package = pkgs.package { name = "prism-django"; contents = "{{name}}"; };""";

    /// <summary>The store as the build would have filled it, /etc as the activation would have linked it, and the units read.</summary>
    private async Task InstallAsync(NixService service, string release)
    {
        var supervisor = Path(service.Unit, "prism-supervisor");
        var package = Path(service.Etc["prism/supervisor.json"], "prism-django");
        _ = await Host.ScriptAsync($"""
            mkdir -p {supervisor}/bin
            [ -e {supervisor}/bin/prism-supervisor ] || cp /usr/bin/prism-supervisor {supervisor}/bin/
            [ -e {package} ] || cp -R /opt/prism-site {package}
            echo {release} >{package}/RELEASE
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
