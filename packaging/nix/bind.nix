# What no type can say of bind: addresses that do not fit each other, the unit, or what the supervisor would take. Each refusal
# names the option, what is wrong with it and what to do.
{ config, lib, ... }:
let
  inherit (lib) concatMap hasPrefix optional optionals;
  cfg = config.services.prism;
  addresses = import ./addresses.nix { inherit lib; };
  paths = import ./paths.nix { inherit lib; };
  unit = config.systemd.services.prism-django.serviceConfig;
  inherit (import ./writable.nix { inherit config lib; }) isBelow isWritable runtime;

  # As the supervisor will read it, wherever it was set.
  bindOption = if cfg.settings.bind == cfg.bind then "services.prism.bind" else "services.prism.settings.bind";
  texts = addresses.texts cfg.settings.bind;
  listed = map addresses.read texts;
  good = lib.filter (address: !(address ? fault)) listed;
  sysctl = config.boot.kernel.sysctl."net.ipv4.ip_unprivileged_port_start" or null;
  # Of a user namespace of its own, whatever its kind, the capability would not be one over the host's ports (user_namespaces(7)).
  hasUsers = paths.isOn (unit.PrivateUsers or "");
  mayOpenAll = !hasUsers && mayOpen "AmbientCapabilities" false && mayOpen "CapabilityBoundingSet" true;
  # Assignments one after the other, as config_parse_capability_set() of systemd takes them: to what is as it was at the beginning,
  # and by none at all, it is set; else added, or with ~ taken away.
  mayOpen =
    name: usual:
    (lib.foldl' (
      before: assignment:
      let
        inverted = hasPrefix "~" assignment;
        words = paths.words (lib.removePrefix "~" assignment);
        named = lib.elem "CAP_NET_BIND_SERVICE" (map lib.toUpper words);
        isSet = before.isUsual || words == [ ];
      in
      {
        may = if inverted then !named && (isSet || before.may) else named || !isSet && before.may;
        isUsual = words == [ ] && inverted == usual;
      }
    ) { may = usual; isUsual = true; } (map toString (lib.toList (unit.${name} or [ ])))).may;
  leastPort =
    if mayOpenAll then
      0
    else if sysctl == null then
      1024
    else if sysctl == false then
      0
    # What is no decimal number the kernel would refuse, or read otherwise.
    else if builtins.match "0|[1-9][0-9]{0,8}" (toString sysctl) == null then
      1024
    else
      lib.toInt (toString sysctl);

  ofBind =
    if texts == null then
      [ "is neither an address nor a list of addresses: ${addresses.wanted}" ]
    else
      optional (texts == [ ] || lib.length texts > 16) "names ${toString (lib.length texts)} addresses: 1 to 16 can be kept open through a restart, leave out what is beyond"
      ++ concatMap (address: optional (address ? fault) "'${address.text}' ${address.fault}") listed
      ++ collisions good
      ++ concatMap (address: if cfg.socket.enable then ofSocketUnit address else ofSite address) good;
  collisions =
    list:
    optionals (list != [ ]) (
      concatMap (
        other:
        optional (addresses.overlap (lib.head list) other) (
          if (lib.head list).key == other.key then
            "names ${other.text} twice: leave one out"
          else
            "names ${(lib.head list).text} and ${other.text}, of which one holds the other: leave one out"
        )
      ) (lib.tail list)
      ++ collisions (lib.tail list)
    );
  # As the supervisor takes the folder: of several the first.
  own = paths.resolved (
    let
      given = cfg.settings.runtimeDirectory or null;
    in
    if lib.isString given then given else lib.head (runtime ++ [ "/run/prism-django" ])
  );
  ofSite =
    address:
    let
      folder = dirOf address.path;
    in
    optional (address ? port && address.port < leastPort) "${address.text} is a port below ${toString leastPort}, which the site's user may not open: set services.prism.socket.enable, or take a higher one"
    ++
      optional
        (
          address ? path
          && (!isWritable folder || !lib.elem folder runtime && lib.any (made: isBelow made folder) runtime)
        )
        "${address.text} is a path that the unit cannot write: put it into ${lib.concatStringsSep " or " runtime}, or set services.prism.socket.enable"
    ++ optional (
      address ? path && folder == own && builtins.match "control|(notify|probe)[.].*" (baseNameOf address.path) != null
    ) "${address.text} is a name that the supervisor uses itself: take another one, such as unix:${own}/prism.sock";
  ofSocketUnit =
    address:
    let
      isFolder = address ? path && lib.elem address.path runtime;
    in
    optional (isFolder || address ? path && lib.any (folder: isBelow folder address.path) runtime) "${address.text} ${if isFolder then "is" else "lies in"} the site's RuntimeDirectory=, which systemd removes when the site stops while prism-django.socket lives on: take a path outside of it, such as unix:/run/prism-django.sock"
    ++
      optional (address ? path && builtins.match "[A-Za-z0-9/._@:+-]*" address.path == null)
        "${address.text} is a path that ListenStream= would read otherwise: take letters, digits and / . _ @ : + - alone";
in
{
  assertions = lib.mkIf cfg.enable (
    map (fault: {
      assertion = false;
      message = "${bindOption}: ${fault}";
    }) ofBind
  );
}
