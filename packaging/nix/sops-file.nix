# What can be told of a secrets file without a key: whether sops encrypted it, and what lies in it in clear.
{ lib }:
# text: the file's. secrets: the settings of that name, for what they let through (docs/configuration.md, secrets.unauthenticated).
text: secrets:
let
  inherit (lib) hasPrefix hasSuffix;
  secrecy = import ./secrecy.nix { inherit lib; };

  # Splitting, and no regular expression over a whole line: those are as long as what is in them.
  entries = lib.imap1 (
    number: line:
    let
      name = lib.head (lib.splitString "=" line);
    in
    {
      inherit number line name;
      value = lib.removePrefix "${name}=" line;
      hasValue = hasPrefix "${name}=" line;
    }
  ) (lib.splitString "\n" text);

  # Names of sops' own (stores.Metadata), of which those in a context of AWS are anybody's choice; whatever else begins with sops_ is somebody's variable.
  isMetadata =
    entry:
    hasPrefix "sops_" entry.name
    && entry.hasValue
    && builtins.stringLength entry.name < 256
    && builtins.match "sops_(version|lastmodified|mac|mac_only_encrypted|shamir_threshold|(un)?encrypted_(suffix|regex|comment_regex)|(age|pgp|kms|gcp_kms|azure_kv|hc_vault|hckms|key_groups)__list_[A-Za-z0-9_]+|(key_groups__list_[0-9]+__map_)?kms__list_[0-9]+__map_context__map_.*)" entry.name != null;
  metadata = lib.filter isMetadata entries;
  told = name: lib.concatMapStringsSep "" (entry: entry.value) (lib.filter (entry: entry.name == "sops_${name}") metadata);
  variables = lib.filter (entry: entry.line != "" && !hasPrefix "#" entry.line && !isMetadata entry) entries;

  # As a whole, with an IV of 32 and a tag of 16 bytes in base64 (aes/cipher.go).
  alphabet = lib.stringToCharacters "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  # How long it is; 0 when it is none.
  base64 =
    label: part:
    let
      text = lib.removePrefix label part;
      size = builtins.stringLength text;
      rest = builtins.replaceStrings alphabet (map (_: "") alphabet) text;
    in
    if hasPrefix label part && lib.elem rest [ "" "=" "==" ] && hasSuffix rest text && size == size / 4 * 4 then size else 0;
  isEncrypted =
    value:
    let
      parts = lib.splitString "," value;
      part = lib.elemAt parts;
    in
    lib.length parts == 5
    && part 0 == "ENC[AES256_GCM"
    && base64 "data:" (part 1) > 0
    && base64 "iv:" (part 2) == 44
    && base64 "tag:" (part 3) == 24
    && lib.elem (part 4) (map (type: "type:${type}]") [ "str" "int" "float" "bool" "bytes" "time" ]);

  # Whether the file's own rule leaves the value clear. A regular expression is Go's: there the value itself says what it is.
  unencryptedSuffix = if told "unencrypted_suffix" == "" then "_unencrypted" else told "unencrypted_suffix";
  mayBeClear =
    name:
    if told "encrypted_suffix" != "" then
      !hasSuffix (told "encrypted_suffix") name
    else if
      lib.any (rule: told rule != "") [
        "encrypted_regex"
        "unencrypted_regex"
        "encrypted_comment_regex"
        "unencrypted_comment_regex"
      ]
    then
      true
    else
      hasSuffix unencryptedSuffix name;

  # As the supervisor takes them: null is the default, and a text is a list with blanks between.
  setting = name: usual: if secrets.${name} or null == null then usual else secrets.${name};
  # (What is neither, it refuses itself.)
  words =
    value:
    if lib.isString value then
      lib.splitString " " value
    else if lib.isList value then
      value
    else
      [ ];
  named =
    words (
      setting "required" [
        "SECRET_KEY"
        "POSTGRES_USER"
        "POSTGRES_PASSWORD"
      ]
    )
    ++ lib.concatMap words (
      words (
        setting "together" [
          [
            "EMAIL_HOST_USER"
            "EMAIL_HOST_PASSWORD"
          ]
        ]
      )
    )
    ++ words (setting "allowNames" [ ]);
  passes =
    name:
    {
      allow = true;
      refuse = false;
    }
    .${setting "unauthenticated" "named"} or (lib.elem name named);

  # Never the line itself, which may be a secret that lost its name.
  show = entry: if builtins.stringLength entry.name < 256 && builtins.match "[A-Za-z_][A-Za-z0-9_]*" entry.name != null && entry.hasValue then entry.name else "line ${toString entry.number}";
  remaining = lib.filter (entry: !isEncrypted entry.value) variables;
  # No rule of the file, which anybody may have written, makes a password one that may be read.
  isSecret = entry: secrecy.isSecret entry.name entry.value || secrecy.hides entry.value;
  exposed = lib.filter (
    entry: !entry.hasValue || (entry.value != "" && (!mayBeClear entry.name || isSecret entry))
  ) remaining;
  unvouched = lib.filter (entry: !lib.elem entry exposed && !passes entry.name) remaining;
  names = lib.concatMapStringsSep ", " show;

  # A comment, which some rules of a file leave clear, is prose: a secret is what surely is one. NAME=literal, NAME = literal, a line that
  # ends in NAME: literal, a URL with a password; not what is to be put in (<ask Bob>, $X, `…`).
  comments = lib.filter (entry: hasPrefix "#" entry.line && !hasPrefix "#ENC[" entry.line) entries;
  toldBy =
    entry:
    let
      words = lib.filter (word: word != "") (lib.splitString " " (builtins.replaceStrings [ "\t" "\r" ] [ " " "" ] (lib.removePrefix "#" entry.line)));
      word = index: if index < lib.length words then lib.elemAt words index else "";
      isLiteral =
        name: text:
        let
          value = builtins.replaceStrings [ "'" "\"" ] [ "" "" ] text;
        in
        builtins.stringLength name < 256
        && builtins.match "[A-Za-z_][A-Za-z0-9_]*" name != null
        && secrecy.isSecret name value
        && !lib.any (start: hasPrefix start value) [ "<" "$" "`" "(" "=" "ENC[" ];
      at =
        index:
        let
          this = word index;
          name = lib.head (lib.splitString "=" this);
          isLast = index + 2 == lib.length words;
        in
        if this != name then
          lib.optional (isLiteral name (lib.removePrefix "${name}=" this)) name
        else if hasSuffix ":" this then
          lib.optional (isLast && isLiteral (lib.removeSuffix ":" this) (word (index + 1))) (lib.removeSuffix ":" this)
        else if word (index + 1) == "=" then
          lib.optional (isLiteral this (word (index + 2))) this
        else
          [ ];
      hasUrl = lib.any (word: builtins.stringLength word < 4096 && secrecy.hasUrl "[^<$`/?#@[:space:]]" word) words;
      named = lib.concatMap at (builtins.genList (index: index) (lib.length words));
    in
    if named != [ ] then
      [ "line ${toString entry.number}: ${lib.concatStringsSep ", " named}" ]
    else
      lib.optional hasUrl "line ${toString entry.number}";
  betrayed = lib.concatMap toldBy comments;
in
# Sentences without a subject, each about what to do.
if setting "format" "auto" == "env" || !isEncrypted (told "mac") then
  [ "is not encrypted by sops: encrypt it, or keep it out of the store and name its path in quotes" ]
else
  lib.optional (exposed != [ ]) "holds in clear what sops would encrypt (${names exposed}): encrypt it with sops, and change what it was"
  ++ lib.optional (betrayed != [ ]) "holds a secret in a comment that is clear (${lib.concatStringsSep "; " betrayed}): delete the comment, and change the secret"
  ++ lib.optional (unvouched != [ ]) "holds clear or empty values, which nobody vouches for (${names unvouched}): encrypt them with sops, remove them, or list them in services.prism.settings.secrets.allowNames"
