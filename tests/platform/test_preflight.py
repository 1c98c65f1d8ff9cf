"""Checks before a start, and the small tools of the command line."""

from __future__ import annotations

import json
import logging
import os
import socket
import sys

import click
import pytest

from zhigong.conf import benchmarking, demo, logs, preflight
from zhigong.conf.database import address
from zhigong.conf.locks import FileLock
from zhigong.conf.output import Output, verb
from zhigong.conf.processes import Process, write_atomically
from zhigong.kernel.errors import Conflict, Refused


@pytest.mark.parametrize(
    ("free", "told", "refused"), [(5 << 30, 0, False), (900 << 20, 1, False), (100 << 20, 0, True)]
)
def test_disk(tmp_path, free, told, refused):
    said = []
    if refused:
        with pytest.raises(Refused, match="100 MiB"):
            preflight.check_disk(tmp_path, tell=said.append, free=lambda _: free)
    else:
        preflight.check_disk(tmp_path, tell=said.append, free=lambda _: free)
    assert len(said) == told


def test_a_free_port_passes_and_a_busy_one_is_refused():
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        with pytest.raises(Refused, match=str(port)) as refused:
            preflight.check_port("127.0.0.1", port)
        assert str(os.getpid()) in refused.value.why
    preflight.check_port("127.0.0.1", port)


def test_a_home_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(Refused, match="建不起来"):
        preflight.check_home(tmp_path / "file" / "home")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "postgresql://u:p%40ss@h:5433/db",
            {"host": "h", "port": "5433", "name": "db", "user": "u", "password": "p@ss"},
        ),
        ("postgres:///db?host=/run/pg", {"host": "/run/pg", "port": "5432", "name": "db", "user": "", "password": ""}),
        ("postgresql://h/db?sslmode=require", {"host": "h", "name": "db", "options": {"sslmode": "require"}}),
    ],
)
def test_database_urls(monkeypatch, url, expected):
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.delenv("ZHIGONG_DATABASE", raising=False)
    told = address()
    assert {name: told[name] for name in expected} == expected


@pytest.mark.parametrize("url", ["mysql://h/db", "postgresql://h", "nonsense"])
def test_a_wrong_database_url_is_refused(monkeypatch, url):
    monkeypatch.setenv("DATABASE_URL", url)
    with pytest.raises(Refused, match="DATABASE_URL"):
        address()


def test_a_reused_pid_is_another_process(tmp_path):
    me = Process.of(os.getpid())
    me.write(tmp_path / "pid", url="x")
    assert Process.read(tmp_path / "pid") == me
    Process(me.pid, me.started - 100).write(tmp_path / "pid")
    assert Process.read(tmp_path / "pid") is None
    (tmp_path / "pid").write_text("{half")
    assert Process.read(tmp_path / "pid") is None


def test_files_are_written_whole_and_private(tmp_path):
    write_atomically(tmp_path / "f", "one")
    write_atomically(tmp_path / "f", "two")
    assert (tmp_path / "f").read_text() == "two"
    assert (tmp_path / "f").stat().st_mode & 0o777 == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["f"]


def test_locks_shared_and_alone(tmp_path):
    first, second, third = (FileLock(tmp_path / "lock") for _ in range(3))
    assert first.acquire(shared=True, seconds=0)
    assert second.acquire(shared=True, seconds=0)
    assert not third.acquire(seconds=0)
    first.release()
    second.release()
    assert third.acquire(seconds=0)
    assert FileLock.is_held(tmp_path / "lock")
    third.release()
    assert not FileLock.is_held(tmp_path / "lock")


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("证件 340200199001011234 有误", "证件 [已隐去] 有误"),
        ("34020019900101123X", "[已隐去]"),
        ("电话13812345678。", "电话[已隐去]。"),
        ("卡号 6222021234567890123", "卡号 [已隐去]"),
        ("job 12345 took 0.25 s, batch 20261122", "job 12345 took 0.25 s, batch 20261122"),
    ],
)
def test_logs_carry_no_personal_numbers(text, clean):
    assert logs.scrub_text(text) == clean


def test_a_log_line_is_json_without_secrets_and_personal_numbers():
    logger = logging.getLogger("zhigong.test")
    try:
        raise ValueError("证件 340200199001011234")
    except ValueError:
        record = logger.makeRecord(
            logger.name, logging.ERROR, __file__, 1, "phone %s\nrefused", (13812345678,), sys.exc_info(),
            extra={"password": "x", "batch": {"Token": "y", "rows": 3, "ids": (13812345678, 7)}},
        )  # fmt: skip
    text = logs.JsonLines().format(record)
    assert "\n" not in text
    line = json.loads(text)
    assert line["event"] == "phone [已隐去]\nrefused"
    assert line["password"] == "[已隐去]"
    assert line["batch"] == {"Token": "[已隐去]", "rows": 3, "ids": ["[已隐去]", 7]}
    assert "ValueError" in line["exception"]
    assert "340200199001011234" not in text


def test_refusals_speak_to_people_and_machines(capsys):
    reason = Refused("不行。", where="第 3 行", why="缺姓名", do="请补齐。")
    Output().refuse(reason)
    said = capsys.readouterr()
    assert said.out == ""
    assert all(part in said.err for part in ("不行。", "第 3 行", "缺姓名", "请补齐。"))
    Output(as_json=True).refuse(reason)
    assert json.loads(capsys.readouterr().out) == {"refused": reason.as_dict()}


def test_a_mistake_of_ours_is_a_sentence_and_a_kept_traceback(own_home, capsys):
    @verb
    def fails(_out):
        raise RuntimeError("no row for 340200199001011234")

    with pytest.raises(SystemExit) as ended:
        click.Command("fails", callback=fails, params=fails.__click_params__).main([], standalone_mode=False)
    assert ended.value.code == 1
    said = capsys.readouterr().err
    assert "程序出错" in said
    kept = (own_home / "log" / "errors.log").read_text(encoding="utf-8")
    assert "Traceback" in kept
    assert "340200199001011234" not in kept + said


@pytest.fixture
def own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("ZHIGONG_HOME", str(tmp_path))
    monkeypatch.delenv("ZHIGONG_KEY_FILE", raising=False)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    return tmp_path


def test_the_demo_never_touches_real_data(own_home):
    (own_home / "key.json").write_text("{}")
    (own_home / "postgres").mkdir()
    with pytest.raises(Conflict, match="不是演示用"):
        demo.claim("demo")
    with pytest.raises(Conflict, match="不是演示用"):
        demo.reset()
    assert (own_home / "key.json").exists()


def test_a_demo_home_is_emptied_of_what_is_ours_only(own_home):
    demo.claim("demo")
    (own_home / "postgres").mkdir()
    (own_home / "letter.txt").write_text("somebody's own file")
    with pytest.raises(Conflict, match="wuhu"):
        demo.claim("wuhu")
    demo.claim("demo")
    demo.reset()
    assert [file.name for file in own_home.iterdir()] == ["letter.txt"]


def test_a_database_of_ones_own_is_never_emptied(own_home, monkeypatch):
    demo.claim("demo")
    monkeypatch.setenv("DATABASE_URL", "postgresql://h/db")
    with pytest.raises(Refused, match="DATABASE_URL"):
        demo.reset()


def test_benchmarks_are_found_by_any_of_their_names(monkeypatch, tmp_path):
    for name in ("p01_import.py", "p07_lists.py", "common.py"):
        (tmp_path / name).touch()
    monkeypatch.setattr(benchmarking, "folder", lambda: tmp_path)
    assert benchmarking.choose([]) == ["p01_import", "p07_lists"]
    for name in ("p1", "p01", "import", "p01_import"):
        assert benchmarking.choose([name]) == ["p01_import"]
    with pytest.raises(Refused, match="p99"):
        benchmarking.choose(["p99"])
