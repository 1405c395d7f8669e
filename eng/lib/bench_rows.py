"""What is done to each column, and what is noted of it. A row is a function: column → figures, one dict for each time."""

import os
import signal
import subprocess
import time

from bench_host import WORKERS, CannotMeasure, await_200, await_that, parent_of, site_processes
from bench_site import Site
from bench_watch import Load, forked_since, stretch

RESTARTS, RELOADS = 2, 5  # in one go, under one load: ten runs make twenty and fifty
GIVE_UP = 20.0  # seconds without recovery
DEFECTS = 6.0  # seconds after a reload in which a broken release may show itself: some boot first and die later
PATIENCE = 3.0  # seconds without any answer at the end: the site is killed, and what still waits for it has failed


class Row:
    """`most`: one that takes minutes, or does a thing many times in one go, is not measured more often than that."""

    def __init__(self, name, title, measure, applies=lambda column: True, most=None):
        self.name, self.title, self.measure, self.applies_to, self.most = name, title, measure, applies, most


def measured(row, column):
    """The figures of one run of this row in this column, from nothing to nothing."""
    Site.reset()
    try:
        return row.measure(column)
    finally:
        Site.reset()
        if column.deploys or not row.name.startswith("broken-"):
            column.stop()
        else:  # it may be waiting for workers that hang
            column.kill()
            column.stop()
        await_that(lambda: not site_processes(), 5, f"{column.name}: after it was stopped, no end of its processes")


def under_load(column, act, times=1, quiet=1.0, give_up=GIVE_UP, new_workers=True, load=Load):
    """Starts the column and the load, then acts so many times; each time until the site serves again or never does."""
    column.start()
    await_200()
    noted, windows = [], []
    with load() as load:
        load.warm_up()
        for number in range(times):
            known = {request.pid for request in load.requests}
            begun = time.monotonic()
            figures = act(number)
            acted = time.monotonic()

            def recovered():
                return load.good_since(acted, quiet) and (
                    not new_workers or len(load.workers_since(begun, known)) >= WORKERS
                )

            end = acted + give_up
            while not recovered() and time.monotonic() < end:
                time.sleep(0.05)
            back = load.workers_since(begun, known)
            figures.update(acted=1000 * (acted - begun))
            figures["back"] = 1000 * (back[WORKERS - 1] - begun) if len(back) >= WORKERS else None
            figures["forked"] = forked_since(column.arbiter(), begun) if new_workers else None
            figures["left"] = len(site_processes()) - 1 - WORKERS
            figures.update(figures.pop("look", dict)())
            noted.append(figures)
            windows.append((begun, time.monotonic(), begun if windows else 0.0))
        while not load.end(PATIENCE):
            if not load.answered_since(time.monotonic() - PATIENCE):
                column.kill()
    for figures, window in zip(noted, windows):
        figures.update(stretch(load, *window))
    noted[0]["load"] = load.requests
    return noted


def systemctl(verb, column):
    return subprocess.run(["systemctl", verb, column.unit], capture_output=True).returncode


def restart(column):
    return under_load(column, lambda _: {"rc": systemctl("restart", column)}, RESTARTS)


def restart_stepless(column):
    """What the supervisor itself costs: bare runs no steps either."""
    column.configure(steps=False)
    try:
        return restart(column)
    finally:
        column.configure()


def reload(column):
    """To another release with other secrets, back and forth; whoever takes neither is right at every second one, by standing still."""
    took = {"code": True, "environment": True}

    def look(release, new):
        for name, right in zip(took, Site.serves(release, new)):
            took[name] = took[name] and right
        return took

    def act(number):
        new = number % 2 == 0
        release = "2" if new else "1"
        Site.switch(release)
        Site.rotate(new)
        code = systemctl("reload", column)
        return {"rc": code, "look": lambda: look(release, new)}

    return under_load(column, act, RELOADS)


def kill(victim):
    def measure(column):
        def act(_):
            pid = victim(column)
            if not pid:
                raise CannotMeasure(f"{column.name}: nobody to kill")
            os.kill(pid, signal.SIGKILL)
            return {}

        return under_load(column, act)

    return measure


def broken(name):
    """A reload to what cannot serve: the old release should go on as if nothing were, and the next reload succeed."""

    def act(column):
        if not column.deploys:
            Site.spoil_in_place(name)
        elif name == "secrets":
            Site.switch("2")
            Site.spoil_secrets()
        elif name == "password":
            Site.switch("2")
            Site.spoil_password()
        else:
            Site.switch(name)
        return {"rc": systemctl("reload", column), "look": lambda: look(column)}

    def look(column):
        code, environment = Site.serves("1", False)
        seen = {"old": code and environment, "arbiters": len(arbiters())}
        if column.deploys:
            Site.switch("2")
            Site.rotate(True)
            seen["next"] = systemctl("reload", column) == 0 and all(Site.serves("2", True))
        return seen

    return lambda column: under_load(
        column, lambda _: act(column), quiet=DEFECTS, give_up=DEFECTS + 2, new_workers=False
    )


def arbiters():
    """Of the site's processes those whose parent is none of them."""
    alive = site_processes()
    return [pid for pid in alive if parent_of(pid) not in alive]


def deploys(column):
    return column.deploys


ROWS = (
    Row("restart", "systemctl restart", restart),
    Row("restart-stepless", "the same, both steps left out", restart_stepless, deploys),
    Row("reload", "reload: new release, new secrets", reload),
    Row("kill-arbiter", "SIGKILL of the arbiter", kill(lambda column: column.arbiter())),
    Row("kill-supervisor", "SIGKILL of the supervisor", kill(lambda column: column.supervisor()), lambda column: column.supervised),
    Row("broken-import", "broken release: import error", broken("import")),
    Row("broken-500", "broken release: answers 500", broken("500")),
    Row("broken-hang", "broken release: hangs at import", broken("hang")),
    Row("broken-dies", "broken release: workers die after boot", broken("dies")),
    Row("broken-halts", "broken release: Gunicorn halts after boot", broken("halts")),
    Row("broken-secrets", "wrong secrets file: its MAC does not hold", broken("secrets"), deploys),
    Row("broken-password", "wrong secrets file: the database refuses", broken("password"), deploys),
    Row("broken-migration", "failing migration", broken("migration"), deploys),
)
