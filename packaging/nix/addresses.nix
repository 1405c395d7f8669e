# Addresses, told apart as the supervisor (docs/configuration.md, "Where it listens") and systemd do. A test reads the same ones
# through both.
{ lib }:
let
  inherit (builtins)
    all
    any
    elemAt
    filter
    fromJSON
    genList
    head
    isString
    length
    match
    stringLength
    substring
    ;
  inherit (lib) concatMapStringsSep hasPrefix splitString;
  inherit (import ./paths.nix { inherit lib; }) plain resolved;

  # No octet with a zero in front: inet_aton(3) would read it in octal.
  octet = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";
  octets = match "${octet}[.]${octet}[.]${octet}[.]${octet}";

  # What stands on one side of a ::, as numbers; null when it is none. An IPv4 address may be the last of all.
  groups =
    isLast: text:
    let
      parts = lib.optionals (text != "") (splitString ":" text);
      group =
        index:
        let
          part = elemAt parts index;
          four = map fromJSON (octets part);
        in
        if match "[0-9A-Fa-f]{1,4}" part != null then
          [ (lib.fromHexString part) ]
        else if isLast && index == length parts - 1 && octets part != null then
          [
            (elemAt four 0 * 256 + elemAt four 1)
            (elemAt four 2 * 256 + elemAt four 3)
          ]
        else
          [ null ];
      read = builtins.concatLists (genList group (length parts));
    in
    if any (one: one == null) read then null else read;

  # The eight numbers of an IPv6 address, or null. A :: stands for one zero at least.
  ipv6 =
    text:
    let
      sides = splitString "::" text;
      first = groups (length sides == 1) (head sides);
      second = groups true (elemAt sides 1);
      missing = 8 - length first - length second;
    in
    if length sides > 2 || first == null then
      null
    else if length sides == 1 then
      if length first == 8 then first else null
    else if second == null || missing < 1 then
      null
    else
      first ++ genList (_: 0) missing ++ second;

  wanted = "write an address and port such as 127.0.0.1:8000 or [::1]:8000, or unix: and a path such as unix:/run/prism-django/prism.sock";

  readPath =
    text:
    let
      given = substring 5 (-1) text;
      # Gunicorn takes unix:///run/site.sock too.
      path = if hasPrefix "//" given then substring 2 (-1) given else given;
      short = plain path;
    in
    if !hasPrefix "/" path || short == "/" || lib.hasSuffix "/" path || match ".*[[:cntrl:]].*" path != null then
      { fault = "needs the absolute path of a file after unix:"; }
    else if stringLength short > 107 then
      { fault = "has more than the 107 bytes that a socket's path may have (unix(7)): take a shorter one"; }
    else
      {
        path = resolved path;
        key = "unix:${resolved path}";
        stream = short;
      };

  readPort =
    text:
    let
      parts = match "(.*):0*([1-9][0-9]{0,4})" text;
      host = if head parts == "localhost" then "127.0.0.1" else head parts;
      port = fromJSON (elemAt parts 1);
      # A zone is the host's business: fe80::1%eth0.
      inner = match "\\[([^]%]+)(%[A-Za-z0-9_.-]+)?]" host;
      numbers = if inner != null then ipv6 (head inner) else map fromJSON (octets host);
      zone = if inner != null && elemAt inner 1 != null then elemAt inner 1 else "";
      address = {
        inherit port;
        family = if inner != null then 6 else 4;
        isAny = zone == "" && all (number: number == 0) numbers;
        key = "${concatMapStringsSep "." toString numbers}${zone}:${toString port}";
        # A zone stands at the end (socket_address_parse() of systemd).
        stream = if inner != null then "[${head inner}]:${toString port}${zone}" else "${host}:${toString port}";
      };
      first = head numbers;
      isMapped = inner != null && lib.take 6 numbers == [ 0 0 0 0 0 65535 ];
      four = lib.concatMap (number: [ (number / 256) (lib.mod number 256) ]) (lib.drop 6 numbers);
    in
    if parts == null || port > 65535 || (if inner == null then octets host else numbers) == null then
      { fault = "is no address: ${wanted}"; }
    else if isMapped then
      { fault = "is an IPv4 address, which a socket of IPv6 alone cannot have: write ${concatMapStringsSep "." toString four}:${toString port}"; }
    else if inner != null && zone == "" && first >= 65152 && first < 65216 then
      { fault = "is of a link, and does not say which: name its interface, as in [fe80::1%eth0]:8000"; }
    else if
      if inner != null then first >= 65280 else first >= 224 && first < 240 || all (number: number == 255) numbers
    then
      { fault = "is an address of many, which nobody can connect to: write one of this host's, or 0.0.0.0 or [::] for all of them"; }
    else
      address;
in
rec {
  inherit wanted;

  isIPv4 = text: octets text != null;
  isIPv6 = text: ipv6 text != null;

  # What IPAddressAllow= takes; systemd leaves out what it cannot read, with no more than a word in the journal.
  isPacketFilter =
    text:
    let
      parts = match "([^/]*)(/(0|[1-9][0-9]{0,2}))?" text;
      address = head parts;
      bits = if elemAt parts 1 == null then 0 else fromJSON (elemAt parts 2);
    in
    lib.elem text [
      "any"
      "localhost"
      "link-local"
      "multicast"
    ]
    || (parts != null && ((isIPv4 address && bits <= 32) || (isIPv6 address && bits <= 128)));

  # bind as the supervisor splits it: a list of texts, or one text with blanks between; null when it is neither.
  texts =
    bind:
    if bind == null then
      [ "127.0.0.1:8000" ]
    else if isString bind then
      filter (text: text != "") (splitString " " bind)
    else if builtins.isList bind && all isString bind then
      bind
    else
      null;

  # { text, key, stream, and path or port }, or { text, fault }.
  read = text: (if hasPrefix "unix:" text then readPath text else readPort text) // { inherit text; };

  # Whether one process cannot listen on both: the same, or one is the wildcard address of the other's port.
  overlap =
    one: other:
    one.key == other.key
    || (one ? port && other ? port && one.port == other.port && one.family == other.family && (one.isAny || other.isAny));

  # ListenStream= of them: systemd knows no localhost, and a % is the beginning of a specifier.
  streams = bind: map (text: builtins.replaceStrings [ "%" ] [ "%%" ] ((read text).stream or text)) (texts bind);
}
