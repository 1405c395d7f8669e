# The outputs of the flake, as they are with the stand-ins for nixpkgs.
let
  lib = import ./lib.nix;
  nixpkgs = {
    inherit lib;
    legacyPackages = lib.genAttrs lib.platforms.linux (system: import ./. { inherit system; });
  };
  self = (import ../../../../flake.nix).outputs { inherit self nixpkgs; };
in
self
