# A host with all that the module can do.
{
  services.prism = {
    enable = true;
    hosts = [
      "midship.local"
      ".example.org"
      "[fd00::5]"
    ];
    bind = [
      "localhost:80"
      "[fd00::5]:80"
      "unix:/run/prism.sock"
    ];
    socket.enable = true;
    secretsFile = ../hosts/midship/prism.env;
    keyFile = "/var/lib/prism-key/age.key";
    allowedAddresses = [
      "10.1.1.0/24"
      "fd00::/8"
    ];
    celery = {
      worker.enable = true;
      worker.arguments = [
        "--concurrency=2"
        "--hostname=%h"
      ];
      beat.enable = true;
    };
    settings = {
      environment = {
        DEBUG = false;
        POSTGRES_DB = "prism";
        POSTGRES_HOST = "/run/postgresql";
        WORKERS = 4;
      };
      gunicorn.gracefulTimeoutSeconds = 90;
      health.path = "/healthz";
      reload.timeoutSeconds = 1200;
    };
  };
}
