"""What is asked of ours, beside what the others did in the same run."""

import statistics

from bench_report import cell

RESTARTS, RELOADS = 20, 50  # so many have to go without a failure before a bar counts as met
RELOAD_STALL = 100.0  # ms
PAIRS = 20  # of a start beside another's
START_OVER, FIRST_SHARE = 80.0, 0.75  # ms over Gunicorn alone; of the seed's
LATE_OVER, PASSWORD, BLOCKED = 1000.0, 3000.0, 5000.0  # ms
STATIC_RELOADS = 20


def by_chance(*columns):
    """How far the difference of two medians is off in two runs of three: 1.25 standard errors of a mean for each."""
    if any(None in values or len(values) < 2 for values in columns):
        return ""
    return f", ± {1.2533 * sum(statistics.variance(values) / len(values) for values in columns) ** 0.5:.0f} by chance"


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
            told = f"{cell(ours, 'number')} ms, bare {cell(bare, 'number')} ms{by_chance(ours, bare)}"
            if None in ours:
                yield text, False, told
            else:
                limit = statistics.median(float("inf") if value is None else value for value in bare)
                yield text, statistics.median(ours) <= limit, told

    def all_true(row, figure, text):
        values = [value is True for value in of(row, "ours", figure)]
        if values:
            yield text, all(values), f"{sum(values)} of {len(values)}"

    def beside(row, figure, other, their_figure, compare, limit, text, shape):
        """Median over the pairs, each of one run: of what compare makes of the two."""
        pairs = list(zip(of(row, "ours", figure), of(row, other, their_figure)))
        if pairs:
            compared = [compare(ours, theirs) for ours, theirs in pairs]
            median = statistics.median(compared)
            verdict = False if median > limit else None if len(pairs) < PAIRS else True
            each = (cell(values, "number") for values in zip(*pairs))
            yield text, verdict, "{} ({} ms, {} {} ms)".format(format(median, shape), next(each), other, next(each))

    def told_within(row, limit, text):
        values = of(row, "ours", "line")
        if values:
            if None in values:
                yield text, False, f"not told at all: {values.count(None)} of {len(values)}"
            else:
                median, worst = statistics.median(values), max(values)
                yield text, worst <= limit, f"median {median:.0f} ms, the worst of {len(values)}: {worst:.0f} ms"

    def over(ours, theirs):
        return ours - theirs

    text = f"start, unchanged: at most {START_OVER:.0f} ms over Gunicorn's own"
    yield from beside("start", "ms", "bare", "ms", over, START_OVER, text, ".0f")
    yield from all_true("start", "skipped", "start, unchanged: both steps are skipped")
    text = f"first deploy: at most {FIRST_SHARE} x the seed's"
    yield from beside("first", "ms", "seed", "ms", lambda ours, seed: ours / seed, FIRST_SHARE, text, ".2f")
    text = f"PostgreSQL late: serves within {LATE_OVER / 1000:.0f} s + Gunicorn's own start"
    yield from beside("late-database", "back", "bare", "ms", over, LATE_OVER, text, ".0f")
    yield from told_within("wrong-password", PASSWORD, f"wrong password: told within {PASSWORD / 1000:.0f} s")
    yield from all_true("wrong-password", "ended", "wrong password: failed, and not started again")
    for seconds, timeout in of("long-migration", "ours", "asked")[:1]:
        yield from all_true("long-migration", "done", f"migration of {seconds} s under TimeoutStartSec={timeout}: completes")
    yield from told_within("blocked-migration", BLOCKED, f"blocked migration: told within {BLOCKED / 1000:.0f} s")
    yield from all_true("blocked-migration", "who", "blocked migration: who holds the lock is named")
    yield from none_failed("static", f"static files: all whole and known in {STATIC_RELOADS} reloads", STATIC_RELOADS)
    yield from all_true("static", "new", "static files: new content of an old mtime is served")
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
