using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Packaging;

/// <summary>What packaging/nix/assertions.nix refuses of values that are each of the right type, in one line: which option, what is wrong, what to do.</summary>
[Trait("ring", "process")]
public sealed class NixRefusalTests
{
    private const string Sixteen = "builtins.genList (index: \"127.0.0.1:${toString (8000 + index)}\")";

    private const string Allowed = "services.prism.socket.enable = true; ";

    // Of a sops file: an encrypted value, and the metadata without which it is none.
    private const string Iv = "iv:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    private const string Tag = "tag:AAAAAAAAAAAAAAAAAAAAAA==";
    private const string Whole = $"ENC[AES256_GCM,data:AA==,{Iv},{Tag},type:str]";
    private const string Sealed = $"SECRET_KEY={Whole}\n";
    private const string Mac = $"sops_mac={Whole}\nsops_version=3.13.2\n";

    [Theory]
    [InlineData("services.prism.bind = \"8000\";", "services.prism.bind: '8000' is no address: write an address and port such as 127.0.0.1:8000 or [::1]:8000, or unix: and a path such as unix:/run/prism-django/prism.sock")]
    [InlineData("services.prism.bind = \"http://127.0.0.1:8000\";", "services.prism.bind: 'http://127.0.0.1:8000' is no address")]
    [InlineData("services.prism.bind = \"midship.local:8000\";", "services.prism.bind: 'midship.local:8000' is no address")]
    [InlineData("services.prism.bind = \"127.0.0.1:8000,127.0.0.1:8001\";", "services.prism.bind: '127.0.0.1:8000,127.0.0.1:8001' is no address")]
    [InlineData("services.prism.bind = \"unix:run/x.sock\";", "services.prism.bind: 'unix:run/x.sock' needs the absolute path of a file after unix:")]
    [InlineData("services.prism.bind = [ \"127.0.0.1:8000\" \"localhost:8000\" ];", "services.prism.bind: names localhost:8000 twice: leave one out")]
    [InlineData("services.prism.bind = [ \"127.0.0.1:8000\" \"0.0.0.0:8000\" ];", "services.prism.bind: names 127.0.0.1:8000 and 0.0.0.0:8000, of which one holds the other: leave one out")]
    [InlineData($"services.prism.bind = {Sixteen} 17;", "services.prism.bind: names 17 addresses: 1 to 16 can be kept open through a restart, leave out what is beyond")]
    [InlineData("services.prism.settings.bind = [ ];", "services.prism.settings.bind: names 0 addresses")]
    [InlineData("services.prism.settings.bind = 8000;", "services.prism.settings.bind: is neither an address nor a list of addresses")]
    [InlineData("services.prism.bind = \"0.0.0.0:80\";", "services.prism.bind: 0.0.0.0:80 is a port below 1024, which the site's user may not open: set services.prism.socket.enable, or take a higher one")]
    [InlineData("services.prism.bind = \"127.0.0.1:80\"; systemd.services.prism-django.serviceConfig = { AmbientCapabilities = lib.mkForce \"CAP_NET_BIND_SERVICE\"; CapabilityBoundingSet = lib.mkForce \"CAP_NET_BIND_SERVICE\"; };", "services.prism.bind: 127.0.0.1:80 is a port below 1024")]
    [InlineData("services.prism.bind = \"127.0.0.1:80\"; systemd.services.prism-django.serviceConfig = { PrivateUsers = lib.mkForce false; AmbientCapabilities = lib.mkForce \"CAP_NET_BIND_SERVICE\"; };", "services.prism.bind: 127.0.0.1:80 is a port below 1024")]
    [InlineData("services.prism.bind = \"unix:/run/x.sock\";", "services.prism.bind: unix:/run/x.sock is a path that the unit cannot write: put it into /run/prism-django, or set services.prism.socket.enable")]
    [InlineData("services.prism.bind = \"unix:/run/prism-django/../x.sock\";", "services.prism.bind: unix:/run/prism-django/../x.sock is a path that the unit cannot write")]
    [InlineData("services.prism.bind = \"unix:/run/prism-django/sub/x.sock\";", "services.prism.bind: unix:/run/prism-django/sub/x.sock is a path that the unit cannot write: put it into /run/prism-django, or")]
    [InlineData(Allowed + "services.prism.bind = \"unix:/run/prism-django/x.sock\";", "services.prism.bind: unix:/run/prism-django/x.sock lies in the site's RuntimeDirectory=, which systemd removes when the site stops while prism-django.socket lives on: take a path outside of it, such as unix:/run/prism-django.sock")]
    [InlineData(Allowed + "services.prism.bind = [ \"unix:/run/a%b.sock\" ];", "services.prism.bind: unix:/run/a%b.sock is a path that ListenStream= would read otherwise: take letters, digits and / . _ @ : + - alone")]
    [InlineData("services.prism.settings.stateDirectory = \"/srv/prism\";", "services.prism.settings.stateDirectory: the unit cannot write /srv/prism (ProtectSystem=strict): leave it out, or name the path in systemd.services.prism-django.serviceConfig.ReadWritePaths too")]
    [InlineData("services.prism.settings.stateDirectory = \"/var/lib/prism-django-2\";", "services.prism.settings.stateDirectory: the unit cannot write /var/lib/prism-django-2 ")]
    [InlineData("services.prism.settings.stateDirectory = \"/mnt/prism\"; systemd.services.prism-django.serviceConfig.BindPaths = \"/mnt/prism:/srv/prism\";", "services.prism.settings.stateDirectory: the unit cannot write /mnt/prism ")]
    [InlineData("services.prism.confine = true; services.prism.settings.stateDirectory = \"/srv/prism\"; systemd.services.prism-django.serviceConfig.ReadWritePaths = \"/srv/prism\";", "services.prism.settings.stateDirectory: the unit cannot write /srv/prism (ProtectSystem=strict): leave it out, or name the path in systemd.services.prism-django.serviceConfig.BindPaths too")]
    [InlineData("services.prism.settings.stateDirectory = \"prism\";", "services.prism.settings.stateDirectory must be an absolute path: give one, or leave it out")]
    [InlineData("services.prism.settings.runtimeDirectory = \"/run/prism\";", "services.prism.settings.runtimeDirectory: the unit cannot write /run/prism ")]
    [InlineData("services.prism.settings.reload.timeoutSeconds = \"90\";", "services.prism.settings.reload.timeoutSeconds must be a number of seconds: write it without quotes")]
    [InlineData("services.prism.settings.gunicorn.gracefulTimeoutSeconds = true;", "services.prism.settings.gunicorn.gracefulTimeoutSeconds must be a number of seconds")]
    [InlineData("services.prism = { package = pkgs.prism-django // { withCelery = false; }; celery.worker.enable = true; };", "services.prism.celery: services.prism.package has no prism-celery: build it with withCelery = true, or set services.prism.celery.command")]
    [InlineData("services.prism = { package = pkgs.prism-django // { withCelery = false; }; celery.beat.enable = true; };", "services.prism.celery: services.prism.package has no prism-celery")]
    [InlineData("services.prism.celery.worker = { enable = true; arguments = [ \"--broker\" \"amqp://u:hunter2@h//\" ]; };", "services.prism.celery: a password in its command line would lie in the store, which everybody can read, and in the list of processes: give it as CELERY_BROKER_URL in services.prism.secretsFile")]
    [InlineData("services.prism.celery.worker = { enable = true; arguments = [ \"--password=hunter2\" ]; };", "services.prism.celery: a password in its command line")]
    [InlineData("services.prism.celery.worker = { enable = true; arguments = [ \"--password=$ecret\" ]; };", "services.prism.celery: a password in its command line")]
    [InlineData("services.prism.bind = \"127.0.0.1:80\"; systemd.services.prism-django.serviceConfig = { PrivateUsers = lib.mkForce 1; AmbientCapabilities = lib.mkForce \"CAP_NET_BIND_SERVICE\"; CapabilityBoundingSet = lib.mkForce \"CAP_NET_BIND_SERVICE\"; };", "services.prism.bind: 127.0.0.1:80 is a port below 1024")]
    [InlineData("services.prism.bind = \"127.0.0.1:80\"; systemd.services.prism-django.serviceConfig = { PrivateUsers = lib.mkForce \"1\"; AmbientCapabilities = lib.mkForce \"CAP_NET_BIND_SERVICE\"; CapabilityBoundingSet = lib.mkForce \"CAP_NET_BIND_SERVICE\"; };", "services.prism.bind: 127.0.0.1:80 is a port below 1024")]
    [InlineData("services.prism.bind = \"127.0.0.1:80\"; systemd.services.prism-django.serviceConfig = { PrivateUsers = lib.mkForce \"on\"; AmbientCapabilities = lib.mkForce \"CAP_NET_BIND_SERVICE\"; CapabilityBoundingSet = lib.mkForce \"CAP_NET_BIND_SERVICE\"; };", "services.prism.bind: 127.0.0.1:80 is a port below 1024")]
    [InlineData("services.prism.bind = \"127.0.0.1:80\"; systemd.services.prism-django.serviceConfig = { PrivateUsers = lib.mkForce \"identity\"; AmbientCapabilities = lib.mkForce \"CAP_NET_BIND_SERVICE\"; CapabilityBoundingSet = lib.mkForce \"CAP_NET_BIND_SERVICE\"; };", "services.prism.bind: 127.0.0.1:80 is a port below 1024")]
    [InlineData("services.prism.bind = \"127.0.0.1:80\"; systemd.services.prism-django.serviceConfig = { PrivateUsers = lib.mkForce \"full\"; AmbientCapabilities = lib.mkForce \"CAP_NET_BIND_SERVICE\"; CapabilityBoundingSet = lib.mkForce \"CAP_NET_BIND_SERVICE\"; };", "services.prism.bind: 127.0.0.1:80 is a port below 1024")]
    [InlineData("services.prism.bind = \"127.0.0.1:80\"; systemd.services.prism-django.serviceConfig = { PrivateUsers = lib.mkForce \"Y\"; AmbientCapabilities = lib.mkForce \"CAP_NET_BIND_SERVICE\"; CapabilityBoundingSet = lib.mkForce \"CAP_NET_BIND_SERVICE\"; };", "services.prism.bind: 127.0.0.1:80 is a port below 1024")]
    [InlineData("services.prism.bind = \"127.0.0.1:80\"; systemd.services.prism-django.serviceConfig = { PrivateUsers = lib.mkForce false; AmbientCapabilities = lib.mkForce \"CAP_NET_BIND_SERVICE\"; CapabilityBoundingSet = lib.mkForce \"~CAP_NET_BIND_SERVICE\"; };", "services.prism.bind: 127.0.0.1:80 is a port below 1024")]
    [InlineData("services.prism.bind = \"127.0.0.1:80\"; systemd.services.prism-django.serviceConfig = { PrivateUsers = lib.mkForce false; AmbientCapabilities = lib.mkForce \"CAP_NET_BIND_SERVICE\"; CapabilityBoundingSet = lib.mkForce [ \"CAP_NET_BIND_SERVICE\" \"\" ]; };", "services.prism.bind: 127.0.0.1:80 is a port below 1024")]
    [InlineData("services.prism.bind = \"127.0.0.1:80\"; systemd.services.prism-django.serviceConfig = { PrivateUsers = lib.mkForce false; AmbientCapabilities = lib.mkForce \"CAP_NET_BIND_SERVICE\"; CapabilityBoundingSet = lib.mkForce [ \"\" \"~CAP_SYS_ADMIN CAP_NET_BIND_SERVICE\" ]; };", "services.prism.bind: 127.0.0.1:80 is a port below 1024")]
    [InlineData("services.prism.bind = \"127.0.0.1:80\"; systemd.services.prism-django.serviceConfig = { PrivateUsers = lib.mkForce false; AmbientCapabilities = lib.mkForce \"~CAP_NET_BIND_SERVICE\"; CapabilityBoundingSet = lib.mkForce \"~CAP_SYS_ADMIN\"; };", "services.prism.bind: 127.0.0.1:80 is a port below 1024")]
    [InlineData("services.prism.bind = \"127.0.0.1:80\"; systemd.services.prism-django.serviceConfig = { PrivateUsers = lib.mkForce false; AmbientCapabilities = lib.mkForce [ \"CAP_NET_BIND_SERVICE\" \"~CAP_NET_BIND_SERVICE\" ]; CapabilityBoundingSet = lib.mkForce \"CAP_NET_BIND_SERVICE\"; };", "services.prism.bind: 127.0.0.1:80 is a port below 1024")]
    [InlineData("services.prism.bind = \"[::ffff:127.0.0.1]:8000\";", "services.prism.bind: '[::ffff:127.0.0.1]:8000' is an IPv4 address, which a socket of IPv6 alone cannot have: write 127.0.0.1:8000")]
    [InlineData("services.prism.bind = \"[fe80::1]:8000\";", "services.prism.bind: '[fe80::1]:8000' is of a link, and does not say which: name its interface, as in [fe80::1%eth0]:8000")]
    [InlineData("services.prism.bind = \"[ff02::1]:8000\";", "services.prism.bind: '[ff02::1]:8000' is an address of many, which nobody can connect to: write one of this host's, or 0.0.0.0 or [::] for all of them")]
    [InlineData("services.prism.bind = \"255.255.255.255:8000\";", "services.prism.bind: '255.255.255.255:8000' is an address of many, which nobody can connect to")]
    [InlineData("services.prism.bind = \"unix:/run/prism-django/control\";", "services.prism.bind: unix:/run/prism-django/control is a name that the supervisor uses itself: take another one, such as unix:/run/prism-django/prism.sock")]
    [InlineData("services.prism.bind = \"unix:/run/prism-django/notify.1.2\";", "services.prism.bind: unix:/run/prism-django/notify.1.2 is a name that the supervisor uses itself: take another one, such as unix:/run/prism-django/prism.sock")]
    [InlineData("services.prism.bind = \"unix:/run/prism-django/probe.\";", "services.prism.bind: unix:/run/prism-django/probe. is a name that the supervisor uses itself: take another one, such as unix:/run/prism-django/prism.sock")]
    [InlineData("services.prism.bind = \"unix:/var/run/prism-django/control\";", "services.prism.bind: unix:/var/run/prism-django/control is a name that the supervisor uses itself")]
    [InlineData("services.prism.settings.runtimeDirectory = \"/var/lib/prism-django\"; services.prism.bind = \"unix:/var/lib/prism-django/control\";", "services.prism.bind: unix:/var/lib/prism-django/control is a name that the supervisor uses itself: take another one, such as unix:/var/lib/prism-django/prism.sock")]
    [InlineData(Allowed + "services.prism.bind = \"unix:/var/run/prism-django/x.sock\";", "services.prism.bind: unix:/var/run/prism-django/x.sock lies in the site's RuntimeDirectory=, ")]
    [InlineData(Allowed + "services.prism.bind = \"unix:/run/prism-django\";", "services.prism.bind: unix:/run/prism-django is the site's RuntimeDirectory=, which systemd removes when the site stops while prism-django.socket lives on: take a path outside of it")]
    [InlineData("services.prism.bind = [ \"unix:/run/prism-django/x\" \"unix:/var/run/prism-django/x\" ];", "services.prism.bind: names unix:/var/run/prism-django/x twice: leave one out")]
    [InlineData("services.prism.secretsFile = \"/home/p/prism.env\";", "services.prism.secretsFile: prism-django does not see /home/p/prism.env, which its ProtectHome= hides: put it elsewhere, such as below /run/secrets")]
    [InlineData("services.prism.secretsFile = \"/root/prism.env\";", "services.prism.secretsFile: prism-django does not see /root/prism.env, which its ProtectHome= hides: put it elsewhere, such as below /run/secrets")]
    [InlineData("services.prism.secretsFile = \"/run/user/1000/prism.env\";", "services.prism.secretsFile: prism-django does not see /run/user/1000/prism.env, which its ProtectHome= hides: put it elsewhere, such as below /run/secrets")]
    [InlineData("services.prism.secretsFile = \"/var/run/user/1000/prism.env\";", "services.prism.secretsFile: prism-django does not see /var/run/user/1000/prism.env, which its ProtectHome= hides: put it elsewhere, such as below /run/secrets")]
    [InlineData("services.prism.secretsFile = \"/tmp/prism.env\";", "services.prism.secretsFile: prism-django does not see /tmp/prism.env, which its PrivateTmp= hides: put it elsewhere, such as below /run/secrets")]
    [InlineData("services.prism.secretsFile = \"/var/tmp/../tmp/prism.env\";", "services.prism.secretsFile: prism-django does not see /var/tmp/../tmp/prism.env, which its PrivateTmp= hides: put it elsewhere, such as below /run/secrets")]
    [InlineData("services.prism.settings.secrets.file = \"/tmp/prism.env\";", "services.prism.settings.secrets.file: prism-django does not see /tmp/prism.env, which its PrivateTmp= hides")]
    [InlineData("services.prism.confine = true; services.prism.secretsFile = \"/run/host/prism.env\";", "services.prism.secretsFile: prism-django does not see /run/host/prism.env, which its TemporaryFileSystem= hides")]
    [InlineData("services.prism.confine = true; services.prism.secretsFile = \"/run/user/1000/prism.env\";", "services.prism.secretsFile: prism-django does not see /run/user/1000/prism.env, which its ProtectHome= hides")]
    [InlineData("services.prism.secretsFile = \"/tmp/prism.env\"; services.prism.celery.beat.enable = true; systemd.services.prism-django.serviceConfig.PrivateTmp = lib.mkForce \"no\";", "services.prism.secretsFile: prism-celery-beat does not see /tmp/prism.env, which its PrivateTmp= hides")]
    [InlineData("services.prism.secretsFile = \"/run/secrets/prism-env\"; services.prism.settings.secrets.credential = \"prism.env\";", "services.prism.settings.secrets.credential: services.prism.secretsFile names the secrets too: leave one of the two out")]
    [InlineData("""services.prism.settings.secrets.credential = "prism.env"; services.prism.celery.worker.enable = true; systemd.services.prism-django.serviceConfig.LoadCredential = "prism.env:/srv/x";""", "services.prism.settings.secrets.credential: prism-celery-worker has no credential prism.env: name it in systemd.services.prism-celery-worker.serviceConfig.LoadCredential")]
    [InlineData("""services.prism.settings.secrets.credential = "prism.env";""", "services.prism.settings.secrets.credential: prism-django has no credential prism.env: name it in systemd.services.prism-django.serviceConfig.LoadCredential")]
    [InlineData("""services.prism.settings.secrets.credential = "prism.env"; systemd.services.prism-django.serviceConfig = { LoadCredential = [ "prism.env2:/srv/x" ]; SetCredential = "x:prism.env"; };""", "services.prism.settings.secrets.credential: prism-django has no credential prism.env: ")]
    [InlineData("services.prism.settings.secrets.file = 5;", "services.prism.settings.secrets.file is no path: leave it out, and give services.prism.secretsFile")]
    [InlineData("services.prism.settings.secrets.file = true;", "services.prism.settings.secrets.file is no path: ")]
    [InlineData("services.prism.settings.secrets.file = [ \"/x\" ];", "services.prism.settings.secrets.file is no path: ")]
    [InlineData("services.prism.settings.secrets.file = { a = 1; }; services.prism.confine = true;", "services.prism.settings.secrets.file is no path: ")]
    [InlineData("services.prism.bind = \"127.0.0.1:80\"; boot.kernel.sysctl.\"net.ipv4.ip_unprivileged_port_start\" = \"080\";", "services.prism.bind: 127.0.0.1:80 is a port below 1024, ")]
    [InlineData("services.prism.bind = \"127.0.0.1:80\"; boot.kernel.sysctl.\"net.ipv4.ip_unprivileged_port_start\" = \"81\";", "services.prism.bind: 127.0.0.1:80 is a port below 81, ")]
    public async Task A_value_that_cannot_work_is_refused_with_what_to_do(string settings, string message)
    {
        var refusal = await RefusalAsync(settings);

        Assert.StartsWith(message, refusal, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData($"services.prism.bind = {Sixteen} 16;")]
    [InlineData("services.prism.bind = \"127.0.0.1:1024\";")]
    [InlineData("services.prism.bind = \"127.0.0.1:80\"; boot.kernel.sysctl.\"net.ipv4.ip_unprivileged_port_start\" = 80;")]
    [InlineData("services.prism.bind = \"127.0.0.1:80\"; systemd.services.prism-django.serviceConfig = { PrivateUsers = lib.mkForce false; AmbientCapabilities = lib.mkForce \"CAP_NET_BIND_SERVICE\"; CapabilityBoundingSet = lib.mkForce [ \"CAP_NET_BIND_SERVICE\" ]; };")]
    [InlineData("services.prism.bind = \"unix:/var/run/prism-django/x.sock\";")]
    [InlineData("services.prism.confine = true; services.prism.settings.stateDirectory = \"/srv/prism\"; systemd.services.prism-django.serviceConfig.BindPaths = \"/srv/prism\";")]
    [InlineData("services.prism.confine = true; systemd.services.prism-django.serviceConfig.TemporaryFileSystem = [ \"/mnt\" ];")]
    [InlineData("services.prism.bind = [ \"unix:/run/prism-django/x.sock\" \"unix:/var/lib/prism-django/x.sock\" ];")]
    [InlineData("services.prism.bind = \"unix:/srv/prism/x.sock\"; systemd.services.prism-django.serviceConfig.ReadWritePaths = \"-/srv/prism\";")]
    [InlineData("services.prism.bind = \"unix:/run/front/x.sock\"; systemd.services.prism-django.serviceConfig.RuntimeDirectory = [ \"front\" ];")]
    [InlineData(Allowed + "services.prism.bind = [ \"0.0.0.0:80\" \"unix:/run/x.sock\" ];")]
    [InlineData("services.prism.settings.stateDirectory = \"/var/lib/prism-django/data\";")]
    [InlineData("services.prism.settings.stateDirectory = \"/srv/prism\"; systemd.services.prism-django.serviceConfig.ReadWritePaths = [ \"/srv\" ];")]
    [InlineData("services.prism.settings.stateDirectory = \"/srv/prism\"; systemd.services.prism-django.serviceConfig.BindPaths = \"/mnt/prism:/srv/prism:rbind /mnt/other\";")]
    [InlineData("services.prism.settings.stateDirectory = \"/mnt/other\"; systemd.services.prism-django.serviceConfig.BindPaths = \"/mnt/prism:/srv/prism:rbind /mnt/other\";")]
    [InlineData("services.prism.settings.stateDirectory = \"/srv/prism\"; systemd.services.prism-django.serviceConfig.ProtectSystem = lib.mkForce \"full\";")]
    [InlineData("services.prism.settings = { stateDirectory = null; reload.timeoutSeconds = null; };")]
    [InlineData("services.prism = { package = pkgs.prism-django // { withCelery = true; }; celery.worker.enable = true; };")]
    [InlineData("services.prism = { package = pkgs.prism-django // { withCelery = false; }; celery = { worker.enable = true; command = [ \"/srv/celery\" ]; }; };")]
    [InlineData("services.prism = { package = pkgs.prism-django // { withCelery = false; }; };")]
    [InlineData("services.prism.bind = \"127.0.0.1:80\"; systemd.services.prism-django.serviceConfig = { PrivateUsers = lib.mkForce false; AmbientCapabilities = lib.mkForce \"CAP_NET_BIND_SERVICE\"; CapabilityBoundingSet = lib.mkForce \"~CAP_SYS_ADMIN\"; };")]
    [InlineData("services.prism.bind = \"127.0.0.1:80\"; systemd.services.prism-django.serviceConfig = { PrivateUsers = lib.mkForce \"off\"; AmbientCapabilities = lib.mkForce [ \"CAP_NET_BIND_SERVICE\" ]; CapabilityBoundingSet = lib.mkForce [ \"CAP_SYS_ADMIN\" \"CAP_NET_BIND_SERVICE\" ]; };")]
    [InlineData("services.prism.bind = \"127.0.0.1:80\"; systemd.services.prism-django.serviceConfig = { PrivateUsers = lib.mkForce 0; AmbientCapabilities = lib.mkForce \"~CAP_SYS_ADMIN\"; CapabilityBoundingSet = lib.mkForce [ \"\" \"~\" ]; };")]
    [InlineData("services.prism.bind = \"127.0.0.1:80\"; systemd.services.prism-django.serviceConfig = { PrivateUsers = lib.mkForce \"no\"; AmbientCapabilities = lib.mkForce \"CAP_NET_BIND_SERVICE\"; CapabilityBoundingSet = lib.mkForce [ \"CAP_NET_BIND_SERVICE CAP_SYS_ADMIN\" \"~CAP_SYS_ADMIN\" ]; };")]
    [InlineData("services.prism.bind = \"127.0.0.1:80\"; systemd.services.prism-django.serviceConfig = { PrivateUsers = lib.mkForce false; AmbientCapabilities = lib.mkForce [ \"CAP_CHOWN\" \"\" \"cap_net_bind_service\" ]; CapabilityBoundingSet = lib.mkForce \"CAP_NET_BIND_SERVICE\"; };")]
    [InlineData("services.prism.bind = \"unix:/run/prism-django/control.sock\";")]
    [InlineData("services.prism.settings.runtimeDirectory = \"/var/lib/prism-django\"; services.prism.bind = \"unix:/run/prism-django/control\";")]
    [InlineData(Allowed + "services.prism.bind = [ \"unix:/var/run/x.sock\" \"unix:/run/prism-django.sock\" ];")]
    [InlineData("services.prism.secretsFile = \"/homes/prism.env\";")]
    [InlineData("services.prism.secretsFile = \"/run/host/prism.env\";")]
    [InlineData("services.prism.secretsFile = \"/run/users/prism.env\";")]
    [InlineData("services.prism.secretsFile = \"/var/lib/prism-secrets/prism.env\";")]
    [InlineData("services.prism.secretsFile = \"/home/p/prism.env\"; systemd.services.prism-django.serviceConfig.ProtectHome = lib.mkForce \"read-only\";")]
    [InlineData("services.prism.secretsFile = \"/tmp/prism.env\"; systemd.services.prism-django.serviceConfig.PrivateTmp = lib.mkForce false;")]
    [InlineData("services.prism.secretsFile = \"/tmp/a/prism.env\"; systemd.services.prism-django.serviceConfig.BindReadOnlyPaths = \"/tmp/a\";")]
    [InlineData("services.prism.settings.secrets.credential = \"prism.env\"; systemd.services.prism-django.serviceConfig.LoadCredential = \"prism.env:/srv/prism.env\";")]
    [InlineData("""services.prism.settings.secrets.credential = "prism.env"; systemd.services.prism-django.serviceConfig.LoadCredential = [ "other:/srv/o" "prism.env" ];""")]
    [InlineData("""services.prism.settings.secrets.credential = "prism.env"; systemd.services.prism-django.serviceConfig.LoadCredentialEncrypted = "prism.env:/srv/x";""")]
    [InlineData("""services.prism.settings.secrets.credential = "prism.env"; systemd.services.prism-django.serviceConfig.SetCredential = "prism.env:A=1";""")]
    [InlineData("""services.prism.settings.secrets.credential = "prism.env"; systemd.services.prism-django.serviceConfig.SetCredentialEncrypted = [ "prism.env: k6iUCUh0" ];""")]
    [InlineData("""services.prism.settings.secrets.credential = "prism.env"; systemd.services.prism-django.serviceConfig.ImportCredential = "prism.*";""")]
    [InlineData("""services.prism.settings.secrets.credential = "prism.env"; services.prism.celery.beat.enable = true; systemd.services = { prism-django.serviceConfig.LoadCredential = "prism.env:/srv/x"; prism-celery-beat.serviceConfig.LoadCredential = "prism.env:/srv/x"; };""")]
    [InlineData("""services.prism.settings.secrets.credential = "folder_prism.env"; systemd.services.prism-django.serviceConfig.LoadCredential = "folder:/srv/secrets";""")]
    [InlineData("services.prism.bind = \"127.0.0.1:80\"; boot.kernel.sysctl.\"net.ipv4.ip_unprivileged_port_start\" = false;")]
    [InlineData("services.prism.bind = \"127.0.0.1:80\"; boot.kernel.sysctl.\"net.ipv4.ip_unprivileged_port_start\" = \"80\";")]
    public async Task What_the_host_makes_possible_is_taken(string settings)
    {
        var (service, error) = await NixService.TryEvaluateAsync(settings);

        Assert.True(service is not null, error);
    }

    [Theory]
    [InlineData("services.prism.keyFile = null;", true)]
    [InlineData("services.prism.keyFile = \"/srv/age.key\";", false)]
    [InlineData("services.prism.keyFile = null; systemd.services.prism-django.serviceConfig.LoadCredential = \"age-key:/srv/age.key\";", false)]
    [InlineData("services.prism.keyFile = null; systemd.services.prism-django.serviceConfig.OpenFile = \"/srv/age.key:age-key\";", false)]
    [InlineData("services.prism.keyFile = null; systemd.services.prism-django.environment.SOPS_AGE_KEY_FILE = \"/srv/age.key\";", false)]
    [InlineData("services.prism = { keyFile = null; settings.secrets.sopsCommand = \"sops\"; };", false)]
    public async Task An_encrypted_file_that_nothing_opens_is_warned_about(string settings, bool warned)
    {
        var file = Repository.PathTo("samples", "secrets", "prism.env");

        var answer = await NixService.RunAsync("--eval", "--strict", "--json", "--expr", $$"""
            (import {{Repository.PathTo("packaging", "nix", "tests", "evaluate.nix")}} {
              modules = [ { {{NixService.Enabled}} } { services.prism.secretsFile = {{file}}; } { {{settings}} } ];
            }).host.warnings
            """);

        Assert.True(answer.Code == 0, answer.Error);
        Assert.Equal(warned ? $"[\"services.prism.secretsFile: {file} is encrypted by sops, and nothing opens it: name the age key in services.prism.keyFile\"]" : "[]", answer.Text.Trim());
    }

    [Theory]
    [InlineData("gunicorn.gracefulTimeoutSeconds = 90;", "660", "105")]
    [InlineData("gunicorn.gracefulTimeoutSeconds = 30.5;", "601", "46")]
    [InlineData("gunicorn.gracefulTimeoutSeconds = 5;", "10min", "45")]
    [InlineData("steps.stopTimeoutSeconds = 60;", "10min", "75")]
    [InlineData("reload.timeoutSeconds = 1200;", "1380", "45")]
    [InlineData("reload.timeoutSeconds = 60;", "10min", "45")]
    [InlineData("gunicorn.startTimeoutSeconds = 300;", "1080", "45")]
    [InlineData("reload.canarySeconds = 60;", "658", "45")]
    public async Task The_unit_gives_a_start_and_a_stop_the_time_that_the_settings_let_them_take(string settings, string start, string stop)
    {
        var unit = (await NixService.EvaluateAsync($"services.prism.settings = {{ {settings} }};")).Unit;

        Assert.Contains($"\nTimeoutStartSec={start}\nTimeoutStopSec={stop}\n", unit, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[ ]", "pkgs.prism-django // { collectStatic = true; }")]
    [InlineData("prism-collectstatic", "pkgs.prism-django // { collectStatic = false; }")]
    [InlineData("prism-collectstatic", "pkgs.prism-django")]
    public async Task Static_files_that_the_package_has_are_not_collected_again(string expected, string package)
    {
        var step = (await NixService.EvaluateAsync($"services.prism.package = {package};")).Configuration.GetProperty("steps").GetProperty("collectstatic");

        Assert.EndsWith(expected.Replace(" ", "", StringComparison.Ordinal), step.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("PGPASSWORD")]
    [InlineData("DJANGO_SECRET_KEY")]
    [InlineData("CLIENT_SECRET")]
    [InlineData("GITHUB_TOKEN")]
    [InlineData("github_token")]
    [InlineData("AWS_SECRET_ACCESS_KEY")]
    [InlineData("STRIPE_API_KEY")]
    [InlineData("API_KEY")]
    [InlineData("DJANGO_SECRET_KEY_FALLBACKS")]
    [InlineData("EMAIL_PASSWD")]
    [InlineData("EMAIL_HOST_PASS")]
    [InlineData("PASSPHRASE")]
    [InlineData("RECAPTCHA_PRIVATE_KEY")]
    public async Task A_variable_that_is_named_like_a_secret_is_refused(string name)
    {
        var refusal = await RefusalAsync($"services.prism.settings.environment.{name} = \"hunter2\";");

        Assert.Equal($"services.prism.settings.environment.{name} would lie in the store, which everybody can read: it belongs into services.prism.secretsFile", refusal);
    }

    [Theory]
    [InlineData("123456")]
    [InlineData("1.5")]
    [InlineData("\"truely\"")]
    [InlineData("\"$ecret\"")]
    public async Task A_secret_may_be_a_number_too(string value)
    {
        var refusal = await RefusalAsync($"services.prism.settings.environment.POSTGRES_PASSWORD = {value};");

        Assert.StartsWith("services.prism.settings.environment.POSTGRES_PASSWORD would lie in the store, which everybody can read: ", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_private_key_is_one_by_its_text()
    {
        var refusal = await RefusalAsync("services.prism.settings.environment.JWT_SIGNING_KEY = \"-----BEGIN RSA PRIVATE KEY-----\\nhunter2\";");

        Assert.Equal("services.prism.settings.environment.JWT_SIGNING_KEY would lie in the store, which everybody can read: it belongs into services.prism.secretsFile", refusal);
    }

    [Theory]
    [InlineData("gunicorn.command = [ \"/srv/gunicorn\" \"--statsd\" \"http://u:hunter2@h/\" ];", "gunicorn.command")]
    [InlineData("gunicorn.command = \"/srv/gunicorn --password=hunter2\";", "gunicorn.command")]
    [InlineData("steps.migrate = [ \"/srv/migrate\" \"--db-password\" \"hunter2\" ];", "steps.migrate")]
    [InlineData("steps.collectstatic = \"env AWS_SECRET_ACCESS_KEY=hunter2 prism-collectstatic\";", "steps.collectstatic")]
    [InlineData("manage.command = [ \"/srv/manage\" \"--auth-token=hunter2\" ];", "manage.command")]
    [InlineData("secrets.sopsCommand = \"env VAULT_TOKEN=hunter2 sops\";", "secrets.sopsCommand")]
    [InlineData("gunicorn.command = [ \"/srv/gunicorn\" \"--env=SECRET_KEY=hunter2\" ];", "gunicorn.command")]
    [InlineData("gunicorn.command = [ \"/bin/sh\" \"-c\" \"exec env PGPASSWORD='hunter2' gunicorn\" ];", "gunicorn.command")]
    [InlineData("gunicorn.command = \"/srv/gunicorn --password  hunter2\";", "gunicorn.command")]
    [InlineData("""steps.migrate = [ "/bin/sh" "-c" ''(PGPASSWORD=hunter2 psql -f x); exec prism-migrate'' ];""", "steps.migrate")]
    [InlineData("""steps.migrate = [ "/bin/sh" "-c" ''true;PGPASSWORD=hunter2 exec prism-migrate'' ];""", "steps.migrate")]
    [InlineData("""steps.migrate = [ "/bin/sh" "-c" ''true&&PGPASSWORD=hunter2 exec prism-migrate'' ];""", "steps.migrate")]
    [InlineData("""steps.migrate = [ "/bin/sh" "-c" ''PGPASSWORD='on the road' exec x'' ];""", "steps.migrate")]
    [InlineData("""steps.migrate = [ "/bin/sh" "-c" ''psql --password 'on the road' x'' ];""", "steps.migrate")]
    [InlineData("""steps.migrate = [ "/bin/sh" "-c" ''exec curl -H 'Authorization: Bearer hunter2' x'' ];""", "steps.migrate")]
    [InlineData("""steps.migrate = [ "/bin/sh" "-c" ''exec curl -H Cookie:hunter2 x'' ];""", "steps.migrate")]
    [InlineData("""steps.migrate = [ "/bin/sh" "-c" ''exec curl https://h/?token=hunter2'' ];""", "steps.migrate")]
    [InlineData("""steps.migrate = [ "/bin/sh" "-c" ''exec migrate postgres://u:hunter2@h/d'' ];""", "steps.migrate")]
    [InlineData("""steps.migrate = "/srv/migrate --password=$ecret";""", "steps.migrate")]
    [InlineData("""steps.migrate = [ "env" "PGPASSWORD=$ecret" "prism-migrate" ];""", "steps.migrate")]
    [InlineData("""steps.migrate = [ "/srv/migrate" "postgres://u:$ecret@h" ];""", "steps.migrate")]
    [InlineData("""steps.migrate = [ "/srv/migrate" "--password" "-hunter2" ];""", "steps.migrate")]
    [InlineData("""steps.migrate = [ "/srv/migrate" "--password" "on the road" ];""", "steps.migrate")]
    [InlineData("""steps.migrate = [ "/srv/migrate" "--dsn" "host=h password = hunter2" ];""", "steps.migrate")]
    [InlineData("""manage.command = "curl -H Authorization: Bearer hunter2";""", "manage.command")]
    [InlineData("""steps.migrate = [ "env" "JWT_PRIVATE_KEY=hunter2" "prism-migrate" ];""", "steps.migrate")]
    [InlineData("""steps.migrate = [ "/srv/migrate" "--passphrase" "hunter2" ];""", "steps.migrate")]
    public async Task A_password_in_a_command_is_refused(string setting, string path)
    {
        var refusal = await RefusalAsync($"services.prism.settings.{setting}");

        Assert.Equal($"services.prism.settings.{path}: a password in a command line would lie in the store, which everybody can read, and in the list of processes: give it as a variable in services.prism.secretsFile, or in a file that the command reads", refusal);
    }

    [Theory]
    [InlineData("Authorization")]
    [InlineData("cookie")]
    [InlineData("X-Auth-Token")]
    public async Task A_header_of_the_probe_that_is_a_secret_is_refused(string name)
    {
        var refusal = await RefusalAsync($"services.prism.settings.health.headers.{name} = \"hunter2\";");

        Assert.Equal($"services.prism.settings.health.headers.{name} would lie in the store, which everybody can read: leave it out, and let services.prism.settings.health.path name a page that asks for none", refusal);
    }

    [Theory]
    [InlineData("gunicorn.command = [ \"/srv/gunicorn\" \"--password-file=/run/x\" \"--forwarded-allow-ips\" \"127.0.0.1\" ];")]
    [InlineData("steps.migrate = \"/srv/migrate --no-password --database default\";")]
    [InlineData("steps.migrate = [ ];")]
    [InlineData("steps.migrate = [ \"/srv/psql\" \"--no-password\" \"prism\" ];")]
    [InlineData("gunicorn.command = [ \"/bin/sh\" \"-c\" \"PGPASSWORD='$(cat /run/x)' exec gunicorn --env DB_PASSWORD=$X postgres://u:$PW@h/d\" ];")]
    [InlineData("manage.command = \"/srv/manage --with-token=false --secret\";")]
    [InlineData("""steps.migrate = [ "/bin/sh" "-c" ''export PGPASSWORD="$POSTGRES_PASSWORD"; exec prism-migrate'' ];""")]
    [InlineData("""steps.migrate = [ "/bin/sh" "-c" ''PGPASSWORD=$POSTGRES_PASSWORD; export PGPASSWORD; exec prism-migrate'' ];""")]
    [InlineData("""steps.migrate = [ "/bin/sh" "-c" ''PGPASSWORD=$(/nix/store/aaa-coreutils/bin/cat /run/secrets/pg) exec prism-migrate'' ];""")]
    [InlineData("""steps.migrate = [ "/bin/sh" "-c" ''PGPASSWORD="$(< /run/secrets/pg)" exec x'' ];""")]
    [InlineData("""steps.migrate = [ "/bin/sh" "-c" ''PGPASSWORD=`cat /run/secrets/pg` exec x'' ];""")]
    [InlineData("""steps.migrate = [ "/bin/sh" "-c" ''PGPASSWORD="`cat /run/secrets/pg`" exec x'' ];""")]
    [InlineData("""steps.migrate = [ "/bin/sh" "-c" ''PGPASSWORD=''${POSTGRES_PASSWORD:-} exec x'' ];""")]
    [InlineData("""steps.migrate = [ "/bin/sh" "-c" ''PGPASSWORD="''${POSTGRES_PASSWORD:?missing}" exec x'' ];""")]
    [InlineData("""steps.migrate = [ "/bin/sh" "-c" ''TOKEN="$1"; exec x'' ];""")]
    [InlineData("""steps.migrate = [ "/bin/sh" "-c" ''LOGIN_TOKEN=on; exec x'' ];""")]
    [InlineData("""steps.migrate = [ "/bin/sh" "-c" ''PGPASSWORD= exec x'' ];""")]
    [InlineData("""steps.migrate = [ "/bin/sh" "-c" ''[ "$TOKEN" = abc ] && [ $TOKEN = abc ] && exec x'' ];""")]
    [InlineData("""steps.migrate = [ "/bin/sh" "-c" ''SECRET_KEY=$(sed -n 's/^SECRET_KEY=//p' /run/x) exec x'' ];""")]
    [InlineData("""steps.migrate = [ "/bin/sh" "-c" ''grep '^PASSWORD=' x; awk -F= '/^SECRET_KEY=/ {print $2}' x; printf 'TOKEN=%s' "$T"'' ];""")]
    [InlineData("""steps.migrate = [ "/bin/sh" "-c" ''sed "s/TOKEN=.*/TOKEN=$T/" x'' ];""")]
    [InlineData("""steps.migrate = [ "/bin/sh" "-c" ''psql --password "$X" --token $Y; psql --password || exit 1'' ];""")]
    [InlineData("""steps.migrate = [ "/bin/sh" "-c" ''curl -H "Authorization: Bearer $TOKEN" -H 'Authorization: Bearer '"$T" -H "Cookie: $C" x'' ];""")]
    [InlineData("""steps.migrate = [ "/bin/sh" "-c" ''exec x postgres://''${U:-prism}:$PW@h/d postgres://$U:''${PW:-}@h'' ];""")]
    [InlineData("""steps.migrate = [ "/bin/sh" "-c" ''psql "host=h password=$PW user=u"; psql "host=h password = $PW"'' ];""")]
    [InlineData("""steps.migrate = [ "/bin/sh" "-c" ''psql --set=password="'$PW'" --file x'' ];""")]
    [InlineData("""steps.migrate = [ "/bin/sh" "-c" ''exec x --ssl-private-key /etc/x.pem --private-key=/etc/y.pem'' ];""")]
    [InlineData("""steps.migrate = [ "/nix/store/x-bash/bin/bash" "-euc" "PGPASSWORD=\"$X\" exec x" ];""")]
    [InlineData("""steps.migrate = [ "/srv/migrate" "--private-key" "/run/x.pem" "--password" "-U" "prism" "--password" "--host" "h" ];""")]
    [InlineData("health.headers = { X-Forwarded-Proto = \"https\"; };")]
    [InlineData("health = { headers = null; };")]
    public async Task A_command_and_a_header_without_one_are_taken(string setting)
    {
        var (service, error) = await NixService.TryEvaluateAsync($"services.prism.settings.{setting}");

        Assert.True(service is not null, error);
    }

    [Theory]
    [InlineData("amqp://u:hunter2@h/")]
    [InlineData("redis://:hunter2@127.0.0.1:6379/0")]
    [InlineData("amqp://h1;amqp://u:hunter2@h2")]
    [InlineData("postgres:///prism?user=u&password=hunter2")]
    [InlineData("host=h password=hunter2")]
    [InlineData("host=h PASSWORD=hunter2")]
    [InlineData("host=h password = hunter2")]
    public async Task A_url_with_a_password_is_refused(string value)
    {
        var refusal = await RefusalAsync($"services.prism.settings.environment.CELERY_BROKER_URL = \"{value}\";");

        Assert.Equal("services.prism.settings.environment.CELERY_BROKER_URL would lie in the store, which everybody can read, with the password in it: it belongs into services.prism.secretsFile", refusal);
    }

    [Theory]
    [InlineData("CELERY_BROKER_URL = \"redis://127.0.0.1:6379/0\";")]
    [InlineData("CELERY_BROKER_URL = \"amqp://u@h:5672/\";")]
    [InlineData("FEED = \"http://h:80/@someone\";")]
    [InlineData("ALLOW_EMPTY_PASSWORD = false;")]
    [InlineData("TOKENS_PER_PAGE = 5;")]
    [InlineData("PASSWORD_RESET_TIMEOUT = 300;")]
    [InlineData("ACCESS_TOKEN = true;")]
    [InlineData("POSTGRES_PASSWORD = \"\";")]
    [InlineData("ACCOUNT_REQUIRE_PASSWORD = \"true\";")]
    [InlineData("ALLOW_RESET_PASSWORD = 1;")]
    [InlineData("ALLOW_RESET_PASSWORD = \"off\";")]
    [InlineData("ALLOW_RESET_PASSWORD = \"n\";")]
    [InlineData("ALLOW_RESET_PASSWORD = \"T\";")]
    [InlineData("JWT_PRIVATE_KEY = \"/run/secrets/jwt.pem\";")]
    [InlineData("JWT_VERIFYING_KEY = \"-----BEGIN PUBLIC KEY-----\\nMIIB\";")]
    [InlineData("DATABASE_URL = \"postgres://%2Frun%2Fpostgresql/prism\";")]
    [InlineData("DATABASE_URL = \"sqlite:////var/lib/prism-django/db.sqlite3\";")]
    [InlineData("SENTRY_TRACES_SAMPLE_RATE = 0.2;")]
    public async Task What_only_looks_like_a_secret_is_taken(string variable)
    {
        var (service, error) = await NixService.TryEvaluateAsync($"services.prism.settings.environment.{variable}");

        Assert.True(service is not null, error);
    }

    [Theory]
    [InlineData("SECRET_KEY=hunter2\n", "is not encrypted by sops: encrypt it, or keep it out of the store and name its path in quotes")]
    [InlineData("# sops_mac=\nSECRET_KEY=hunter2\n", "is not encrypted by sops")]
    [InlineData("sops_mac=\nSECRET_KEY=hunter2\n", "is not encrypted by sops")]
    [InlineData(Sealed + Mac + "PASSWORD=hunter2\n", "holds in clear what sops would encrypt (PASSWORD): encrypt it with sops, and change what it was")]
    [InlineData(Sealed + "SECRET_KEY=hunter2\n" + Mac, "holds in clear what sops would encrypt (SECRET_KEY)")]
    [InlineData(Sealed + "A=ENC[hunter2\nB=ENC[AES256_GCM,data:\n" + Mac, "holds in clear what sops would encrypt (A, B)")]
    [InlineData(Sealed + "hunter2\n" + Mac, "holds in clear what sops would encrypt (line 2)")]
    [InlineData(Sealed + "POSTGRES_PASSWORD=hunter2\n" + Mac + "sops_encrypted_regex=^(SECRET)\n", "holds in clear what sops would encrypt (POSTGRES_PASSWORD)")]
    [InlineData(Sealed + "POSTGRES_PASSWORD=hunter2\n" + Mac + "sops_encrypted_suffix=_KEY\n", "holds in clear what sops would encrypt (POSTGRES_PASSWORD)")]
    [InlineData(Sealed + "POSTGRES_PASSWORD=hunter2\n" + Mac + "sops_unencrypted_suffix=_PASSWORD\n", "holds in clear what sops would encrypt (POSTGRES_PASSWORD)")]
    [InlineData(Sealed + "DATABASE_URL=postgres://u:hunter2@h/\n" + Mac + "sops_encrypted_regex=^(SECRET)\n", "holds in clear what sops would encrypt (DATABASE_URL)")]
    [InlineData(Sealed + "# POSTGRES_PASSWORD=hunter2\n" + Mac, "holds a secret in a comment that is clear (line 2: POSTGRES_PASSWORD): delete the comment, and change the secret")]
    [InlineData(Sealed + "#POSTGRES_PASSWORD = hunter2\n" + Mac, "holds a secret in a comment that is clear (line 2: POSTGRES_PASSWORD): delete the comment, and change the secret")]
    [InlineData(Sealed + "# old: export SECRET_KEY='hunter2' TOKEN=hunter2\n" + Mac, "holds a secret in a comment that is clear (line 2: SECRET_KEY, TOKEN): delete the comment, and change the secret")]
    [InlineData(Sealed + "# POSTGRES_PASSWORD: hunter2\n" + Mac, "holds a secret in a comment that is clear (line 2: POSTGRES_PASSWORD): delete the comment, and change the secret")]
    [InlineData(Sealed + "# was postgres://prism:hunter2@db/prism\n" + Mac, "holds a secret in a comment that is clear (line 2): delete the comment, and change the secret")]
    [InlineData(Sealed + "#\n# URL=redis://:hunter2@h\n" + Mac, "holds a secret in a comment that is clear (line 3): delete the comment, and change the secret")]
    [InlineData(Sealed + "# hunter2 was the old password=see wiki\n" + Mac, "holds a secret in a comment that is clear (line 2: password): delete the comment, and change the secret")]
    [InlineData(Sealed + "API_KEY=hunter2\n" + Mac + "sops_encrypted_regex=^(SECRET)\n", "holds in clear what sops would encrypt (API_KEY)")]
    [InlineData(Sealed + "sops_TOKEN=hunter2\n" + Mac, "holds in clear what sops would encrypt (sops_TOKEN)")]
    [InlineData(Sealed + "sops_age__x=hunter2\nsops_hunter2\n" + Mac, "holds in clear what sops would encrypt (sops_age__x, line 3)")]
    [InlineData(Sealed + "A=ENC[AES256_GCM,data:hunter2]\n" + Mac, "holds in clear what sops would encrypt (A)")]
    [InlineData(Sealed + $"A=ENC[AES256_GCM,data:hunter2,{Iv},{Tag},type:str]\nB=ENC[AES256_GCM,data:AA==,iv:AA==,{Tag},type:str]\nC=ENC[AES256_GCM,data:AA==,{Iv},tag:AA==,type:str]\nD=ENC[AES256_GCM,data:AA==,{Iv},{Tag},type:hunter2]\nE=ENC[AES256_GCM,data:,{Iv},{Tag},type:str]\nF=ENC[AES256_GCM,data:A=A=,{Iv},{Tag},type:str]\n" + Mac, "holds in clear what sops would encrypt (A, B, C, D, E, F)")]
    [InlineData(Sealed + "sops_mac=ENC[AES256_GCM,data:hunter2]\n", "is not encrypted by sops")]
    [InlineData(Sealed + "sops_kms__list_0__map_Environment-Name=hunter2\n" + Mac, "holds in clear what sops would encrypt (line 2)")]
    [InlineData(Sealed + "A_unencrypted=1\n" + Mac, "holds clear or empty values, which nobody vouches for (A_unencrypted): encrypt them with sops, remove them, or list them in services.prism.settings.secrets.allowNames")]
    [InlineData(Sealed + "A_unencrypted=1\n" + Mac + "sops_unencrypted_suffix=_clear\n", "holds in clear what sops would encrypt (A_unencrypted)")]
    [InlineData(Sealed + "A_enc=1\n" + Mac + "sops_encrypted_suffix=_enc\n", "holds in clear what sops would encrypt (A_enc)")]
    [InlineData(Sealed + "A=\n" + Mac, "holds clear or empty values, which nobody vouches for (A)")]
    public async Task A_secret_in_clear_is_not_copied_into_the_store(string text, string fault)
    {
        using var folder = new TempFolder();
        var file = folder.Write("prism.env", text);

        foreach (var (option, value) in new[] { ("secretsFile", file), ("settings.secrets.file", file), ("secretsFile", $"{{ text = builtins.readFile {file}; outPath = \"/nix/store/00000000000000000000000000000000-prism.env\"; }}") })
        {
            var refusal = await RefusalAsync($"services.prism.{option} = {value};");

            Assert.Matches($"^services.prism.{option}: \\S+/\\S*prism.env lies in the store, or would be copied there, where everybody can read it, and ", refusal);
            Assert.Contains($" and {fault}", refusal, StringComparison.Ordinal);
            Assert.DoesNotContain("hunter2", refusal, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(Sealed + "#ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:comment]\n# a comment\n\n" + Mac, "")]
    [InlineData(Sealed + "EMAIL_HOST_USER=\nEMAIL_HOST_PASSWORD=\n" + Mac, "")]
    [InlineData(Sealed + "# EMAIL_HOST_PASSWORD=<ask Bob>\n" + Mac, "")]
    [InlineData(Sealed + "# EMAIL_HOST_PASSWORD=${X}\n" + Mac, "")]
    [InlineData(Sealed + "# EMAIL_HOST_PASSWORD=\"<ask Bob>\"\n" + Mac, "")]
    [InlineData(Sealed + "# new one: SECRET_KEY=$(openssl rand -hex 32)\n" + Mac, "")]
    [InlineData(Sealed + "# see https://docs/#password=how\n" + Mac, "")]
    [InlineData(Sealed + "# ---- TOKEN ====\n" + Mac, "")]
    [InlineData(Sealed + "# TOKEN=\n" + Mac, "")]
    [InlineData(Sealed + "# TOKEN = \n" + Mac, "")]
    [InlineData(Sealed + "# USE_TOKEN=yes\n" + Mac, "")]
    [InlineData(Sealed + "# the password: ask Bob\n" + Mac, "")]
    [InlineData(Sealed + "# PASSWORD:\n" + Mac, "")]
    [InlineData(Sealed + "# SECRET_KEY=ENC[AES256_GCM,data:AA==]\n" + Mac, "")]
    [InlineData(Sealed + "# postgres://prism:<password>@db/prism postgres://prism:$PW@db/prism\n" + Mac, "")]
    [InlineData(Sealed + "# JWT_PRIVATE_KEY=/run/jwt.pem\n" + Mac, "")]
    [InlineData(Sealed + Mac + "sops_kms__list_0__map_context__map_Environment-Name=prod\nsops_kms__list_0__map_context__map_Role:Name=\nsops_key_groups__list_0__map_kms__list_0__map_context__map_a b=c\n", "")]
    [InlineData(Sealed + $"EXPIRES=ENC[AES256_GCM,data:AA==,{Iv},{Tag},type:time]\n# PASSWORD=\n" + Mac, "")]
    [InlineData(Sealed + "A_unencrypted=1\nB=\n" + Mac, "allowNames = [ \"A_unencrypted\" \"B\" ];")]
    [InlineData(Sealed + "A_unencrypted=1\nB=\n" + Mac, "allowNames = \"A_unencrypted B\";")]
    [InlineData(Sealed + "A_unencrypted=1\n" + Mac, "unauthenticated = \"allow\";")]
    [InlineData(Sealed + "A=1\n" + Mac + "sops_encrypted_suffix=_KEY\n", "required = [ \"SECRET_KEY\" \"A\" ];")]
    [InlineData(Sealed + "A=1\n" + Mac + "sops_encrypted_regex=^S\n", "together = [ [ \"A\" ] ];")]
    [InlineData(Sealed + "USE_PASSWORD=true\n" + Mac + "sops_encrypted_regex=^S\n", "allowNames = [ \"USE_PASSWORD\" ];")]
    [InlineData(Sealed + "sops_TOKEN=" + Whole + "\n" + Mac + "sops_age__list_0__map_recipient=age1\nsops_pgp__list_0__map_created_at=2026\nsops_mac_only_encrypted=true\nsops_encrypted_comment_regex=x\nsops_key_groups__list_0__map_hc_vault__list_0__map_key_name=k\n", "")]
    public async Task What_the_supervisor_lets_through_of_a_sops_file_is_taken(string text, string secrets)
    {
        using var folder = new TempFolder();

        var (service, error) = await NixService.TryEvaluateAsync($"services.prism = {{ secretsFile = {folder.Write("prism.env", text)}; settings.secrets = {{ {secrets} }}; }};");

        Assert.True(service is not null, error);
    }

    /// <summary>The supervisor takes files of 1 MiB; a regular expression over a whole one would not end well.</summary>
    [Fact]
    public async Task A_large_file_of_sops_is_looked_at_too()
    {
        using var folder = new TempFolder();
        var sealedText = Sealed.Replace("data:AA==", $"data:{new string('A', 700_000)}", StringComparison.Ordinal);

        var answer = await NixService.RunAsync("--eval", "--strict", "--json", "--expr", $$"""
            builtins.length (import {{Repository.PathTo("packaging", "nix", "tests", "evaluate.nix")}} {
              modules = [ { {{NixService.Enabled}} } { services.prism = { keyFile = null; secretsFile = {{folder.Write("prism.env", sealedText + Mac)}}; }; } ];
            }).host.warnings
            """);

        Assert.Equal((0, "1"), (answer.Code, answer.Text.Trim()));
    }

    [Theory]
    [InlineData("A_unencrypted=1\n", "unauthenticated = \"refuse\"; allowNames = [ \"A_unencrypted\" ];", "holds clear or empty values, which nobody vouches for (A_unencrypted)")]
    [InlineData("A_unencrypted=1\n", "format = \"env\";", "is not encrypted by sops")]
    [InlineData("A_unencrypted=1\n", "together = [ \"B\" ]; allowNames = 3;", "holds clear or empty values, which nobody vouches for (A_unencrypted)")]
    [InlineData("hunter2\nsops_encrypted_regex=^S\n", "unauthenticated = \"allow\";", "holds in clear what sops would encrypt (line 4)")]
    public async Task What_the_settings_refuse_of_a_sops_file_is_refused(string text, string secrets, string fault)
    {
        using var folder = new TempFolder();

        var refusal = await RefusalAsync($"services.prism = {{ secretsFile = {folder.Write("prism.env", Sealed + Mac + text)}; settings.secrets = {{ {secrets} }}; }};");

        Assert.Contains($" and {fault}", refusal, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("services.prism.secretsFile = \"/nix/store/00000000000000000000000000000000-prism.env\";", "services.prism.secretsFile")]
    [InlineData("services.prism.secretsFile = pkgs.writeText \"prism.env\" \"SECRET_KEY=hunter2\";", "services.prism.secretsFile")]
    [InlineData("services.prism.settings.secrets.file = \"/nix/store/00000000000000000000000000000000-prism.env\";", "services.prism.settings.secrets.file")]
    public async Task A_file_of_the_store_that_cannot_be_looked_at_is_refused(string settings, string option)
    {
        var refusal = await RefusalAsync(settings);

        Assert.StartsWith($"{option}: /nix/store/", refusal, StringComparison.Ordinal);
        Assert.EndsWith(" and cannot be looked at before: name the file that sops encrypted itself, such as ./prism.env", refusal, StringComparison.Ordinal);
    }

    /// <summary>The one line that NixOS shows of a failed assertion.</summary>
    private static async Task<string> RefusalAsync(string settings)
    {
        var (service, error) = await NixService.TryEvaluateAsync(settings);

        Assert.Null(service);
        return Assert.Single(error.Split('\n', StringSplitOptions.TrimEntries), line => line.StartsWith("- ", StringComparison.Ordinal))[2..];
    }
}
