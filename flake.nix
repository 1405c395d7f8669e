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

      # Of the sample site. A host has another: prism-django.override { gitUrl = ...; gitRev = ...; gitHash = ...; }.
      siteSource = lib.fileset.toSource {
        root = ./samples/prism-site;
        fileset = lib.fileset.unions [
          ./samples/prism-site/gunicorn.conf.py
          ./samples/prism-site/journal
          ./samples/prism-site/manage.py
          ./samples/prism-site/prism
        ];
      };
    in
    {
      overlays.default = final: _: {
        prism-supervisor = final.callPackage ./packaging/nix/prism-supervisor/package.nix { };
        prism-django = final.callPackage ./packaging/nix/prism-django/package.nix { inherit siteSource; };
      };

      packages = forEachSystem (pkgs: {
        inherit (pkgs) prism-supervisor prism-django;
        default = pkgs.prism-supervisor;
      });

      nixosModules = {
        # Needs no overlay on the host.
        prism =
          { lib, pkgs, ... }:
          let
            packages = self.packages.${pkgs.stdenv.hostPlatform.system};
          in
          {
            imports = [ ./packaging/nix/service.nix ];
            services.prism = {
              package = lib.mkDefault packages.prism-django;
              supervisorPackage = lib.mkDefault packages.prism-supervisor;
            };
          };
        default = self.nixosModules.prism;
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
