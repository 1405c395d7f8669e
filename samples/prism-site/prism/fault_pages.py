"""Pages that are slow, hang or die. They exist only while PRISM_FAULTS is true."""

import functools
import hashlib
import os
import signal
import subprocess
import threading
import time

from django.db import connection
from django.http import Http404, HttpResponse, HttpResponseBadRequest
from django.urls import path

from . import env


class BadParameter(Exception):
    pass


def fault(view):
    @functools.wraps(view)
    def guarded(request):
        if not env.flag("PRISM_FAULTS"):
            raise Http404
        try:
            return view(request)
        except BadParameter as error:
            return _text(HttpResponseBadRequest(error))

    return guarded


@fault
def slow(request):
    """?seconds=N (1), ?how=sleep|cpu|database (sleep): idle, busy, or waiting for PostgreSQL."""
    seconds = _number(request, "seconds", 1, float, 0, 3600)
    how = request.GET.get("how", "sleep")
    if how == "sleep":
        time.sleep(seconds)
    elif how == "cpu":
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            pass
    elif how == "database" and connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(%s)", [seconds])
    else:
        raise BadParameter("how must be sleep, cpu, or (with PostgreSQL) database")
    return _text(HttpResponse(f"{seconds:g} s later, from {os.getpid()}"))


@fault
def hang(request):
    threading.Event().wait()


@fault
def die(request):
    os.kill(os.getpid(), signal.SIGKILL)


@fault
def leave(request):
    """?code=N (1). Gunicorn's arbiter takes 3 and 4 for an application that cannot be loaded, and stops altogether."""
    os._exit(_number(request, "code", 1, int, 0, 255))


@fault
def error(request):
    raise RuntimeError("this page always fails")


@fault
def status(request):
    """?code=N (200)."""
    code = _number(request, "code", 200, int, 200, 599)
    return _text(HttpResponse(str(code), status=code))


@fault
def environment(request):
    """?name=NAME: the SHA-256 of that variable's value, 404 when it is not set. Never the value."""
    value = os.environb.get(request.GET.get("name", "").encode())
    if value is None:
        raise Http404
    return _text(HttpResponse(hashlib.sha256(value).hexdigest()))


@fault
def program(request):
    """?argument=A&argument=B: what the program named by PRISM_FAULT_PROGRAM prints when this worker starts it, 404 when none is named."""
    name = os.environ.get("PRISM_FAULT_PROGRAM")
    if not name:
        raise Http404
    # Whatever descriptor this process leaves open to its children, the program has too.
    done = subprocess.run([name, *request.GET.getlist("argument")], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, close_fds=False)
    return _text(HttpResponse(done.stdout))


def _number(request, name, default, kind, low, high):
    try:
        value = kind(request.GET.get(name, default))
    except ValueError:
        value = None
    if value is None or not low <= value <= high:
        raise BadParameter(f"{name} must be a number from {low} to {high}")
    return value


def _text(response):
    response["Content-Type"] = "text/plain; charset=utf-8"
    return response


urlpatterns = [
    path("slow", slow),
    path("hang", hang),
    path("die", die),
    path("exit", leave),
    path("500", error),
    path("status", status),
    path("env", environment),
    path("program", program),
]
