# What looks like a secret, and so must not lie in the store, which everybody can read.
{ lib }:
let
  inherit (lib) hasPrefix head splitString;

  endings = [
    "PASSWORD"
    "PASSWD"
    "_PASS"
    "SECRET"
    "SECRET_KEY"
    "SECRET_KEY_FALLBACKS"
    "ACCESS_KEY"
    "API_KEY"
    "TOKEN"
  ];
in
rec {
  # By its name: of a variable, a header or an option.
  isNamedSo =
    name:
    lib.any (ending: lib.hasSuffix ending (lib.toUpper (builtins.replaceStrings [ "-" ] [ "_" ] name))) endings;

  # What only says whether there is one.
  isNone =
    value:
    lib.isBool value
    || lib.elem value [ 0 1 ]
    || lib.isString value && (lib.elem (lib.toLower value) [ "" "0" "1" "true" "false" "yes" "no" "on" "off" "none" ]);

  # By what it holds: a URL or a connection string with a password.
  hides = value: lib.isString value && lib.any (pattern: lib.length (builtins.split pattern (lib.toLower value)) > 1) [
    "://[^/?#@[:space:]]*:[^/?#@[:space:]]+@"
    "(^|[?&;[:space:]])password=[^&;[:space:]]"
  ];

  # Of a command, a text or a list of words and scripts: a URL with a password, PGPASSWORD=…, --env=SECRET_KEY=…, or --password and what follows it.
  isToldBy =
    command:
    let
      # Without quotes, and without what a shell puts into it.
      bare =
        text:
        builtins.replaceStrings [ "'" "\"" ] [ "" "" ] (
          lib.concatStrings (lib.filter lib.isString (builtins.split "[$][{(]?[A-Za-z_][A-Za-z0-9_]*[})]?" text))
        );
      words = lib.concatMap (text: lib.filter (word: lib.isString word && word != "") (builtins.split "[[:space:]]+" (bare text))) (
        if lib.isString command then [ command ] else lib.filter lib.isString (if lib.isList command then command else [ ])
      );
      names = word: builtins.match "-*[A-Za-z_][A-Za-z0-9_-]*" word != null && isNamedSo word && !hasPrefix "--no-" word;
      # Each name before a "=", with all that is behind it.
      assigns =
        word:
        let
          name = head (splitString "=" word);
          value = lib.removePrefix "${name}=" word;
        in
        hasPrefix "${name}=" word && (names name && !isNone value || assigns value);
      saysSo =
        index:
        let
          word = lib.elemAt words index;
          next = if index + 1 < lib.length words then lib.elemAt words (index + 1) else "";
        in
        hides word || assigns word || hasPrefix "--" word && names word && !hasPrefix "-" next && !isNone next;
    in
    lib.any saysSo (builtins.genList (index: index) (lib.length words));
}
