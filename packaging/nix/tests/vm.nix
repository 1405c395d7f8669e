# A host with the site and PostgreSQL: it answers, a switch to another release rolls it in, and nothing is refused meanwhile.
{ module }:
{
  name = "prism";

  nodes.machine =
    { lib, pkgs, ... }:
    {
      imports = [ module ];

      # The key of the demonstration. What has a mode is copied to /etc; a link into the store is no place for a key.
      environment.etc."prism/age.key" = {
        source = ../../../samples/secrets/age-key.txt;
        mode = "0400";
      };

      services.prism = {
        enable = true;
        hosts = [ "localhost" ];
        package = lib.mkDefault pkgs.prism-django;
        secretsFile = ../hosts/midship/prism.env;
        settings = {
          health.path = "/healthz";
          environment = {
            USE_POSTGRES = "1";
            POSTGRES_DB = "prism";
            # The socket knows the account: no password is asked for.
            POSTGRES_HOST = "/run/postgresql";
          };
        };
      };

      services.postgresql = {
        enable = true;
        ensureDatabases = [ "prism" ];
        ensureUsers = [
          {
            name = "prism";
            ensureDBOwnership = true;
          }
        ];
      };

      specialisation.next.configuration.services.prism.package = pkgs.prism-django.override {
        siteVersion = "next";
      };
    };

  testScript = ''
    import json

    def health():
        return json.loads(machine.succeed("curl --fail --silent --show-error http://localhost:8000/healthz"))

    def main_pid():
        return machine.succeed("systemctl show --property MainPID --value prism-django").strip()

    machine.wait_for_unit("prism-django.service")
    before, pid = health(), main_pid()
    assert before["database"] == "postgresql", before

    # A question every 20 ms, and what of it was not answered.
    machine.succeed(
        "systemd-run --unit visitor --setenv PATH -- /bin/sh -c "
        "'while sleep 0.02; do curl --fail --silent --output /dev/null http://localhost:8000/healthz || echo >>/tmp/refused; done'"
    )
    machine.succeed("/run/current-system/specialisation/next/bin/switch-to-configuration test")
    after = health()
    machine.succeed("systemctl stop visitor")
    machine.fail("test -s /tmp/refused")
    assert main_pid() == pid, "the supervisor was restarted"
    assert after["generation"] != before["generation"], (before, after)

    # What people use, with the site's own environment.
    machine.succeed("prism-manage check")
  '';
}
