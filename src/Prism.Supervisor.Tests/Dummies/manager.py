"""Plays systemd for one service: MANAGER_SOCKET COMMAND... Keeps what FDSTORE=1 brings, passes it to the next start, and
starts the command anew whenever it ends, until it gets SIGTERM itself. Says what it keeps and drops."""
import os, selectors, signal, socket, sys

path, command = sys.argv[1], sys.argv[2:]
store, child, stopping = [], 0, False

notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
notify.bind(path)
wake, wake_write = os.pipe()
os.set_blocking(wake_write, False)
signal.set_wakeup_fd(wake_write)
for number in (signal.SIGCHLD, signal.SIGTERM):
    signal.signal(number, lambda *_: None)


def start():
    global child
    child = os.fork()
    if child == 0:
        signal.set_wakeup_fd(-1)
        high = [os.dup(fd) for _, fd in store]
        while any(fd < 3 + len(high) for fd in high):
            high = [os.dup(fd) for fd in high]
        for i, fd in enumerate(high):
            os.dup2(fd, 3 + i, inheritable=True)
        environment = dict(os.environ, NOTIFY_SOCKET=path)
        if store:
            environment |= dict(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(store)), LISTEN_FDNAMES=":".join(name for name, _ in store))
        os.execve(command[0], command, environment)
    print("manager: started", child, flush=True)


def hear():
    text, fds, _, _ = socket.recv_fds(notify, 4096, 16)
    for fd in fds:
        os.set_inheritable(fd, False)
    said = dict(line.split("=", 1) for line in text.decode().split("\n") if "=" in line)
    name = said.get("FDNAME", "stored")
    if said.get("FDSTORE") == "1":
        store.extend((name, fd) for fd in fds)
        print("manager: keeps", name, flush=True)
    elif said.get("FDSTOREREMOVE") == "1":
        for one in [one for one in store if one[0] == name]:
            store.remove(one)
            os.close(one[1])
            print("manager: drops", name, flush=True)


start()
selector = selectors.DefaultSelector()
selector.register(notify, selectors.EVENT_READ)
selector.register(wake, selectors.EVENT_READ)
while True:
    for key, _ in selector.select():
        if key.fileobj is notify:
            hear()
            continue
        if signal.SIGTERM in os.read(wake, 64):
            stopping = True
            os.kill(child, signal.SIGTERM)
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            if stopping:
                sys.exit(os.waitstatus_to_exitcode(status))
            start()
