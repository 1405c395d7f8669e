"""Faults on demand: each one is off unless its variable is set. README.md lists them."""

import time

from . import env


def in_collectstatic():
    """After the files were copied and before the manifest is written: the folder is left half done."""
    _linger("PRISM_SLOW_COLLECTSTATIC", "collectstatic")
    if env.flag("PRISM_FAIL_COLLECTSTATIC"):
        raise RuntimeError("collectstatic was told to fail (PRISM_FAIL_COLLECTSTATIC)")


def in_import():
    _linger("PRISM_SLOW_IMPORT", "the import of prism.wsgi")
    if env.flag("PRISM_BROKEN_WSGI"):
        raise ImportError("prism.wsgi was told to be broken (PRISM_BROKEN_WSGI)")


def slow_migration(apps, schema_editor):
    """For RunPython. On PostgreSQL the server sleeps: a killed migrate leaves a statement behind, as in life."""
    connection = schema_editor.connection
    if connection.vendor != "postgresql":
        _linger("PRISM_SLOW_MIGRATION", "the migration")
        return
    seconds = _announce("PRISM_SLOW_MIGRATION", "the migration")
    if seconds:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(%s)", [seconds])


def failing_migration(apps, schema_editor):
    """For RunPython."""
    if env.flag("PRISM_FAIL_MIGRATION"):
        raise RuntimeError("the migration was told to fail (PRISM_FAIL_MIGRATION)")


def broken_site(get_response):
    """Middleware that answers everything with 500, static files included."""

    def middleware(request):
        raise RuntimeError("the site was told to be broken (PRISM_BROKEN_SITE)")

    return middleware


def _linger(variable, what):
    time.sleep(_announce(variable, what))


def _announce(variable, what):
    seconds = env.seconds(variable)
    if seconds:
        print(f"\n  {what} takes {seconds:g} s ({variable})", flush=True)
    return seconds
