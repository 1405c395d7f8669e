"""What was measured, as a table, and against the bars."""

import collections
import statistics
import sys

from bench_host import WORKERS
from bench_watch import LATE, RATE

RESTARTS, RELOADS = 20, 50  # so many have to go without a failure before a bar counts as met
RELOAD_STALL = 100.0  # ms

# Of each row: the figure, its title, and how it is told.
LOADED = (("failed", "failed requests", "count"), ("stall", "longest stall, ms", "number"))
BACK = (("back", f"{WORKERS} new workers have answered, ms", "number"), ("forked", f"{WORKERS} new workers forked, ms", "number"))
RC, LEFT = ("rc", "rc of systemctl", "values"), ("left", "processes too many (-: too few)", "count")
BROKEN = (*LOADED, RC, ("old", "old release and secrets serve on", "yes"), LEFT, ("next", "the next reload succeeds", "yes"))
FIGURES = {
    "start": (("ms", "to the first 200, ms", "number"),),
    "first": (("ms", "to the first 200, ms", "number"), ("tables", "with tables", "yes")),
    "restart": (*LOADED, RC, *BACK, LEFT),
    "restart-stepless": (*LOADED, RC, *BACK, LEFT),
    "reload": (*LOADED, ("slowest", "slowest good answer, ms", "number"), ("code", "serves the new code", "yes"),
               ("environment", "serves the new environment", "yes"), RC, ("acted", "systemctl took, ms", "number"), LEFT),
    "kill-arbiter": (*LOADED, *BACK, LEFT),
    "kill-supervisor": (*LOADED, ("refused", "of the failed: refused", "count"), *BACK, LEFT),
}


def cell(values, kind):
    """Medians; of counts also the worst, since one failure in fifty is a failure."""
    known = [value for value in values if value is not None]
    if not values or all(value is None for value in values) and kind in ("yes", "values"):
        return "-"
    if kind == "yes":
        told = sum(known)
        return "yes" if told == len(known) else "no" if told == 0 else f"{told} of {len(known)}"
    if kind == "values":
        return ",".join(str(value) for value in sorted(set(known)))
    if len(known) * 2 <= len(values):
        return "never"
    median = statistics.median(known)
    if kind == "count":
        worst = max(known)
        return f"{median:.0f}" if worst == median else f"{median:.0f} (max {worst})"
    return f"{median:.0f}"


def table(rows, columns, figures, out=sys.stdout):
    bold, plain = ("\033[1m", "\033[0m") if out.isatty() else ("", "")
    print(f"{bold}{'':48}{''.join(f'{column.name:>17}' for column in columns)}{plain}", file=out)
    for row in rows:
        measured = {column.name: figures.get(row.name, {}).get(column.name, []) for column in columns}
        count = max(map(len, measured.values()), default=0)
        if not count:
            continue
        print(f"{bold}{row.title}{plain} ({count} times)", file=out)
        for figure, title, kind in FIGURES.get(row.name, BROKEN):
            cells = [cell([one.get(figure) for one in measured[column.name]], kind) for column in columns]
            print(f"  {title:46}{''.join(f'{text:>17}' for text in cells)}", file=out)
        for name, all_of_it in measured.items():
            if kinds := sum((collections.Counter(one.get("failures")) for one in all_of_it), collections.Counter()):
                print(f"    {name}: {', '.join(f'{kind} {number}' for kind, number in kinds.most_common())}", file=out)


def load_line(kept, out=sys.stdout):
    good = kept["p99"] < 1000 * LATE and abs(kept["rate"] / RATE - 1) < 0.01
    print(
        f"load: {kept['requests']} requests at {kept['rate']:.1f}/s (asked for: {RATE}); sent late by"
        f" {kept['median']:.2f} ms in the median, {kept['p99']:.1f} at p99, {kept['max']:.0f} at most:"
        f" {'it kept its rate' if good else 'IT DID NOT KEEP ITS RATE, trust no figure'}",
        file=out,
    )
    return good


def bars(figures):
    """Each bar that was measured: what it asks, True for met, False for missed, None for too few, and the figure."""

    def of(row, column, figure):
        return [one.get(figure) for one in figures.get(row, {}).get(column, [])]

    def none_failed(row, text, enough, figure="failed"):
        values = of(row, "ours", figure)
        if values:
            verdict = False if any(values) else None if len(values) < enough else True
            yield text, verdict, f"{sum(values)} in {len(values)}"

    def no_longer_than(row, figure, text, bare_row=None):
        ours, bare = of(row, "ours", figure), of(bare_row or row, "bare", figure)
        if ours and bare:
            told = f"{cell(ours, 'number')} ms, bare {cell(bare, 'number')} ms"
            if None in ours:
                yield text, False, told
            else:
                limit = statistics.median(float("inf") if value is None else value for value in bare)
                yield text, statistics.median(ours) <= limit, told

    def all_true(row, figure, text):
        values = [value is True for value in of(row, "ours", figure)]
        if values:
            yield text, all(values), f"{sum(values)} of {len(values)}"

    yield from none_failed("restart", f"restart: no failed request in {RESTARTS}", RESTARTS)
    yield from no_longer_than("restart", "stall", "restart: longest stall at most Gunicorn's own")
    yield from no_longer_than("restart-stepless", "stall", "restart without steps: longest stall at most the same", "restart")
    yield from none_failed("reload", f"reload: no failed request in {RELOADS}", RELOADS)
    if stalls := of("reload", "ours", "stall"):
        text = f"reload: longest stall at most {RELOAD_STALL:.0f} ms"
        median, worst = statistics.median(stalls), max(stalls)
        yield text, median <= RELOAD_STALL, f"median {median:.0f} ms, the worst of {len(stalls)}: {worst:.0f} ms"
    yield from all_true("reload", "code", "reload: the new code is served")
    yield from all_true("reload", "environment", "reload: the new environment is served")
    for row in (name for name in figures if name.startswith("broken-")):
        yield from none_failed(row, f"{row}: no failed request", 10)
        yield from all_true(row, "old", f"{row}: the old release serves on")
        if codes := of(row, "ours", "rc"):
            yield f"{row}: systemctl reload says so", 0 not in codes, f"rc {cell(codes, 'values')}"
        yield from all_true(row, "next", f"{row}: the next reload succeeds")
    yield from none_failed("kill-arbiter", "SIGKILL of the arbiter: no failed request", 10)
    yield from no_longer_than("kill-arbiter", "back", "SIGKILL of the arbiter: workers answer no later than bare's")
    yield from no_longer_than("kill-arbiter", "forked", "SIGKILL of the arbiter: workers forked no later than bare's")
    yield from none_failed("kill-arbiter", "SIGKILL of the arbiter: no orphan", 10, "left")
    yield from none_failed("kill-supervisor", "SIGKILL of the supervisor: no refused connection", 10, "refused")


def print_bars(judged, out=sys.stdout):
    words = {True: "ok", False: "MISSED", None: "too few"}
    for text, verdict, figure in judged:
        colour, plain = ("", "")
        if out.isatty() and verdict is not None:
            colour, plain = ("\033[32m" if verdict else "\033[31m", "\033[0m")
        print(f"  {colour}{words[verdict]:8}{plain}{text:66}{figure}", file=out)
