"""Which Prism this is."""

from pathlib import Path

from . import env

RELEASE_FILE = Path(__file__).resolve().parent.parent / "RELEASE"


def name():
    """PRISM_RELEASE, else the file RELEASE next to manage.py, else "dev"."""
    given = env.text("PRISM_RELEASE")
    if given:
        return given
    try:
        return RELEASE_FILE.read_text(encoding="utf-8").strip() or "dev"
    except FileNotFoundError:
        return "dev"


def generation():
    """The number that the supervisor gives to each set of workers; None when nobody gave one."""
    return env.text("PRISM_GENERATION") or None
