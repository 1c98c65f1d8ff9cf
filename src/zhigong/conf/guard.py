"""The guard of one home's embedded PostgreSQL: `python -m zhigong.conf.guard HOME SETTINGS`.

It starts the server, writes its address when it accepts connections, reaps and restarts it when it was killed, and
stops it as soon as no process holds the users' lock. So any number of commands share one server, the last one out
turns off the light, and kill -9 of any of them leaves nothing behind. Should the guard itself be killed, the kernel
tells the server to stop.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from zhigong.conf import cluster as clusters
from zhigong.conf.locks import FileLock
from zhigong.conf.processes import adopt_orphans, die_with_parent, wait_until, write_atomically
from zhigong.kernel.errors import Refused

ALREADY_GUARDED = 3
_TICK_S = 0.05
_MOST_FAILED_STARTS = 4
# A killed process that waits for a busy disk stays until the disk has answered.
_DISK_PATIENCE_S = 60.0


class Guard:
    """One server process and what is known of it."""

    def __init__(self, cluster: clusters.Cluster, changes: dict[str, str]) -> None:
        self.cluster = cluster
        self.changes = changes
        self.account = clusters.run_as(cluster.data)
        self.pid = 0
        self.asked_to_stop = False

    def prepare(self) -> None:
        """Directories, data, access rules; no left-over server."""
        clusters.prepare_directories(self.cluster, self.account)
        clusters.initialise(self.cluster, self.account, sync=self.changes.get("fsync") != "off")
        clusters.write_access_rules(self.cluster)

    def start(self) -> None:
        """Start the server after ending whatever an earlier one left in its directory."""
        # Again before each start: since the last one somebody may have shut a directory above (pytest does, in /tmp).
        clusters.prepare_directories(self.cluster, self.account)
        end_leftovers(self.cluster.data)
        drop_stale_locks(self.cluster.socket_directory)
        settings = clusters.settings(self.cluster, self.changes)
        command = [str(clusters.binaries() / "postgres"), "-D", str(self.cluster.data)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        log = clusters.open_log(self.cluster)
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env=clusters.server_environment(),
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGINT),  # this process has one thread
            **self.account.popen_arguments(),
        )
        os.close(log)
        self.pid = child.pid
        child.returncode = 0  # this loop reaps, not the Popen object

    def dead(self) -> bool:
        """Reap whatever has ended; whether the server is among it."""
        while True:
            try:
                pid, _ = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                self.pid = 0
                return True
            if pid == self.pid:
                self.pid = 0
            if pid == 0:
                return self.pid == 0

    def ready(self) -> bool:
        """Whether the server's own pid file says that it accepts connections."""
        try:
            lines = (self.cluster.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except OSError:
            return False
        return len(lines) >= 8 and lines[0].strip() == str(self.pid) and lines[7].strip() == "ready"

    def announce(self) -> None:
        """Write where to connect."""
        where = {"host": str(self.cluster.socket_directory), "port": clusters.PORT, "name": clusters.DATABASE}
        where |= {"user": clusters.ADMINISTRATOR, "password": ""}
        write_atomically(self.cluster.address_file, json.dumps({**where, "options": {}, "pid": self.pid}))

    def stop(self) -> None:
        """Fast shutdown; immediate, then kill, when it does not come."""
        self.cluster.address_file.unlink(missing_ok=True)
        for number, patience in ((signal.SIGINT, 30.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
            if self.dead():
                return
            os.kill(self.pid, number)
            if wait_until(self.dead, seconds=patience):
                return

    def watch(self) -> None:
        """Until nobody needs the server: keep it alive."""
        users = FileLock(self.cluster.users_lock)
        failed_starts = 0
        announced = False
        while not self.asked_to_stop:
            if self.dead():
                self.cluster.address_file.unlink(missing_ok=True)
                announced = False
                failed_starts += 1
                if failed_starts > _MOST_FAILED_STARTS:
                    raise Refused("内置数据库反复退出。", where=str(self.cluster.log), why=last_words(self.cluster.log))
                time.sleep(0.1 * failed_starts)
                self.start()
            elif not announced and self.ready():
                self.announce()
                announced, failed_starts = True, 0
            if users.acquire(seconds=0):
                return
            time.sleep(_TICK_S)


def end_leftovers(data: Path) -> None:
    """End servers and backends that still run in this directory though their guard is gone, then drop a stale pid file.

    PostgreSQL alone would refuse to start beside a zombie, or beside a stranger that was given the old pid. A server
    that still lives is asked for its fast shutdown, and only itself: to its checkpointer the same signal means to close
    the log at once, though others may still write to it. Orphans without their server quit without a word.
    """
    pid_file = data / "postmaster.pid"
    if not pid_file.exists():
        return
    import psutil

    server = pid_file.read_text(encoding="utf-8").partition("\n")[0].strip()
    for number, patience in ((signal.SIGINT, 10.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, _DISK_PATIENCE_S)):
        left = [one for one in _running_in(data) if number != signal.SIGINT or str(one.pid) == server]
        for process in left:
            try:
                process.send_signal(number)
            except psutil.NoSuchProcess:
                continue
        if left:
            wait_until(lambda: not _running_in(data), seconds=patience)
    if _running_in(data):
        raise Refused("还有数据库进程占用数据目录。", where=str(data), do="请结束这些进程后再启动。")
    pid_file.unlink(missing_ok=True)


def drop_stale_locks(directory: Path) -> None:
    """Drop the lock beside the socket, which is this home's alone; for use when no server of the home runs.

    It names the pid of the last server. Where nobody has reaped that one yet, PostgreSQL takes the zombie for a rival.
    """
    for lock in directory.glob(".s.PGSQL.*.lock"):
        lock.unlink(missing_ok=True)


def _running_in(data: Path) -> list[psutil.Process]:  # type: ignore[name-defined]  # noqa: F821
    import psutil

    found = []
    for process in psutil.process_iter(["name", "status"]):
        if process.info["name"] != "postgres" or process.info["status"] == psutil.STATUS_ZOMBIE:
            continue
        try:
            if Path(process.cwd()) == data:
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


def last_words(log: Path) -> str:
    """The end of the server's log."""
    try:
        return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-8:])
    except OSError:
        return ""


def main(arguments: list[str]) -> int:
    """Guard the home named by the arguments until nobody needs it."""
    cluster = clusters.Cluster(Path(arguments[0]))
    alone = FileLock(cluster.guard_lock)
    if not alone.acquire(seconds=2):
        return ALREADY_GUARDED
    for left in (cluster.address_file, cluster.failure_file):
        left.unlink(missing_ok=True)
    adopt_orphans()
    try:
        guard = Guard(cluster, json.loads(arguments[1]) if len(arguments) > 1 else {})
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: setattr(guard, "asked_to_stop", True))
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        guard.prepare()
        guard.start()
        try:
            guard.watch()
        finally:
            guard.stop()
    except Refused as reason:
        write_atomically(cluster.failure_file, json.dumps(reason.as_dict()))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
