# Unit files as NixOS writes them: sections and settings in the order of the alphabet, no [Install] (its links are made by NixOS).
{ lib, pkgs }:
let
  inherit (lib) concatStrings mapAttrsToList optionalAttrs;

  text = value: if value == true then "true" else if value == false then "false" else toString value;
  setting = name: value: concatStrings (map (one: "${name}=${text one}\n") (lib.toList value));
  lines = settings: concatStrings (mapAttrsToList setting settings);

  dependencies = {
    After = "after";
    Before = "before";
    BindsTo = "bindsTo";
    PartOf = "partOf";
    Requires = "requires";
    Requisite = "requisite";
    Upholds = "upholds";
    Wants = "wants";
  };
  triggers = name: unit: values: optionalAttrs (values != [ ]) {
    "X-${name}-Triggers" = toString (pkgs.writeText "X-${name}-Triggers-${unit}" (toString values));
  };

  # What goes into [Unit], as an attribute set.
  unitSection =
    name: unit:
    optionalAttrs (unit.description != "") { Description = unit.description; }
    // optionalAttrs (unit.documentation != [ ]) { Documentation = toString unit.documentation; }
    // lib.mapAttrs (_: option: toString unit.${option}) (
      lib.filterAttrs (_: option: unit.${option} != [ ]) dependencies
    )
    // optionalAttrs (unit.startLimitBurst != null) { StartLimitBurst = unit.startLimitBurst; }
    // optionalAttrs (unit.startLimitIntervalSec != null) { StartLimitIntervalSec = unit.startLimitIntervalSec; }
    // triggers "Reload" name (unit.reloadTriggers or [ ])
    // triggers "Restart" name (unit.restartTriggers or [ ])
    // unit.unitConfig;

  # With what NixOS adds to every service: its tools, the data of languages and of time zones.
  environment =
    unit:
    let
      path =
        unit.path
        ++ lib.optionals unit.enableDefaultPath [
          pkgs.coreutils
          pkgs.findutils
          pkgs.gnugrep
          pkgs.gnused
          pkgs.systemd
        ];
      below = folder: map (package: "${package}/${folder}") path;
    in
    lib.filterAttrs (_: value: value != null) (
      {
        LOCALE_ARCHIVE = "${pkgs.glibcLocales}/lib/locale/locale-archive";
        TZDIR = "${pkgs.tzdata}/share/zoneinfo";
      }
      // optionalAttrs (path != [ ]) {
        PATH = builtins.concatStringsSep ":" (below "bin" ++ below "sbin");
      }
      // unit.environment
    );
in
rec {
  inherit setting unitSection;

  # [Service] and [Socket] of an evaluated unit, as attribute sets.
  serviceSection = unit: unit.serviceConfig;
  socketSection =
    socket:
    optionalAttrs (socket.listenStreams != [ ]) { ListenStream = socket.listenStreams; } // socket.socketConfig;

  service = name: unit: ''
    [Unit]
    ${lines (unitSection name unit)}
    [Service]
    ${concatStrings (mapAttrsToList (key: value: "Environment=${builtins.toJSON "${key}=${value}"}\n") (environment unit))}${
      lib.optionalString (!unit.restartIfChanged) "X-RestartIfChanged=false\n"
    }${lib.optionalString unit.reloadIfChanged "X-ReloadIfChanged=true\n"}${
      lib.optionalString (!unit.stopIfChanged) "X-StopIfChanged=false\n"
    }${lines (serviceSection unit)}'';

  socket = name: unit: ''
    [Unit]
    ${lines (unitSection name unit)}
    [Socket]
    ${lines (socketSection unit)}'';
}
