# Declaring options and giving them values.
{ lib }:
rec {
  mkOption = attributes: attributes // { _type = "option"; };
  mkEnableOption =
    name:
    mkOption {
      type = lib.types.bool;
      default = false;
      example = true;
      description = "Whether to enable ${name}.";
    };
  mkPackageOption =
    pkgs: path:
    {
      default ? path,
      ...
    }:
    mkOption {
      type = lib.types.package;
      default = lib.attrByPath (lib.toList default) (throw "there is no package pkgs.${lib.concatMapStringsSep "." toString (lib.toList default)}") pkgs;
      defaultText = literalExpression "pkgs.${lib.concatMapStringsSep "." toString (lib.toList default)}";
      description = "The package to use.";
    };
  literalExpression = text: {
    _type = "literalExpression";
    inherit text;
  };

  mkIf = condition: content: {
    _type = "if";
    inherit condition content;
  };
  mkMerge = contents: {
    _type = "merge";
    inherit contents;
  };
  mkOverride = priority: content: {
    _type = "override";
    inherit priority content;
  };
  mkOptionDefault = mkOverride 1500;
  mkDefault = mkOverride 1000;
  mkForce = mkOverride 50;
}
