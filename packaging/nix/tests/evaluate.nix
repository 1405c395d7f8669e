# The service as a host with these modules would have it: its units, its files under /etc, its commands. Throws what NixOS would.
{
  modules ? [ ],
}:
let
  lib = import ./lib;
  pkgs = import ./lib/pkgs.nix { inherit lib; };
  units = import ./lib/units.nix { inherit lib pkgs; };
  utils = import ./lib/utils.nix { inherit lib; };

  inherit
    (lib.evalModules {
      modules = [
        ./lib/nixos.nix
        ../service.nix
      ]
      ++ modules;
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
    etc = lib.mapAttrs (_: file: file.source.contents or "") config.environment.etc;
    commands = lib.listToAttrs (
      map (package: {
        inherit (package) name;
        value = package.contents;
      }) config.environment.systemPackages
    );
    inherit (config.users) users groups;
  }
