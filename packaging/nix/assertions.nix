# What no type can say of the options: values that do not fit each other, the unit, or what the supervisor would take; of bind,
# bind.nix says it. Each refusal names the option, what is wrong with it and what to do.
{ config, lib, ... }:
let
  inherit (lib) concatMap hasPrefix optional optionals;
  cfg = config.services.prism;
  paths = import ./paths.nix { inherit lib; };
  secrecy = import ./secrecy.nix { inherit lib; };
  sopsFile = import ./sops-file.nix { inherit lib; };

  secrets = cfg.settings.secrets or { };
  inherit (paths) isFile;
  inherit (import ./writable.nix { inherit config lib; }) isWritable writableBy;

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
    if file != null && !isFile file then
      [ "services.prism.settings.secrets.file is no path: leave it out, and give services.prism.secretsFile" ]
    else
      optionals (
        ofSecretsFile == [ ] && file != null && !(cfg.secretsFile != null && !lib.isPath file && file == "${cfg.secretsFile}")
      ) (ofSecrets "services.prism.settings.secrets.file" file);

  ofVariable =
    name: value:
    let
      isWhole = secrecy.isSecret name value || secrecy.holdsKey value;
    in
    optional (isWhole || secrecy.hides value) "services.prism.settings.environment.${name} would lie in the store, which everybody can read${
      lib.optionalString (!isWhole) ", with the password in it"
    }: it belongs into services.prism.secretsFile";

  # The file has no other place for them.
  ofHeader =
    name: value:
    optional (
      value != null
      && secrecy.isSecret (if lib.elem (lib.toLower name) [ "authorization" "proxy-authorization" "cookie" ] then "token" else name) value
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
        ofDirectory "stateDirectory"
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
