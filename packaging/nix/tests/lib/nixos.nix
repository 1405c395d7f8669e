# The part of NixOS that service.nix speaks to: its options, so that a name that NixOS has not is refused.
{ lib, ... }:
let
  inherit (lib) mkOption types;
  free = mkOption {
    type = types.attrsOf types.anything;
    default = { };
  };
  option =
    type: default:
    mkOption {
      inherit type default;
    };
  names = option (types.listOf types.str) [ ];
  section = option (types.attrsOf types.unitOption) { };
  switch = option types.bool;

  # What every kind of unit has.
  unit = {
    enable = switch true;
    description = option types.str "";
    documentation = names;
    after = names;
    before = names;
    bindsTo = names;
    partOf = names;
    requires = names;
    requisite = names;
    wants = names;
    upholds = names;
    wantedBy = names;
    requiredBy = names;
    upheldBy = names;
    unitConfig = section;
    startLimitBurst = option (types.nullOr types.int) null;
    startLimitIntervalSec = option (types.nullOr types.int) null;
  };
in
{
  options = {
    assertions = mkOption {
      type = types.listOf types.raw;
      default = [ ];
    };
    warnings = names;
    environment.systemPackages = option (types.listOf types.package) [ ];
    environment.etc = option (types.attrsOf (
      types.submodule {
        options = {
          source = mkOption { type = types.path; };
          mode = option types.str "symlink";
        };
      }
    )) { };
    users.users = mkOption {
      default = { };
      type = types.attrsOf (
        types.submodule {
          options = {
            isSystemUser = switch false;
            group = option types.str "";
            extraGroups = names;
            home = option types.str "/var/empty";
            description = option types.str "";
          };
        }
      );
    };
    users.groups = option (types.attrsOf (
      types.submodule { options.members = names; }
    )) { };
    systemd.services = option (types.attrsOf (
      types.submodule {
        options = unit // {
          environment = option (types.attrsOf (types.nullOr (types.either types.str types.path))) { };
          path = option (types.listOf types.package) [ ];
          enableDefaultPath = switch true;
          restartIfChanged = switch true;
          reloadIfChanged = switch false;
          stopIfChanged = switch true;
          restartTriggers = option (types.listOf types.raw) [ ];
          reloadTriggers = option (types.listOf types.raw) [ ];
          serviceConfig = section;
        };
      }
    )) { };
    systemd.sockets = option (types.attrsOf (
      types.submodule {
        options = unit // {
          listenStreams = names;
          socketConfig = section;
        };
      }
    )) { };
    systemd.tmpfiles.settings = free;

    # Not the module's, but hosts set them beside it.
    boot.kernel.sysctl = free;
    networking.hostName = option types.str "nixos";
    networking.firewall = free;
    system.etc = free;
    nixpkgs.overlays = option (types.listOf types.raw) [ ];
    nixpkgs.hostPlatform = option types.str "x86_64-linux";
    boot.isContainer = switch false;
    system.stateVersion = option types.str "26.05";
    specialisation = option (types.attrsOf (
      types.submodule { options.configuration = mkOption { type = types.raw; }; }
    )) { };
    services.postgresql = free;
    services.nginx = free;
    sops = free;
  };
}
