"""A process that has everything loaded and does each deed in a fork of its own: `python -m tests.faults.hands`.

Orders come in as JSON lines: {"deed", "args", "told", "broken"}. For each it forks, prints the child's pid, and later
its exit status. The child writes what it has done, line by line, to the file `told`; it may be killed at any moment.
So a process that dies costs its work, not the second that a Python with Django and DuckDB takes to start.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import Any, NoReturn

from zhigong.conf import bootstrap
from zhigong.conf.postgres import Hold
from zhigong.conf.processes import die_with_parent
from zhigong.conf.runtime import choose_role


def main() -> None:
    choose_role("job")
    hold = Hold()
    hold.acquire()
    bootstrap.prepare()
    import django

    django.setup()
    _load()
    print("ready", flush=True)
    for line in sys.stdin:
        if not hold.ready():
            hold.ensure()
        me = os.getpid()
        child = os.fork()
        if child == 0:
            _do(json.loads(line), parent=me)
        print(child, flush=True)
        print(os.waitpid(child, 0)[1], flush=True)
    hold.release()


def _load() -> None:
    """What every deed needs and no deed is about."""
    from django.db import connection

    from tests.faults import breaks, deeds  # noqa: F401
    from zhigong.catalogue import queries as catalogue

    catalogue.services()
    connection.close()


def _do(order: dict[str, Any], *, parent: int) -> NoReturn:
    die_with_parent(signal.SIGKILL, parent=parent)()
    status = 1
    try:
        from tests.faults import breaks, deeds

        with Path(order["told"]).open("a", encoding="utf-8") as told:

            def say(what: str, **more: Any) -> None:
                told.write(json.dumps({"what": what, **more}, ensure_ascii=False) + "\n")
                told.flush()

            if order["broken"]:
                breaks.BREAKS[order["broken"]](say)
            try:
                deeds.DEEDS[order["deed"]](say, **order["args"])
                status = 0
            except Exception as error:  # whatever it is, the test is to read it
                say("failed", error=repr(error), trace=traceback.format_exc())
    finally:
        os._exit(status)


if __name__ == "__main__":
    main()
