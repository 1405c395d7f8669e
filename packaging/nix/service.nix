# Prism, a Django site, run by its supervisor: import this file, set services.prism.enable and what the host differs in.
# docs/deploying.md goes through it; the comments on the unit's settings also stand in packaging/systemd, which is made of it.
{
  config,
  lib,
  pkgs,
  utils,
  ...
}:
let
  cfg = config.services.prism;
  format = pkgs.formats.json { };
  addresses = import ./addresses.nix { inherit lib; };

  # The release, the settings and the site's environment: one file, which a switch changes and a reload reads anew.
  configFile = format.generate "prism-supervisor.json" cfg.settings;
  supervisor = lib.getExe cfg.supervisorPackage;
  paths = import ./paths.nix { inherit lib; };
  inherit (import ./writable.nix { inherit config lib; }) folders;
  state = "/var/lib/prism-django";
  # As systemd tells the site (systemd.exec(5)); its settings make MEDIA_ROOT, STATIC_ROOT and an SQLite database of it.
  made = folders "/var/lib" "StateDirectory";
  stateDirectory =
    config.systemd.services.prism-django.environment.STATE_DIRECTORY or (lib.concatStringsSep ":" made);
  # What was named besides. (What is wrong with it, assertions.nix says.)
  named = lib.filter (path: !lib.any (folder: lib.hasPrefix "${folder}/" "${path}/") made) (
    map paths.plain (
      lib.filter (path: lib.isString path && lib.hasPrefix "/" path) (
        lib.splitString ":" stateDirectory ++ [ (cfg.settings.stateDirectory or null) ]
      )
    )
  );

  # For people: sudo prism-manage createsuperuser.
  manage = pkgs.writeShellScriptBin "prism-manage" ''
    exec ${supervisor} exec --unit prism-django.service -- ${lib.getExe' cfg.package "prism-manage"} "$@"
  '';

  # toString, so that a path of the Nix language is not copied into the store, where everybody could read the key.
  openKey = lib.mkIf (cfg.keyFile != null) "${toString cfg.keyFile}:age-key:read-only,graceful";

  sandbox = {
    # No core dump may hold a secret. 1, not 0: that stops systemd-coredump too, which would record the environment.
    LimitCORE = 1;
    # What the web server in front is to read, it reads as a member of the group.
    UMask = "0027";

    # Nothing of the system can be written but the state and the runtime directory.
    ProtectSystem = "strict";
    ProtectHome = true;
    PrivateTmp = true;
    PrivateMounts = true;
    RemoveIPC = true;

    # No privilege, and no way to one.
    NoNewPrivileges = true;
    CapabilityBoundingSet = "";
    AmbientCapabilities = "";
    PrivateUsers = true;
    RestrictSUIDSGID = true;
    RestrictNamespaces = true;

    # No device, no kernel interface, no other process.
    PrivateDevices = true;
    DevicePolicy = "closed";
    DeviceAllow = "";
    ProtectClock = true;
    ProtectControlGroups = true;
    ProtectHostname = true;
    ProtectKernelLogs = true;
    ProtectKernelModules = true;
    ProtectKernelTunables = true;
    ProtectProc = "invisible";
    ProcSubset = "pid";

    # Native code only, which is what makes this possible: a just-in-time compiler dies under it.
    MemoryDenyWriteExecute = true;
    LockPersonality = true;
    RestrictRealtime = true;
    RestrictAddressFamilies = "AF_UNIX AF_INET AF_INET6";
    SystemCallArchitectures = "native";
    SystemCallFilter = [
      "@system-service"
      "~@privileged @resources"
    ];
    SystemCallErrorNumber = "EPERM";

    # This host and the addresses that are named, in both directions.
    IPAddressDeny = lib.mkIf (cfg.allowedAddresses != null) "any";
    IPAddressAllow = lib.mkIf (cfg.allowedAddresses != null) ([ "localhost" ] ++ cfg.allowedAddresses);
  };

  # What the settings let a stop and a start take, where that is more than the unit gives by default.
  seconds =
    path: usual:
    let
      value = lib.attrByPath path null cfg.settings;
    in
    if lib.isInt value || lib.isFloat value then value else usual;
  graceful = seconds [ "gunicorn" "gracefulTimeoutSeconds" ] 30;
  stopTimeout = lib.max 45 (
    15 + builtins.ceil (lib.max graceful (seconds [ "steps" "stopTimeoutSeconds" ] 10))
  );
  # A reload: all that is before its canary, the canary, the next generation, and what the old one has in hand.
  reloadTimeout =
    28
    + builtins.ceil (
      seconds [ "reload" "timeoutSeconds" ] 420
      + 2 * seconds [ "gunicorn" "startTimeoutSeconds" ] 60
      + seconds [ "reload" "canarySeconds" ] 2
      + graceful
    );
  startTimeout = if reloadTimeout > 600 then reloadTimeout else "10min";

  # Celery becomes of the same exec that people use: the site's environment and secrets, never the key.
  celery = name: arguments: {
    description = "Prism (Celery ${name})";
    # Ordered behind the site: started when it has answered, migrated that is; stopped and restarted with it. Wanted by the site
    # too, which may need a second try, and by the system, so that a switch starts what it enables beside a site that runs.
    wantedBy = [
      "multi-user.target"
      "prism-django.service"
    ];
    requires = [ "prism-django.service" ];
    after = [ "prism-django.service" ];
    stopIfChanged = false;
    startLimitIntervalSec = 3600;
    startLimitBurst = 40;
    # Release, settings and environment: restarted after the site's reload.
    restartTriggers = [ configFile ];
    # The site's folder, not the one of its own, which StateDirectory= would tell: what a task writes, the site is to find.
    environment.STATE_DIRECTORY = lib.mkDefault stateDirectory;
    serviceConfig = lib.mkMerge [
      {
        Type = "exec";
        ExecStart = utils.escapeSystemdExecArgs (
          [
            supervisor
            "exec"
            "--config"
            "/etc/prism/supervisor.json"
            "--"
          ]
          ++ cfg.celery.command
          ++ [ name ]
          ++ arguments
        );
        User = "prism";
        Group = "prism";
        # The schedule of beat lies in its own; what tasks write for the site, in the site's.
        WorkingDirectory = "/var/lib/prism-celery-${name}";
        StateDirectory = "prism-celery-${name}";
        StateDirectoryMode = "0750";
        # Of a root of its own, what is not mounted there is not missed.
        ReadWritePaths = made ++ map (path: "-${path}") (lib.unique named);
        OpenFile = openKey;
        # TERM goes to Celery alone, which lets its tasks end.
        KillMode = "mixed";
        TimeoutStopSec = "2min";
        Restart = "on-failure";
        RestartSec = "5s";
        # What no restart mends: the command line, the secrets, a file that may not be read, the configuration, no such command.
        RestartPreventExitStatus = "64 65 77 78 126 127";
      }
      sandbox
    ];
  };
in
{
  imports = [
    ./options.nix
    ./assertions.nix
    ./bind.nix
    ./confine.nix
    ./secrets-place.nix
  ];

  config = lib.mkIf cfg.enable {
    services.prism.settings = {
      bind = lib.mkDefault cfg.bind;
      environment = {
        ALLOWED_HOSTS = lib.mkDefault (builtins.concatStringsSep "," cfg.hosts);
        USE_POSTGRES = lib.mkDefault true;
      };
      secrets = lib.mkIf (cfg.secretsFile != null) { file = lib.mkDefault "${cfg.secretsFile}"; };
      database.unit = lib.mkDefault "postgresql.target";
      # The release, by its paths in the store: what is there only once is not done twice.
      steps.migrate = lib.mkDefault (lib.getExe' cfg.package "prism-migrate");
      # Nor what was done when the package was built.
      steps.collectstatic = lib.mkDefault (
        if cfg.package.collectStatic or false then [ ] else lib.getExe' cfg.package "prism-collectstatic"
      );
      manage.command = lib.mkDefault (lib.getExe' cfg.package "prism-manage");
      gunicorn.command = lib.mkDefault (lib.getExe' cfg.package "prism-gunicorn");
    };

    environment.etc."prism/supervisor.json".source = configFile;
    environment.systemPackages = [
      cfg.supervisorPackage
      manage
    ];

    users.users.prism = {
      isSystemUser = true;
      group = "prism";
      home = state;
      description = "Prism";
    };
    users.groups.prism = { };

    systemd.services.prism-django = {
      description = "Prism (Django), supervised";
      # Role and database are made before postgresql.target, which only NixOS has.
      after = [
        "network.target"
        "postgresql.target"
      ];
      # A wish, no more: the database may be on another host.
      wants = [ "postgresql.target" ];
      wantedBy = [ "multi-user.target" ];
      # A release that cannot start is given up after a few minutes of trying, or less than an hour when it takes its whole
      # start timeout each time. The operator's own restarts count too: `systemctl reset-failed` forgets them.
      startLimitIntervalSec = 3600;
      startLimitBurst = 40;

      # A switch that changes the release or a setting changes this file alone, and is a reload: the next release proves
      # itself beside the one that serves. ExecStart= stays as it is.
      reloadTriggers = [ configFile ];
      # A new supervisor is one restart, not a stop and, much later in the switch, a start: the sockets outlive it.
      stopIfChanged = false;

      serviceConfig = lib.mkMerge [
        {
          Type = "notify-reload";
          # Only the supervisor speaks to systemd, and the command of ExecReload=, which says that a reload is over when the
          # supervisor was killed in the middle of it. Gunicorn says READY=1 before a worker exists; the supervisor waits for
          # an answer.
          NotifyAccess = "exec";
          ExecStart = "${supervisor} run --config /etc/prism/supervisor.json";
          # Asks for the next release and waits: `systemctl reload` fails when it does. The command carries the wish, so the
          # signal that Type=notify-reload sends before is one that means nothing. (On 252: Type=notify, and no ReloadSignal=.)
          ExecReload = "${supervisor} reload --wait";
          ReloadSignal = "SIGCONT";
          User = "prism";
          Group = "prism";
          WorkingDirectory = state;
          StateDirectory = "prism-django";
          StateDirectoryMode = "0750";
          # A unix socket of the site lies here, for the web server that is a member of the group (what is the supervisor's
          # own in it is 0600). Without restart its path would go with every restart, and the socket in the fd store could
          # not be reached.
          RuntimeDirectory = "prism-django";
          RuntimeDirectoryMode = "0750";
          RuntimeDirectoryPreserve = "restart";
          # The listening sockets, one for each address of bind (16 at most): while they lie here, connections wait through
          # `systemctl restart`, an automatic restart and the supervisor's own death, instead of being refused.
          # `systemctl stop` closes them.
          FileDescriptorStoreMax = 16;
          SyslogIdentifier = "prism-supervisor";

          # The age key is opened by systemd, as root, and handed over as a descriptor: its file stays unreadable for the
          # site. graceful: a site with plain or no secrets has no key; where one is needed, the supervisor says which.
          # (252 ignores it: see debian-12.conf.)
          OpenFile = openKey;

          # Migrations run inside the start. While PostgreSQL is waited for (database.waitSeconds) this is prolonged.
          TimeoutStartSec = startTimeout;
          # Gunicorn's graceful_timeout of 30 s, and some.
          TimeoutStopSec = stopTimeout;
          # Of the supervisor's own loop. The site's health is its business, and a hung site is no reason to kill it.
          WatchdogSec = 30;
          # TERM goes to the supervisor alone, which stops Gunicorn in order: workers told twice to stop may take 30 s to do so.
          KillMode = "mixed";

          Restart = "on-failure";
          # A supervisor that was killed is back at once; one that fails is tried again after 0.1 s, and in ten steps up to
          # 5 s: with the limit above, for nearly three minutes. `systemctl reset-failed` and a start by hand begin anew.
          # (Before 254 there are no steps: RestartSec=5 there.)
          RestartSec = "100ms";
          RestartSteps = 10;
          RestartMaxDelaySec = "5s";
          # What no restart mends: 64 command line, 65 secrets refused, 69 refused by the database, 77 forbidden, 78
          # configuration, 80 migrate, 81 collectstatic, 82 another step, 84 address taken. Not 70 and 75 (worth another try),
          # 83 and 85 (a crash may pass; the start limit above ends it).
          RestartPreventExitStatus = "64 65 69 77 78 80 81 82 84";
        }
        sandbox
      ];
    };

    systemd.sockets.prism-django = lib.mkIf cfg.socket.enable {
      description = "Prism (Django), where it listens";
      wantedBy = [ "sockets.target" ];
      listenStreams = addresses.streams cfg.settings.bind;
      socketConfig = {
        #ListenStream=[::1]:8000
        #ListenStream=/run/prism-django.sock
        # Of paths only: the web server connects as a member of the group.
        SocketUser = "prism";
        SocketGroup = "prism";
        SocketMode = "0660";
        # [::] is all of IPv6 and no more, as the supervisor binds it: 0.0.0.0 has a socket of its own.
        BindIPv6Only = "ipv6-only";
        # At boot the host may not have its addresses yet.
        FreeBind = true;
        # The filter of packets goes by the unit that makes the socket, not by the one that reads from it (systemd.resource-control(5)).
        inherit (sandbox) IPAddressDeny IPAddressAllow;
        # How many connections may wait; the kernel lowers it to net.core.somaxconn (4096).
        Backlog = 65535;
      };
    };

    systemd.services.prism-celery-worker = lib.mkIf cfg.celery.worker.enable (
      celery "worker" cfg.celery.worker.arguments
    );
    systemd.services.prism-celery-beat = lib.mkIf cfg.celery.beat.enable (celery "beat" [ ]);

    # The web server in front, where other hosts are to reach the site. It reads the static files as a member of the group,
    # and asks Gunicorn, which listens on this host alone. With listen on port 8000 the address is what it was.
    #
    # services.nginx = {
    #   enable = true;
    #   recommendedProxySettings = true;
    #   virtualHosts."midship.local" = {
    #     listen = [ { addr = "10.1.1.5"; port = 8000; } ];
    #     locations."/static/".alias = "/var/lib/prism-django/staticfiles/";
    #     locations."/".proxyPass = "http://127.0.0.1:8000";
    #   };
    # };
    # users.users.nginx.extraGroups = [ "prism" ];
    # networking.firewall.allowedTCPPorts = [ 8000 ];
  };
}
