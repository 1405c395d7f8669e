"""The site that is served, and all that a deploy changes: releases, secrets, the database; whole or broken."""

import hashlib
import json
import os
import shutil

from bench_host import HOST, ask, run
from bench_postgres import psql

KIT = "/usr/local/lib/prism-bench"  # where eng/bench puts these files and the sample's secrets
RELEASES = "/opt/prism-releases"
CURRENT = f"{RELEASES}/current"
UNIT_OF_OURS = "/etc/systemd/system/prism-django.service"
CONFIGURATION = "/etc/prism/supervisor.json"
SETTINGS = "/etc/prism/bench-settings.env"
STATE = "/var/lib/prism-django"
STATIC_FILES = f"{STATE}/collected-by-hand"  # of all but ours, which takes a folder over and puts a link in its place
ENVIRONMENT = {
    "ALLOWED_HOSTS": HOST,
    "USE_POSTGRES": "true",
    "POSTGRES_DB": "prism",
    "POSTGRES_HOST": "127.0.0.1",
    "PRISM_FAULTS": "1",
}
BY_HAND = {"STATIC_ROOT": STATIC_FILES}  # what ours is not given
ROTATED = "EMAIL_HOST_PASSWORD"  # the secret that differs between prism.env and rotated.env
NEW_VALUE = "another p@ss word#2$3=4"
DIES_AFTER = 0.5  # seconds: long enough to answer a probe

# What is wrong with a release, as lines in front of its prism/wsgi.py. `dies` ends each worker, and Gunicorn starts the
# next; `halts` does it with the code that Gunicorn takes for an application that cannot be loaded, and stops altogether.
DYING = """import os, threading
death = threading.Timer({}, os._exit, [{}])
death.daemon = True  # a mere import of this file may end in peace
death.start()
"""
BROKEN = {
    "import": 'import os\nos.environ["PRISM_BROKEN_WSGI"] = "1"\n',
    "500": 'import os\nos.environ["PRISM_BROKEN_SITE"] = "1"\n',
    "hang": 'import os\nos.environ["PRISM_SLOW_IMPORT"] = "3600"\n',
    "dies": DYING.format(DIES_AFTER, 1),
    "halts": DYING.format(DIES_AFTER, 3),
}
FAILING_MIGRATION = '''from django.db import migrations


def fail(apps, schema_editor):
    raise RuntimeError("this migration always fails")


class Migration(migrations.Migration):
    dependencies = [("journal", "0012_revision_number_unique")]
    operations = [migrations.RunPython(fail)]
'''
GOOD = ("1", "2")


class Site:
    PLAIN = "/etc/prism/bench-secrets.env"  # what all but ours get through EnvironmentFile=
    SOPS = "/etc/prism/prism.env"

    @staticmethod
    def prepare():
        """Two good releases, a broken one of each kind, the settings, the first secrets."""
        for name in (*GOOD, *BROKEN, "migration"):
            folder = Site.copy(name)
            if name in BROKEN:
                replace(f"{folder}/prism/wsgi.py", BROKEN[name] + text_of(f"{folder}/prism/wsgi.py"))
        replace(f"{RELEASES}/migration/journal/migrations/0013_fails.py", FAILING_MIGRATION)
        Site.reset()

    @staticmethod
    def copy(name):
        """The sample site as a release of this name; returns its folder."""
        folder = f"{RELEASES}/{name}"
        shutil.copytree("/opt/prism-site", folder, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
        replace(f"{folder}/RELEASE", f"{name}\n")
        return folder

    @staticmethod
    def configure_ours(command, steps=True):
        """Ours with the same settings, the steps, if any, and the server through the link, and a hang decided within seconds."""
        configuration = {
            "release": {"id": os.readlink(CURRENT)},
            "environment": ENVIRONMENT,
            "secrets": {"file": Site.SOPS},
            "health": {"path": "/healthz"},
            "steps": {name: f"{CURRENT}/bin/prism-{name}" if steps else [] for name in ("migrate", "collectstatic")},
            "gunicorn": {"command": command, "startTimeoutSeconds": 10},
        }
        replace(CONFIGURATION, json.dumps(configuration, indent=2))

    @staticmethod
    def reset():
        """Release 1 with the first secrets and the usual settings, whatever was done to any of them."""
        Site.adjust()
        Site.switch(GOOD[0])
        Site.rotate(False)
        Site.mend()

    @staticmethod
    def adjust(**more):
        """The usual settings and these, for every column."""
        settings = {**ENVIRONMENT, **more}
        replace(SETTINGS, "".join(f"{name}={value}\n" for name, value in {**settings, **BY_HAND}.items()))
        configuration = json.loads(text_of(CONFIGURATION))
        configuration["environment"] = settings
        replace(CONFIGURATION, json.dumps(configuration, indent=2))

    @staticmethod
    def switch(release, name=None):
        """The link, in one step; ours is told which release it is, as a store path would tell it, or that it is called otherwise."""
        new = f"{CURRENT}.new"
        os.symlink(release, new)
        os.rename(new, CURRENT)
        configuration = json.loads(text_of(CONFIGURATION))
        configuration["release"] = {"id": name or release}
        replace(CONFIGURATION, json.dumps(configuration, indent=2))

    @staticmethod
    def rotate(new):
        """The first secrets or the new ones, for every column."""
        replace(Site.SOPS, text_of(f"{KIT}/{'rotated' if new else 'prism'}.env"))
        replace(Site.PLAIN, plain(new), 0o600)

    @staticmethod
    def spoil_secrets():
        """A sops file whose MAC is not its own."""
        lines = text_of(f"{KIT}/prism.env").splitlines(keepends=True)
        other = next(line for line in text_of(f"{KIT}/rotated.env").splitlines(keepends=True) if line.startswith("sops_mac="))
        replace(Site.SOPS, "".join(other if line.startswith("sops_mac=") else line for line in lines))

    @staticmethod
    def spoil_password():
        """A file that reads well, with a password that PostgreSQL refuses."""
        lines = plain(True).splitlines()
        text = "".join("POSTGRES_PASSWORD=wrong\n" if line.startswith("POSTGRES_PASSWORD=") else f"{line}\n" for line in lines)
        replace(Site.SOPS, text, 0o640)
        shutil.chown(Site.SOPS, "root", "prism")
        replace(Site.PLAIN, text, 0o600)

    @staticmethod
    def spoil_in_place(name):
        """For who cannot take another release: the one that serves becomes the broken one, as a deploy by `git pull` does."""
        replace(f"{CURRENT}/prism/wsgi.py", text_of(f"{RELEASES}/{name}/prism/wsgi.py"))

    @staticmethod
    def mend():
        replace(f"{RELEASES}/{GOOD[0]}/prism/wsgi.py", text_of("/opt/prism-site/prism/wsgi.py"))

    @staticmethod
    def empty():
        """As before the first deploy: no table, no static file, nothing that ours has noted."""
        for statement in ("DROP DATABASE IF EXISTS prism WITH (FORCE)", "CREATE DATABASE prism OWNER prism"):
            psql(statement, "postgres")
        shutil.rmtree(STATE, ignore_errors=True)

    @staticmethod
    def deploy():
        """Tables and static files, as a deploy by hand makes them."""
        run("install", "-d", "-m", "750", "-o", "prism", "-g", "prism", STATE)
        for step in ("migrate", "collectstatic"):
            Site.by_hand(step)

    @staticmethod
    def by_hand(step, *arguments, release=CURRENT, **more):
        secrets = dict(line.split("=", 1) for line in plain(False).splitlines())
        given = [f"{name}={value}" for name, value in {**ENVIRONMENT, **BY_HAND, **secrets, **more}.items()]
        run("runuser", "-u", "prism", "--", "env", *given, f"{release}/bin/prism-{step}", *arguments)

    @staticmethod
    def serves(release, rotated, asked=8):
        """Whether each of so many answers came from this release, and whether each came with these secrets; the first wrong one decides."""
        value = hashlib.sha256(NEW_VALUE.encode() if rotated else first_value().encode()).hexdigest().encode()
        pages = (ask("/healthz") for _ in range(asked))
        code = all(status == 200 and json.loads(body)["release"] == release for status, body in pages)
        return code, all(ask(f"/faults/env?name={ROTATED}") == (200, value) for _ in range(asked))


def plain(new):
    text = text_of(f"{KIT}/plain.env")
    return text.replace(f"{ROTATED}={first_value()}", f"{ROTATED}={NEW_VALUE}") if new else text


def first_value():
    return next(line.split("=", 1)[1] for line in text_of(f"{KIT}/plain.env").splitlines() if line.startswith(f"{ROTATED}="))


def text_of(path):
    with open(path) as file:
        return file.read()


def replace(path, text, mode=0o644):
    """The whole file at once: whoever reads it, reads the old one or the new one."""
    with open(f"{path}.new", "w") as file:
        os.fchmod(file.fileno(), mode)
        file.write(text)
    os.rename(f"{path}.new", path)
