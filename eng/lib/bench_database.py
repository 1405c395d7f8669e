"""What a start has to do with its database: nothing, everything, wait for it, be refused, a long migration, a blocked one."""

import contextlib
import os
import re
import time

import bench_postgres
from bench_host import ask, await_200, await_that, journal, run
from bench_rows import Row, deploys, systemctl
from bench_site import Site

LATE = 5.0  # seconds from the start of the unit to that of PostgreSQL
TOLD = 20.0  # seconds that a line may take; one that does not come is a bar missed
REFUSED = re.compile("28P01|password authentication failed")
BLOCKED = re.compile("waits for a lock")
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = 'prism' AND (wait_event_type, wait_event) = ('Lock', 'relation')"
APPLIED = "SELECT count(*) FROM django_migrations WHERE app = 'journal' AND name LIKE '0011%'"
HOLDING = "BEGIN; LOCK TABLE journal_entry IN ACCESS SHARE MODE; SELECT 'held'"  # as any report that reads it does
SKIPPED = ("Skipped migrate: nothing has changed", "The static files are complete already")


def begin(column):
    """Returns when; the service manager is not waited for."""
    run("systemctl", "reset-failed", *column.units(), check=False)
    begun = time.monotonic()
    run("systemctl", "start", "--no-block", *column.units())
    return begun


def serving(column):
    """From `systemctl start` to the first 200: since when, in ms."""
    begun = begin(column)
    await_200()
    taken = 1000 * (time.monotonic() - begun)
    settle(column)
    return begun, taken


def settle(column):
    def active(unit):
        return run("systemctl", "is-active", unit, check=False).strip() == "active"

    await_that(lambda: all(map(active, column.units())), 30, f"{column.name}: systemd does not call it started", 0.05)


def succeed_once(column):
    """So that the next start has nothing to do, whatever other columns and rows have done since the last one."""
    serving(column)
    column.stop()


def start(column):
    succeed_once(column)
    begun, taken = serving(column)
    figures = {"ms": taken}
    if column.deploys:
        lines = [text for _, text in journal(column.unit, begun)]
        figures["skipped"] = all(any(text.startswith(skipped) for text in lines) for skipped in SKIPPED)
    return [figures]


def first_deploy(column):
    Site.empty()
    try:
        _, taken = serving(column)
        return [{"ms": taken, "tables": ask("/")[0] == 200}]  # this page reads the database
    finally:
        Site.deploy()  # Gunicorn alone makes no tables, and the next one is to find some


def late_database(column):
    """From PostgreSQL's first answer, whoever asks, to the site's. Gunicorn alone has its start with PostgreSQL up."""
    if column.name == "bare":
        return [{"ms": serving(column)[1]}]
    succeed_once(column)
    with bench_postgres.stopped() as start_it:
        begin(column)
        time.sleep(LATE)
        start_it()
        bench_postgres.await_connections()
        up = time.monotonic()
        await_200()
        back = 1000 * (time.monotonic() - up)
        settle(column)
        return [{"back": back}]


def told(column, begun, pattern):
    """Moment and text of the first such line in the unit's journal; None when there is none in time."""
    end = time.monotonic() + TOLD
    while time.monotonic() < end:
        for line in journal(column.unit, begun):
            if pattern.search(line[1]):
                return line
        time.sleep(0.1)
    return None


def wrong_password(column):
    Site.spoil_password()
    begun = begin(column)
    line = told(column, begun, REFUSED)
    time.sleep(2)  # long enough for RestartSec=100ms
    shown = run("systemctl", "show", "-p", "ActiveState", "-p", "NRestarts", column.unit).split()
    return [{"line": line and 1000 * (line[0] - begun), "ended": sorted(shown) == ["ActiveState=failed", "NRestarts=0"]}]


@contextlib.contextmanager
def a_migration_to_do(column):
    """journal.0011 and 0012; afterwards they are done, and nothing of the column's is left in PostgreSQL."""
    try:
        Site.by_hand("migrate", "journal", "0010")
        yield
    finally:
        column.stop()
        bench_postgres.end_sessions()
        Site.adjust()
        Site.deploy()


@contextlib.contextmanager
def start_timeout(unit, seconds):
    folder = f"/run/systemd/system/{unit}.service.d"
    os.makedirs(folder, exist_ok=True)
    with open(f"{folder}/bench.conf", "w") as file:
        file.write(f"[Service]\nTimeoutStartSec={seconds}\n")
    run("systemctl", "daemon-reload")
    try:
        yield
    finally:
        os.remove(f"{folder}/bench.conf")
        run("systemctl", "daemon-reload")


def long_migration(seconds, timeout):
    def measure(column):
        with a_migration_to_do(column), start_timeout(column.unit, timeout):
            Site.adjust(PRISM_SLOW_MIGRATION=str(seconds))
            run("systemctl", "reset-failed", column.unit, check=False)
            begun = time.monotonic()
            code = systemctl("start", column)
            taken = time.monotonic() - begun
            applied = bench_postgres.psql(APPLIED) == "1"
            done = code == 0 and applied and taken >= seconds and ask("/healthz")[0] == 200
            return [{"rc": code, "seconds": taken, "done": done, "asked": (seconds, timeout)}]

    return measure


def blocked_migration(column):
    with a_migration_to_do(column):
        with bench_postgres.Session() as holder, bench_postgres.Session() as watcher:
            holder.ask(HOLDING)
            begun = begin(column)
            blocked = begun

            def waits():
                nonlocal blocked
                asked = time.monotonic()
                if watcher.ask(WAITING) != "0":
                    return True
                blocked = asked  # not yet, then: the figure is too long by one question at most
                return False

            await_that(waits, 60, f"{column.name}: nothing waits for the lock", 0.02)
            line = told(column, begun, BLOCKED)
        await_200()  # the lock is free
        settle(column)
        return [{"line": line and 1000 * (line[0] - blocked), "who": bool(line) and "'psql'" in line[1]}]


def of(*names):
    return lambda column: column.name in names


def rows(seconds, timeout):
    slow = Row(
        "long-migration", f"migration of {seconds} s, TimeoutStartSec={timeout}", long_migration(seconds, timeout), of("seed", "ours"), 1
    )
    return (
        Row("start", "start, nothing to do", start),
        Row("first", "first deploy, empty database", first_deploy),
        Row("late-database", f"PostgreSQL comes up {LATE:.0f} s late", late_database, of("seed", "bare", "ours")),
        Row("wrong-password", "start with a wrong password", wrong_password, of("seed", "ours")),
        slow,
        Row("blocked-migration", "migration behind another's lock", blocked_migration, deploys),
    )
