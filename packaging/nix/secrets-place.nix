# Where the secrets come from: one place, which the units see, and a key for it.
{ config, lib, ... }:
let
  inherit (lib) concatMap optional optionals;
  cfg = config.services.prism;
  paths = import ./paths.nix { inherit lib; };
  secrets = cfg.settings.secrets or { };
  file = secrets.file or null;
  option =
    if cfg.secretsFile != null && !lib.isPath file && file == "${cfg.secretsFile}" then
      "services.prism.secretsFile"
    else
      "services.prism.settings.secrets.file";

  service = config.systemd.services.prism-django;
  unit = service.serviceConfig;
  names = [
    "prism-django"
  ]
  ++ optional cfg.celery.worker.enable "prism-celery-worker"
  ++ optional cfg.celery.beat.enable "prism-celery-beat";

  # What the sandbox of a unit hides; of a root of its own that is not /run, confine.nix says more.
  hidden =
    unit:
    let
      home = toString (unit.ProtectHome or "");
      below = setting: map (folder: { inherit folder setting; });
      all =
        optionals (paths.isOn home && home != "read-only") (below "ProtectHome=" [ "/home" "/root" "/run/user" ])
        ++ optionals (paths.isOn (unit.PrivateTmp or "")) (below "PrivateTmp=" [ "/tmp" "/var/tmp" ])
        ++ optionals cfg.confine (below "TemporaryFileSystem=" [ "/run/host" ]);
    in
    lib.filter (one: !cfg.confine || lib.hasPrefix "/run/" one.folder) all;
  isIn = folder: path: lib.hasPrefix "${folder}/" "${path}/";
  ofPlace =
    name:
    let
      unit = config.systemd.services.${name}.serviceConfig;
      path = paths.resolved file;
      mounted = paths.places (unit.BindReadOnlyPaths or [ ]) ++ paths.places (unit.BindPaths or [ ]);
    in
    concatMap (
      { folder, setting }:
      optional (
        isIn folder path && !lib.any (place: isIn folder place && isIn place path) mounted
      ) "${option}: ${name} does not see ${file}, which its ${setting} hides: put it elsewhere, such as below /run/secrets"
    ) (hidden unit);

  # The files of one folder are credentials too, of its name and theirs. What ImportCredential= finds, only the host knows.
  ofCredential =
    name:
    let
      inherit (secrets) credential;
      unit = config.systemd.services.${name}.serviceConfig;
      given =
        settings:
        map (one: lib.head (lib.splitString ":" (toString one))) (lib.concatMap (setting: lib.toList (unit.${setting} or [ ])) settings);
      loaded = given [ "LoadCredential" "LoadCredentialEncrypted" ];
      isThere =
        lib.elem credential (loaded ++ given [ "SetCredential" "SetCredentialEncrypted" ])
        || lib.any (folder: lib.hasPrefix "${folder}_" credential) loaded
        || unit ? ImportCredential;
    in
    optional (!isThere) "services.prism.settings.secrets.credential: ${name} has no credential ${credential}: name it in systemd.services.${name}.serviceConfig.LoadCredential";

  # Something that could be, or hand over, the key, or take its place.
  mayHaveKey =
    cfg.keyFile != null
    || lib.any (name: unit ? ${name}) [
      "OpenFile"
      "LoadCredential"
      "LoadCredentialEncrypted"
      "SetCredential"
      "SetCredentialEncrypted"
      "ImportCredential"
      "Environment"
      "EnvironmentFile"
      "PassEnvironment"
    ]
    || lib.any (lib.hasPrefix "SOPS_") (lib.attrNames (service.environment or { }))
    || !lib.elem (secrets.sopsCommand or null) [ null "" [ ] ];
  # Splitting, as in sops-file.nix.
  isSops =
    lib.isPath cfg.secretsFile
    && lib.any (lib.hasPrefix "sops_mac=ENC[") (lib.splitString "\n" (builtins.readFile cfg.secretsFile));
in
{
  assertions = lib.mkIf cfg.enable (
    map
      (message: {
        assertion = false;
        inherit message;
      })
      (
        optional (file != null && secrets.credential or null != null)
          "services.prism.settings.secrets.credential: ${option} names the secrets too: leave one of the two out"
        ++ optionals (lib.isString file) (concatMap ofPlace names)
        ++ optionals (file == null && lib.isString (secrets.credential or null) && secrets.credential != "") (concatMap ofCredential names)
      )
  );

  # The manager's own environment may hold a key, too: no more than a warning.
  warnings = lib.mkIf cfg.enable (
    optional (isSops && !mayHaveKey) "services.prism.secretsFile: ${toString cfg.secretsFile} is encrypted by sops, and nothing opens it: name the age key in services.prism.keyFile"
  );
}
