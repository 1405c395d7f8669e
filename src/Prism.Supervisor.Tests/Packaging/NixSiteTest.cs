using System.Text.RegularExpressions;
using Prism.Supervisor.Tests.Host;

namespace Prism.Supervisor.Tests.Packaging;

/// <summary>Puts a host onto the test host as NixOS would: store, /etc, units; and takes it away again.</summary>
public abstract class NixSiteTest(HostFixture fixture) : SiteTest(fixture)
{
    private protected const string Celery = "prism-celery-worker.service";

    private protected const string Settings = $$"""
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
        await base.DisposeAsync();
        if (Fixture.Unavailable is null)
        {
            _ = await Host.ScriptAsync("""
                systemctl stop prism-django.service 'prism-celery-*' 2>/dev/null || :
                rm -rf /var/lib/prism-root /etc/systemd/system/prism-celery-* /etc/systemd/system/prism-django.service.wants /etc/systemd/system/multi-user.target.wants/prism-celery-* /var/lib/prism-celery-*
                systemctl daemon-reload
                """);
        }
        GC.SuppressFinalize(this);
    }

    private protected static string Release(string name) =>
        $$"""services.prism.package = pkgs.package { name = "prism-django"; contents = "{{name}}"; };""";

    // Celery's place is taken by a shell that ends at once without the secret.
    private protected async Task InstallCeleryAsync(string settings = "")
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

    // Its job was made with the site's, and nothing waits for it.
    private protected async Task UntilCeleryRunsAsync() =>
        _ = (await Host.ExecAsync("timeout", "60", "sh", "-c", $"until [ \"$(systemctl show --value --property=SubState {Celery})\" = running ]; do sleep 0.1; done")).Succeeded();

    /// <summary>The store as the build would have filled it, /etc as the activation would have linked it, and the units read.</summary>
    private protected async Task InstallAsync(NixService service, string release)
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
