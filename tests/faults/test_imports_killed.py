"""Web-side intake, worker and database killed with -9 while rosters come in: every row in once, every batch whole."""

from __future__ import annotations

import random
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg
import pytest

from tests.platform.test_supervisor import Installation
from tests.support.rosters import id_number
from zhigong.conf.processes import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.faults, pytest.mark.xdist_group("supervisor")]

ROWS = 400
ROOT = Path(__file__).resolve().parents[2]
STATES = "SELECT state FROM exchange_batch WHERE id = '{}'"
RECEIVED, CHECKED, PUBLISHING, PUBLISHED, FAILED = 1, 2, 3, 4, 6


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    made = Installation(tmp_path_factory.mktemp("home"), port)
    made.environment["PYTHONPATH"] = str(ROOT)
    made.up()
    assert asked(made, "found").returncode == 0
    yield made
    made.stop()


def asked(stack: Installation, *arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "tests.faults.asking", *arguments]
    return subprocess.run(command, env=stack.environment, capture_output=True, text=True, timeout=120, check=False)


def roster(folder: Path, number: int) -> Path:
    """A roster of ROWS people nobody has seen before."""
    lines = ["姓名,性别,有效证件类别,证件号码,移动电话,会籍变化类型,会籍变化日期"]
    for row in range(ROWS):
        born = f"19{60 + number:02d}{row % 12 + 1:02d}{row // 12 % 28 + 1:02d}"
        name = f"张{'甲乙丙丁戊'[row % 5]}{'子丑寅卯辰'[row // 5 % 5]}"
        lines.append(f"{name},男,身份证,{id_number(row, born=born)},139{number:02d}{row:06d},入会,2024-01-01")
    path = folder / f"roster-{number}.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def state(stack: Installation, batch: str) -> int:
    try:
        return int(stack.ask(STATES.format(batch)) or 0)
    except (psycopg.Error, OSError, TypeError, ValueError):
        return 0  # the database is just coming back


def kill(pid: int) -> None:
    try:
        psutil.Process(pid).kill()
    except psutil.NoSuchProcess:
        return


def worker_pids(stack: Installation) -> list[int]:
    return [pid for pid in stack.family() if "zhigong.conf.worker" in " ".join(_command(pid))]


def _command(pid: int) -> list[str]:
    try:
        return psutil.Process(pid).cmdline()
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return []


def counts(stack: Installation, batch: str) -> tuple[int, int, int]:
    tables = ("people_person", "people_membership")
    found = [stack.ask(f"SELECT count(*) FROM {table} WHERE batch_id = '{batch}'") for table in tables]
    return (*found, stack.ask(f"SELECT count(DISTINCT id_index) FROM people_person WHERE batch_id = '{batch}'"))


def never_half(stack: Installation, batch: str) -> None:
    """A batch is in the base whole or not at all, at every moment somebody looks."""
    try:
        seen = stack.ask(f"SELECT count(*) FROM people_person WHERE batch_id = '{batch}'")
    except (psycopg.Error, OSError):
        return
    assert seen in (0, ROWS)


def survive(stack: Installation, batch: str, target: int, victim: str, chance: random.Random) -> None:
    """Kill three times on the way to a state; it must be reached all the same."""
    for _ in range(3):
        wait_until(lambda: state(stack, batch) == target, seconds=chance.uniform(0.05, 1.5))
        if victim in ("worker", "both"):
            for pid in worker_pids(stack):
                kill(pid)
        if victim in ("database", "both"):
            kill(stack.database_pid())
        never_half(stack, batch)
    assert wait_until(lambda: state(stack, batch) in (target, FAILED), seconds=180, every=0.3)
    assert state(stack, batch) == target


@pytest.mark.parametrize("victim", ["worker", "database", "both"])
def test_a_roster_comes_in_once_whatever_is_killed(stack, tmp_path, victim):
    chance = random.Random(victim)
    number = {"worker": 1, "database": 2, "both": 3}[victim]
    upload = asked(stack, "upload", str(roster(tmp_path, number)))
    batch = upload.stdout.strip().splitlines()[-1]
    survive(stack, batch, CHECKED, victim, chance)
    assert wait_until(lambda: asked(stack, "publish", batch).returncode == 0, seconds=60, every=0.5)
    survive(stack, batch, PUBLISHED, victim, chance)
    assert counts(stack, batch) == (ROWS, ROWS, ROWS)


def test_an_intake_killed_before_it_answered_leaves_nothing_or_a_batch_that_the_same_file_finds_again(stack, tmp_path):
    file, chance = roster(tmp_path, 4), random.Random(4)
    for _ in range(6):
        command = [sys.executable, "-m", "tests.faults.asking", "upload", str(file)]
        child = subprocess.Popen(
            command, env=stack.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        wait_until(lambda: child.poll() is not None, seconds=chance.uniform(0.8, 3.0))  # noqa: B023 — called at once
        child.kill()
        child.communicate()
    batch = asked(stack, "upload", str(file)).stdout.strip().splitlines()[-1]
    assert stack.ask("SELECT count(*) FROM exchange_batch WHERE file_name = 'roster-4.csv'") == 1
    assert wait_until(lambda: state(stack, batch) == CHECKED, seconds=180, every=0.3)
    assert wait_until(lambda: asked(stack, "publish", batch).returncode == 0, seconds=60, every=0.5)
    assert wait_until(lambda: state(stack, batch) == PUBLISHED, seconds=180, every=0.3)
    assert counts(stack, batch) == (ROWS, ROWS, ROWS)


def test_after_all_kills_the_books_agree(stack):
    total = stack.ask("SELECT count(*) FROM people_person")
    assert total == stack.ask("SELECT count(*) FROM people_membership WHERE status = 1")
    assert total == stack.ask("SELECT sum(members) FROM people_tally")
    assert total == stack.ask("SELECT sum(created) FROM exchange_batch WHERE state = 4")
    assert (
        stack.ask("SELECT count(*) FROM (SELECT phone_index FROM people_person GROUP BY 1 HAVING count(*) > 1) d") == 0
    )
