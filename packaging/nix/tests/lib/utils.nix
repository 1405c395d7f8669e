# Of NixOS' utils: arguments as systemd reads them back, with what it would expand doubled.
{ lib }:
{
  escapeSystemdExecArgs = lib.concatMapStringsSep " " (
    argument:
    builtins.replaceStrings [ "%" "$" ] [ "%%" "$$" ] (builtins.toJSON (toString argument))
  );
}
