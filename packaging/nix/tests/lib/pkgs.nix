# Stand-in for the package set: packages are names with a path in the store that nothing lies at. Prism's own are not among
# them, as they are not in nixpkgs: an overlay brings them.
{
  lib,
  overlays ? [ ],
}:
let
  nixpkgs = import ../packages { };

  # The same name and contents are the same path, other contents another, as in the store.
  storePath =
    name: contents: "${builtins.storeDir}/${builtins.substring 0 32 (builtins.hashString "sha256" "${name}\n${contents}")}-${name}";

  package =
    {
      name,
      mainProgram ? name,
      contents ? "",
    }:
    {
      type = "derivation";
      inherit name contents;
      outPath = storePath name contents;
      meta = {
        inherit mainProgram;
      };
    };

  # JSON cannot be told from its text where it came from: nothing here is built, so contents is kept beside the path.
  file = name: contents: package { inherit name contents; };

  own = {
    inherit package;

    writeShellScriptBin = name: text: package { inherit name; contents = text; };
    writeText = file;

    formats.json = _: {
      type =
        let
          value =
            lib.types.nullOr (
              lib.types.oneOf [
                lib.types.bool
                lib.types.int
                lib.types.float
                lib.types.str
                lib.types.path
                (lib.types.attrsOf value)
                (lib.types.listOf value)
              ]
            )
            // {
              description = "JSON value";
            };
        in
        value;
      generate = name: value: file name (builtins.toJSON value);
    };
  }
  // lib.genAttrs [
    "coreutils"
    "findutils"
    "glibcLocales"
    "gnugrep"
    "gnused"
    "systemd"
    "tzdata"
  ] (name: package { inherit name; });
in
nixpkgs.extend (
  final: before:
  lib.foldl' (added: overlay: added // overlay final (before // added)) own overlays
)
