# The module system: modules are collected through their imports, their options make one tree, and every value that a
# module gives has to find its option there and to be of its type.
{ lib }:
let
  inherit (builtins)
    attrNames
    concatLists
    concatMap
    concatStringsSep
    elem
    elemAt
    filter
    foldl'
    head
    isAttrs
    isFunction
    length
    listToAttrs
    mapAttrs
    toJSON
    tryEval
    ;

  typeOf = value: if isAttrs value then value._type or "" else "";
  isOption = value: typeOf value == "option";
  showPath = concatStringsSep ".";

  # What can be shown of a value in a message.
  show =
    value:
    let
      # A path as it stands: as JSON it would be copied into the store.
      text = tryEval (
        if isFunction value then
          "a function"
        else if builtins.isPath value then
          toString value
        else
          toJSON value
      );
    in
    if text.success then text.value else "a value that cannot be shown";

  # A module, whatever its form, as { file, imports, options, config }.
  load =
    arguments: module:
    let
      isFile = builtins.isPath module || builtins.isString module;
      opened = if isFile then import module else module;
      # A folder stands for the default.nix in it.
      file = if isFile then lib.removeSuffix "/default.nix" (toString module) else module._file or "a module";
      body = if isFunction opened then opened arguments else opened;
      special = [
        "_file"
        "config"
        "freeformType"
        "imports"
        "meta"
        "options"
      ];
      explicit = body ? config || body ? options;
      strange = filter (name: !(elem name special)) (attrNames body);
    in
    if explicit && strange != [ ] then
      throw "${file} has config or options, so `${head strange}' belongs into config"
    else
      {
        inherit file isFile;
        imports = body.imports or [ ];
        options = body.options or { };
        freeformType = body.freeformType or null;
        config =
          if explicit then
            body.config or { }
          else
            removeAttrs body [
              "_file"
              "freeformType"
              "imports"
              "meta"
            ];
      };

  # A file that several modules import counts once.
  collect =
    arguments: modules:
    foldl' (
      done: module:
      if module.isFile && lib.any (other: other.isFile && other.file == module.file) done then
        done
      else
        done ++ [ module ]
    ) [ ] (collectAll arguments modules);
  collectAll =
    arguments: modules:
    concatMap (
      module:
      let
        loaded = load arguments module;
      in
      collectAll arguments loaded.imports ++ [ loaded ]
    ) modules;

  # One attribute set, or several under conditions and priorities, as a list of plain attribute sets.
  pushDown =
    config:
    {
      merge = concatMap pushDown config.contents;
      "if" = map (mapAttrs (_: lib.mkIf config.condition)) (pushDown config.content);
      override = map (mapAttrs (_: lib.mkOverride config.priority)) (pushDown config.content);
    }
    .${typeOf config} or [ config ];

  # A value under conditions and priorities, as the list of the values that hold, each with its priority.
  discharge =
    priority: value:
    {
      merge = concatMap (discharge priority) value.contents;
      "if" =
        if !builtins.isBool value.condition then
          throw "the condition of a mkIf is not a Boolean"
        else if value.condition then
          discharge priority value.content
        else
          [ ];
      override = discharge value.priority value.content;
    }
    .${typeOf value} or [ { inherit priority value; } ];

  # The definitions that count, { file, value }: those of the strongest priority (the least number).
  strongest =
    definitions:
    let
      held = concatMap (
        definition: map (held: held // { inherit (definition) file; }) (discharge 100 definition.value)
      ) definitions;
      best = foldl' (least: held: if held.priority < least then held.priority else least) 9999 held;
    in
    map (held: { inherit (held) file value; }) (filter (held: held.priority == best) held);

  checkType =
    path: type: definitions:
    let
      wrong = filter (definition: !type.check definition.value) definitions;
    in
    if wrong == [ ] then
      definitions
    else
      throw "A definition for option `${showPath path}' is not of type `${type.description}'. Definition value: ${show (head wrong).value}, in ${(head wrong).file}";

  # What an option of this type becomes, of all definitions that hold.
  mergeDefinitions =
    path: type: definitions:
    type.merge path (checkType path type (strongest definitions));

  evalOption =
    path: option: definitions:
    let
      all =
        definitions
        ++ lib.optional (option ? default) {
          file = "the default";
          value = lib.mkOptionDefault option.default;
        };
      held = strongest all;
      type = option.type or lib.types.raw;
      value =
        if held != [ ] then
          type.merge path (checkType path type held)
        else if type ? emptyValue then
          type.emptyValue
        else
          throw "The option `${showPath path}' is used but not defined.";
    in
    if definitions != [ ] && option.readOnly or false then
      throw "The option `${showPath path}' is read-only"
    else
      (option.apply or (value: value)) value;

  # trees: option trees at this place; definitions: { file, value } with plain or conditional attribute sets.
  mergeTree =
    path: trees: freeform: definitions:
    let
      names = lib.unique (concatMap attrNames trees);
      flat = concatMap (
        definition:
        map (value: {
          inherit (definition) file;
          inherit value;
        }) (pushDown definition.value)
      ) definitions;
      sets = map (
        definition:
        if isAttrs definition.value then
          definition
        else
          throw "`${showPath path}' holds options, and ${definition.file} gives it ${show definition.value}"
      ) flat;
      at =
        name:
        map (definition: {
          inherit (definition) file;
          value = definition.value.${name};
        }) (filter (definition: definition.value ? ${name}) sets);
      declared = listToAttrs (
        map (name: {
          inherit name;
          value =
            let
              here = map (tree: tree.${name}) (filter (tree: tree ? ${name}) trees);
              options = filter isOption here;
            in
            if options == [ ] then
              mergeTree (path ++ [ name ]) here null (at name)
            else if length here > 1 then
              throw "The option `${showPath (path ++ [ name ])}' is declared twice"
            else
              evalOption (path ++ [ name ]) (head options) (at name);
        }) names
      );
      undeclared = filter (definition: definition.value != { }) (
        map (definition: {
          inherit (definition) file;
          value = removeAttrs definition.value names;
        }) sets
      );
      first = head undeclared;
    in
    if undeclared == [ ] then
      declared
    else if freeform != null then
      mergeDefinitions path freeform undeclared // declared
    else
      throw "The option `${showPath (path ++ [ (head (attrNames first.value)) ])}' does not exist. It is set in ${first.file}";
in
{
  inherit mergeDefinitions showPath show;

  evalModules =
    {
      modules,
      specialArgs ? { },
      prefix ? [ ],
    }:
    let
      arguments = specialArgs // {
        inherit config lib;
        options = throw "the stand-in has no options argument";
      };
      all = collect arguments modules;
      freeforms = filter (type: type != null) (map (module: module.freeformType) all);
      config = mergeTree prefix (map (module: module.options) all) (
        if freeforms == [ ] then null else elemAt freeforms 0
      ) (map (module: { inherit (module) file; value = module.config; }) all);
    in
    {
      inherit config;
    };
}
