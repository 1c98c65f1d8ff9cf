"""`zhigong up` on a home of its own: every part killed with -9 comes back, and nothing outlives its supervisor."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
from contextlib import closing

import psutil
import pytest

from tests.platform.installation import PATIENCE, Installation
from zhigong.conf.locks import FileLock
from zhigong.conf.processes import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.faults, pytest.mark.xdist_group("supervisor")]


@pytest.fixture(scope="module")
def there(tmp_path_factory):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    made = Installation(tmp_path_factory.mktemp("home"), port)
    yield made
    if made.process is not None and made.process.poll() is None:
        made.process.terminate()
        made.process.wait(timeout=60)
    for pid in made.family():
        psutil.Process(pid).kill()


@pytest.fixture
def up(there):
    if there.process is None or there.process.poll() is not None:
        there.up()
    return there


@pytest.fixture
def stopped(there):
    """The home with nothing running on it, though it has run before."""
    if there.process is None:
        there.up()
    if there.process.poll() is None:
        there.run("down")
        there.process.wait(timeout=60)
    return there


def test_it_serves_and_a_second_one_is_refused(up):
    assert up.answers()
    again = up.run("up", "--port", str(up.port))
    assert again.returncode == 1
    assert "已经在运行" in again.stderr
    assert str(up.port) in again.stderr
    assert up.answers()


def test_a_page_is_served_by_django(up):
    with closing(http.client.HTTPConnection("127.0.0.1", up.port, timeout=30)) as connection:
        connection.request("GET", "/", headers={"Host": "localhost"})
        answer = connection.getresponse()
        assert answer.status in {200, 302}, answer.read()[:2000]


def test_commands_share_the_running_database(up):
    done = up.run("doctor", "--json")
    told = json.loads(done.stdout)
    assert done.returncode == 0, told
    assert {finding["name"]: finding["state"] for finding in told["findings"]}["数据库结构"] == "good"
    assert up.database_pid()
    assert up.answers()


def test_a_killed_web_process_comes_back(up):
    web = up.children()[0]
    os.kill(web, signal.SIGKILL)
    assert wait_until(lambda: up.children()[0] != web and up.answers(), seconds=PATIENCE, every=0.1)


def test_a_killed_worker_comes_back(up):
    worker = up.children()[1]
    os.kill(worker, signal.SIGKILL)
    assert wait_until(lambda: up.children()[1] != worker, seconds=PATIENCE, every=0.1)
    alive = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'zhigong-worker-lifeline'"
    assert wait_until(lambda: up.ask(alive) == 1, seconds=PATIENCE, every=0.2)


def test_a_killed_database_comes_back_under_everybody(up):
    old = up.database_pid()
    os.kill(old, signal.SIGKILL)
    assert wait_until(lambda: up.database_pid() not in {0, old}, seconds=PATIENCE, every=0.1)
    assert wait_until(up.answers, seconds=PATIENCE, every=0.1)
    alive = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'zhigong-worker-lifeline'"
    assert wait_until(lambda: up.ask(alive) == 1, seconds=PATIENCE, every=0.2)


def test_nothing_outlives_a_killed_supervisor(up):
    up.process.kill()
    up.process.wait()
    assert wait_until(lambda: not up.family(), seconds=60, every=0.2), up.family()
    up.up()
    assert up.answers()


def test_down_stops_everything(up):
    done = up.run("down", "--json")
    assert json.loads(done.stdout) == {"stopped": True}
    assert up.process.wait(timeout=60) == 0
    assert not up.family()
    assert not FileLock.is_held(up.home / "run" / "supervisor.lock")
    assert json.loads(up.run("down", "--json").stdout) == {"stopped": False}


def test_a_busy_port_is_named_with_its_holder(stopped):
    assert stopped.process is None or stopped.process.poll() is not None
    with socket.create_server(("127.0.0.1", stopped.port)):
        done = stopped.run("up", "--port", str(stopped.port), "--json")
    told = json.loads(done.stdout)["refused"]
    assert done.returncode == 1
    assert str(stopped.port) in told["what"]
    assert str(os.getpid()) in told["why"]
    assert "--port" in told["do"]


def test_data_without_their_key_are_refused(stopped):
    key = stopped.home / "key.json"
    kept = key.with_suffix(".kept")
    shutil.move(key, kept)
    try:
        done = stopped.run("up", "--port", str(stopped.port))
        assert done.returncode == 1
        assert "密钥" in done.stderr
        assert "备份" in done.stderr
        assert not key.exists(), "a new key would make the old data unreadable for good"
    finally:
        shutil.move(kept, key)


def test_a_key_open_to_others_is_refused(stopped):
    key = stopped.home / "key.json"
    key.chmod(0o644)
    try:
        done = stopped.run("up", "--port", str(stopped.port))
        assert done.returncode == 1
        assert "0600" in done.stderr
    finally:
        key.chmod(0o600)


def test_an_unreachable_database_is_explained(there):
    other = Installation(there.home.with_name("elsewhere"), there.port)
    other.environment["DATABASE_URL"] = "postgresql://nobody@/nothing?host=/nowhere"
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    done = other.run("up", "--port", str(port))
    assert done.returncode == 1
    assert "连接不上数据库" in done.stderr
