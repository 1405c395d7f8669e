"""Asks a site RATE times a second, each time over a new connection, and says how each request ended; runs inside a test host.

An open loop: a request leaves when its time has come, whatever became of those before it, so a site that stops is met
by as many requests as one that serves. One thread, one epoll(7); a request costs about a third of a millisecond.

Usage: bench_load.py PORT RATE [FILES]. Without FILES it asks for pages that tell who answers. FILES is JSON, {path:
[SHA-256 of each body that is right]}: it asks for these in turn, and each answer has to have its Content-Length.
One line for each request on standard output, all times of CLOCK_MONOTONIC: DUE SENT DONE OUTCOME PID, where OUTCOME is
"ok" or what was wrong with the answer, and PID that of the worker, 0 where that is not known.
Ends at the end of standard input, when the last request has been answered or has run out of time.
"""

import errno
import gc
import hashlib
import itertools
import json
import os
import re
import select
import socket
import sys
import time

TIMEOUT = 30.0
SLOW_EVERY = 20  # 5 % of the requests take 100 ms, and the rest what a request through Django takes
PAGE = "/faults/slow?seconds={}"
REQUEST = "GET {} HTTP/1.1\r\nHost: prism.example.org\r\nConnection: close\r\n\r\n"
ANSWER = re.compile(rb"HTTP/1\.[01] (\d{3}) .*?\r\n\r\n(.*)", re.DOTALL)
RIGHT = re.compile(rb"(0|0\.1) s later, from (\d+)")
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)


class Request:
    """One connection, from connect(2) to its verdict."""

    def __init__(self, due, path, verdict, address):
        self.due, self.verdict, self.answer = due, verdict, b""
        self.unsent = REQUEST.format(path).encode()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        self.sent = time.monotonic()
        self.refusal = self.socket.connect_ex(address)

    def advance(self):
        """What became of it, or None while it lasts."""
        try:
            if self.unsent:
                if refusal := self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                    return outcome_of(refusal)
                self.unsent = self.unsent[self.socket.send(self.unsent) :]
                return None
            piece = self.socket.recv(65536)
        except BlockingIOError:
            return None
        except OSError as error:
            # A whole answer is one, however its connection ended.
            return outcome_of(error.errno) if self.judge()[0] != "ok" else "ok"
        if piece:
            self.answer += piece
            return None
        return self.judge()[0]

    def judge(self):
        """The verdict, and the pid of the worker when the answer is the right one."""
        whole = ANSWER.fullmatch(self.answer)
        if not whole:
            return ("cut" if self.answer else "closed"), 0
        status, body = whole.groups()
        if status != b"200":
            return status.decode(), 0
        length = LENGTH.search(self.answer)
        if length and int(length[1]) != len(body):
            return "cut", 0
        return self.verdict(body, length)


def outcome_of(number):
    return {errno.ECONNREFUSED: "refused", errno.ECONNRESET: "reset", errno.EPIPE: "reset"}.get(
        number, errno.errorcode.get(number, str(number))
    )


def pages():
    """Path and verdict of each request, for ever."""

    def page(seconds):
        def verdict(body, _):
            right = RIGHT.fullmatch(body)
            return ("ok", int(right[2])) if right and right[1].decode() == seconds else ("body", 0)

        return PAGE.format(seconds), verdict

    return itertools.cycle([*[page("0")] * (SLOW_EVERY - 1), page("0.1")])


def files(known):
    def file(path, hashes):
        def verdict(body, length):
            return ("no-length" if not length else "ok" if hashlib.sha256(body).hexdigest() in hashes else "body"), 0

        return path, verdict

    return itertools.cycle([file(path, hashes) for path, hashes in known.items()])


def main(port, rate, asked):
    address = ("127.0.0.1", port)
    poll, running = select.epoll(), {}
    poll.register(0, select.EPOLLIN)

    def end(request, outcome):
        running.pop(request.socket.fileno(), None)  # closing takes it out of the epoll set
        request.socket.close()
        pid = request.judge()[1] if outcome == "ok" else 0
        sys.stdout.write(f"{request.due:.6f} {request.sent:.6f} {time.monotonic():.6f} {outcome} {pid}\n")
        sys.stdout.flush()

    begun, count, asking = time.monotonic(), 0, True
    while asking or running:
        now = time.monotonic()
        while asking and begun + count / rate <= now:
            request = Request(begun + count / rate, *next(asked), address)
            count += 1
            if request.refusal not in (0, errno.EINPROGRESS):
                end(request, outcome_of(request.refusal))
                continue
            running[request.socket.fileno()] = request
            poll.register(request.socket, select.EPOLLIN | select.EPOLLOUT)
        wait = begun + count / rate - time.monotonic() if asking else 0.1
        for descriptor, _ in poll.poll(max(0.0, wait)):
            if descriptor == 0:
                asking = False
                poll.unregister(0)
                continue
            request = running[descriptor]
            outcome = request.advance()
            if outcome:
                end(request, outcome)
            elif not request.unsent:
                poll.modify(descriptor, select.EPOLLIN)
        now = time.monotonic()
        while running:  # the oldest first: that is the order of a dict
            oldest = next(iter(running.values()))
            if now - oldest.sent < TIMEOUT:
                break
            end(oldest, "timeout")


if __name__ == "__main__":
    gc.disable()  # nothing here makes cycles, and a collection would be a pause
    os.nice(-10)
    main(int(sys.argv[1]), float(sys.argv[2]), files(json.loads(sys.argv[3])) if sys.argv[3:] else pages())
