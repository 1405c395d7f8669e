"""The test host as the bench sees it: its service manager, its processes, its clock."""

import contextlib
import http.client
import json
import os
import subprocess
import sys
import time

PORT = 8000
WORKERS = 4
HOST = "prism.example.org"
EX_USAGE, EX_SOFTWARE = 64, 70


class CannotMeasure(Exception):
    """The bench itself is at its end: what it needs is not there, or does not do what every figure rests on."""


def run(*command, check=True):
    """What the command printed; CannotMeasure with what it complained of when it fails and must not."""
    done = subprocess.run(command, capture_output=True, text=True)
    if check and done.returncode != 0:
        raise CannotMeasure(f"{' '.join(command)}: {done.returncode}: {(done.stderr or done.stdout).strip()[-800:]}")
    return done.stdout


def parent_of(pid):
    """0 when there is no such process, or it is only waiting to be reaped."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            state, parent = stat.read().rsplit(")", 1)[1].split()[:2]
        return 0 if state in "ZX" else int(parent)
    except OSError:
        return 0


def command_of(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as command:
            return command.read().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def pids():
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def children_of(parent):
    return [pid for pid in pids() if parent_of(pid) == parent] if parent else []


def site_processes():
    """All that was ever started to serve or prepare the site and still runs: arbiters, workers, manage.py."""
    return {pid for pid in pids() if parent_of(pid) and (" prism.wsgi" in command_of(pid) or " manage.py " in command_of(pid))}


def ask(path, timeout=5.0):
    """Status and body of one answer; status 0 when there is none."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", PORT, timeout=timeout)) as connection:
        try:
            connection.request("GET", path, headers={"Host": HOST, "Connection": "close"})
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            return 0, b""


def await_200(seconds=60.0):
    """Until /healthz is answered with 200."""
    await_that(lambda: ask("/healthz", 30)[0] == 200, seconds, "no 200 from the site", 0.002)


def await_that(true, seconds, otherwise, pause=0.01):
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise CannotMeasure(f"{otherwise} within {seconds:.0f} s")
        time.sleep(pause)


def journal(unit, since):
    """Moment and text of each line of the unit from a moment on, both of CLOCK_MONOTONIC; a line's is when journald got it."""
    earlier = int(time.time() - (time.monotonic() - since)) - 1
    told = run("journalctl", "--unit", unit, f"--since=@{earlier}", "--output=json", "--output-fields=MESSAGE")
    entries = (json.loads(line) for line in told.splitlines())
    lines = ((int(entry["__MONOTONIC_TIMESTAMP"]) / 1e6, str(entry.get("MESSAGE"))) for entry in entries)
    return [line for line in lines if line[0] >= since]


def ending(main):
    """The exit status of a program whose measuring may fail."""
    try:
        return main()
    except CannotMeasure as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return EX_SOFTWARE
