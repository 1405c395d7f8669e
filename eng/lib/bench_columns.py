"""What is measured side by side: the same site under five kinds of care; each a unit in the sandbox of ours.

All but ours get the settings and the plain secrets from EnvironmentFile=, and KillMode=mixed with them (Gunicorn is slow
to stop without it, and ours has it). Of each the unit is all that the operator touches: systemctl start, restart,
reload, stop.
"""

import os
import subprocess

from bench_host import PORT, WORKERS, children_of, command_of, run
from bench_site import CURRENT, SETTINGS, UNIT_OF_OURS, Site

GUNICORN = f"{CURRENT}/bin/prism-gunicorn"
PRE_START = "/usr/local/lib/prism-bench/pre-start"
SUPERVISORD_CONFIGURATION = "/etc/prism/supervisord.conf"
# What only our supervisor understands, or what a column says for itself.
OF_OURS = ("OpenFile=", "WatchdogSec=", "Restart", "ExecReload=", "ReloadSignal=", "FileDescriptorStore", "Type=")
UNITS = "/etc/systemd/system"


class Column:
    """One kind of care. `deploys`: a reload takes a new release and new secrets, or is at least meant to."""

    name = title = ""
    deploys = False
    supervised = False  # whether a process of its own stands over the arbiter
    arguments = ""

    @property
    def unit(self):
        return f"bench-{self.name}"

    def install(self, arguments):
        self.arguments = arguments
        kind, program, lines = self.service()
        given = []
        with open(UNIT_OF_OURS) as ours:
            for line in ours:
                if line.startswith(OF_OURS):
                    continue
                if line.startswith("ExecStart="):
                    files = [f"EnvironmentFile={path}" for path in (SETTINGS, Site.PLAIN)]
                    line = "\n".join([f"Type={kind}", f"ExecStart={program}", *files, *lines, ""])
                given.append(line)
        write(f"{UNITS}/{self.unit}.service", "".join(given))

    def service(self):
        raise NotImplementedError

    @property
    def gunicorn(self):
        return f"{GUNICORN} --workers {WORKERS} {self.arguments}".rstrip()

    def units(self):
        return [self.unit]

    def main(self):
        return int(run("systemctl", "show", "-p", "MainPID", "--value", self.unit))

    def supervisor(self):
        return self.main() if self.supervised else 0

    def arbiter(self):
        """The one Gunicorn that has been there longest, 0 when there is none."""
        main = self.main()
        if not self.supervised:
            return main
        arbiters = [pid for pid in children_of(main) if "prism.wsgi" in command_of(pid)]
        return min(arbiters, default=0)

    def start(self):
        """Returns once the service manager says that it has started; raises when it does not."""
        run("systemctl", "reset-failed", *self.units(), check=False)
        run("systemctl", "start", *self.units())

    def kill(self):
        run("systemctl", "kill", "--kill-whom=all", "--signal=KILL", self.unit, check=False)

    def stop(self):
        run("systemctl", "stop", *reversed(self.units()))


class Seed(Column):
    name, title = "seed", "seed: preStart, RestartSec=10"

    def service(self):
        return "notify", f"{self.gunicorn} --bind 127.0.0.1:{PORT}", [f"ExecStartPre={PRE_START}", *restart("10"), HUP]


class Bare(Column):
    name, title = "bare", "Gunicorn alone"

    def service(self):
        return "notify", f"{self.gunicorn} --bind 127.0.0.1:{PORT}", [*restart("100ms"), HUP]


class Socket(Column):
    name, title = "socket", "behind a .socket unit"

    def install(self, arguments):
        super().install(arguments)
        write(f"{UNITS}/{self.unit}.socket", f"[Socket]\nListenStream=127.0.0.1:{PORT}\nBacklog=4096\n")

    def service(self):
        return "notify", self.gunicorn, [f"ExecStartPre={PRE_START}", *restart("100ms"), HUP]

    def units(self):
        # The service too: started by the first connection, it would be started by the measurement.
        return [f"{self.unit}.socket", f"{self.unit}.service"]


class Supervisord(Column):
    name, title = "supervisord", "supervisord"
    supervised = True

    def install(self, arguments):
        super().install(arguments)
        control = "127.0.0.1:9001"  # for a socket in a folder it calls chown(2), which the sandbox forbids
        write(
            SUPERVISORD_CONFIGURATION,
            f"[inet_http_server]\nport={control}\n"
            "[supervisord]\nlogfile=/dev/null\nlogfile_maxbytes=0\npidfile=/run/prism-django/supervisord.pid\n"
            "[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n"
            f"[supervisorctl]\nserverurl=http://{control}\n"
            f"[program:prism]\ncommand={self.gunicorn} --bind 127.0.0.1:{PORT}\nautorestart=true\nstopwaitsecs=40\n"
            "stdout_logfile=/dev/null\nstderr_logfile=/dev/null\n",
        )

    def service(self):
        daemon, control = (f"/usr/bin/{name} -c {SUPERVISORD_CONFIGURATION}" for name in ("supervisord", "supervisorctl"))
        return "exec", f"{daemon} -n", [f"ExecStartPre={PRE_START}", *restart("100ms"), f"ExecReload={control} signal HUP prism"]


class Ours(Column):
    """The shipped unit; what it runs stands in /etc/prism/supervisor.json."""

    name, title = "ours", "prism-supervisor"
    deploys = supervised = True
    unit = "prism-django"

    def install(self, arguments):
        self.arguments = arguments
        self.configure()

    def configure(self, steps=True):
        Site.configure_ours([GUNICORN, "--workers", str(WORKERS), *self.arguments.split()], steps)

    def stop(self):
        super().stop()
        # A socket that is kept over a stop would be in the next column's way.
        run("systemctl", "clean", "--what=fdstore", self.unit, check=False)


HUP = "ExecReload=/bin/kill -HUP $MAINPID"
COLUMNS = (Seed, Bare, Socket, Supervisord, Ours)


def restart(delay):
    return ["Restart=on-failure", f"RestartSec={delay}"]


def write(path, text, mode=0o644):
    with open(path, "w") as file:
        file.write(text)
    os.chmod(path, mode)


def install(names, arguments):
    """The columns of these names, in their own order, ready to be started."""
    write(PRE_START, f"#!/bin/sh\nset -eu\n{CURRENT}/bin/prism-migrate\n{CURRENT}/bin/prism-collectstatic\n", 0o755)
    columns = [kind() for kind in COLUMNS if kind.name in names]
    for column in columns:
        column.install(arguments)
    subprocess.run(["systemctl", "daemon-reload"], check=True)
    return columns
