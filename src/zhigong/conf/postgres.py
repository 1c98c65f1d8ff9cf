"""The embedded PostgreSQL as its users see it: hold it for as long as you need it.

`with running(): …` starts the server when it is not there and lets it stop when the last holder is gone. With
DATABASE_URL nothing is started or stopped. How the server itself is kept: zhigong.conf.guard.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from zhigong.conf.cluster import Cluster
from zhigong.conf.guard import ALREADY_GUARDED, last_words
from zhigong.conf.home import home
from zhigong.conf.locks import FileLock
from zhigong.conf.processes import environment, wait_until
from zhigong.kernel.errors import Refused

_RECOVERY_LIMIT_S = 600.0
_WORTH_TELLING_S = 3.0


def embedded() -> bool:
    """Whether this run brings its own database."""
    return not os.environ.get("DATABASE_URL")


class Hold:
    """A claim on the server of this home; the server lives at least as long as the claim."""

    def __init__(self, settings: Mapping[str, str] | None = None) -> None:
        self.cluster = Cluster(home())
        self._settings = dict(settings or {})
        self._lock = FileLock(self.cluster.users_lock)
        self._guard: subprocess.Popen[bytes] | None = None

    def acquire(self, tell: Callable[[str], None] = lambda _: None) -> None:
        """Return when the server accepts connections; raises Refused with the end of its log when it will not start."""
        self._lock.acquire(shared=True)
        try:
            self._wait(self._spawn_if_needed(), tell)
        except BaseException:
            self.release()
            raise

    def ensure(self) -> None:
        """Start the guard again if it was killed while we hold on."""
        self._wait(self._spawn_if_needed(), lambda _: None)

    def ready(self) -> bool:
        """Whether the server accepts connections just now."""
        return self.cluster.address_file.exists() and FileLock.is_held(self.cluster.guard_lock)

    def release(self) -> None:
        """Let go. If we were the last, return only when the server is down."""
        self._lock.release()
        guard, address = self.cluster.guard_lock, self.cluster.address_file
        if wait_until(lambda: not address.exists() or not FileLock.is_held(guard), seconds=0.5):
            wait_until(lambda: not FileLock.is_held(guard), seconds=40)
        self._forget_guard()

    def _forget_guard(self) -> None:
        # The guard outlives us when others use it: reap it if it has ended, else it is nobody's child to wait for.
        if self._guard is not None and self._guard.poll() is None:
            self._guard.returncode = 0
        self._guard = None

    def _spawn_if_needed(self) -> subprocess.Popen[bytes] | None:
        if FileLock.is_held(self.cluster.guard_lock):
            return None
        self._forget_guard()
        command = [sys.executable, "-m", "zhigong.conf.guard", str(self.cluster.home), json.dumps(self._settings)]
        self.cluster.log.parent.mkdir(parents=True, exist_ok=True)
        with self.cluster.log.open("ab") as log:
            self._guard = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env=environment(),
                start_new_session=True,
            )
        return self._guard

    def _wait(self, guard: subprocess.Popen[bytes] | None, tell: Callable[[str], None]) -> None:
        begun = time.monotonic()
        told = False
        while not self.ready():
            waited = time.monotonic() - begun
            if guard is None:
                # The guard we relied on is gone, however it ended: the next one, ours, tells whether and why it fails.
                guard = self._spawn_if_needed()
            elif guard.poll() is not None:
                if guard.returncode > 0 and guard.returncode != ALREADY_GUARDED:
                    raise self._failure()
                guard = None
            if waited > _WORTH_TELLING_S and not told:
                told = True
                tell("数据库启动较慢（首次建立，或正在恢复上次中断的工作），请稍候……")
            if waited > _RECOVERY_LIMIT_S:
                raise self._failure()
            time.sleep(0.02)

    def _failure(self) -> Refused:
        if self.cluster.failure_file.exists():
            return Refused(**json.loads(self.cluster.failure_file.read_text(encoding="utf-8")))
        return Refused("内置数据库没有启动成功。", where=str(self.cluster.log), why=last_words(self.cluster.log))


@contextmanager
def running(
    *, settings: Mapping[str, str] | None = None, tell: Callable[[str], None] = lambda _: None
) -> Iterator[None]:
    """The database is there inside the block."""
    if not embedded():
        yield
        return
    hold = Hold(settings)
    hold.acquire(tell)
    try:
        yield
    finally:
        hold.release()
