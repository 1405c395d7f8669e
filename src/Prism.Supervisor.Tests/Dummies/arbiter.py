"""Plays an arbiter for GenerationTests: does what its argument says, and tells what it has done on standard output."""

import os
import signal
import socket
import sys
import tempfile
import time


def notify(text):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.sendto(text, os.environ["NOTIFY_SOCKET"])


def say(text):
    print(text, flush=True)


def ready():
    notify(b"READY=1\nSTATUS=Gunicorn arbiter booted")
    say("ready")
    signal.pause()


def worker_first():
    if os.fork() == 0:
        notify(b"READY=1")
        os._exit(0)
    os.wait()
    say("the worker has spoken")
    signal.pause()


def chatty_worker():
    notify(b"READY=1")
    if os.fork() == 0:
        for _ in range(5000):
            notify(b"STATUS=still here")
        say("all said")
    signal.pause()


def traceback():
    raise ImportError("no module named prism.wsgi")


def stubborn():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    say("deaf")
    while True:
        signal.pause()


def orphans():
    if os.fork() == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        say("worker")
        time.sleep(1000)
    signal.pause()


def orphan_at_work():
    if os.fork() == 0:

        def finish(*_):
            say("finished")
            sys.exit(0)

        signal.signal(signal.SIGTERM, finish)
        say("worker")
        time.sleep(1000)
    signal.pause()


def graceful():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    say("listening")
    while True:
        signal.pause()


def patient_worker():
    """Gunicorn's own loop in stop(), and a worker that ends when it sees that its arbiter stands still."""
    arbiter = os.getpid()
    worker = os.fork()
    if worker == 0:

        def watch(*_):
            while open(f"/proc/{arbiter}/stat").read().rsplit(")", 1)[1].split()[0] != "T":
                time.sleep(0.001)
            os._exit(0)

        signal.signal(signal.SIGTERM, watch)
        say("worker")
        while True:
            signal.pause()

    def stop(*_):
        os.kill(worker, signal.SIGTERM)
        while os.waitpid(worker, os.WNOHANG) == (0, 0):
            time.sleep(0.1)
        sys.exit(0)

    signal.signal(signal.SIGTERM, stop)
    while True:
        signal.pause()


def heartbeats(beat, beating):
    for number in range(2):
        descriptor, name = tempfile.mkstemp(prefix="wgunicorn-", dir=os.getcwd())
        os.unlink(name)
        if number < beating:
            beat(descriptor)
    say("forked")
    while True:
        signal.pause()


def beat_by_time():
    heartbeats(lambda file: os.utime(file, (time.monotonic(), time.monotonic())), int(sys.argv[2]))


def beat_by_mode():  # up to Gunicorn 20.1
    heartbeats(lambda file: os.fchmod(file, 1), int(sys.argv[2]))


def tell():
    say(os.environ["PRISM_GENERATION"])
    say(" ".join(sys.argv[2:]))
    say(os.getcwd())
    say(socket.socket(fileno=3).getsockname()[1])


globals()[sys.argv[1]]()
