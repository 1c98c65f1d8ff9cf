"""File locks of one home: held by a process, released by the kernel when it ends in whatever way."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path


class FileLock:
    """One flock on one file; shared by many or held by one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle: int | None = None

    def acquire(self, *, shared: bool = False, seconds: float | None = None) -> bool:
        """Take the lock, waiting at most `seconds` (None: for ever); False when time ran out."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle = (
            self._handle
            if self._handle is not None
            else os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        )
        self._handle = handle
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        if seconds is None:
            fcntl.flock(handle, kind)
            return True
        end = time.monotonic() + seconds
        while True:
            try:
                fcntl.flock(handle, kind | fcntl.LOCK_NB)
                return True
            except BlockingIOError:
                if time.monotonic() >= end:
                    return False
                time.sleep(0.02)

    def release(self) -> None:
        """Let go; nothing happens when it is not held."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def __enter__(self) -> FileLock:
        self.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    @classmethod
    def is_held(cls, path: Path) -> bool:
        """Whether anybody holds the lock alone just now."""
        if not path.exists():
            return False
        probe = cls(path)
        try:
            return not probe.acquire(shared=True, seconds=0)
        finally:
            probe.release()
