"""Reading the environment. An empty variable counts as one that is not set; messages never show a value."""

import os

from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}


def text(name, default=""):
    return os.environ.get(name) or default


def required(name):
    value = text(name)
    if not value:
        raise ImproperlyConfigured(f"{name} is not set: Prism needs it in its environment.")
    return value


def flag(name):
    return text(name).strip().lower() in TRUE


def words(name):
    """A list separated by commas."""
    return [word.strip() for word in text(name).split(",") if word.strip()]


def integer(name, default):
    try:
        return int(text(name, str(default)))
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number.") from None


def seconds(name):
    """A duration; 0 when the variable is not set."""
    try:
        value = float(text(name, "0"))
    except ValueError:
        value = -1
    if not 0 <= value < float("inf"):
        raise ImproperlyConfigured(f"{name} must be a number of seconds.")
    return value
