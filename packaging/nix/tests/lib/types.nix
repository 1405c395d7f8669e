# Types of options: what they take, and how several definitions become one.
{ lib }:
let
  inherit (builtins)
    all
    any
    attrNames
    concatLists
    elem
    filter
    head
    isAttrs
    isBool
    isFloat
    isInt
    isList
    isPath
    isString
    length
    listToAttrs
    match
    tail
    ;
  inherit (lib.modules) mergeDefinitions show showPath;

  values = map (definition: definition.value);

  one =
    path: definitions:
    if length definitions == 1 then
      (head definitions).value
    else
      throw "The option `${showPath path}' is defined more than once, and its type takes one value.";

  equal =
    path: definitions:
    if all (definition: definition.value == (head definitions).value) (tail definitions) then
      (head definitions).value
    else
      throw "The option `${showPath path}' has conflicting definition values: ${show (values definitions)}";

  scalar = description: check: {
    inherit description check;
    merge = equal;
  };

  # What interpolates to a path: a string, a path, or a package.
  stringLike = value: isString value || isPath value || (isAttrs value && value ? outPath);
  inStore = value: lib.hasPrefix "${builtins.storeDir}/" (toString value);

  types = {
    bool = scalar "boolean" isBool;
    int = scalar "signed integer" isInt;
    float = scalar "floating point number" isFloat;
    str = scalar "string" isString;
    nonEmptyStr = scalar "non-empty string" (value: isString value && match "[ \t\n]*" value == null);
    strMatching = pattern: scalar "string matching the pattern ${pattern}" (value: isString value && match pattern value != null);
    lines = {
      description = "strings concatenated with \"\\n\"";
      check = isString;
      merge = _: definitions: builtins.concatStringsSep "\n" (values definitions);
    };
    path = scalar "absolute path" (value: stringLike value && lib.hasPrefix "/" (toString value));
    externalPath = scalar "absolute path not in the Nix store" (
      # No path of the language, which could be copied to the store later on; and a path of the store has a hash in its name.
      value: isString value && lib.hasPrefix "/" value && match "${builtins.storeDir}/[0-9a-z]{32}-.*" value == null
    );
    package = {
      description = "package";
      check = value: lib.isDerivation value || (stringLike value && inStore value);
      merge = one;
    };
    enum = choices: scalar "one of ${lib.concatMapStringsSep ", " show choices}" (value: elem value choices);
    port = scalar "16 bit unsigned integer; between 0 and 65535 (both inclusive)" (
      value: isInt value && value >= 0 && value <= 65535
    );
    ints = {
      positive = scalar "positive integer, meaning >0" (value: isInt value && value > 0);
      unsigned = scalar "unsigned integer, meaning >=0" (value: isInt value && value >= 0);
    };
    addCheck = type: check: type // { check = value: type.check value && check value; };
    raw = {
      description = "raw value";
      check = _: true;
      merge = one;
    };

    # Merges whatever can be merged: sets by name, lists one after the other, anything else when it is equal.
    anything = {
      description = "anything";
      check = _: true;
      merge =
        path: definitions:
        if all (definition: isAttrs definition.value && !(stringLike definition.value)) definitions then
          (types.attrsOf types.anything).merge path definitions
        else if all (definition: isList definition.value) definitions then
          concatLists (values definitions)
        else
          equal path definitions;
    };

    # A value of a systemd setting: several definitions of a list, or of a list and a scalar, repeat the setting.
    unitOption = {
      description = "systemd option";
      check =
        let
          atom = value: isBool value || isInt value || isFloat value || stringLike value;
        in
        value: atom value || (isList value && all atom value);
      merge =
        path: definitions:
        if any isList (values definitions) then
          concatLists (map lib.toList (values definitions))
        else
          equal path definitions;
    };

    nullOr = type: {
      description = "null or ${type.description}";
      check = value: value == null || type.check value;
      merge =
        path: definitions:
        let
          given = filter (definition: definition.value != null) definitions;
        in
        if given == [ ] then
          null
        else if length given < length definitions then
          throw "The option `${showPath path}' is defined both null and not null."
        else
          type.merge path definitions;
    };

    either = first: second: {
      description = "${first.description} or ${second.description}";
      check = value: first.check value || second.check value;
      merge =
        path: definitions:
        if all (definition: first.check definition.value) definitions then
          first.merge path definitions
        else if all (definition: second.check definition.value) definitions then
          second.merge path definitions
        else
          equal path definitions;
    };
    oneOf = choices: lib.foldl' types.either (head choices) (tail choices);

    listOf = type: {
      description = "list of ${type.description}";
      check = isList;
      emptyValue = [ ];
      merge =
        path: definitions:
        concatLists (
          map (
            definition:
            map (value: mergeDefinitions (path ++ [ "*" ]) type [ (definition // { inherit value; }) ]) definition.value
          ) definitions
        );
    };
    nonEmptyListOf =
      type:
      let
        list = types.listOf type;
      in
      removeAttrs list [ "emptyValue" ]
      // {
        description = "non-empty ${list.description}";
        check = value: isList value && value != [ ];
      };

    attrsOf = type: {
      description = "attribute set of ${type.description}";
      check = value: isAttrs value && !(value ? outPath);
      emptyValue = { };
      merge =
        path: definitions:
        let
          names = lib.unique (builtins.concatMap (definition: attrNames definition.value) definitions);
          at =
            name:
            map (definition: definition // { value = definition.value.${name}; }) (
              filter (definition: definition.value ? ${name}) definitions
            );
          # A name whose every definition is under a condition that does not hold is not there.
          held = name: map (definition: definition.value) (at name);
          absent = value: value._type or "" == "if" && !value.condition;
          there = filter (name: !all (value: isAttrs value && absent value) (held name)) names;
        in
        listToAttrs (
          map (name: {
            inherit name;
            value = mergeDefinitions (path ++ [ name ]) type (at name);
          }) there
        );
    };

    submodule = module: {
      description = "submodule";
      check = value: isAttrs value || builtins.isFunction value;
      emptyValue = { };
      merge =
        path: definitions:
        (lib.evalModules {
          prefix = path;
          specialArgs.name = lib.elemAt path (length path - 1);
          modules = [ module ] ++ map (definition: { _file = definition.file; config = definition.value; }) definitions;
        }).config;
    };
  };
in
types
