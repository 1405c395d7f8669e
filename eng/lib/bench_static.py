"""Reloads between two releases whose static files differ, under load for the files of both."""

import collections
import hashlib
import json
import os
import shutil
import tempfile

from bench_host import CannotMeasure, ask
from bench_rows import Row, systemctl, under_load
from bench_site import STATIC_FILES, Site, text_of
from bench_watch import Load

RELOADS = 20  # in one go
RELEASES = ("static-1", "static-2")
CHANGED = ("journal/journal.css", "journal/journal.js")
URL = "/static/"


def prepare(name):
    """A release with two files that the other has otherwise, and one that the other has not; all of them of 1970, as in the Nix store."""
    folder = Site.copy(name)
    own = f"journal/{name}.txt"
    for number, file in enumerate((*CHANGED, own), RELEASES.index(name)):
        with open(f"{folder}/journal/static/{file}", "a") as out:
            out.write(f"/* {name} */\n" * (100 * number + 1))
    for path, _, files in os.walk(folder):
        for file in files:
            os.utime(f"{path}/{file}", (1, 1))
    return own


def collected(name, own):
    """Path and SHA-256 of each of these files, plain and hashed, when the release alone is collected into an empty folder."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.chown(folder, "prism", "prism")
        Site.by_hand("collectstatic", release=f"/opt/prism-releases/{name}", STATIC_ROOT=folder)
        hashed = json.loads(text_of(f"{folder}/staticfiles.json"))["paths"]
        for file in (*CHANGED, own):
            for path in (file, hashed[file]):
                with open(f"{folder}/{path}", "rb") as found:
                    yield f"{URL}{path}", hashlib.sha256(found.read()).hexdigest()


def static(column):
    """20 reloads; the load begins when both releases have been deployed once, so that each has been lent what the other has."""
    files = {name: dict(collected(name, prepare(name))) for name in RELEASES}
    right = collections.defaultdict(list)
    for each in files.values():
        for path, value in each.items():
            right[path].append(value)

    def switch(number, name=None):
        Site.switch(RELEASES[number % 2], name)
        if not column.deploys:
            Site.by_hand("collectstatic")  # who serves collects in place, as far as it is concerned

    def load():
        switch(1)
        if systemctl("reload", column) != 0:
            raise CannotMeasure(f"{column.name}: the second release cannot be deployed")
        return Load(right)

    def fresh(number):
        """Whether each of so many answers under the plain names is of this release."""
        mine = files[RELEASES[number % 2]]
        plain = [f"{URL}{file}" for file in CHANGED]
        answers = ((path, ask(path)) for _ in range(8) for path in plain)
        return all(status == 200 and hashlib.sha256(body).hexdigest() == mine[path] for path, (status, body) in answers)

    def act(number):
        # The second half are releases that nobody has seen: what serves next is collected, not found.
        switch(number, None if number < RELOADS // 2 else f"{RELEASES[number % 2]}.{number}")
        code = systemctl("reload", column)
        if column.deploys:
            return {"rc": code, "new": fresh(number)}
        return {"rc": code, "look": lambda: {"new": fresh(number)}}  # later, since HUP does not say when it is done

    shutil.rmtree(STATIC_FILES, ignore_errors=True)
    switch(0)
    return under_load(column, act, RELOADS, new_workers=False, load=load)


ROWS = (Row("static", "reload: static files change, mtimes do not", static, lambda column: column.name in ("seed", "ours"), most=1),)
