# What hosts differ in. Everything else the supervisor knows (docs/configuration.md) is in settings.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib) mkOption types;
  cfg = config.services.prism;
  format = pkgs.formats.json { };
  addresses = import ./addresses.nix { inherit lib; };

  # Told by what is meant, which a pattern does not.
  described = description: type: type // { inherit description; };
in
{
  options.services.prism = {
    enable = lib.mkEnableOption "Prism, a Django site, run by its supervisor";

    package = lib.mkPackageOption pkgs "prism-django" { };

    supervisorPackage = mkOption {
      type = types.package;
      default = pkgs.prism-supervisor or (pkgs.callPackage ./prism-supervisor/package.nix { });
      defaultText = lib.literalExpression "pkgs.prism-supervisor or (pkgs.callPackage ./prism-supervisor/package.nix { })";
      description = "The supervisor. Another one is a restart, in which connections wait; a site's release is a reload.";
    };

    secretsFile = mkOption {
      type = types.nullOr types.path;
      default = null;
      example = lib.literalExpression "./secrets/prism.env";
      description = ''
        The secrets as a dotenv file: encrypted by sops, which may lie in the store and is opened with
        {option}`services.prism.keyFile`, or one that something else decrypts outside of it, such as
        `config.sops.secrets.prism-env.path` (the user prism must be able to read it; /home, /root, /run/user, /tmp and
        /var/tmp are hidden from the site).
      '';
    };

    keyFile = mkOption {
      # OpenFile= would take the rest for a name, an option or a specifier.
      type = types.nullOr (
        described "absolute path not in the Nix store, without blanks, quotes, backslashes and : , %" (
          types.addCheck types.externalPath (
            path: builtins.match "[^:,%\\\"'[:space:][:cntrl:]]*" path != null
          )
        )
      );
      default = "/etc/prism/age.key";
      example = "/var/lib/sops-nix/key.txt";
      description = ''
        The age key, a file that only root needs to read: systemd opens it, and the site never sees it. One that was made
        for Prism alone is better than the host's, which opens more. It may be absent; null opens none.
      '';
    };

    hosts = mkOption {
      # What a request's Host header can be (Django's host_validation_re), less its port.
      type = types.nonEmptyListOf (
        described "name or address such as midship.local, .example.org, 10.1.1.5 or [::1], or * alone (no scheme, port, path or network)" (
          types.strMatching "[*]|[.]?[A-Za-z0-9-]+([.][A-Za-z0-9-]+)*|\\[[0-9A-Fa-f.]*:[0-9A-Fa-f:.]+]"
        )
      );
      example = [
        "midship.local"
        ".example.org"
      ];
      description = ''
        The names that the site answers to (Django's ALLOWED_HOSTS). A leading dot stands for all names below; there is no
        other wildcard, save `*` alone.
      '';
    };

    bind = mkOption {
      type = types.either types.nonEmptyStr (types.nonEmptyListOf types.nonEmptyStr);
      default = "127.0.0.1:8000";
      example = [
        "127.0.0.1:8000"
        "unix:/run/prism-django/prism.sock"
      ];
      description = ''
        Where the site listens: one address, or up to 16. A port below 1024, and a path that the site cannot write, need
        {option}`services.prism.socket.enable`. Changes with a restart.
      '';
    };

    settings = mkOption {
      default = { };
      example = lib.literalExpression ''
        {
          environment.POSTGRES_HOST = "/run/postgresql";
          health.path = "/healthz";
          gunicorn.gracefulTimeoutSeconds = 20;
        }
      '';
      description = ''
        The supervisor's configuration, as docs/configuration.md lists it. It lies in the store, which everybody can read:
        secrets belong into {option}`services.prism.secretsFile`.
      '';
      type = types.submodule {
        freeformType = format.type;
        options.environment = mkOption {
          type = types.attrsOf (
            types.oneOf [
              types.bool
              types.int
              types.float
              types.str
            ]
          );
          default = { };
          example = {
            POSTGRES_HOST = "/run/postgresql";
            DEBUG = false;
          };
          description = "The site's own settings, for every process of it, Celery and prism-manage too.";
        };
      };
    };

    allowedAddresses = mkOption {
      # A name would be ignored by systemd, with a word in a log that nobody reads.
      type = types.nullOr (
        types.listOf (
          described "IP address such as 10.1.1.5, 10.1.1.0/24 or fd00::/8, or any, localhost, link-local, multicast" (
            types.addCheck types.str addresses.isPacketFilter
          )
        )
      );
      default = null;
      example = [ "10.1.1.0/24" ];
      description = ''
        Addresses that the site may exchange packets with, besides 127.0.0.0/8 and ::1: a database elsewhere, a mail server, an
        API, this host's own address in the network. An empty list keeps it to the loopback, null leaves it free. Who may reach
        the site changes with a stop and a start, no restart: the socket that waits through one keeps its packet filter.
      '';
    };

    socket.enable = mkOption {
      type = types.bool;
      default = false;
      description = ''
        Whether systemd listens on {option}`services.prism.bind`, for ports below 1024, or from boot on. The first address must be
        there when the service starts, which asks it whether the site answers. What to do after a change: docs/deploying.md.
      '';
    };

    celery = {
      worker.enable = lib.mkEnableOption "a Celery worker, started when the site has answered";
      worker.arguments = mkOption {
        type = types.listOf types.str;
        default = [ ];
        example = [ "--concurrency=2" ];
        description = "What follows `worker` on its command line.";
      };
      beat.enable = lib.mkEnableOption "Celery's scheduler, started when the site has answered";
      command = mkOption {
        type = types.nonEmptyListOf types.str;
        default = [
          (lib.getExe' cfg.package "prism-celery")
          "--app"
          "prism"
        ];
        defaultText = lib.literalExpression ''[ (lib.getExe' config.services.prism.package "prism-celery") "--app" "prism" ]'';
        description = "Celery, up to the word `worker` or `beat`. The package has prism-celery where it is built with `withCelery = true`.";
      };
    };

    confine = mkOption {
      type = types.bool;
      default = false;
      example = true;
      description = ''
        Whether the site and Celery run in a root of their own: they see the store, /etc, /run, their state and a /tmp of their
        own, and nothing else of the host's files. Folders that the site needs besides go into `BindReadOnlyPaths` (or
        `BindPaths`) of {option}`systemd.services.prism-django.serviceConfig`.
      '';
    };
  };
}
