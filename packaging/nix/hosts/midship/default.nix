# midship: Prism, its PostgreSQL and the web server in front, on one host. To be imported by the host's configuration.
{ pkgs, ... }:
{
  imports = [ ../../service.nix ];

  # Where pkgs.prism-django and pkgs.prism-supervisor are.
  nixpkgs.overlays = [ (import ../../overlay.nix) ];

  services.prism = {
    enable = true;
    # The release: the sample site. Another source (prism-django.override { siteSource = ...; }) and a switch roll it in.
    package = pkgs.prism-django;
    hosts = [ "midship.local" ];
    # Encrypted by sops: the demonstration's, which samples/secrets/age-key.txt opens. A host has a file and a key of its own.
    secretsFile = ./prism.env;
    keyFile = "/var/lib/prism-key/age.key";
    allowedAddresses = [ ];
    settings.environment = {
      POSTGRES_DB = "prism";
      # PostgreSQL knows the user prism by its account there, and asks for no password.
      POSTGRES_HOST = "/run/postgresql";
    };
  };

  # Where the key lies: root's alone.
  systemd.tmpfiles.settings."10-prism"."/var/lib/prism-key".d = {
    user = "root";
    group = "root";
    mode = "0700";
  };

  services.postgresql = {
    enable = true;
    ensureDatabases = [ "prism" ];
    ensureUsers = [
      {
        name = "prism";
        ensureDBOwnership = true;
      }
    ];
  };

  # http://midship.local/ for the network; the site itself listens on this host alone.
  services.nginx = {
    enable = true;
    recommendedProxySettings = true;
    virtualHosts."midship.local" = {
      locations."/static/".alias = "/var/lib/prism-django/staticfiles/";
      locations."/".proxyPass = "http://127.0.0.1:8000";
    };
  };
  users.users.nginx.extraGroups = [ "prism" ];
  networking.firewall.allowedTCPPorts = [ 80 ];
}
