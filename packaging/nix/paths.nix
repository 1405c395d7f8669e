# Paths, and the settings of a unit that list them (systemd.exec(5)).
{ lib }:
let
  inherit (lib)
    concatMap
    concatStringsSep
    foldl'
    last
    removePrefix
    splitString
    take
    toList
    ;
in
rec {
  # Whether it can name a file: a path of the Nix language, a text, or a package.
  isFile = value: lib.isPath value || lib.isString value || lib.isAttrs value && value ? outPath;

  # What is left without detours: no empty part, no . and no ..
  plain =
    path:
    "/${
      concatStringsSep "/" (
        foldl' (
          before: part:
          if part == "" || part == "." then
            before
          else if part == ".." then
            take (builtins.length before - 1) before
          else
            before ++ [ part ]
        ) [ ] (splitString "/" path)
      )
    }";

  # Plain, and by the name that it has behind NixOS' link of /var/run to /run.
  resolved =
    path:
    let
      short = plain path;
    in
    if lib.hasPrefix "/var/run/" "${short}/" then removePrefix "/var" short else short;

  # Whether a setting is on, which is one of systemd's words (parse_boolean()), or a kind.
  isOn =
    value:
    !lib.elem (lib.toLower (toString value)) [
      ""
      "0"
      "false"
      "no"
      "n"
      "f"
      "off"
    ];

  # Of a setting, its words: a text has them with blanks between, and a list may hold such texts.
  words =
    setting:
    lib.filter (word: word != "") (
      concatMap (value: splitString " " (toString value)) (toList setting)
    );

  # Of ReadWritePaths=, BindPaths= and their like, where each is seen: of source:destination:options, at its destination.
  places =
    setting:
    map (
      word: plain (removePrefix "+" (removePrefix "-" (last (take 2 (splitString ":" word)))))
    ) (words setting);
}
