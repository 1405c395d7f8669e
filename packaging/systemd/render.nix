# The units of this folder and the golden files of packaging/nix/tests, as attributes { path = text; }: evaluated from
# packaging/nix/service.nix, with the paths of the store replaced by those of other distributions. The order of the settings
# and the comments above them are read from the text of the modules.
let
  evaluate = modules: import ../nix/tests/evaluate.nix { inherit modules; };
  plain = {
    services.prism = {
      enable = true;
      hosts = [ "localhost" ];
      socket.enable = true;
    };
  };
  site = evaluate [ plain ];
  debian12 = evaluate [
    plain
    ./debian-12.nix
  ];
  midship = import ../nix/tests/evaluate.nix {
    modules = [ ../nix/hosts/midship ];
    alone = true;
  };

  inherit (site) lib pkgs;
  units = import ../nix/tests/lib/units.nix { inherit lib pkgs; };

  elsewhere = builtins.replaceStrings [ "${site.config.services.prism.supervisorPackage}" "postgresql.target" ] [ "/usr" "postgresql.service" ];

  # The settings of a block of a module, { name, above }: above are the blank lines and comments that stand over the setting.
  block =
    file: opening:
    let
      read =
        state: line:
        let
          words = builtins.match " *(.*)" line;
          text = lib.head words;
          indent = builtins.stringLength line - builtins.stringLength text;
          setting = builtins.match "([A-Za-z])([A-Za-z0-9]*) = .*" text;
        in
        if !state.inside then
          if text == opening then state // { inside = true; inherit indent; } else state
        else if indent <= state.indent && text != "" then
          state // { inside = false; }
        else if text == "" || lib.hasPrefix "#" text then
          state // { above = state.above ++ [ text ]; }
        else if setting == null then
          state // { above = [ ]; }
        else
          state
          // {
            above = [ ];
            found = state.found ++ [
              {
                name = upper (lib.head setting) + lib.elemAt setting 1;
                inherit (state) above;
              }
            ];
          };
    in
    (lib.foldl' read {
      inside = false;
      indent = 0;
      above = [ ];
      found = [ ];
    } (lib.filter lib.isString (builtins.split "\n" (builtins.readFile file)))).found;
  letters = lib.filter (letter: letter != "" && lib.isString letter);
  upper = builtins.replaceStrings (letters (builtins.split "" "abcdefghijklmnopqrstuvwxyz")) (
    letters (builtins.split "" "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
  );

  # A section with its settings in the order of the block; one that stands nowhere in it is an error, not a surprise.
  section =
    name: blocks: values:
    let
      shown = lib.filterAttrs (key: _: !lib.hasPrefix "X-" key) values;
      known = lib.filter (setting: shown ? ${setting.name}) blocks;
      unknown = lib.filter (key: !lib.any (setting: setting.name == key) known) (lib.attrNames shown);
      lines = lib.concatMap (
        setting: setting.above ++ [ (lib.removeSuffix "\n" (elsewhere (units.setting setting.name shown.${setting.name}))) ]
      ) known;
      tidy = lib.foldl' (
        done: line: if line == "" && (done == [ ] || lib.elemAt done (lib.length done - 1) == "") then done else done ++ [ line ]
      ) [ ] lines;
    in
    if unknown != [ ] then
      throw "render.nix: where does ${lib.head unknown}= of [${name}] stand in the module?"
    else
      "[${name}]\n${lib.concatMapStringsSep "" (line: "${line}\n") tidy}";
  install = unit: "[Install]\nWantedBy=${toString unit.wantedBy}\n";

  # Of two evaluations of a section, what the second adds or changes.
  difference =
    old: new:
    lib.mapAttrs (
      key: value:
      if lib.isList value && old ? ${key} then lib.filter (one: !lib.elem one (lib.toList old.${key})) value else value
    ) (lib.filterAttrs (key: value: old.${key} or null != value) new);

  service = ../nix/service.nix;
  unitBlock = block service "systemd.services.prism-django = {";
  socketBlock = map (
    setting: if setting.name == "ListenStreams" then setting // { name = "ListenStream"; } else setting
  ) (block service "systemd.sockets.prism-django = lib.mkIf cfg.socket.enable {");
  sandboxBlock = block service "sandbox = {";
  # With a blank line in front, though it is not the first of its block.
  apart = settings: map (setting: setting // { above = lib.optional (setting == lib.head settings) "" ++ setting.above; }) settings;
  django = site.config.systemd.services.prism-django;
  socket = site.config.systemd.sockets.prism-django;

  golden = lib.mapAttrsToList (name: value: {
    name = "packaging/nix/tests/golden/${name}";
    inherit value;
  });
in
{
  "packaging/systemd/prism-django.service" = ''
    # Prism, a Django site, run by its supervisor. Install as /etc/systemd/system/prism-django.service (systemd 254 or later).
    # /etc/prism/supervisor.json names the commands and the secrets file; the user prism needs nothing but to exist.
    # Made by eng/render-units of packaging/nix/service.nix: change it there, or here with `systemctl edit`.

    ${section "Unit" unitBlock (units.unitSection "prism-django" django)}
    ${section "Service" (unitBlock ++ apart sandboxBlock) django.serviceConfig}
    ${install django}'';

  "packaging/systemd/prism-django.socket" = ''
    # Optional: systemd binds the addresses, and the supervisor's own `bind` is ignored. For ports below 1024, for a socket outside
    # the service's reach, or for connections that shall wait from boot on. Install as /etc/systemd/system/prism-django.socket,
    # then `systemctl stop prism-django.service` and `systemctl enable --now prism-django.socket prism-django.service`.
    # Made by eng/render-units of packaging/nix/service.nix.

    ${section "Unit" socketBlock (units.unitSection "prism-django" socket)}
    ${section "Socket" socketBlock (units.socketSection socket)}
    ${install socket}'';

  "packaging/systemd/debian-12.conf" = ''
    # For Debian 12 (systemd 252, Gunicorn 20.1): install as /etc/systemd/system/prism-django.service.d/debian-12.conf.
    # Made by eng/render-units of packaging/systemd/debian-12.nix.

    ${section "Service" (block ./debian-12.nix "serviceConfig = {") (
      difference django.serviceConfig debian12.config.systemd.services.prism-django.serviceConfig
    )}'';
}
// lib.listToAttrs (golden (midship.units // { "supervisor.json" = midship.etc."prism/supervisor.json" + "\n"; }))
