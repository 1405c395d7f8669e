"""How Gunicorn serves Prism. Options on the command line win over this file.

`bind` is left alone: whoever starts Gunicorn says where to listen (`--bind fd://3`, ...), and without that
Gunicorn listens on 127.0.0.1:8000.
"""

import os


def _worker_tmp_dir():
    """Workers touch a file as their heartbeat; on a disk that stalls, healthy workers would be killed for it."""
    runtime = os.environ.get("RUNTIME_DIRECTORY", "").split(":")[0]
    for folder in (runtime, "/dev/shm"):
        if folder and os.path.isdir(folder) and os.access(folder, os.W_OK | os.X_OK):
            return folder
    return None


workers = int(os.environ.get("WEB_CONCURRENCY") or 2)
timeout = 30
graceful_timeout = 30
worker_tmp_dir = _worker_tmp_dir()

loglevel = "info"
accesslog = None

# From 25.1 on Gunicorn opens a control socket under $HOME, which a sandboxed service cannot write.
# Older versions do not know the name, and ignore names they do not know.
control_socket_disable = True
