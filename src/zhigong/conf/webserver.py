"""The web process: `python -m zhigong.conf.webserver HOST PORT`. granian with blocking threads, Django as WSGI."""

from __future__ import annotations

import importlib
import os
import signal
import sys

from zhigong.conf.processes import die_with_parent

BLOCKING_THREADS = 8


def main(arguments: list[str]) -> None:
    """Serve until SIGTERM."""
    from granian import Granian
    from granian.constants import HTTPModes, Interfaces

    if os.environ.get("ZHIGONG_SUPERVISED") == "1":
        # Worker processes are forks: should their parent be killed, they must not keep the port.
        os.register_at_fork(after_in_child=die_with_parent(signal.SIGKILL))
    # Imported once here and shared by the forks, instead of once in each.
    importlib.import_module("zhigong.conf.wsgi")
    workers = 2 if (os.cpu_count() or 1) >= 2 else 1
    Granian(
        target="zhigong.conf.wsgi:application",
        address=arguments[0],
        port=int(arguments[1]),
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        workers=int(os.environ.get("ZHIGONG_WEB_WORKERS", workers)),
        blocking_threads=BLOCKING_THREADS,
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=5,
        log_access=False,
    ).serve()


if __name__ == "__main__":
    main(sys.argv[1:])
