# Strings and lists of strings.
rec {
  concatMapStringsSep = separator: f: values: builtins.concatStringsSep separator (map f values);
  concatStrings = builtins.concatStringsSep "";
  hasPrefix = prefix: text: builtins.substring 0 (builtins.stringLength prefix) text == prefix;
  hasSuffix =
    suffix: text:
    let
      start = builtins.stringLength text - builtins.stringLength suffix;
    in
    start >= 0 && builtins.substring start (-1) text == suffix;
  # A regular expression over the whole, as nixpkgs has it: for short texts alone.
  hasInfix = part: text: builtins.match ".*${escapeRegex part}.*" text != null;
  escapeRegex =
    let
      special = letters "\\[{()^$?*+|.";
    in
    builtins.replaceStrings special (map (one: "\\${one}") special);
  removeSuffix =
    suffix: text:
    if hasSuffix suffix text then
      builtins.substring 0 (builtins.stringLength text - builtins.stringLength suffix) text
    else
      text;
  removePrefix =
    prefix: text:
    if hasPrefix prefix text then
      builtins.substring (builtins.stringLength prefix) (-1) text
    else
      text;
  splitString =
    separator: text:
    builtins.filter builtins.isString (
      builtins.split (builtins.replaceStrings [ "." ] [ "\\." ] separator) text
    );
  toUpper = builtins.replaceStrings (letters "abcdefghijklmnopqrstuvwxyz") (letters "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
  toLower = builtins.replaceStrings (letters "ABCDEFGHIJKLMNOPQRSTUVWXYZ") (letters "abcdefghijklmnopqrstuvwxyz");
  stringToCharacters = letters;
  letters = text: builtins.genList (index: builtins.substring index 1 text) (builtins.stringLength text);
  # A zero in front would leave open which base is meant.
  toInt =
    text:
    let
      digits = builtins.match "[[:space:]]*(-?(0|[1-9][0-9]*))[[:space:]]*" text;
    in
    if digits == null then throw "${text} is no whole number, or an ambiguous one" else builtins.fromJSON (builtins.head digits);
}
