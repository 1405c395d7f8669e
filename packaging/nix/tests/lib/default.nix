# Stand-in for nixpkgs' lib, written for this project: what service.nix uses of it, with the behaviour that the manuals of
# Nixpkgs and NixOS describe, so that an evaluation needs nothing but Nix itself.
let
  lib =
    {
      inherit (builtins)
        all
        any
        attrNames
        concatLists
        concatMap
        elem
        elemAt
        filter
        foldl'
        head
        isAttrs
        isBool
        isFunction
        isInt
        isList
        isPath
        isString
        length
        listToAttrs
        mapAttrs
        tail
        ;
    }
    // import ./strings.nix
    // import ./options.nix { inherit lib; }
    // {
      modules = import ./modules.nix { inherit lib; };
      inherit (lib.modules) evalModules;
      types = import ./types.nix { inherit lib; };

      optional = condition: value: if condition then [ value ] else [ ];
      optionals = condition: values: if condition then values else [ ];
      optionalAttrs = condition: attributes: if condition then attributes else { };
      optionalString = condition: text: if condition then text else "";
      mapAttrsToList = f: attributes: map (name: f name attributes.${name}) (builtins.attrNames attributes);
      filterAttrs =
        keep: attributes:
        builtins.listToAttrs (
          builtins.filter (pair: keep pair.name pair.value) (
            map (name: {
              inherit name;
              value = attributes.${name};
            }) (builtins.attrNames attributes)
          )
        );
      genAttrs =
        names: f:
        builtins.listToAttrs (
          map (name: {
            inherit name;
            value = f name;
          }) names
        );
      toList = value: if builtins.isList value then value else [ value ];
      unique = builtins.foldl' (known: value: if builtins.elem value known then known else known ++ [ value ]) [ ];
      attrByPath =
        path: default: set:
        if path == [ ] then
          set
        else if set ? ${builtins.head path} then
          lib.attrByPath (builtins.tail path) default set.${builtins.head path}
        else
          default;

      isDerivation = value: value.type or null == "derivation";
      getExe =
        package:
        lib.getExe' package (package.meta.mainProgram or (throw "${package.name} names no meta.mainProgram"));
      getExe' = package: name: "${package}/bin/${name}";

      licenses = lib.genAttrs [ "mit" ] (spdxId: {
        inherit spdxId;
      });
    };
in
lib
