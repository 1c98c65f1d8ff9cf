"""`zhigong up` and `zhigong demo`: database, web and worker as children of one foreground process."""

from __future__ import annotations

import http.client
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from types import FrameType

from zhigong.conf import bootstrap, preflight
from zhigong.conf.home import home, key_file
from zhigong.conf.locks import FileLock
from zhigong.conf.postgres import Hold, embedded
from zhigong.conf.processes import Process, environment, wait_until
from zhigong.conf.services import Service, kill_session
from zhigong.conf.static import Collecting
from zhigong.kernel.errors import Conflict, Refused

Tell = Callable[[str], None]
_TICK_S = 0.2
_FIRST_PAGE_S = 60.0
_HOPELESS_DEATHS = 4


@dataclass(frozen=True)
class Address:
    """Where the web process listens."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """What one types into a browser on this machine."""
        shown = "localhost" if self.reachable in {"127.0.0.1", "::1"} else self.host
        return f"http://{f'[{shown}]' if ':' in shown else shown}:{self.port}/"

    @property
    def reachable(self) -> str:
        """A host by which this machine reaches it, also when it listens everywhere."""
        with suppress(ValueError):
            if ip_address(self.host).is_unspecified:
                return "::1" if ":" in self.host else "127.0.0.1"
        return self.host


def pid_file() -> Path:
    """Who supervises this home, and its children."""
    return home() / "run" / "supervisor.json"


def _lock() -> FileLock:
    return FileLock(home() / "run" / "supervisor.lock")


class Supervisor:
    """The foreground process of one home."""

    def __init__(self, *, address: Address, tell: Tell, demo: bool = False) -> None:
        self.address = address
        self.tell = tell
        self.demo = demo
        self.hold = Hold() if embedded() else None
        self._lock = _lock()
        self._asked_to_stop = False
        self._services: list[Service] = []
        self._lost_databases = 0

    @contextmanager
    def prepared(self, *, beside: Callable[[], None] = lambda: None) -> Iterator[None]:
        """Checks, database, migrations, static files; everything is let go of at the end, in order.

        beside: starts work of the caller's own that may run while the database is prepared.
        """
        preflight.check_home(home())
        if not self._lock.acquire(seconds=0):
            raise _already_running()
        with _signals(self.ask_to_stop):
            try:
                end_leftovers()
                preflight.check_disk(home(), tell=self.tell)
                preflight.check_port(self.address.host, self.address.port)
                self._remember()
                beside()
                collecting = Collecting()
                collecting.start()
                if self.hold:
                    self.hold.acquire(self.tell)
                bootstrap.prepare(tell=self.tell)
                collecting.finish()
                yield
            finally:
                self._let_go()

    def ask_to_stop(self) -> None:
        """End the watch at the next tick; while preparing, at once."""
        if self._services:
            self._asked_to_stop = True
        else:
            raise KeyboardInterrupt

    def serve(self, *, ready: Callable[[], None] = lambda: None) -> None:
        """Start web and worker, call `ready` when the first page can be fetched, watch until asked to stop."""
        self._services = [self._web(), self._worker()]
        for service in self._services:
            service.start()
        self._remember()
        self._await_first_page()
        if not self._asked_to_stop:
            ready()
        while not self._asked_to_stop:
            self._watch_once()
            time.sleep(_TICK_S)

    def _watch_once(self) -> None:
        self._watch_database()
        revived = [service for service in self._services if service.revive()]
        for service in revived:
            self.tell(f"{service.name} 意外退出，已重新启动。")
            if service.quick_deaths == _HOPELESS_DEATHS:
                self.tell(f"{service.name} 反复退出，最后的日志（{service.log}）：\n{service.last_words()}")
        if revived:
            self._remember()

    def _watch_database(self) -> None:
        """Bring the database back; what fails once on a busy machine is tried again before all is given up."""
        if not self.hold or self.hold.ready():
            return
        try:
            self.hold.ensure()
        except Refused as reason:
            self._lost_databases += 1
            if self._lost_databases >= _HOPELESS_DEATHS:
                raise
            self.tell(f"数据库没有启动成功，稍后再试：{reason.what}")
            time.sleep(self._lost_databases)
        else:
            self._lost_databases = 0

    def _await_first_page(self) -> None:
        web = self._services[0]
        end = time.monotonic() + _FIRST_PAGE_S
        while not self._asked_to_stop and not answers(self.address):
            for service in self._services:
                service.revive()
            if web.quick_deaths >= _HOPELESS_DEATHS or time.monotonic() > end:
                raise Refused("网页服务没有启动成功。", where=str(web.log), why=web.last_words())
            time.sleep(0.05)

    def _environment(self, role: str) -> dict[str, str]:
        changes = {"ZHIGONG_HOME": str(home()), "ZHIGONG_KEY_FILE": str(key_file()), "ZHIGONG_ROLE": role}
        changes |= {"ZHIGONG_SUPERVISED": "1", "ZHIGONG_DEMO": "1" if self.demo else "0"}
        return environment(**changes)

    def _web(self) -> Service:
        command = [sys.executable, "-m", "zhigong.conf.webserver", self.address.host, str(self.address.port)]
        return Service("网页服务", command, self._environment("web"), home() / "log" / "web.log", grace=6)

    def _worker(self) -> Service:
        command = [sys.executable, "-m", "zhigong.conf.worker"]
        return Service("后台任务", command, self._environment("job"), home() / "log" / "worker.log", grace=12)

    def _remember(self) -> None:
        children = [vars(process) for service in self._services if (process := service.process)]
        me = Process.of(os.getpid())
        me.write(pid_file(), url=self.address.url, children=children)

    def _let_go(self) -> None:
        for service in self._services:
            service.stop()
        self._services = []
        if self.hold:
            self.hold.release()
        pid_file().unlink(missing_ok=True)
        self._lock.release()


@contextmanager
def _signals(stop: Callable[[], None]) -> Iterator[None]:
    def handle(_number: int, _frame: FrameType | None) -> None:
        stop()

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def answers(address: Address) -> bool:
    """Whether the web process answers and reaches the database."""
    connection = http.client.HTTPConnection(address.reachable, address.port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def running() -> dict[str, object] | None:
    """What the pid file tells about a supervisor that really runs: pid, url, children."""
    return _told() if Process.read(pid_file()) else None


def _told() -> dict[str, object]:
    try:
        return dict(json.loads(pid_file().read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def _already_running() -> Conflict:
    told = running() or {}
    return Conflict(
        "这个数据目录已经在运行。",
        where=str(home()),
        why=f"进程号 {told.get('pid', '未知')}，地址 {told.get('url', '未知')}",
        do="请直接使用该地址，或先执行 zhigong down。",
    )


def end_leftovers() -> int:
    """End children whose supervisor was killed; how many. Only processes we started, told by pid and start time."""
    children = _told().get("children", [])
    ended = 0
    for child in children if isinstance(children, list) else []:
        process = Process(int(child["pid"]), float(child["started"]))
        if process.alive():
            process.stop(gently=10)
            kill_session(process.pid)
            ended += 1
    pid_file().unlink(missing_ok=True)
    return ended


def stop_running(*, patience: float = 40.0) -> bool:
    """Stop what this home started; False when nothing ran."""
    supervisor = Process.read(pid_file())
    if supervisor is not None:
        supervisor.stop(gently=patience)
        wait_until(lambda: not FileLock.is_held(home() / "run" / "supervisor.lock"), seconds=5)
    left = end_leftovers() if pid_file().exists() else 0
    return supervisor is not None or left > 0
