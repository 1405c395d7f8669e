# services.prism.confine: the units in roots of their own, into which what the site needs of the host's files is mounted.
# docs/deploying.md says what is seen in there, docs/decisions.md why.
{ config, lib, ... }:
let
  cfg = config.services.prism;
  state = "/var/lib/prism-django";
  inherit (import ./paths.nix { inherit lib; }) isFile places plain;
  inherit (import ./writable.nix { inherit config lib; }) folders;
  secrets = cfg.settings.secrets.file or null;
  services = [
    "prism-django"
  ]
  ++ lib.optional cfg.celery.worker.enable "prism-celery-worker"
  ++ lib.optional cfg.celery.beat.enable "prism-celery-beat";

  # A folder of root's in which systemd makes the mount points, and which is read-only for the unit. Not /var/empty, which
  # cannot be written to; no TemporaryFileSystem=/, which ProtectSystem=strict takes back; not below /run, which is mounted.
  folder = name: "/var/lib/prism-root/${name}";

  confined = name: {
    RootDirectory = folder name;
    MountAPIVFS = true;
    # Folders, not what lies in them, and /run as a whole: what a switch or the restart of another service replaces (a
    # file of /etc, the secrets of sops-nix, PostgreSQL's folder) is looked up anew. A mount of it would keep the old one.
    BindReadOnlyPaths = [
      builtins.storeDir
      "/etc"
      "/run"
      # The C library asks nscd by this name.
      "/run:/var/run"
      # /bin/sh and /usr/bin/env.
      "-/bin"
      "-/usr"
    ];
    # systemd puts something of its own there, which it could not in a container: 226/NAMESPACE.
    TemporaryFileSystem = [ "/run/host:ro" ];
    # As it hides them by the other name.
    InaccessiblePaths = [
      "-+/var/run/credentials"
      "-+/var/run/user"
    ];
    # Celery writes to it too.
    BindPaths = lib.mkIf (name != "prism-django") (folders "/var/lib" "StateDirectory");
  };

  # What a unit sees of the host.
  seen =
    name:
    let
      unit = config.systemd.services.${name}.serviceConfig;
    in
    places unit.BindReadOnlyPaths ++ places (unit.BindPaths or [ ]) ++ [ state ];
  isSeenBy =
    file: name: lib.any (place: file == place || lib.hasPrefix "${place}/" file) (seen name);
in
{
  config = lib.mkIf (cfg.enable && cfg.confine) {
    assertions =
      map (name: {
        assertion = !isFile secrets || isSeenBy (plain (toString secrets)) name;
        message = "services.prism.confine: ${name} does not see ${toString secrets}; put it below /run, or its folder into systemd.services.${name}.serviceConfig.BindReadOnlyPaths";
      }) services
      ++ [
      {
        # A switch mounts another /etc in place of the old one, which the unit would go on seeing: its reloads would change nothing.
        assertion = !(config.system.etc.overlay.enable or false);
        message = "services.prism.confine does not go with system.etc.overlay.enable: the site would not see the release that a switch brings";
      }
    ];

    systemd.tmpfiles.settings."10-prism-root" = lib.listToAttrs (
      map (name: {
        name = folder name;
        value.d = {
          user = "root";
          group = "root";
          mode = "0755";
        };
      }) services
    );

    systemd.services = lib.listToAttrs (
      map (name: {
        inherit name;
        value.serviceConfig = confined name;
      }) services
    );
  };
}
