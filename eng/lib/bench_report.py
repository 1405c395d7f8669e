"""What was measured, as a table, and the bars as they were judged."""

import collections
import statistics
import sys

from bench_host import WORKERS
from bench_watch import LATE, RATE

# Of each row: the figure, its title, and how it is told.
LOADED = (("failed", "failed requests", "count"), ("stall", "longest stall, ms", "number"))
BACK = (("back", f"{WORKERS} new workers have answered, ms", "number"), ("forked", f"{WORKERS} new workers forked, ms", "number"))
RC, LEFT = ("rc", "rc of systemctl", "values"), ("left", "processes too many (-: too few)", "count")
BROKEN = (*LOADED, RC, ("old", "old release and secrets serve on", "yes"), LEFT, ("next", "the next reload succeeds", "yes"))
FIGURES = {
    "start": (("ms", "to the first 200, ms", "number"), ("skipped", "with both steps skipped", "yes")),
    "first": (("ms", "to the first 200, ms", "number"), ("tables", "with tables", "yes")),
    "late-database": (("ms", "its own start, PostgreSQL up, ms", "number"), ("back", "from its return to the first 200, ms", "number")),
    "wrong-password": (("line", "to the line in the journal, ms", "number"), ("ended", "failed, and not started again", "yes")),
    "long-migration": (RC, ("seconds", "systemctl took, s", "number"), ("done", "applied, and the site serves", "yes")),
    "blocked-migration": (("line", "from the lock to the line in the journal, ms", "number"), ("who", "who holds it is named", "yes")),
    "static": (*LOADED, RC, ("acted", "systemctl took, ms", "number"), ("new", "new content is served", "yes")),
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
            cells = [cell([one[figure] for one in measured[column.name] if figure in one], kind) for column in columns]
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


def print_bars(judged, out=sys.stdout):
    words = {True: "ok", False: "MISSED", None: "too few"}
    for text, verdict, figure in judged:
        colour, plain = ("", "")
        if out.isatty() and verdict is not None:
            colour, plain = ("\033[32m" if verdict else "\033[31m", "\033[0m")
        print(f"  {colour}{words[verdict]:8}{plain}{text:66}{figure}", file=out)
