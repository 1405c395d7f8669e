{
  description = "Prism, a Django site under systemd, and its supervisor";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-26.05";

  outputs =
    { self, nixpkgs }:
    let
      inherit (nixpkgs) lib;

      forEachSystem =
        make:
        lib.genAttrs [
          "x86_64-linux"
          "aarch64-linux"
        ] (system: make (nixpkgs.legacyPackages.${system}.extend self.overlays.default));
    in
    {
      overlays.default = import ./packaging/nix/overlay.nix;

      packages = forEachSystem (pkgs: {
        inherit (pkgs) prism-supervisor prism-django;
        default = pkgs.prism-supervisor;
      });

      nixosModules = {
        # Needs no overlay on the host. Which site it is, the host says: services.prism.package.
        prism =
          { lib, pkgs, ... }:
          {
            imports = [ ./packaging/nix/service.nix ];
            services.prism.supervisorPackage =
              lib.mkDefault
                self.packages.${pkgs.stdenv.hostPlatform.system}.prism-supervisor;
          };
        default = self.nixosModules.prism;
      };

      # The example of docs/deploying.md as a whole system, for which the machine itself (disks, boot loader) is a container's.
      nixosConfigurations.midship = lib.nixosSystem {
        modules = [
          ./packaging/nix/hosts/midship
          {
            networking.hostName = "midship";
            nixpkgs.hostPlatform = "x86_64-linux";
            boot.isContainer = true;
            system.stateVersion = "26.05";
          }
        ];
      };

      checks = forEachSystem (pkgs: {
        inherit (pkgs) prism-supervisor prism-django;
        prism-django-with-static-files = pkgs.prism-django.override { collectStatic = true; };
        prism-supervisor-version = pkgs.prism-supervisor.tests.version;
        vm = pkgs.testers.runNixOSTest (
          import ./packaging/nix/tests/vm.nix { module = self.nixosModules.default; }
        );
      });

      devShells = forEachSystem (pkgs: {
        default = pkgs.mkShell {
          packages = [
            pkgs.age
            pkgs.dotnetCorePackages.sdk_10_0
            pkgs.sops
            pkgs.zlib
          ];
        };
      });

      formatter = forEachSystem (pkgs: pkgs.nixfmt-tree);
    };
}
