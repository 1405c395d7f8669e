# What looks like a secret, and so must not lie in the store, which everybody can read.
{ lib }:
let
  inherit (lib) hasPrefix head splitString;

  endings = [
    "PASSWORD"
    "_PASS"
    "SECRET"
    "SECRET_KEY"
    "_ACCESS_KEY"
    "_API_KEY"
    "TOKEN"
  ];
in
rec {
  # By its name: of a variable, a header or an option.
  isNamedSo =
    name:
    lib.any (ending: lib.hasSuffix ending (lib.toUpper (builtins.replaceStrings [ "-" ] [ "_" ] name))) endings;

  # What only says whether there is one.
  isNone = value: lib.isBool value || lib.isString value && lib.elem (lib.toLower value) [ "" "true" "false" ];

  # By what it holds: a URL or a connection string with a password.
  hides = value: lib.isString value && lib.any (pattern: lib.length (builtins.split pattern value) > 1) [
    "://[^/?#@[:space:]]*:[^/?#@[:space:]]+@"
    "(^|[?&;[:space:]])password="
  ];

  # Of a command, a text or a list of words: a URL with a password, --password=…, PGPASSWORD=…, or --password and what follows it.
  isToldBy =
    command:
    let
      words = lib.filter lib.isString (
        if lib.isString command then splitString " " command else if lib.isList command then command else [ ]
      );
      names =
        word: value: isNamedSo word && builtins.match "-*[A-Za-z_][A-Za-z0-9_-]*" word != null && !isNone value;
      saysSo =
        index:
        let
          word = lib.elemAt words index;
          name = head (splitString "=" word);
          next = if index + 1 < lib.length words then lib.elemAt words (index + 1) else "";
        in
        hides word
        || (if hasPrefix "${name}=" word then names name (lib.removePrefix "${name}=" word) else hasPrefix "--" word && !hasPrefix "-" next && names word next);
    in
    lib.any saysSo (builtins.genList (index: index) (lib.length words));
}
