"""Child processes that never outlive their parent, and names of processes that survive the reuse of pids."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from zhigong.conf.home import home

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_CLOCK_TOLERANCE_S = 1.0


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def die_with_parent(signal_number: int = signal.SIGTERM, *, parent: int | None = None) -> Callable[[], None]:
    """A preexec_fn: the kernel sends the child this signal when the parent's main thread is gone (Linux only)."""
    parent = os.getpid() if parent is None else parent

    def prepare() -> None:
        _prctl(_PR_SET_PDEATHSIG, signal_number)
        if os.getppid() != parent:  # the parent died between fork and here
            os.kill(os.getpid(), signal_number)

    return prepare


def adopt_orphans() -> None:
    """Reap grandchildren: under an init that reaps nothing, a zombie would block the restart of PostgreSQL."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


@dataclass(frozen=True)
class Process:
    """A process by pid and start time; equal pids of different times are different processes."""

    pid: int
    started: float

    @classmethod
    def of(cls, pid: int) -> Process:
        """The process that has this pid now; raises LookupError when there is none, or only its zombie."""
        import psutil

        try:
            found = psutil.Process(pid)
            if found.status() == psutil.STATUS_ZOMBIE:
                raise LookupError(pid)
            return cls(pid, found.create_time())
        except (psutil.NoSuchProcess, psutil.AccessDenied) as error:
            raise LookupError(pid) from error

    @classmethod
    def read(cls, file: Path) -> Process | None:
        """The process named by a file of `write`, if it still runs."""
        try:
            told = json.loads(file.read_text(encoding="utf-8"))
            process = cls(int(told["pid"]), float(told["started"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return process if process.alive() else None

    def write(self, file: Path, **more: object) -> None:
        """Remember this process in a pid file."""
        write_atomically(file, json.dumps({"pid": self.pid, "started": self.started, **more}))

    def alive(self) -> bool:
        """Whether this very process still runs."""
        try:
            return abs(Process.of(self.pid).started - self.started) < _CLOCK_TOLERANCE_S
        except LookupError:
            return False

    def stop(self, *, gently: float, signal_number: int = signal.SIGTERM) -> bool:
        """Signal, wait `gently` seconds, then kill; True when it is gone."""
        for number, patience in ((signal_number, gently), (signal.SIGKILL, 5.0)):
            if not self.alive():
                return True
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                return True
            except PermissionError:
                return False
            if wait_until(lambda: not self.alive(), seconds=patience):
                return True
        return not self.alive()


def wait_until(condition: Callable[[], bool], *, seconds: float, every: float = 0.02) -> bool:
    """Poll until the condition holds or the time is up; the last answer."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= end:
            return condition()
        time.sleep(every)
    return True


def write_atomically(file: Path, text: str, *, mode: int = 0o600) -> None:
    """Readers see the old file or the new one, never a half."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        out.write(text)
    draft.replace(file)


def environment(**changes: str) -> dict[str, str]:
    """The environment of a child: ours, with a UTF-8 locale and the changes.

    Where Python may not write bytecode beside the sources it goes to the home: a start is twice as fast with it.
    """
    kept = dict(os.environ)
    if kept.pop("PYTHONDONTWRITEBYTECODE", None):
        kept.setdefault("PYTHONPYCACHEPREFIX", str(home() / "cache"))
    return {**kept, "LC_ALL": "C.UTF-8", "PYTHONUNBUFFERED": "1", **changes}
