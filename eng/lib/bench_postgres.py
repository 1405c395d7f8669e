"""PostgreSQL as the bench sees it, past the site: whether it takes connections, a stop of it, sessions of its superuser."""

import contextlib
import socket
import struct
import subprocess

from bench_host import CannotMeasure, await_that, run

ADDRESS = ("127.0.0.1", 5432)
# A StartupMessage of protocol 3.0. As with pg_isready(1), a question for the password says that connections are taken, and
# an error (57P03) that they are not yet.
NAMES = b"user\0prism\0database\0prism\0\0"
STARTUP = struct.pack("!II", 8 + len(NAMES), 3 << 16) + NAMES
PSQL = ("runuser", "-u", "postgres", "--", "psql", "--no-psqlrc", "--quiet", "-At", "--set=ON_ERROR_STOP=1")


def accepts():
    try:
        with socket.create_connection(ADDRESS, 1) as connection:
            connection.sendall(STARTUP)
            return connection.recv(1) == b"R"
    except OSError:
        return False


def await_connections():
    await_that(accepts, 30, "PostgreSQL takes no connection", 0.002)


@contextlib.contextmanager
def stopped():
    """Gives what starts it again, which its end does otherwise."""
    # Debian's postgresql.service only stands for this one, and is pulled in by the unit of ours when it is stopped itself.
    unit = run("systemctl", "list-units", "--plain", "--no-legend", "postgresql@*.service").split()[0]
    run("systemctl", "stop", unit)
    try:
        yield lambda: run("systemctl", "start", "--no-block", unit)
    finally:
        run("systemctl", "start", unit)
        await_connections()


def psql(statement, database="prism"):
    return run(*PSQL, "--dbname", database, "--command", statement).strip()


def end_sessions():
    """What was killed may have left its statement."""
    psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'prism' AND pid <> pg_backend_pid()")


class Session:
    """One that is asked again and again; what it holds is free at its end."""

    def __init__(self):
        self._process = subprocess.Popen([*PSQL, "prism"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd="/")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.wait()

    def ask(self, statements):
        """The one line that they give."""
        self._process.stdin.write(f"{statements};\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline().strip()
        if not answer:
            raise CannotMeasure(f"psql has no answer to: {statements}")
        return answer
