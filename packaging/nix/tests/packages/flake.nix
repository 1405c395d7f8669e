# The outputs of the flake, as they are with the stand-ins for nixpkgs.
let
  lib = import ./lib.nix;
  nixpkgs = {
    lib = lib // {
      nixosSystem = { modules }: import ../evaluate.nix { inherit modules; alone = true; };
    };
    legacyPackages = lib.genAttrs lib.platforms.linux (system: import ./. { inherit system; });
  };
  self = (import ../../../../flake.nix).outputs { inherit self nixpkgs; };
in
self
