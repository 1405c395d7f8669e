# The service as a host with these modules would have it: its units, its files under /etc, its commands. Throws what NixOS would.
{
  modules ? [ ],
  # Of these modules alone, and with no package of Prism's but those of their own overlays: a host as it is.
  alone ? false,
}:
let
  lib = import ./lib;
  pkgs = import ./lib/pkgs.nix {
    inherit lib;
    overlays = lib.optional (!alone) standIns ++ config.nixpkgs.overlays;
  };
  units = import ./lib/units.nix { inherit lib pkgs; };
  utils = import ./lib/utils.nix { inherit lib; };

  standIns = final: _: {
    prism-supervisor = final.package { name = "prism-supervisor"; };
    prism-django = final.package {
      name = "prism-django";
      mainProgram = "prism-manage";
    };
  };

  inherit
    (lib.evalModules {
      modules = [ ./lib/nixos.nix ] ++ lib.optional (!alone) ../service.nix ++ modules;
      specialArgs = { inherit pkgs utils; };
    })
    config
    ;
  failed = lib.filter (assertion: !assertion.assertion) config.assertions;
in
if failed != [ ] then
  throw "Failed assertions:\n${lib.concatMapStringsSep "\n" (assertion: "- ${assertion.message}") failed}"
else
  {
    inherit config pkgs lib;
    units =
      lib.listToAttrs (
        lib.mapAttrsToList (name: service: {
          name = "${name}.service";
          value = units.service name service;
        }) config.systemd.services
        ++ lib.mapAttrsToList (name: socket: {
          name = "${name}.socket";
          value = units.socket name socket;
        }) config.systemd.sockets
      );
    # Whose .wants folder links to a service, which is what NixOS makes of wantedBy.
    wantedBy = lib.mapAttrs (_: service: toString service.wantedBy) config.systemd.services;
    # What of a host no unit shows.
    host = {
      etc = lib.mapAttrs (_: file: file // { source = "${file.source}"; }) config.environment.etc;
      systemPackages = map (package: "${package}") config.environment.systemPackages;
      tmpfiles = config.systemd.tmpfiles.settings;
      inherit (config) warnings;
      wantedBy = {
        services = lib.mapAttrs (_: service: service.wantedBy) config.systemd.services;
        sockets = lib.mapAttrs (_: socket: socket.wantedBy) config.systemd.sockets;
      };
    };
    etc = lib.mapAttrs (_: file: file.source.contents or "") config.environment.etc;
    commands = lib.listToAttrs (
      map (package: {
        inherit (package) name;
        value = package.contents or "";
      }) config.environment.systemPackages
    );
    inherit (config.users) users groups;
    # The same host, each with what a specialisation changes.
    specialisations = lib.mapAttrs (
      _: changed:
      import ./evaluate.nix {
        modules = modules ++ [ changed.configuration ];
        inherit alone;
      }
    ) config.specialisation;
  }
