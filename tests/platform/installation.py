"""An installation of its own for tests that kill: one home, started and asked through the command line."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg

from zhigong.conf.cluster import Cluster
from zhigong.conf.processes import wait_until

ZHIGONG = Path(sys.executable).with_name("zhigong")
PATIENCE = 180.0


class Installation:
    """One home and what runs on it."""

    def __init__(self, home: Path, port: int) -> None:
        self.home, self.port = home, port
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("ZHIGONG_", "DATABASE_URL", "DJANGO_"))}
        self.environment = {**kept, "ZHIGONG_HOME": str(home), "ZHIGONG_WEB_WORKERS": "1"}
        self.process: subprocess.Popen | None = None

    def run(self, *arguments: str) -> subprocess.CompletedProcess:
        command = [str(ZHIGONG), *arguments]
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=PATIENCE, check=False
        )

    def up(self) -> None:
        self.process = subprocess.Popen(
            [str(ZHIGONG), "up", "--port", str(self.port)], env=self.environment, stderr=subprocess.DEVNULL
        )
        assert wait_until(lambda: self.process.poll() is not None or self.answers(), seconds=PATIENCE, every=0.1)
        assert self.process.poll() is None

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=60)

    def answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def address(self) -> dict:
        return json.loads(Cluster(self.home).address_file.read_text())

    def database_pid(self) -> int:
        try:
            return int(self.address()["pid"])
        except (OSError, ValueError):
            return 0

    def ask(self, query: str):
        told = self.address()
        with psycopg.connect(host=told["host"], user=told["user"], dbname=told["name"]) as connection:
            return connection.execute(query).fetchone()[0]

    def children(self) -> list[int]:
        told = json.loads((self.home / "run" / "supervisor.json").read_text())
        return [child["pid"] for child in told["children"]]

    def family(self) -> set[int]:
        """Every process that works on this home."""
        found = set()
        for process in psutil.process_iter(["cmdline", "environ", "status"]):
            mine = (process.info["environ"] or {}).get("ZHIGONG_HOME") == str(self.home)
            if (mine or str(self.home) in " ".join(process.info["cmdline"] or [])) and process.info[
                "status"
            ] != "zombie":
                found.add(process.pid)
        return found

    @contextmanager
    def held(self) -> Iterator[None]:
        """The database of this home is there inside the block, though nothing else runs."""
        code = "from zhigong.conf.postgres import running\nwith running(): print(1, flush=True); input()"
        command = [sys.executable, "-c", code]
        holder = subprocess.Popen(command, env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            assert holder.stdout.readline() == b"1\n"
            yield
        finally:
            holder.communicate(b"\n", timeout=60)
