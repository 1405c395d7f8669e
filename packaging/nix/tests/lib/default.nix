# Stand-in for nixpkgs' lib, written for this project: what service.nix uses of it, with the behaviour that the manuals of
# Nixpkgs and NixOS describe, so that an evaluation needs nothing but Nix itself.
let
  lib =
    {
      inherit (builtins)
        all
        any
        attrNames
        attrValues
        concatLists
        concatMap
        concatStringsSep
        elem
        elemAt
        filter
        foldl'
        head
        isAttrs
        isBool
        isFloat
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

      last = values: builtins.elemAt values (builtins.length values - 1);
      max = one: other: if one > other then one else other;
      take = count: values: builtins.genList (builtins.elemAt values) (if count < 0 then 0 else lib.min count (builtins.length values));
      drop = count: values: builtins.genList (index: builtins.elemAt values (count + index)) (lib.max 0 (builtins.length values - count));
      mod = one: other: one - one / other * other;
      min = one: other: if one < other then one else other;
      imap1 = f: values: builtins.genList (index: f (index + 1) (builtins.elemAt values index)) (builtins.length values);
      # A number of at most 60 bits, with or without 0x.
      fromHexString =
        text:
        let
          digits = builtins.match "(0x)?([0-7]?[0-9A-Fa-f]{1,15})" text;
        in
        if digits == null then
          throw "${text} is not a valid hexadecimal"
        else
          (builtins.fromTOML "number = 0x${builtins.elemAt digits 1}").number;

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
