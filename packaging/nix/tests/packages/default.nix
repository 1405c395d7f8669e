# Stand-ins for what the packages take from nixpkgs, so that they can be evaluated where there is none. A derivation is the set
# of its attributes, with `environment`, what its builder would find; like Nix, it refuses what cannot be a word there.
{
  system ? "x86_64-linux",
  # Where the Python with the site's packages is, and which Django it has.
  python ? "/nix/store/00000000000000000000000000000000-python3-env",
  django ? "5.2.8",
  # In whose lib the libraries are that a binary opens by name.
  libraries ? null,
  # Whether the set has what is newer than others.
  hasCrispyBootstrap5 ? true,
}:
let
  lib = import ./lib.nix;

  store = name: "/nix/store/00000000000000000000000000000000-${name}";

  # Something that is there, and of which nothing but its path is asked.
  there = name: {
    type = "derivation";
    inherit name;
    outPath = store name;
  };

  library = name: there name // (if libraries == null then { } else { outPath = libraries; });

  callPackageWith =
    set: file: given:
    let
      function = if lib.isFunction file then file else import file;
      make = more: function (builtins.intersectAttrs (builtins.functionArgs function) set // given // more);
    in
    make { } // { override = make; };

  word =
    name: value:
    if builtins.isList value then
      lib.concatStringsSep " " (map (word name) value)
    else if builtins.isString value || builtins.isPath value || builtins.isInt value then
      toString value
    else if builtins.isBool value then
      toString value
    else if value ? outPath then
      value.outPath
    else
      throw "the attribute '${name}' of a derivation is a ${builtins.typeOf value}: no word for the builder";

  mkDerivation =
    function:
    let
      attributes = if lib.isFunction function then function (attributes // { inherit finalPackage; }) else function;
      name = attributes.name or "${attributes.pname}-${attributes.version}";
      outputs = attributes.outputs or [ "out" ];
      output = which: store (if which == "out" then name else "${name}-${which}");
      finalPackage =
        attributes
        // (attributes.passthru or { })
        // {
          type = "derivation";
          inherit name outputs system;
          outPath = output "out";
          # What is null is not there at all.
          environment = builtins.mapAttrs word (
            builtins.removeAttrs attributes (
              [
                "meta"
                "passthru"
              ]
              ++ builtins.filter (one: attributes.${one} == null) (builtins.attrNames attributes)
            )
          );
        }
        // lib.genAttrs outputs (which: {
          type = "derivation";
          outPath = output which;
        });
    in
    finalPackage;

  # The arguments that are its own it turns into those of its hook; the rest is a derivation's.
  buildDotnetModule =
    function:
    mkDerivation (
      finalAttrs:
      let
        given = if lib.isFunction function then function finalAttrs else function;
      in
      builtins.removeAttrs given [
        "dotnet-sdk"
        "executables"
        "nugetDeps"
        "projectFile"
        "selfContainedBuild"
      ]
      // {
        dotnetProjectFiles = [ given.projectFile ];
        dotnetSelfContainedBuild = given.selfContainedBuild or false;
        dotnetExecutables = given.executables or null;
        dotnetFlags = given.dotnetFlags or [ ];
        passthru = given.passthru or { } // {
          nugetDeps = builtins.fromJSON (builtins.readFile given.nugetDeps);
          inherit (given) dotnet-sdk;
        };
      }
    );

  pythonPackage = name: (there "python3-${name}") // { pname = name; };

  pythonNames = [
    "celery"
    "dj-database-url"
    "django-crispy-forms"
    "djangorestframework"
    "gunicorn"
    "pillow"
    "psycopg2"
    "python-decouple"
    "setuptools"
    "whitenoise"
  ]
  ++ lib.optional hasCrispyBootstrap5 "crispy-bootstrap5";

  # Overridden without a self of its own, a set has packages that depend on those of the set it was made of.
  pythonWith =
    {
      self ? null,
      packageOverrides ? (_: _: { }),
    }:
    let
      base = lib.genAttrs pythonNames pythonPackage // {
        django = pythonPackage "django" // { version = "4.2.99"; };
        django_5 = pythonPackage "django" // { version = django; };
        buildPythonPackage = arguments: mkDerivation arguments;
        callPackage = callPackageWith (pkgs // packages);
      };
      packages = base // packageOverrides packages base;
    in
    {
      inherit packageOverrides;
      pkgs = packages;
      override = pythonWith;
      withPackages =
        select:
        if packageOverrides packages base != { } && self == null then
          throw "python.override without self: packages would depend on another Django"
        else
          (there "python3-env")
          // {
            outPath = python;
            packages = map (package: package.pname) (select packages);
          };
    };

  pkgs = lib.genAttrs [
    "age"
    "installShellFiles"
    "makeWrapper"
    "nixfmt-tree"
    "patchelf"
    "sops"
    "zlib"
  ] there // {
    inherit lib buildDotnetModule;
    callPackage = callPackageWith pkgs;
    dotnetCorePackages.sdk_10_0 = there "dotnet-sdk-10.0";
    fetchFromGitHub = { owner, repo, tag, hash }: there "source" // { inherit owner repo tag hash; };
    fetchgit = { url, rev, hash }: there "source" // { inherit url rev hash; };
    openssl = library "openssl";
    systemdLibs = library "systemd-libs";
    mkShell = arguments: mkDerivation ({ name = "nix-shell"; } // arguments);
    mkShellNoCC = pkgs.mkShell;
    python313 = pythonWith { };
    stdenv = {
      inherit mkDerivation;
      cc = there "gcc-wrapper";
      hostPlatform = { inherit system; };
    };
    stdenvNoCC = { inherit mkDerivation; };
    testers = {
      testVersion = { package }: there "test-version" // { inherit package; };
      runNixOSTest = test: there "vm-test" // { inherit test; };
    };
    extend = overlay: let extended = pkgs // overlay extended pkgs // { callPackage = callPackageWith extended; }; in extended;
  };
in
pkgs
