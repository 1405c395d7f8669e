# Where prism-django.service can write, by its own settings.
{ config, lib }:
let
  inherit (lib) hasPrefix optionals;
  cfg = config.services.prism;
  paths = import ./paths.nix { inherit lib; };
  unit = config.systemd.services.prism-django.serviceConfig;
in
rec {
  # Of a setting that makes folders below another one; what follows a colon is a link to it.
  folders =
    root: name: map (word: "${root}/${lib.head (lib.splitString ":" word)}") (paths.words (unit.${name} or [ ]));
  runtime = folders "/run" "RuntimeDirectory";
  # Where the unit can write, for all that ProtectSystem=strict allows.
  writable =
    runtime
    ++ folders "/var/lib" "StateDirectory"
    ++ folders "/var/cache" "CacheDirectory"
    ++ folders "/var/log" "LogsDirectory"
    # Of a root of its own, that makes nothing seen.
    ++ optionals (!cfg.confine) (paths.places (unit.ReadWritePaths or [ ]))
    ++ paths.places (unit.BindPaths or [ ]);
  writableBy = if cfg.confine then "BindPaths" else "ReadWritePaths";
  isStrict = unit.ProtectSystem or "" == "strict";
  isBelow = folder: path: hasPrefix "${folder}/" path;
  isWritable = path: !isStrict || lib.any (folder: path == folder || isBelow folder path) writable;
}
