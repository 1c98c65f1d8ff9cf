"""The embedded PostgreSQL on homes of its own: shared, restarted after every kind of kill, stopped by the last user."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import psycopg
import pytest

from zhigong.conf import cluster as clusters
from zhigong.conf.cluster import Cluster
from zhigong.conf.guard import end_leftovers
from zhigong.conf.locks import FileLock
from zhigong.conf.postgres import Hold, running
from zhigong.conf.processes import wait_until
from zhigong.kernel.errors import Refused

pytestmark = pytest.mark.slow


@pytest.fixture
def own_home(tmp_path, monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("ZHIGONG_DATABASE", raising=False)
    monkeypatch.setenv("ZHIGONG_HOME", str(tmp_path / "home"))
    yield tmp_path / "home"
    assert wait_until(lambda: not FileLock.is_held(Cluster(tmp_path / "home").guard_lock), seconds=20)


def connect(home: Path, name: str = "postgres") -> psycopg.Connection:
    told = json.loads(Cluster(home).address_file.read_text())
    return psycopg.connect(host=told["host"], user=told["user"], dbname=name, autocommit=True)


def server_pid(home: Path) -> int:
    return json.loads(Cluster(home).address_file.read_text())["pid"]


def await_new_server(home: Path, old: int) -> int:
    def changed() -> bool:
        try:
            return server_pid(home) != old
        except (OSError, ValueError):
            return False

    assert wait_until(changed, seconds=60)
    return server_pid(home)


def test_starts_speaks_chinese_and_stops(own_home):
    with running(), connect(own_home) as connection:
        assert connection.execute("SHOW fsync").fetchone() == ("on",)
        assert connection.execute("SHOW synchronous_commit").fetchone() == ("on",)
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
        connection.execute("CREATE EXTENSION pg_trgm")
        assert connection.execute("SELECT cardinality(show_trgm('总工会'))").fetchone()[0] > 0
        pid = server_pid(own_home)
    assert not psutil.pid_exists(pid)
    assert not Cluster(own_home).address_file.exists()


def test_trigrams_of_chinese_vanish_without_the_locale(own_home, monkeypatch):
    """The mutant of the test above: what LC_ALL guards against is real."""
    monkeypatch.setenv("LC_ALL", "C")
    binaries = clusters.binaries()
    data = own_home / "plain"
    own_home.mkdir()
    account = clusters.run_as(data)
    if not account.own:
        os.chown(own_home, account.uid, account.gid)
        clusters._let_others_pass(data)
    command = [binaries / "initdb", "-D", data, "-U", "postgres", "--encoding=UTF8", "--locale=C", "--no-sync"]
    subprocess.run(command, check=True, capture_output=True, cwd="/", **account.popen_arguments())
    query = "CREATE EXTENSION pg_trgm;\nSELECT cardinality(show_trgm('总工会')) AS found;\n".encode()
    single = [binaries / "postgres", "--single", "-D", data, "postgres"]
    done = subprocess.run(single, input=query, capture_output=True, cwd="/", **account.popen_arguments(), check=False)
    assert b'found = "0"' in done.stdout


def test_one_server_for_all_and_the_last_one_stops_it(own_home):
    first, second = Hold(), Hold()
    first.acquire()
    second.acquire()
    pid = server_pid(own_home)
    first.release()
    assert psutil.pid_exists(pid)
    with connect(own_home) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    second.release()
    assert not psutil.pid_exists(pid)


@pytest.mark.faults
def test_a_killed_server_comes_back_with_everything_that_was_committed(own_home):
    with running():
        with connect(own_home) as connection:
            connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
        for _ in range(2):
            old = server_pid(own_home)
            os.kill(old, signal.SIGKILL)
            await_new_server(own_home, old)
        with connect(own_home) as connection:
            assert connection.execute("SELECT count(*) FROM kept").fetchone() == (1000,)


@pytest.mark.faults
def test_a_killed_guard_takes_the_server_down_and_the_next_user_brings_it_back(own_home):
    hold = Hold()
    hold.acquire()
    pid = server_pid(own_home)
    guard = psutil.Process(psutil.Process(pid).ppid())
    assert "zhigong.conf.guard" in " ".join(guard.cmdline())
    guard.kill()
    assert wait_until(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == "zombie", seconds=10)
    hold.ensure()
    with connect(own_home) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    hold.release()


@pytest.mark.faults
def test_server_and_guard_killed_at_once_come_back_at_the_first_start(own_home):
    """The dead server stays a zombie until somebody reaps it: here nobody does, and its locks name it."""
    code = (
        "import time\nfrom zhigong.conf.postgres import Hold\nfrom zhigong.conf.processes import adopt_orphans\n"
        "adopt_orphans(); hold = Hold(); hold.acquire(); print(1, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=os.environ)
    assert parent.stdout.readline() == b"1\n"
    log, server = Cluster(own_home).log, psutil.Process(server_pid(own_home))
    guard = server.parent()
    hold = Hold()
    try:
        guard.kill()
        server.kill()
        assert wait_until(lambda: server.status() == psutil.STATUS_ZOMBIE, seconds=20)
        hold.acquire()
        with connect(own_home) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        assert "already exists" not in log.read_text()
    finally:
        parent.kill()
        parent.wait()
        parent.stdout.close()
        hold.release()


@pytest.mark.faults
@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives the server an account of its own")
def test_a_directory_shut_since_the_last_start_is_opened_again(tmp_path, monkeypatch):
    above = tmp_path / "above"
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("ZHIGONG_HOME", str(above / "home"))
    with running():
        above.chmod(0o700)
        old = server_pid(above / "home")
        os.kill(old, signal.SIGKILL)
        await_new_server(above / "home", old)
        with connect(above / "home") as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.faults
def test_a_server_whose_guard_died_shuts_down_in_order(own_home):
    """Only the server itself is told: its checkpointer would close the log while others write to it."""
    with running():
        log, pid = Cluster(own_home).log, server_pid(own_home)
        guard = psutil.Process(pid).parent()
        guard.suspend()
        end_leftovers(Cluster(own_home).data)
        assert psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
        guard.resume()
        await_new_server(own_home, pid)
    told = log.read_text()
    assert "shut down unexpectedly" not in told
    assert "not properly shut down" not in told


@pytest.mark.faults
def test_a_guard_that_vanishes_while_we_wait_is_replaced(own_home):
    """We came while another process's guard was starting; it dies, and the server is there all the same."""
    hold = Hold()
    hold.acquire()
    pid = server_pid(own_home)
    guard = psutil.Process(pid).parent()
    guard.suspend()
    Cluster(own_home).address_file.unlink()
    waiting = threading.Thread(target=hold.ensure)
    waiting.start()
    waiting.join(4)
    assert waiting.is_alive()
    guard.kill()
    waiting.join(60)
    assert hold.ready()
    with connect(own_home) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    hold.release()


@pytest.mark.faults
def test_a_killed_user_leaves_no_server_behind(own_home):
    code = (
        "import time; from zhigong.conf.postgres import running\nwith running(): print(1, flush=True); time.sleep(60)"
    )
    user = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=os.environ)
    assert user.stdout.readline() == b"1\n"
    pid = server_pid(own_home)
    user.kill()
    user.wait()
    user.stdout.close()
    assert wait_until(lambda: not psutil.pid_exists(pid), seconds=10)


@pytest.mark.faults
@pytest.mark.parametrize("stale", ["nobody", "ourselves", "zombie"])
def test_a_stale_pid_file_does_not_hold_up_the_start(own_home, stale):
    """PostgreSQL alone refuses when the pid in its file belongs to a process of the same account, even a zombie."""
    with running():
        file = Cluster(own_home).data / "postmaster.pid"
        lines = file.read_text().splitlines()
        owner = file.stat()
    pids = {"nobody": 2**22 - 1, "ourselves": os.getpid()}
    zombie = None
    if stale == "zombie":
        zombie = subprocess.Popen(["true"])
        wait_until(lambda: psutil.Process(zombie.pid).status() == "zombie", seconds=5)
        pids["zombie"] = zombie.pid
    file.write_text("\n".join([str(pids[stale]), *lines[1:]]) + "\n")
    os.chown(file, owner.st_uid, owner.st_gid)
    try:
        with running(), connect(own_home) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        if zombie:
            zombie.wait()


def test_a_long_home_gets_a_short_private_socket(tmp_path, monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    home = tmp_path / ("very-long-name-" * 6) / "home"
    monkeypatch.setenv("ZHIGONG_HOME", str(home))
    with running():
        told = json.loads(Cluster(home).address_file.read_text())
        assert len(told["host"]) < 80
        assert stat.S_IMODE(Path(told["host"]).stat().st_mode) == 0o700
        with connect(home) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    Path(told["host"]).rmdir()


def test_a_foreign_socket_directory_is_refused(tmp_path, monkeypatch):
    """Somebody else made our directory in the shared /tmp first."""
    link = tmp_path / "socket"
    link.symlink_to(tmp_path)
    with pytest.raises(Refused, match="不属于我们"):
        clusters._private_directory(link, clusters.RunAs(os.geteuid(), os.getegid(), own=True))


def test_a_start_that_fails_says_why(own_home):
    with running():
        pass
    (Cluster(own_home).data / "global" / "pg_control").unlink()
    begun = time.monotonic()
    with pytest.raises(Refused) as refused, running():
        pass
    assert "pg_control" in refused.value.why or "control" in refused.value.why
    assert time.monotonic() - begun < 30


def test_data_of_another_major_version_is_refused(own_home):
    with running():
        pass
    (Cluster(own_home).data / "PG_VERSION").write_text("16\n")
    with pytest.raises(Refused, match="PostgreSQL 16"), running():
        pass


def test_leftovers_means_only_servers_of_that_directory(tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    (data / "postmaster.pid").write_text("1\n")
    end_leftovers(data)
    assert not (data / "postmaster.pid").exists()
    assert psutil.pid_exists(1)
