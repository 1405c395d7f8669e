# What Debian 12 needs otherwise: packaging/systemd/debian-12.conf is what this module changes.
{ lib, ... }:
{
  systemd.services.prism-django = {
    serviceConfig = {
      # 252 does not know notify-reload, and would take the unit for Type=simple; nor RestartSteps=, without which 100ms is a hot loop.
      Type = lib.mkForce "notify";
      RestartSec = lib.mkForce "5";
      # 252 has no OpenFile=. The key is then readable by Django too: use one that opens nothing else.
      OpenFile = lib.mkForce "";
      LoadCredential = "age-key:/etc/prism/age.key";
      # Before version 21 each worker of Gunicorn calls setuid(2) with the user that it already is, and takes a refusal for its
      # end (PermissionError, exit code 3). Without capabilities the call can do nothing else.
      SystemCallFilter = [ "setuid" ];
    };
  };
}
