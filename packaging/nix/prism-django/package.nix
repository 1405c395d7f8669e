# The site, its Python and the commands that the supervisor and people call. Which site: a revision of a repository
# (gitUrl, gitRev, gitHash), or any other source (siteSource: a flake's input, a folder).
{
  lib,
  stdenvNoCC,
  fetchgit,
  makeWrapper,
  python313,

  gitUrl ? "",
  gitRev ? "",
  gitHash ? "",
  siteSource ? null,
  siteVersion ?
    if gitRev == "" then "0-unstable" else "0-unstable-${builtins.substring 0 8 gitRev}",

  settingsModule ? "prism.settings",
  wsgiApplication ? "prism.wsgi:application",
  # prism-celery, for the worker and beat.
  withCelery ? false,
  # What else the site imports: ps: [ ps.celery ].
  extraPythonPackages ? (_: [ ]),

  # Static files in an output of their own, collected once and for all: a release then needs no collectstatic.
  collectStatic ? false,
  # What the settings ask for before they can be read. Nothing of it is kept, and no secret belongs here.
  buildEnvironment ? {
    SECRET_KEY = "only-for-the-build";
    ALLOWED_HOSTS = "localhost";
  },
}:

let
  python = python313.override {
    # Or packages that depend on Django would bring another one along.
    self = python;
    packageOverrides = final: prev: {
      django = prev.django_5;
      crispy-bootstrap5 = prev.crispy-bootstrap5 or (final.callPackage ./crispy-bootstrap5.nix { });
    };
  };

  pythonEnv = python.withPackages (
    ps:
    [
      ps.crispy-bootstrap5
      ps.dj-database-url
      ps.django
      ps.django-crispy-forms
      ps.djangorestframework
      ps.gunicorn
      ps.pillow
      ps.psycopg2
      ps.python-decouple
      ps.whitenoise
    ]
    ++ lib.optional withCelery ps.celery
    ++ extraPythonPackages ps
  );
  interpreter = "${pythonEnv}/bin/python3";

  modules = [
    "PIL"
    "crispy_bootstrap5"
    "crispy_forms"
    "decouple"
    "dj_database_url"
    "gunicorn"
    "psycopg2"
    "rest_framework"
    "whitenoise"
  ]
  ++ lib.optional withCelery "celery";

  # To be said in a subshell.
  asBuilt = lib.concatStringsSep "\n" (
    lib.mapAttrsToList (name: value: "export ${name}=${lib.escapeShellArg value}") buildEnvironment
    ++ [ ''export STATE_DIRECTORY="$(mktemp -d)"'' ]
  );
in
stdenvNoCC.mkDerivation (finalAttrs: {
  pname = "prism-django";
  version = siteVersion;

  src =
    # A revision first: the overlay's package has a source already, which override does not take away.
    if siteSource != null && gitUrl + gitRev + gitHash == "" then
      siteSource
    else if gitUrl == "" || gitRev == "" || gitHash == "" then
      throw "prism-django: which site? Give gitUrl, gitRev and gitHash, or siteSource"
    else
      fetchgit {
        url = gitUrl;
        rev = gitRev;
        hash = gitHash;
      };

  outputs = [ "out" ] ++ lib.optional collectStatic "static";

  nativeBuildInputs = [ makeWrapper ];

  # No Makefile of the site's is meant for this.
  dontConfigure = true;
  dontBuild = true;

  installPhase = ''
    runHook preInstall

    app=$out/share/prism-django
    mkdir -p "$app" "$out/bin"
    cp -R . "$app"

    # The store cannot be written, and gives every file the same time, by which Python would think all of this stale.
    ${interpreter} -m compileall -q --invalidation-mode unchecked-hash "$app"

    # wrap NAME FOLDER ARGUMENT...: a command that becomes Python in that folder, the first of a list as systemd gives it.
    wrap() {
      local name=$1 folder=$2 arguments=() argument
      shift 2
      for argument in "$@"; do arguments+=(--add-flag "$argument"); done
      makeWrapper ${interpreter} "$out/bin/$name" \
        --prefix PATH : ${lib.makeBinPath [ pythonEnv ]} \
        --set PYTHONPATH "$app" \
        --set PYTHONSAFEPATH 1 \
        --set PYTHONDONTWRITEBYTECODE 1 \
        --set-default DJANGO_SETTINGS_MODULE ${lib.escapeShellArg settingsModule} \
        ${lib.optionalString collectStatic ''--set-default STATIC_ROOT "$static"''} \
        --run "folder=$folder"' && cd -- "''${folder%%:*}"' \
        "''${arguments[@]}"
    }

    # Commands may write where they are; where there is no state, they are with the site, which cannot be written.
    state="\"\''${STATE_DIRECTORY:-$app}\""
    wrap prism-manage "$state" "$app/manage.py"
    wrap prism-runserver "$state" "$app/manage.py" runserver
    wrap prism-migrate "$state" "$app/manage.py" migrate --noinput
    wrap prism-collectstatic "$state" "$app/manage.py" collectstatic --noinput
    ${lib.optionalString withCelery ''wrap prism-celery "$state" -m celery''}

    # Gunicorn imports from where it is: that must not be a folder which the site can write.
    configuration=()
    [ ! -e "$app/gunicorn.conf.py" ] || configuration=(-c "$app/gunicorn.conf.py")
    wrap prism-gunicorn "$app" -m gunicorn "''${configuration[@]}" ${lib.escapeShellArg wsgiApplication}

    ${lib.optionalString collectStatic ''
      (
        ${asBuilt}
        "$out/bin/prism-collectstatic"
      )
    ''}
    runHook postInstall
  '';

  doInstallCheck = true;
  installCheckPhase = ''
    runHook preInstallCheck
    (
      ${asBuilt}
      export PYTHONPATH="$out/share/prism-django" PYTHONDONTWRITEBYTECODE=1
      export DJANGO_SETTINGS_MODULE=${lib.escapeShellArg settingsModule}
      ${interpreter} - ${lib.escapeShellArgs modules} <<'EOF'
    import importlib, sys
    for module in sys.argv[1:]:
        importlib.import_module(module)
    import django
    from django.core.management import get_commands
    if django.get_version() != "${python.pkgs.django.version}":
        sys.exit("another Django got in: " + django.get_version())
    django.setup()
    missing = {"migrate", "collectstatic"} - set(get_commands())
    if missing:
        sys.exit("no such command: " + ", ".join(sorted(missing)))
    EOF
      "$out/bin/prism-manage" check
      "$out/bin/prism-gunicorn" --check-config
    )
    runHook postInstallCheck
  '';

  passthru = {
    # service.nix asks for the latter two.
    inherit
      python
      pythonEnv
      collectStatic
      withCelery
      ;
    appRoot = "${finalAttrs.finalPackage}/share/prism-django";
  };

  meta = {
    description = "Django site with its Python environment and commands";
    mainProgram = "prism-manage";
    platforms = lib.platforms.linux;
  };
})
