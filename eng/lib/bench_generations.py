"""Runs inside a test host: the same site under five kinds of care, interleaved, under load."""

import argparse
import json
import os
import platform
import re
import sys
import time

import bench_bars
import bench_columns
import bench_database
import bench_report
import bench_rows
import bench_static
from bench_host import EX_SOFTWARE, EX_USAGE, CannotMeasure, ending, run
from bench_site import Site
from bench_watch import lateness


def names(text, known, what):
    """The words of a list with commas that are among those known; a leading part is enough: broken, kill."""
    words = [word for word in text.split(",") if word]
    chosen = [name for name in known if not words or any(f"{name}-".startswith(f"{word}-") for word in words)]
    unknown = [word for word in words if not any(f"{name}-".startswith(f"{word}-") for name in known)]
    if unknown:
        print(f"bench: no {what} {', '.join(unknown)}; there are {', '.join(known)}", file=sys.stderr)
        sys.exit(EX_USAGE)
    return chosen


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int)
    parser.add_argument("--only", default="")
    parser.add_argument("--columns", default="")
    parser.add_argument("--worker-class", default="sync")
    parser.add_argument("--migration", default="100,90")
    parser.add_argument("--json")
    asked = parser.parse_args()
    if not re.fullmatch("[0-9]+,[0-9]+", asked.migration):
        print("bench: --migration wants its seconds and TimeoutStartSec=, as in 20,15", file=sys.stderr)
        sys.exit(EX_USAGE)
    return asked


def gunicorn_arguments(worker_class):
    return "" if worker_class == "sync" else f"--worker-class {worker_class} --threads 4"


def measure(rows, columns, runs, note):
    """Row → column → figures, all requests there were, and what could not be measured."""
    figures, requests, unmeasured = {}, [], {}
    for number in range(runs):
        for row in rows:
            for column in columns:
                enough = row.most is not None and number >= row.most
                if enough or not row.applies_to(column) or (row.name, column.name) in unmeasured:
                    continue
                note(f"run {number + 1} of {runs}: {row.name}, {column.name}")
                try:
                    noted = bench_rows.measured(row, column)
                except CannotMeasure as failure:
                    unmeasured[row.name, column.name] = str(failure)
                    note(f"{row.name}, {column.name}: not measured: {failure}")
                    continue
                requests.append(noted[0].pop("load", []))
                figures.setdefault(row.name, {}).setdefault(column.name, []).extend(noted)
    return figures, [load for load in requests if load], unmeasured


def main():
    asked = arguments()
    database = bench_database.rows(*map(int, asked.migration.split(",")))
    known = (*database, *bench_rows.ROWS, *bench_static.ROWS)
    only = [",".join(row.name for row in database) if word == "database" else word for word in asked.only.split(",")]
    row_names = names(",".join(only), [row.name for row in known], "row")
    column_names = names(asked.columns, [column.name for column in bench_columns.COLUMNS], "column")
    Site.prepare()
    columns = bench_columns.install(column_names, gunicorn_arguments(asked.worker_class))
    Site.deploy()
    rows = [row for row in known if row.name in row_names]

    def note(text):
        print(f"bench: {time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)

    figures, loads, unmeasured = measure(rows, columns, asked.runs, note)
    host = {
        "systemd": run("systemctl", "--version").split()[1],
        "gunicorn": run("gunicorn", "--version").split()[-1].rstrip(")"),
        "python": platform.python_version(),
        "workers": f"{bench_columns.WORKERS} {asked.worker_class}",
        "processors": os.cpu_count(),
    }
    print(", ".join(f"{name} {value}" for name, value in host.items()))
    bench_report.table(rows, columns, figures)
    kept = lateness(loads) if loads else None
    steady = bench_report.load_line(kept) if kept else True
    judged = list(bench_bars.bars(figures))
    if judged:
        print("bars:")
        bench_report.print_bars(judged)
    for (row, column), failure in unmeasured.items():
        print(f"not measured: {row}, {column}: {failure}")
    if asked.json:
        with open(asked.json, "w") as file:
            told = [{"bar": text, "met": verdict, "figure": figure} for text, verdict, figure in judged]
            json.dump({"host": host, "figures": figures, "load": kept, "bars": told}, file, indent=1)
    return 0 if figures and steady and not unmeasured else EX_SOFTWARE


if __name__ == "__main__":
    sys.exit(ending(main))
