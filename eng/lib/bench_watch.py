"""The load as it runs, and what its requests say of a stretch of time."""

import collections
import json
import os
import statistics
import subprocess
import sys
import threading
import time

from bench_host import PORT, WORKERS, await_that, children_of

RATE = 200
GENERATOR = os.path.join(os.path.dirname(os.path.abspath(__file__)), "bench_load.py")
Answered = collections.namedtuple("Answered", "due sent done outcome pid")
TICK = os.sysconf("SC_CLK_TCK")
# Above this the generator was held up, and what it saw may be its own stall. Its typical lateness is below 1 ms.
LATE = 0.02


class Load:
    """RATE requests a second from its making until its end: for pages, or for files of these paths and SHA-256s."""

    def __init__(self, files=None):
        self.requests = []
        self._workers = 0 if files else WORKERS  # a file does not tell who serves it
        asked = [json.dumps(files)] if files else []
        self._process = subprocess.Popen(
            [sys.executable, GENERATOR, str(PORT), str(RATE), *asked], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self):
        for line in self._process.stdout:
            due, sent, done, outcome, pid = line.split()
            self.requests.append(Answered(float(due), float(sent), float(done), outcome, int(pid)))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()
        self._process.wait()

    def end(self, seconds=None):
        """No new request; whether those under way came to their end in this time."""
        self._process.stdin.close()
        self._reader.join(seconds)
        return not self._reader.is_alive()

    def good_since(self, moment, seconds=1.0):
        """Whether, after this moment, there was so long a stretch up to now in which all went well, at the full rate."""
        now = time.monotonic()
        if now - moment < seconds:
            return False
        recent = []
        for request in reversed(self.requests):
            if request.done < now - seconds - 1:
                break
            if request.done > now - seconds:
                recent.append(request.outcome == "ok")
        return all(recent) and len(recent) > 0.9 * RATE * seconds

    def answered_since(self, moment):
        return any(request.outcome == "ok" and request.done > moment for request in self.requests)

    def workers_since(self, moment, known):
        """When each worker that was not known before answered first."""
        first = {}
        for request in self.requests:
            if request.pid and request.pid not in known and request.done > moment:
                first[request.pid] = min(request.done, first.get(request.pid, request.done))
        return sorted(first.values())

    def warm_up(self):
        """Until every worker has answered and a second went well; else the rest would say nothing."""
        begun = time.monotonic()
        await_that(
            lambda: self.good_since(begun) and len(self.workers_since(begun, ())) >= self._workers,
            30,
            "before anything was done to it, the site did not serve all requests with all workers",
        )


def stretch(load, begun, ended, since):
    """What clients saw between two moments, of requests that were due after a third: those under way at the first count."""
    failures, finished = collections.Counter(), []
    for request in load.requests:
        if request.outcome == "ok":
            finished.append(request.done)
        elif request.done >= begun and since <= request.due < ended:
            failures[request.outcome] += 1
    finished.sort()
    within = [moment for moment in finished if begun <= moment <= ended]
    before = [moment for moment in finished if moment < begun][-1:]
    moments = [*(before or [begun]), *within, ended]
    slowest = max((r.done - r.due for r in load.requests if r.outcome == "ok" and begun <= r.done and r.due < ended), default=None)
    return {
        "failed": sum(failures.values()),
        "failures": dict(failures),
        "refused": failures["refused"],
        "stall": 1000 * max(later - earlier for earlier, later in zip(moments, moments[1:])),
        "slowest": None if slowest is None else 1000 * slowest,
    }


def lateness(loads):
    """How well the generator kept its promise over all its runs: the rate, and how late it asked, in ms."""
    late = sorted(request.sent - request.due for load in loads for request in load)
    spans = [max(request.sent for request in load) - min(request.sent for request in load) for load in loads]
    return {
        "requests": len(late),
        "rate": (len(late) - len(loads)) / sum(spans),
        "median": 1000 * statistics.median(late),
        "p99": 1000 * late[len(late) * 99 // 100],
        "max": 1000 * late[-1],
    }


def forked_since(arbiter, moment):
    """When the last of the arbiter's workers came into being, in ms after the moment; None while there are too few."""
    born = []
    for pid in children_of(arbiter):
        try:
            with open(f"/proc/{pid}/stat") as stat:
                born.append(int(stat.read().rsplit(")", 1)[1].split()[19]) / TICK)
        except OSError:
            continue
    # In ticks, 10 ms, since the boot: CLOCK_BOOTTIME, which is ahead by what the machine has slept.
    asleep = time.clock_gettime(time.CLOCK_BOOTTIME) - time.monotonic()
    after = sorted(1000 * (moment_born - asleep - moment) for moment_born in born)
    return after[WORKERS - 1] if len(after) >= WORKERS and after[0] > -20 else None
