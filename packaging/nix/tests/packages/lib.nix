# Of nixpkgs' lib what the packages and the flake use, written from its documentation.
rec {
  fakeHash = "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

  concatStringsSep = builtins.concatStringsSep;
  escapeShellArg = value: "'${builtins.replaceStrings [ "'" ] [ "'\\''" ] (toString value)}'";
  escapeShellArgs = values: concatStringsSep " " (map escapeShellArg values);
  genAttrs = names: make: builtins.listToAttrs (map (name: { inherit name; value = make name; }) names);
  getLib = package: package.lib or package;
  hasPrefix = prefix: text: builtins.substring 0 (builtins.stringLength prefix) text == prefix;
  hasSuffix =
    suffix: text:
    let
      extra = builtins.stringLength text - builtins.stringLength suffix;
    in
    extra >= 0 && builtins.substring extra (-1) text == suffix;
  isFunction = value: builtins.isFunction value || value ? __functor;
  makeBinPath = packages: concatStringsSep ":" (map (package: "${package}/bin") packages);
  makeLibraryPath = packages: concatStringsSep ":" (map (package: "${getLib package}/lib") packages);
  mapAttrsToList = each: set: map (name: each name set.${name}) (builtins.attrNames set);
  optional = condition: value: if condition then [ value ] else [ ];
  optionalString = condition: text: if condition then text else "";

  licenses.mit.spdxId = "MIT";
  platforms.linux = [
    "x86_64-linux"
    "aarch64-linux"
  ];

  # A set of files is the list of their paths.
  fileset = rec {
    # A file, or all below a folder; a name that does not exist is refused, as it is there.
    filesOf =
      path:
      if builtins.isList path then
        path
      else if !builtins.pathExists path then
        throw "lib.fileset: ${toString path} does not exist"
      else
        fileFilter (_: true) path;

    fileFilter =
      wanted: path:
      let
        below =
          folder:
          builtins.concatLists (
            mapAttrsToList (
              name: type:
              if type == "directory" then
                below "${folder}/${name}"
              else if
                wanted {
                  inherit name type;
                  hasExt = extension: hasSuffix ".${extension}" name;
                }
              then
                [ "${folder}/${name}" ]
              else
                [ ]
            ) (builtins.readDir folder)
          );
        directory = (builtins.readDir (builtins.dirOf path)).${builtins.baseNameOf path} == "directory";
      in
      if directory then below (toString path) else [ (toString path) ];

    unions = paths: builtins.concatLists (map filesOf paths);

    # Not in the store: the folder it is made of, and the names of the files below that would be.
    toSource =
      { root, fileset }:
      {
        outPath = "/nix/store/00000000000000000000000000000000-source";
        root = toString root;
        files =
          let
            start = "${toString root}/";
          in
          map (
            path:
            if hasPrefix start path then
              builtins.substring (builtins.stringLength start) (-1) path
            else
              throw "lib.fileset.toSource: ${path} is not below ${toString root}"
          ) (filesOf fileset);
      };
  };
}
