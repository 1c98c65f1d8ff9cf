"""One supervised child: started, watched, started again with growing patience, stopped within seconds."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from zhigong.conf.processes import Process, die_with_parent, wait_until

_QUICK_DEATH_S = 10.0
_LONGEST_PAUSE_S = 30.0
_LOG_LIMIT = 20 << 20


@dataclass
class Service:
    """A child process by name. grace: seconds it may take to end after SIGTERM."""

    name: str
    command: list[str]
    environment: Mapping[str, str]
    log: Path
    grace: float
    child: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    quick_deaths: int = 0
    wait_until: float = field(default=0.0)

    def start(self) -> None:
        """Start it in a session of its own: Ctrl-C in the terminal reaches the supervisor alone."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > _LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as log:
            self.child = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=dict(self.environment),
                start_new_session=True,
                preexec_fn=die_with_parent(),  # the supervisor starts children from its only thread
            )
        self.started = time.monotonic()

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self.child is not None and self.child.poll() is None

    @property
    def process(self) -> Process | None:
        """Pid and start time, for the pid file."""
        if not self.alive or self.child is None:
            return None
        with suppress(LookupError):
            return Process.of(self.child.pid)
        return None

    def revive(self) -> bool:
        """Start it again if it has died and its pause is over; True when that happened."""
        if self.alive:
            return False
        now = time.monotonic()
        if self.child is not None:
            self._sweep()
            self.child = None
            self.quick_deaths = self.quick_deaths + 1 if now - self.started < _QUICK_DEATH_S else 0
            self.wait_until = now + min(_LONGEST_PAUSE_S, 0.5 * 2**self.quick_deaths - 0.5)
        if now < self.wait_until:
            return False
        self.start()
        return True

    def stop(self) -> None:
        """SIGTERM, its grace, then SIGKILL to its whole session."""
        if self.child is None:
            return
        if self.alive:
            self.child.terminate()
            wait_until(lambda: not self.alive, seconds=self.grace)
        self._sweep()
        self.child.wait()
        self.child = None

    def _sweep(self) -> None:
        if self.child is not None:
            kill_session(self.child.pid)

    def last_words(self, lines: int = 12) -> str:
        """The end of its log."""
        with suppress(OSError):
            return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
        return ""


def kill_session(leader: int) -> None:
    """Kill what is left of a child's process group."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)
