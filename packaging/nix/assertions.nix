# What no type can say of the options: values that do not fit each other, the unit, or what the supervisor would take. Each refusal
# names the option, what is wrong with it and what to do.
{ config, lib, ... }:
let
  inherit (lib) concatMap hasPrefix optional optionals;
  cfg = config.services.prism;
  addresses = import ./addresses.nix { inherit lib; };
  paths = import ./paths.nix { inherit lib; };
  secrecy = import ./secrecy.nix { inherit lib; };
  sopsFile = import ./sops-file.nix { inherit lib; };

  secrets = cfg.settings.secrets or { };
  unit = config.systemd.services.prism-django.serviceConfig;

  # Of a setting that makes folders below another one; what follows a colon is a link to it.
  folders =
    root: name: map (word: "${root}/${lib.head (lib.splitString ":" word)}") (paths.words (unit.${name} or [ ]));
  runtime = folders "/run" "RuntimeDirectory";
  # Where the unit can write, for all that ProtectSystem=strict allows.
  writable =
    runtime
    ++ folders "/var/lib" "StateDirectory"
    ++ folders "/var/cache" "CacheDirectory"
    ++ folders "/var/log" "LogsDirectory"
    # Of a root of its own, that makes nothing seen.
    ++ optionals (!cfg.confine) (paths.places (unit.ReadWritePaths or [ ]))
    ++ paths.places (unit.BindPaths or [ ]);
  writableBy = if cfg.confine then "BindPaths" else "ReadWritePaths";
  isStrict = unit.ProtectSystem or "" == "strict";
  isBelow = folder: path: hasPrefix "${folder}/" path;
  isWritable = path: !isStrict || lib.any (folder: path == folder || isBelow folder path) writable;

  # bind: as the supervisor will read it, wherever it was set.
  bindOption = if cfg.settings.bind == cfg.bind then "services.prism.bind" else "services.prism.settings.bind";
  texts = addresses.texts cfg.settings.bind;
  listed = map addresses.read texts;
  good = lib.filter (address: !(address ? fault)) listed;
  sysctl = config.boot.kernel.sysctl."net.ipv4.ip_unprivileged_port_start" or null;
  # Of a user namespace of its own, the capability would not be one over the host's ports (user_namespaces(7)).
  mayOpenAll =
    !(lib.elem (unit.PrivateUsers or false) [ true "true" "yes" "self" ])
    && lib.all (name: lib.elem "CAP_NET_BIND_SERVICE" (paths.words (unit.${name} or [ ]))) [
      "AmbientCapabilities"
      "CapabilityBoundingSet"
    ];
  leastPort =
    if mayOpenAll then
      0
    else if sysctl == null then
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
  ofSite =
    address:
    let
      isLinked = hasPrefix "/var/run/" address.path;
      # NixOS has /var/run as a link to /run.
      folder = dirOf (if isLinked then lib.removePrefix "/var" address.path else address.path);
    in
    optional (address ? port && address.port < leastPort) "${address.text} is a port below ${toString leastPort}, which the site's user may not open: set services.prism.socket.enable, or take a higher one"
    ++
      optional
        (
          address ? path
          && (!isWritable folder || !lib.elem folder runtime && lib.any (made: isBelow made folder) runtime)
        )
        "${address.text} is a path that the unit cannot write: put it into ${lib.concatStringsSep " or " runtime}, or set services.prism.socket.enable";
  ofSocketUnit =
    address:
    optional (address ? path && lib.any (folder: isBelow folder address.path) runtime) "${address.text} lies in the site's RuntimeDirectory=, which systemd removes when the site stops while prism-django.socket lives on: take a path outside of it, such as unix:/run/prism-django.sock"
    ++
      optional (address ? path && builtins.match "[A-Za-z0-9/._@:+-]*" address.path == null)
        "${address.text} is a path that ListenStream= would read otherwise: take letters, digits and / . _ @ : + - alone";

  ofDirectory =
    name:
    let
      path = cfg.settings.${name} or null;
    in
    if path == null then
      [ ]
    else if !lib.isString path || !hasPrefix "/" path then
      [ "services.prism.settings.${name} must be an absolute path: give one, or leave it out" ]
    else
      optional (!isWritable (paths.plain path)) "services.prism.settings.${name}: the unit cannot write ${path} (ProtectSystem=strict): leave it out, or name the path in systemd.services.prism-django.serviceConfig.${writableBy} too";

  ofSeconds =
    path:
    let
      value = lib.attrByPath path null cfg.settings;
    in
    optional (
      !(value == null || lib.isInt value || lib.isFloat value)
    ) "services.prism.settings.${lib.concatStringsSep "." path} must be a number of seconds: write it without quotes";

  # What a secrets file holds that lies in the store, or will be copied there: null for one that lies elsewhere, false for one
  # that evaluation cannot read.
  contents =
    file:
    let
      path = "${file}";
      built = lib.any (from: from ? outputs) (lib.attrValues (builtins.getContext path));
    in
    if lib.isPath file then
      builtins.readFile file
    else if file ? text then
      file.text
    else if !hasPrefix "${builtins.storeDir}/" path then
      null
    # A build would have to run first, or nothing says that the file will be there.
    else if built || !builtins.hasContext path || !builtins.pathExists path then
      false
    else
      builtins.readFile path;
  ofSecrets =
    option: file:
    let
      text = contents file;
      faults =
        if text == null then
          [ ]
        else if text == false then
          [ "cannot be looked at before: name the file that sops encrypted itself, such as ./prism.env" ]
        else
          sopsFile text secrets;
    in
    # toString: what is interpolated is copied into the store.
    map (fault: "${option}: ${toString file} lies in the store, or would be copied there, where everybody can read it, and ${fault}") faults;
  ofSecretsFile = optionals (cfg.secretsFile != null) (ofSecrets "services.prism.secretsFile" cfg.secretsFile);
  # Not looked at where the option's own was refused: that would copy it.
  ofSettingsFile =
    let
      file = secrets.file or null;
    in
    optionals (
      ofSecretsFile == [ ] && file != null && !(cfg.secretsFile != null && !lib.isPath file && file == "${cfg.secretsFile}")
    ) (ofSecrets "services.prism.settings.secrets.file" file);

  ofVariable =
    name: value:
    let
      isNamedSo = secrecy.isNamedSo name && !secrecy.isNone value;
    in
    optional (isNamedSo || secrecy.hides value) "services.prism.settings.environment.${name} would lie in the store, which everybody can read${
      lib.optionalString (!isNamedSo) ", with the password in it"
    }: it belongs into services.prism.secretsFile";

  # The file has no other place for them.
  ofHeader =
    name: value:
    optional (
      (secrecy.isNamedSo name || lib.elem (lib.toLower name) [ "authorization" "proxy-authorization" "cookie" ])
      && value != null
      && !secrecy.isNone value
    ) "services.prism.settings.health.headers.${name} would lie in the store, which everybody can read: leave it out, and let services.prism.settings.health.path name a page that asks for none";
  headers = cfg.settings.health.headers or null;

  ofCommand =
    path:
    optional (secrecy.isToldBy (lib.attrByPath path null cfg.settings)) "services.prism.settings.${lib.concatStringsSep "." path}: a password in a command line would lie in the store, which everybody can read, and in the list of processes: give it as a variable in services.prism.secretsFile, or in a file that the command reads";

  ofCelery =
    optional (secrecy.isToldBy (cfg.celery.command ++ cfg.celery.worker.arguments)) "services.prism.celery: a password in its command line would lie in the store, which everybody can read, and in the list of processes: give it as CELERY_BROKER_URL in services.prism.secretsFile"
    ++ optional
      (
        (cfg.celery.worker.enable || cfg.celery.beat.enable)
        && lib.head cfg.celery.command == lib.getExe' cfg.package "prism-celery"
        && !(cfg.package.withCelery or true)
      )
      "services.prism.celery: services.prism.package has no prism-celery: build it with withCelery = true, or set services.prism.celery.command";
in
{
  assertions = lib.mkIf cfg.enable (
    map
      (message: {
        assertion = false;
        inherit message;
      })
      (
        map (fault: "${bindOption}: ${fault}") ofBind
        ++ ofDirectory "stateDirectory"
        ++ ofDirectory "runtimeDirectory"
        ++ concatMap ofSeconds [
          [
            "gunicorn"
            "gracefulTimeoutSeconds"
          ]
          [
            "gunicorn"
            "startTimeoutSeconds"
          ]
          [
            "reload"
            "canarySeconds"
          ]
          [
            "reload"
            "timeoutSeconds"
          ]
          [
            "steps"
            "stopTimeoutSeconds"
          ]
        ]
        ++ ofSecretsFile
        ++ ofSettingsFile
        ++ lib.concatLists (lib.mapAttrsToList ofVariable cfg.settings.environment)
        ++ lib.concatLists (lib.mapAttrsToList ofHeader (if lib.isAttrs headers then headers else { }))
        ++ concatMap ofCommand [
          [
            "gunicorn"
            "command"
          ]
          [
            "manage"
            "command"
          ]
          [
            "secrets"
            "sopsCommand"
          ]
          [
            "steps"
            "collectstatic"
          ]
          [
            "steps"
            "migrate"
          ]
        ]
        ++ ofCelery
      )
  );
}
