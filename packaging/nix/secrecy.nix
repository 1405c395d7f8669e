# What looks like a secret, and so must not lie in the store, which everybody can read. docs/deploying.md lists the names, and says
# what of a command is looked at: an ordinary script that is refused is worse than a literal that was hidden with care.
{ lib }:
let
  inherit (lib) hasPrefix hasSuffix splitString;

  endings = [
    "PASSWORD"
    "PASSWD"
    "PASSPHRASE"
    "_PASS"
    "SECRET"
    "SECRET_KEY"
    "SECRET_KEY_FALLBACKS"
    "ACCESS_KEY"
    "API_KEY"
    "PRIVATE_KEY"
    "TOKEN"
  ];
  canonical = name: lib.toUpper (builtins.replaceStrings [ "-" ] [ "_" ] name);
  finds = pattern: text: lib.length (builtins.split pattern text) > 1;
  startOf = builtins.substring 0 1;
  bare = builtins.replaceStrings [ "'" "\"" ] [ "" "" ];
  # What a shell puts in, and what a path, a file to read or a pattern of grep, sed and printf begins with.
  references = lib.stringToCharacters "$`/@%.*^[({<>\\=";

  # Of a URL. What a shell puts in for the user may hold colons.
  password = "://([^/?#@:{[:space:]]|[{][^}]*[}])*:";
in
rec {
  # By its name: of a variable, a header or an option.
  isNamedSo = name: lib.any (ending: hasSuffix ending (canonical name)) endings;

  # What only says whether there is one.
  isNone =
    value:
    lib.isBool value
    || lib.elem value [ 0 1 ]
    || lib.isString value && (lib.elem (lib.toLower value) [ "" "0" "1" "true" "false" "yes" "no" "on" "off" "y" "n" "t" "f" "none" ]);

  # By both; of a private key the value may be the path.
  isSecret =
    name: value:
    isNamedSo name && !isNone value && !(hasSuffix "PRIVATE_KEY" (canonical name) && lib.isString value && hasPrefix "/" value);

  # By what it holds: a private key, a URL or a connection string with a password.
  hides = value: lib.isString value && (holdsKey value || hasUrl "[^/?#@[:space:]]" value || finds "(^|[?&;[:space:]])password[[:space:]]*=[[:space:]]*[^&;[:space:]]" (lib.toLower value));
  holdsKey = value: lib.isString value && finds "PRIVATE KEY-----" value;
  # first: what the password may begin with.
  hasUrl = first: finds "${password}${first}[^/?#@[:space:]]*@";

  # Of a command, a text or a list of words: NAME=literal, --name literal, a literal for Authorization: or Cookie:, or a URL that
  # holds one. Where the command is a shell's, what begins as a reference, a path or a pattern is no literal.
  isToldBy =
    command:
    let
      wordsOf = text: lib.filter (word: lib.isString word && word != "") (builtins.split "[[:space:]]+" text);
      words = if lib.isString command then wordsOf command else lib.filter lib.isString (if lib.isList command then command else [ ]);
      isShell =
        lib.any (word: builtins.match "(ba|da|a|k|z)?sh|su|runuser" (baseNameOf word) != null) words
        && lib.any (word: builtins.match "-[A-Za-z]*c" word != null) words;
      isLiteral = name: value: !hasPrefix "--no-" name && isSecret name value && !(isShell && lib.elem (startOf (bare value)) references);

      # Up to the quote that closes it, or the first blank, quote or sign that ends a shell's word.
      valueOf =
        before: text:
        let
          quote = startOf text;
          isQuote = quote == "'" || quote == "\"";
          # One that an opening one stands before closes what began there.
          closes = lib.mod (lib.length (splitString quote before)) 2 == 0;
        in
        if !isQuote then
          lib.head (builtins.split "[[:space:]\"';&|)]" text)
        else if closes then
          ""
        else
          lib.head (splitString quote (builtins.substring 1 (-1) text));

      # Where a text has a pattern: the groups of the match, what is before it and what behind.
      spots =
        pattern: text:
        let
          pieces = builtins.split pattern text;
          matches = lib.filter (index: lib.mod index 2 == 1) (builtins.genList (index: index) (lib.length pieces));
          behind = index: lib.concatStrings (map (piece: if lib.isString piece then piece else lib.head piece) (lib.drop index pieces));
        in
        map (index: {
          groups = lib.elemAt pieces index;
          before = lib.concatStrings (map (piece: if lib.isString piece then piece else lib.head piece) (lib.take index pieces));
          after = behind (index + 1);
        }) matches;

      # Blanks around the "=" are a connection string's.
      assigns =
        text:
        lib.any (
          spot:
          let
            name = lib.elemAt spot.groups 1;
            hasBlank = lib.elemAt spot.groups 2 != "";
            after = if hasBlank then lib.head (wordsOf spot.after ++ [ "" ]) else spot.after;
          in
          !hasPrefix "$" name && (!hasBlank || canonical name == "PASSWORD") && isLiteral name (valueOf spot.before after)
        ) (spots "(([$]?[{]?[A-Za-z0-9_-]+)([[:space:]]*)=)" text);
      # Not followed by another option.
      isGiven = name: value: isLiteral name value && !hasPrefix "--" value && builtins.match "-[A-Za-z]" value == null;
      gives = text: lib.any (spot: isGiven (lib.elemAt spot.groups 1) (valueOf spot.before spot.after)) (spots "((${option})[[:space:]]+)" text);
      option = "--[A-Za-z][A-Za-z0-9_-]*";
      givesNext =
        index:
        builtins.match option (lib.elemAt words index) != null && isGiven (lib.elemAt words index) (lib.elemAt words (index + 1));
      # By its name and, where there is one, its scheme.
      heads =
        text:
        lib.any (spot: isLiteral "token" (valueOf spot.before spot.after)) (
          spots "((authorization|cookie):[[:space:]]*([a-z]+[[:space:]]+)?)" (lib.toLower text)
        );
      tells = text: assigns text || gives text || heads text || hasUrl (if isShell then "[^$`/?#@[:space:]]" else "[^/?#@[:space:]]") text;
    in
    lib.any tells (if lib.isString command then [ command ] else words)
    || lib.any givesNext (builtins.genList (index: index) (lib.length words - (if words == [ ] then 0 else 1)));
}
