"""Runs inside a test host: what clients that keep their connections notice of a reload and of a restart.

A server may close a kept connection whenever it is idle, so a request on a used one can be lost without anybody's
fault (RFC 9112, 9.3.1); clients that repeat such a request do not notice. Failures on new and on used connections are
therefore told apart.
"""

import argparse
import collections
import http.client
import json
import sys
import threading
import time

import bench_columns
from bench_generations import gunicorn_arguments, names
from bench_host import HOST, PORT, WORKERS, await_200, await_that, ending, run, site_processes
from bench_rows import systemctl
from bench_site import Site

CLIENTS = 12
PAUSE = 0.02  # between a client's requests: idle for a moment, as browsers and web servers in front are
ACTS = {"reload": 5, "restart": 2}  # in one go, so many times
BETWEEN = 3.0


class Client(threading.Thread):
    """One request after the other, on the same connection as long as the server keeps it."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.path, self.counts, self.leave = path, collections.Counter(), threading.Event()

    def run(self):
        connection, used = None, False
        while not self.leave.wait(PAUSE):
            connection = connection or http.client.HTTPConnection("127.0.0.1", PORT, timeout=30)
            kind = "used" if used else "new"
            try:
                connection.request("GET", self.path, headers={"Host": HOST})
                answer = connection.getresponse()
                right = answer.status == 200 and b" s later, from " in answer.read()
                reason, kept = "" if right else str(answer.status), right and not answer.will_close
            except (OSError, http.client.HTTPException) as error:
                right, reason, kept = False, type(error).__name__, False
            self.counts[kind, "ok" if right else "failed"] += 1
            if not right:
                self.counts[kind, reason] += 1
            if not kept:
                connection.close()
                connection = None
            used = kept


def once(column, act, times):
    """The counts of all clients over one run: started, acted upon so many times, stopped."""
    Site.reset()
    column.start()
    await_200()
    begun, clients = time.monotonic(), [Client("/faults/slow?seconds=0") for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    codes = []
    for number in range(times):
        time.sleep(BETWEEN)
        Site.switch("2" if number % 2 == 0 else "1")
        codes.append(systemctl(act, column))
    time.sleep(BETWEEN)
    for client in clients:
        client.leave.set()
    for client in clients:
        client.join()
    counts = sum((client.counts for client in clients), collections.Counter())
    seconds = time.monotonic() - begun
    column.stop()
    await_that(lambda: not site_processes(), 5, f"{column.name}: after it was stopped, no end of its processes")
    return {
        "ok new": counts["new", "ok"],
        "ok used": counts["used", "ok"],
        "failed new": counts["new", "failed"],
        "failed used": counts["used", "failed"],
        "reasons": {f"{why} on a {kind} connection": n for (kind, why), n in counts.items() if why not in ("ok", "failed")},
        "rc": sorted(set(codes)),
        "rate": sum(counts[kind, end] for kind in ("new", "used") for end in ("ok", "failed")) / seconds,
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int)
    parser.add_argument("--only", default="")
    parser.add_argument("--columns", default="bare,ours")
    parser.add_argument("--worker-class", default="")
    parser.add_argument("--json")
    asked = parser.parse_args()
    acts = names(asked.only, list(ACTS), "row")
    wanted = names(asked.columns, [column.name for column in bench_columns.COLUMNS], "column")
    classes = [asked.worker_class] if asked.worker_class else ["sync", "gthread"]
    variants = [(kind, keep) for kind in classes for keep in (("", "--keep-alive 0") if kind == "gthread" else ("",))]
    Site.prepare()
    Site.deploy()
    version = run("gunicorn", "--version").split()[-1].rstrip(")")
    print(f"gunicorn {version}, {WORKERS} workers, {CLIENTS} clients that keep connections; sums of {asked.runs} runs")
    print(f"{'':46}{'new connection':>18}{'used connection':>18}")
    print(f"{'':46}{'ok / failed':>18}{'ok / failed':>18}")
    told = []
    for kind, keep in variants:
        columns = bench_columns.install(wanted, f"{gunicorn_arguments(kind)} {keep}".strip())
        for act in acts:
            for column in columns:
                runs = [once(column, act, ACTS[act]) for _ in range(asked.runs)]
                totals = {name: sum(one[name] for one in runs) for name in ("ok new", "failed new", "ok used", "failed used")}
                reasons = sum((collections.Counter(one["reasons"]) for one in runs), collections.Counter())
                told.append(
                    {"gunicorn": version, "class": kind, "keep": keep, "act": act, "column": column.name, "runs": runs}
                )
                title = f"{kind} {keep}".strip() + f": {act}, {column.name}"
                cells = [f"{totals[f'ok {on}']} / {totals[f'failed {on}']}" for on in ("new", "used")]
                why = ", ".join(f"{number} {reason}" for reason, number in reasons.items())
                print(f"  {title:44}{cells[0]:>18}{cells[1]:>18}   {why}".rstrip(), flush=True)
    if asked.json:
        with open(asked.json, "w") as file:
            json.dump(told, file, indent=1)


if __name__ == "__main__":
    sys.exit(ending(main))
