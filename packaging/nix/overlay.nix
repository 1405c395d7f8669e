# Both packages beside those of nixpkgs, for nixpkgs.overlays: a host needs no flake for them.
final: _: {
  prism-supervisor = final.callPackage ./prism-supervisor/package.nix { };

  # Of the sample site. A host has another: prism-django.override { siteSource = ...; }.
  prism-django = final.callPackage ./prism-django/package.nix {
    siteSource = final.lib.fileset.toSource {
      root = ../../samples/prism-site;
      fileset = final.lib.fileset.unions [
        ../../samples/prism-site/gunicorn.conf.py
        ../../samples/prism-site/journal
        ../../samples/prism-site/manage.py
        ../../samples/prism-site/prism
      ];
    };
  };
}
