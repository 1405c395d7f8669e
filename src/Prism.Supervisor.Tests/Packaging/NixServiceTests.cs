using System.Text.RegularExpressions;
using Prism.Supervisor.Configuration;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Packaging;

/// <summary>What the options of packaging/nix/service.nix make of the units and of the configuration, and which values they refuse.</summary>
[Trait("ring", "process")]
public sealed class NixServiceTests
{
    [Fact]
    public async Task By_default_there_is_one_unit_and_a_configuration_that_the_supervisor_takes()
    {
        using var folder = new TempFolder();

        var service = await NixService.EvaluateAsync();
        var options = OptionsReader.Read(folder.Write("supervisor.json", service.Etc["prism/supervisor.json"]), new Dictionary<string, string>());

        Assert.Equal(["prism-django.service"], service.Units.Keys);
        Assert.Equal("midship.local", options.Environment["ALLOWED_HOSTS"]);
        Assert.Equal("true", options.Environment["USE_POSTGRES"]);
        Assert.Equal("postgresql.target", options.Database.Unit);
        Assert.Matches("^/nix/store/[^/]+-prism-django/bin/prism-gunicorn$", options.Gunicorn.Command[0]);
        Assert.Matches("^/nix/store/[^/]+-prism-django/bin/prism-manage$", options.ManageCommand[0]);
        Assert.Contains("OpenFile=/etc/prism/age.key:age-key:read-only,graceful\n", service.Unit, StringComparison.Ordinal);
        Assert.DoesNotContain("IPAddress", service.Unit, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_is_there_before_it_is_enabled() =>
        Assert.Empty((await NixService.EvaluateAsync("services.prism.enable = lib.mkForce false;")).Units);

    /// <summary>NixOS reloads a unit when nothing but X-Reload-Triggers= differs in it, and restarts it otherwise.</summary>
    [Theory]
    [InlineData("""services.prism.package = pkgs.package { name = "prism-django"; contents = "the next release"; };""")]
    [InlineData("services.prism.settings.gunicorn.gracefulTimeoutSeconds = 20;")]
    [InlineData("services.prism.settings.environment.DEBUG = true;")]
    [InlineData("""services.prism.hosts = lib.mkForce [ "example.org" ];""")]
    public async Task A_release_or_a_setting_is_a_reload(string change)
    {
        var (before, after) = (await NixService.EvaluateAsync(), await NixService.EvaluateAsync(change));

        Assert.NotEqual(before.Etc["prism/supervisor.json"], after.Etc["prism/supervisor.json"]);
        Assert.NotEqual(before.Unit, after.Unit);
        Assert.Equal(WithoutTrigger(before.Unit), WithoutTrigger(after.Unit));
        Assert.DoesNotContain("prism-django/bin", after.Unit, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""services.prism.supervisorPackage = pkgs.package { name = "prism-supervisor"; contents = "the next one"; };""")]
    [InlineData("""services.prism.keyFile = "/var/lib/sops-nix/key.txt";""")]
    public async Task What_only_systemd_can_change_is_one_restart(string change)
    {
        var (before, after) = (await NixService.EvaluateAsync(), await NixService.EvaluateAsync(change));

        Assert.NotEqual(WithoutTrigger(before.Unit), WithoutTrigger(after.Unit));
        Assert.Contains("X-StopIfChanged=false\n", after.Unit, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""services.prism.secretsFile = "/run/secrets/prism-env";""", "secrets.file", "\"/run/secrets/prism-env\"")]
    [InlineData("""services.prism.bind = [ "127.0.0.1:8000" "[::1]:8000" ];""", "bind", """["127.0.0.1:8000","[::1]:8000"]""")]
    [InlineData("services.prism.settings.environment.DEBUG = false;", "environment.DEBUG", "false")]
    [InlineData("services.prism.settings.environment.WORKERS = 4;", "environment.WORKERS", "4")]
    [InlineData("""services.prism.settings.gunicorn.command = "/srv/prism/bin/gunicorn";""", "gunicorn.command", "\"/srv/prism/bin/gunicorn\"")]
    [InlineData("""services.prism.settings.steps.migrate = [ ];""", "steps.migrate", "[]")]
    [InlineData("services.prism.settings.health.headers.X-Forwarded-Proto = \"https\";", "health.headers", """{"X-Forwarded-Proto":"https"}""")]
    [InlineData("""services.prism.hosts = [ ".example.org" ];""", "environment.ALLOWED_HOSTS", "\"midship.local,.example.org\"")]
    [InlineData("""services.prism.hosts = [ "*" "localhost" "10.1.1.5" "[::1]" "[fd00::5]" "xn--bcher-kva.Example" ];""", "environment.ALLOWED_HOSTS", "\"midship.local,*,localhost,10.1.1.5,[::1],[fd00::5],xn--bcher-kva.Example\"")]
    public async Task An_option_becomes_a_setting(string option, string setting, string value)
    {
        var configuration = (await NixService.EvaluateAsync(option)).Configuration;

        Assert.Equal(value, setting.Split('.').Aggregate(configuration, (element, name) => element.GetProperty(name)).GetRawText());
    }

    [Theory]
    [InlineData("services.prism.allowedAddresses = [ ];", "IPAddressAllow=localhost\nIPAddressDeny=any\n")]
    [InlineData("""services.prism.allowedAddresses = [ "10.1.1.5" "0.0.0.0/0" "10.0.0.0/8" "255.255.255.255/32" "::1/128" "fd00::/8" "::ffff:10.1.1.5" "link-local" ];""", "IPAddressAllow=10.1.1.5\nIPAddressAllow=0.0.0.0/0\nIPAddressAllow=10.0.0.0/8\nIPAddressAllow=255.255.255.255/32\nIPAddressAllow=::1/128\nIPAddressAllow=fd00::/8\nIPAddressAllow=::ffff:10.1.1.5\nIPAddressAllow=link-local\n")]
    [InlineData("""services.prism.allowedAddresses = [ "10.1.1.0/24" ];""", "IPAddressAllow=localhost\nIPAddressAllow=10.1.1.0/24\nIPAddressDeny=any\n")]
    [InlineData("services.prism.confine = true;", "RootDirectory=/var/lib/prism-root/prism-django\nMountAPIVFS=true\nBindReadOnlyPaths=/nix/store\nBindReadOnlyPaths=/etc\nBindReadOnlyPaths=/run\n")]
    [InlineData("""services.prism.keyFile = "/var/lib/prism-key/age.key";""", "OpenFile=/var/lib/prism-key/age.key:age-key:read-only,graceful\n")]
    [InlineData("""systemd.services.prism-django.after = [ "network-online.target" ];""", "After=network.target postgresql.target network-online.target\n")]
    [InlineData("systemd.services.prism-django.serviceConfig.TimeoutStopSec = lib.mkForce 90;", "TimeoutStopSec=90\n")]
    [InlineData("""systemd.services.prism-django.serviceConfig.SystemCallFilter = [ "mbind" ];""", "SystemCallFilter=@system-service\nSystemCallFilter=~@privileged @resources\nSystemCallFilter=mbind\n")]
    public async Task An_option_becomes_a_setting_of_the_unit(string option, string lines)
    {
        var unit = (await NixService.EvaluateAsync(option)).Unit;

        Assert.All(lines.TrimEnd('\n').Split('\n'), line => Assert.Contains(line, unit.Split('\n')));
    }

    [Fact]
    public async Task A_key_that_is_none_is_not_opened() =>
        Assert.DoesNotContain("OpenFile=", (await NixService.EvaluateAsync("services.prism.keyFile = null;")).Unit, StringComparison.Ordinal);

    [Fact]
    public async Task An_encrypted_file_beside_the_configuration_is_copied_into_the_store()
    {
        var file = Repository.PathTo("samples", "secrets", "prism.env");

        var configuration = (await NixService.EvaluateAsync($"services.prism.secretsFile = {file};")).Configuration;

        Assert.Matches("^/nix/store/[^/]+-prism.env$", configuration.GetProperty("secrets").GetProperty("file").GetString());
    }

    [Fact]
    public async Task With_the_socket_systemd_listens_where_the_site_would()
    {
        var service = await NixService.EvaluateAsync("""services.prism = { socket.enable = true; bind = [ "0.0.0.0:80" "unix:/run/prism-django.sock" ]; };""");

        Assert.Contains("ListenStream=0.0.0.0:80\nListenStream=/run/prism-django.sock\n", service.Units["prism-django.socket"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Celery_gets_its_secrets_from_exec_and_waits_for_the_site()
    {
        var service = await NixService.EvaluateAsync("""services.prism.celery = { worker.enable = true; worker.arguments = [ "--hostname=%h $x" ]; beat.enable = true; };""");

        Assert.Equal(["prism-celery-beat.service", "prism-celery-worker.service", "prism-django.service"], service.Units.Keys.Order(StringComparer.Ordinal));
        var worker = service.Units["prism-celery-worker.service"];
        Assert.Matches("""(?m)^ExecStart="/nix/store/[^/]+-prism-supervisor/bin/prism-supervisor" "exec" "--config" "/etc/prism/supervisor.json" "--" "/nix/store/[^/]+-prism-django/bin/prism-celery" "--app" "prism" "worker" "--hostname=%%h \$\$x"$""", worker);
        Assert.Contains("\nAfter=prism-django.service\n", worker, StringComparison.Ordinal);
        Assert.Contains("\nRequires=prism-django.service\n", worker, StringComparison.Ordinal);
        // Else a new setting would reach the site alone.
        Assert.Contains("\nX-Restart-Triggers=", worker, StringComparison.Ordinal);
        Assert.Equal(("multi-user.target", "multi-user.target prism-django.service", "multi-user.target prism-django.service"), (service.WantedBy["prism-django"], service.WantedBy["prism-celery-worker"], service.WantedBy["prism-celery-beat"]));
        Assert.All(service.Units.Values, unit => Assert.Contains("MemoryDenyWriteExecute=true\n", unit, StringComparison.Ordinal));
    }

    /// <summary>The site's settings make MEDIA_ROOT, STATIC_ROOT and an SQLite database of STATE_DIRECTORY (samples/prism-site/prism/settings.py).</summary>
    [Theory]
    [InlineData("", "/var/lib/prism-django", "/var/lib/prism-django")]
    [InlineData("""services.prism.settings.stateDirectory = "/srv//prism"; systemd.services.prism-django.serviceConfig.ReadWritePaths = "/srv";""", "/var/lib/prism-django", "/var/lib/prism-django -/srv/prism")]
    [InlineData("""services.prism.settings.stateDirectory = "/var/lib/prism-django/data";""", "/var/lib/prism-django", "/var/lib/prism-django")]
    [InlineData("""systemd.services.prism-django.serviceConfig.StateDirectory = lib.mkForce "prism-two";""", "/var/lib/prism-two", "/var/lib/prism-two")]
    [InlineData("""services.prism.confine = true; systemd.services.prism-django.serviceConfig.StateDirectory = lib.mkForce [ "prism-two" "more" ];""", "/var/lib/prism-two:/var/lib/more", "/var/lib/prism-two /var/lib/more")]
    [InlineData("""systemd.services.prism-django.environment.STATE_DIRECTORY = "/srv/prism";""", "/srv/prism", "/var/lib/prism-django -/srv/prism")]
    public async Task Celery_keeps_its_own_in_its_own_folder_and_finds_the_sites_where_the_site_has_it(string settings, string state, string writable)
    {
        var service = await NixService.EvaluateAsync($"services.prism.celery = {{ worker.enable = true; beat.enable = true; }}; {settings}");

        Assert.All(["worker", "beat"], name =>
        {
            var unit = service.Units[$"prism-celery-{name}.service"];
            Assert.Contains($"\nEnvironment=\"STATE_DIRECTORY={state}\"\n", unit, StringComparison.Ordinal);
            Assert.Contains($"\nWorkingDirectory=/var/lib/prism-celery-{name}\n", unit, StringComparison.Ordinal);
            Assert.Contains($"\nStateDirectory=prism-celery-{name}\n", unit, StringComparison.Ordinal);
            Assert.Equal(writable.Split(' '), Regex.Matches(unit, "(?m)^ReadWritePaths=(.+)$").Select(line => line.Groups[1].Value));
        });
    }

    [Fact]
    public async Task Secrets_that_a_confined_worker_cannot_see_are_refused()
    {
        var (service, error) = await NixService.TryEvaluateAsync("""services.prism = { confine = true; secretsFile = "/srv/prism.env"; celery.worker.enable = true; }; systemd.services.prism-django.serviceConfig.BindReadOnlyPaths = "/srv";""");

        Assert.Null(service);
        Assert.Contains("services.prism.confine: prism-celery-worker does not see /srv/prism.env; put it below /run, or its folder into systemd.services.prism-celery-worker.serviceConfig.BindReadOnlyPaths", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Celery_is_confined_too_beside_the_state_of_the_site()
    {
        var service = await NixService.EvaluateAsync("services.prism = { confine = true; celery.worker.enable = true; celery.beat.enable = true; };");

        Assert.All(service.Units, unit => Assert.Contains($"RootDirectory=/var/lib/prism-root/{Path.GetFileNameWithoutExtension(unit.Key)}\n", unit.Value, StringComparison.Ordinal));
        Assert.Equal(service.Units.Values.Select(unit => Regex.Match(unit, "(?m)^RootDirectory=(.+)$").Groups[1].Value).Order(StringComparer.Ordinal), service.Folders);
        Assert.Equal([true, true, false], service.Units.OrderBy(unit => unit.Key, StringComparer.Ordinal).Select(unit => unit.Value.Contains("BindPaths=/var/lib/prism-django\n", StringComparison.Ordinal)));
    }

    /// <summary>The site would not find it, though the operator sees it where it is said to be.</summary>
    [Theory]
    [InlineData("/srv/prism.env", "", false)]
    [InlineData("/srv/prism.env", """systemd.services.prism-django.serviceConfig.BindReadOnlyPaths = [ "/srv" ];""", true)]
    [InlineData("/srv/prism.env", """systemd.services.prism-django.serviceConfig.BindPaths = "/srv";""", true)]
    [InlineData("/srv/prism.env", "services.prism.confine = lib.mkForce false;", true)]
    [InlineData("/srv/sec/prism.env", """systemd.services.prism-django.serviceConfig.BindReadOnlyPaths = [ "-/etc/a:/etc/b /srv/sec/" ];""", true)]
    [InlineData("/srv/sec/prism.env", """systemd.services.prism-django.serviceConfig.BindReadOnlyPaths = [ "/srv/sec:/srv/sec:norbind" ];""", true)]
    [InlineData("/srv/sec/prism.env", """systemd.services.prism-django.serviceConfig.BindReadOnlyPaths = [ "/srv/sec:/secrets" ];""", false)]
    [InlineData("/secrets/prism.env", """systemd.services.prism-django.serviceConfig.BindReadOnlyPaths = [ "/srv/sec:/secrets" ];""", true)]
    [InlineData("/srv/prism.env", """systemd.services.prism-django.serviceConfig.BindReadOnlyPaths = "/srv/prism.env";""", true)]
    [InlineData("/var/run/secrets/prism-env", "", true)]
    [InlineData("/run/secrets/prism-env", "", true)]
    [InlineData("/var/lib/prism-django/prism.env", "", true)]
    [InlineData("/runaway/prism.env", "", false)]
    public async Task Secrets_that_a_confined_site_cannot_see_are_refused(string file, string beside, bool seen)
    {
        var (service, error) = await NixService.TryEvaluateAsync($"services.prism = {{ confine = true; secretsFile = \"{file}\"; }}; imports = [ {{ {beside} }} ];");

        Assert.Equal(seen, service is not null);
        Assert.Equal(seen, !error.Contains($"services.prism.confine: prism-django does not see {file}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Confinement_and_an_etc_that_a_switch_replaces_as_a_whole_are_refused()
    {
        var (service, error) = await NixService.TryEvaluateAsync("services.prism.confine = true; system.etc.overlay.enable = true;");

        Assert.Null(service);
        Assert.Contains("system.etc.overlay.enable", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task People_get_manage_with_the_secrets() =>
        Assert.Matches("^exec /nix/store/[^/]+-prism-supervisor/bin/prism-supervisor exec --unit prism-django.service -- /nix/store/[^/]+-prism-django/bin/prism-manage \"\\$@\"\n$", (await NixService.EvaluateAsync()).Commands["prism-manage"]);

    [Theory]
    [InlineData("services.prism.enable = lib.mkForce \"yes\";", "services.prism.enable", "boolean")]
    [InlineData("services.prism.package = \"prism\";", "services.prism.package", "package")]
    [InlineData("services.prism.supervisorPackage = 5;", "services.prism.supervisorPackage", "package")]
    [InlineData("services.prism.secretsFile = \"prism.env\";", "services.prism.secretsFile", "absolute path")]
    [InlineData("services.prism.keyFile = \"age.key\";", "services.prism.keyFile", "not in the Nix store")]
    [InlineData("services.prism.keyFile = \"/nix/store/00000000000000000000000000000000-age.key\";", "services.prism.keyFile", "not in the Nix store")]
    [InlineData("services.prism.keyFile = /etc/prism/age.key;", "services.prism.keyFile", "not in the Nix store")]
    [InlineData("services.prism.keyFile = \"/etc/age:key\";", "services.prism.keyFile", "without blanks, quotes, backslashes and : , %")]
    [InlineData("services.prism.keyFile = \"/etc/age key\";", "services.prism.keyFile", "without blanks, quotes, backslashes and : , %")]
    [InlineData("services.prism.keyFile = \"/etc/age,key\";", "services.prism.keyFile", "without blanks, quotes, backslashes and : , %")]
    [InlineData("services.prism.keyFile = \"/etc/age%key\";", "services.prism.keyFile", "without blanks, quotes, backslashes and : , %")]
    [InlineData("services.prism.keyFile = \"/etc/age\\\\key\";", "services.prism.keyFile", "without blanks, quotes, backslashes and : , %")]
    [InlineData("services.prism.keyFile = \"/etc/age\\\"key\";", "services.prism.keyFile", "without blanks, quotes, backslashes and : , %")]
    [InlineData("services.prism.keyFile = \"/etc/age'key\";", "services.prism.keyFile", "without blanks, quotes, backslashes and : , %")]
    [InlineData("services.prism.keyFile = \"/etc/age\\nkey\";", "services.prism.keyFile", "without blanks, quotes, backslashes and : , %")]
    [InlineData("services.prism.hosts = lib.mkForce \"midship.local\";", "services.prism.hosts", "list")]
    [InlineData("services.prism.hosts = lib.mkForce [ ];", "services.prism.hosts", "non-empty")]
    [InlineData("services.prism.hosts = [ \"10.1.1.*\" ];", "services.prism.hosts", "no scheme, port, path or network")]
    [InlineData("services.prism.hosts = [ \"a,b\" ];", "services.prism.hosts", "no scheme, port, path or network")]
    [InlineData("services.prism.hosts = [ \"a b\" ];", "services.prism.hosts", "no scheme, port, path or network")]
    [InlineData("services.prism.hosts = [ \"http://midship.local\" ];", "services.prism.hosts", "no scheme, port, path or network")]
    [InlineData("services.prism.hosts = [ \"midship.local:8000\" ];", "services.prism.hosts", "no scheme, port, path or network")]
    [InlineData("services.prism.hosts = [ \"midship.local/\" ];", "services.prism.hosts", "no scheme, port, path or network")]
    [InlineData("services.prism.hosts = [ \"10.1.1.0/24\" ];", "services.prism.hosts", "no scheme, port, path or network")]
    [InlineData("services.prism.hosts = [ \".\" ];", "services.prism.hosts", "no scheme, port, path or network")]
    [InlineData("services.prism.hosts = [ \"..\" ];", "services.prism.hosts", "no scheme, port, path or network")]
    [InlineData("services.prism.hosts = [ \"a..b\" ];", "services.prism.hosts", "no scheme, port, path or network")]
    [InlineData("services.prism.hosts = [ \"midship.local.\" ];", "services.prism.hosts", "no scheme, port, path or network")]
    [InlineData("services.prism.hosts = [ \"mid_ship.local\" ];", "services.prism.hosts", "no scheme, port, path or network")]
    [InlineData("services.prism.hosts = [ \"::1\" ];", "services.prism.hosts", "no scheme, port, path or network")]
    [InlineData("services.prism.hosts = [ \"[::1]:8000\" ];", "services.prism.hosts", "no scheme, port, path or network")]
    [InlineData("services.prism.hosts = [ \"[]\" ];", "services.prism.hosts", "no scheme, port, path or network")]
    [InlineData("services.prism.bind = 8000;", "services.prism.bind", "non-empty string")]
    [InlineData("services.prism.bind = [ ];", "services.prism.bind", "non-empty")]
    [InlineData("services.prism.settings = \"{}\";", "services.prism.settings", "submodule")]
    [InlineData("services.prism.settings.health.path = x: x;", "services.prism.settings", "JSON value")]
    [InlineData("services.prism.settings.environment.HOSTS = [ \"a\" ];", "services.prism.settings.environment.HOSTS", "string")]
    [InlineData("services.prism.allowedAddresses = \"10.1.1.0/24\";", "services.prism.allowedAddresses", "list")]
    [InlineData("services.prism.allowedAddresses = [ \"mail.example.org\" ];", "services.prism.allowedAddresses", "IP address such as")]
    [InlineData("services.prism.allowedAddresses = [ \"cafe\" ];", "services.prism.allowedAddresses", "IP address such as")]
    [InlineData("services.prism.allowedAddresses = [ \"10.1.1\" ];", "services.prism.allowedAddresses", "IP address such as")]
    [InlineData("services.prism.allowedAddresses = [ \"10.1.1.0/99\" ];", "services.prism.allowedAddresses", "IP address such as")]
    [InlineData("services.prism.allowedAddresses = [ \"10.1.1.256\" ];", "services.prism.allowedAddresses", "IP address such as")]
    [InlineData("services.prism.allowedAddresses = [ \"10.1.1.01\" ];", "services.prism.allowedAddresses", "IP address such as")]
    [InlineData("services.prism.allowedAddresses = [ \"10.1.1.0/\" ];", "services.prism.allowedAddresses", "IP address such as")]
    [InlineData("services.prism.allowedAddresses = [ \"10.1.1.0/024\" ];", "services.prism.allowedAddresses", "IP address such as")]
    [InlineData("services.prism.allowedAddresses = [ \"fd00::/129\" ];", "services.prism.allowedAddresses", "IP address such as")]
    [InlineData("services.prism.allowedAddresses = [ \"fd00:/8\" ];", "services.prism.allowedAddresses", "IP address such as")]
    [InlineData("services.prism.allowedAddresses = [ \"::1%lo\" ];", "services.prism.allowedAddresses", "IP address such as")]
    [InlineData("services.prism.allowedAddresses = [ \"[::1]\" ];", "services.prism.allowedAddresses", "IP address such as")]
    [InlineData("services.prism.allowedAddresses = [ \"any/0\" ];", "services.prism.allowedAddresses", "IP address such as")]
    [InlineData("services.prism.allowedAddresses = [ \"\" ];", "services.prism.allowedAddresses", "IP address such as")]
    [InlineData("services.prism.confine = \"/srv\";", "services.prism.confine", "boolean")]
    [InlineData("services.prism.socket.enable = 1;", "services.prism.socket.enable", "boolean")]
    [InlineData("services.prism.celery.worker.enable = 1;", "services.prism.celery.worker.enable", "boolean")]
    [InlineData("services.prism.celery.beat.enable = 1;", "services.prism.celery.beat.enable", "boolean")]
    [InlineData("services.prism.celery = { worker.enable = true; worker.arguments = \"-c 2\"; };", "services.prism.celery.worker.arguments", "list")]
    [InlineData("services.prism.celery = { worker.enable = true; command = [ ]; };", "services.prism.celery.command", "non-empty")]
    [InlineData("services.prism.secretFile = \"/x\";", "services.prism.secretFile", "does not exist")]
    public async Task A_wrong_value_is_refused_by_the_name_of_its_option(string settings, string option, string reason)
    {
        var (service, error) = await NixService.TryEvaluateAsync(settings);

        Assert.Null(service);
        Assert.Contains($"`{option}", error, StringComparison.Ordinal);
        Assert.Contains(reason, error, StringComparison.Ordinal);
    }

    /// <summary>The stand-ins merge as NixOS does: by priority, and never silently.</summary>
    [Theory]
    [InlineData("""{ services.prism.bind = "127.0.0.1:8001"; } { services.prism.bind = lib.mkForce "127.0.0.1:8002"; }""", "127.0.0.1:8002")]
    [InlineData("""{ services.prism.bind = "127.0.0.1:8001"; } { services.prism.bind = lib.mkDefault "127.0.0.1:8002"; }""", "127.0.0.1:8001")]
    [InlineData("""{ services.prism.bind = "127.0.0.1:8001"; } { services.prism = lib.mkIf false { bind = "127.0.0.1:8002"; }; }""", "127.0.0.1:8001")]
    [InlineData("""{ services.prism.bind = "127.0.0.1:8001"; } { services.prism.settings.bind = "127.0.0.1:8002"; }""", "127.0.0.1:8002")]
    [InlineData("""{ services.prism.bind = "127.0.0.1:8001"; } { services.prism.bind = "127.0.0.1:8002"; }""", null)]
    public async Task Two_values_for_one_option_are_settled_or_refused(string modules, string? bind)
    {
        var (service, error) = await NixService.TryEvaluateAsync($"imports = [ {modules} ];");

        Assert.Equal(bind, service?.Configuration.GetProperty("bind").GetString());
        Assert.Equal(bind is null, error.Contains("`services.prism.bind' has conflicting definition values", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("SECRET_KEY")]
    [InlineData("POSTGRES_PASSWORD")]
    [InlineData("EMAIL_HOST_PASSWORD")]
    public async Task A_secret_among_the_settings_is_refused_without_its_value(string name)
    {
        var (service, error) = await NixService.TryEvaluateAsync($"services.prism.settings.environment.{name} = \"hunter2\";");

        Assert.Null(service);
        Assert.Contains($"services.prism.settings.environment.{name} would lie in the store", error, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plain_file_of_secrets_is_not_copied_into_the_store()
    {
        var (service, error) = await NixService.TryEvaluateAsync($"services.prism.secretsFile = {Repository.PathTo("samples", "secrets", "plain.env")};");

        Assert.Null(service);
        Assert.Contains("services.prism.secretsFile", error, StringComparison.Ordinal);
        Assert.Contains("is not encrypted by sops", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_file_of_the_packaging_is_read_by_Nix()
    {
        var files = Directory.GetFiles(Repository.PathTo("packaging"), "*.nix", SearchOption.AllDirectories);

        var parsed = await NixService.RunAsync(["--parse", .. files]);

        Assert.NotEmpty(files);
        Assert.Equal((0, ""), (parsed.Code, parsed.Error));
    }

    private static string WithoutTrigger(string unit) => Regex.Replace(unit, "X-Reload-Triggers=.*\n", "");
}
