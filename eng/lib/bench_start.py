"""Runs inside a test host: the start of the supervised site against Gunicorn alone, in interleaved pairs."""

import http.client
import json
import os
import statistics
import subprocess
import sys
import time

OURS, BARE, STEPS, STEPLESS = "prism-django", "bare-gunicorn", "bare-steps", "prism-stepless"
UNIT = "/etc/systemd/system/prism-django.service"
ENVIRONMENT = "/run/bare-gunicorn.env"
STEPS_TOOK = "/var/lib/prism-django/steps-took"


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def make_unit(name, kind, command):
    """Our own unit, sandbox and all, with another program in the supervisor's place."""
    lines = []
    for line in open(UNIT):
        if line.startswith(("OpenFile=", "WatchdogSec=", "Restart=")):
            continue
        if line.startswith("Type="):
            line = f"Type={kind}\n"
        if line.startswith("ExecStart="):
            line = f"ExecStart={command}\nEnvironmentFile={ENVIRONMENT}\n"
        lines.append(line)
    with open(f"/etc/systemd/system/{name}.service", "w") as unit:
        unit.writelines(lines)


def make_stepless_unit():
    """The supervisor itself with both steps left out: what it adds, without the noise of two Python programs."""
    text = open(UNIT).read()
    left_out = "".join(f'Environment="PRISM_SUPERVISOR_STEPS_{step}="\n' for step in ("MIGRATE", "COLLECTSTATIC"))
    with open(f"/etc/systemd/system/{STEPLESS}.service", "w") as unit:
        unit.write(text.replace("[Service]\n", f"[Service]\n{left_out}"))


def site_environment():
    """What the supervisor gave its Gunicorn, so that both serve the same site."""
    main = run("systemctl", "show", "-p", "MainPID", "--value", OURS).strip()
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[1] == main:
                pairs = open(f"/proc/{pid}/environ").read().split("\0")
                environment = dict(pair.split("=", 1) for pair in pairs if "=" in pair)
                environment.pop("NOTIFY_SOCKET", None)
                return environment
        except OSError:
            continue
    raise SystemExit("no Gunicorn under the supervisor")


def write_environment_file(environment):
    with open(ENVIRONMENT, "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
        for name, value in environment.items():
            for special in "\\\"$`":
                value = value.replace(special, "\\" + special)
            file.write(f'{name}="{value}"\n')


def await_first_200():
    while True:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", 8000, timeout=10)
            connection.request("GET", "/healthz", headers={"Host": "prism.example.org"})
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        time.sleep(0.002)


def timed(action, *arguments):
    begun = time.monotonic()
    action(*arguments)
    return (time.monotonic() - begun) * 1000


def start_bare():
    run("systemctl", "start", BARE)
    await_first_200()


def steps_alone():
    """Both steps in the same sandbox, timed inside it: the sandbox's own making is no part of a step."""
    run("systemctl", "start", STEPS)
    return float(open(STEPS_TOOK).read())


def measure_steps():
    with open(STEPS_TOOK, "w") as file:
        file.write(str(sum(timed(run, f"/usr/bin/{step}") for step in ("prism-migrate", "prism-collectstatic"))))


def main(pairs):
    make_unit(BARE, "notify", "/usr/bin/prism-gunicorn --bind 127.0.0.1:8000")
    make_unit(STEPS, "oneshot", "/usr/bin/python3 /usr/local/lib/bench_start.py steps")
    make_stepless_unit()
    run("systemctl", "daemon-reload")
    run("systemctl", "start", OURS)  # the first deploy, not measured: migrations to apply, files to copy
    write_environment_file(site_environment())
    run("systemctl", "stop", OURS)
    rows = []
    for _ in range(pairs):
        ours = timed(run, "systemctl", "start", OURS)
        run("systemctl", "stop", OURS)
        bare = timed(start_bare)
        run("systemctl", "stop", BARE)
        stepless = timed(run, "systemctl", "start", STEPLESS)
        run("systemctl", "stop", STEPLESS)
        rows.append({"supervised": ours, "steps": steps_alone(), "bare": bare, "stepless": stepless, "stepless over": stepless - bare})
        rows[-1]["over"] = rows[-1]["supervised"] - rows[-1]["steps"] - rows[-1]["bare"]

    print(f"start, nothing to do: {len(rows)} interleaved pairs, ms       median     min     max")
    for name, title in (
        ("supervised", "systemctl start to READY=1"),
        ("steps", "migrate and collectstatic by themselves"),
        ("bare", "Gunicorn alone to its first 200"),
        ("over", "supervised less the other two"),
        ("stepless", "systemctl start to READY=1, both steps left out"),
        ("stepless over", "that, less Gunicorn alone"),
    ):
        values = [row[name] for row in rows]
        print(f"  {title:50} {statistics.median(values):9.0f} {min(values):7.0f} {max(values):7.0f}")
    ratio = statistics.median((row["supervised"] - row["steps"]) / row["bare"] for row in rows)
    print(f"  {'(supervised less steps) / bare, median of pairs':50} {ratio:9.2f}")
    with open("/root/bench_start.json", "w") as file:
        json.dump(rows, file, indent=1)


if sys.argv[1] == "steps":
    measure_steps()
else:
    main(int(sys.argv[1]))
