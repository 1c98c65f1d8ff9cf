"""`zhigong catalogue` and `zhigong decide` from outside: exit codes, one JSON object, and no database touched."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from click.testing import CliRunner, Result

from zhigong.catalogue import store
from zhigong.conf.cli import root

ZHIGONG = Path(sys.executable).with_name("zhigong")


class Line:
    """The command line with a city's catalogue in front, in this process: a start costs two seconds."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.city = folder, folder / "city"

    def run(self, *arguments: object) -> Result:
        return CliRunner().invoke(root, [str(one) for one in arguments])

    def told(self, *arguments: object, code: int = 0) -> dict[str, Any]:
        """With --json: exactly one object on stdout."""
        done = self.run(*arguments, "--json")
        assert done.exit_code == code, done.output
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    def facts(self, **facts: object) -> Path:
        file = self.folder / f"{uuid4()}.json"
        file.write_text(json.dumps(facts), encoding="utf-8")
        return file


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Line:
    made = Line(tmp_path)
    made.city.mkdir()
    monkeypatch.setenv("ZHIGONG_CATALOGUE", str(made.city))
    monkeypatch.setattr(store, "_LOOK_AGAIN", 0.0)
    return made


@pytest.mark.slow
def test_decide_starts_no_database(tmp_path: Path):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ZHIGONG_", "DJANGO_"))}
    file = tmp_path / "facts.json"
    file.write_text('{"homes_owned": 2}', encoding="utf-8")
    command = [str(ZHIGONG), "decide", "hardship/archive", "--facts", str(file), "--json"]
    environment = kept | {"ZHIGONG_HOME": str(tmp_path / "home")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["verdict"] is False
    assert not (tmp_path / "home" / "postgres").exists()


def test_decide_answers_as_promised(line):
    file = line.facts(
        membership_status="active",
        mutual_aid_enrolled=True,
        medical_policy_own_pay_year=1100002,
        medical_aid_paid_year=0,
    )
    found = line.told("decide", "mutual-aid/medical", "--facts", file, "--on", "2026-03-01")
    assert found.keys() == {"verdict", "grade", "amount", "reasons", "missing"}
    assert (found["verdict"], found["grade"], found["amount"], found["missing"]) == (True, None, 500001, [])
    assert [reason["holds"] for reason in found["reasons"]] == [True, True, True]
    assert all(reason.keys() == {"text", "holds", "facts"} for reason in found["reasons"])
    assert found["reasons"][2]["facts"] == {"medical_policy_own_pay_year": 1100002}
    shown = line.run("decide", "mutual-aid/medical", "--facts", file, "--on", "2026-03-01")
    assert "符合" in shown.stdout
    assert "5,000.01 元" in shown.stdout


def test_decide_says_what_is_missing_and_refuses_what_is_wrong(line):
    file = line.facts(membership_status="active", homes_owned=1)
    found = line.told("decide", "hardship/archive", "--facts", file, "--on", "2026-03-01")
    assert found["verdict"] is None
    assert "household_income_year" in found["missing"]
    assert line.told("decide", "hardship/nothing", "--facts", file, code=1)["refused"]["what"] == "没有这项服务。"
    wrong = line.facts(household_sise=3)
    refused = line.told("decide", "hardship/archive", "--facts", wrong, code=1)["refused"]
    assert "household_size" in refused["do"]
    assert (
        "没有有效值"
        in line.told("decide", "hardship/archive", "--facts", file, "--on", "2001-01-01", code=1)["refused"]["what"]
    )
    assert line.run("decide", "hardship/archive").exit_code == 2
    assert line.run("decide", "hardship/archive", "--facts", line.folder / "none.json").exit_code == 2


def test_a_new_service_is_checked_changed_compared_and_found_wrong(line):
    made = line.told("catalogue", "new", "hardship/tuition")
    assert len(made["files"]) == 6
    checked = line.told("catalogue", "check")
    assert checked["problems"] == []
    assert checked["checked"]["services"] == 3
    assert {one["kind"] for one in line.told("catalogue", "diff")["differences"]} == {"added"}
    assert len(line.told("catalogue", "which", "hardship/tuition")["files"]) == 6
    rules = line.city / "services" / "hardship" / "tuition" / "rules.yaml"
    rules.write_text(rules.read_text("utf-8").replace("membership_status", "member_status"), encoding="utf-8")
    found = line.told("catalogue", "check", code=1)
    assert "member_status" in found["problems"][0]["what"]
    assert str(rules) in found["problems"][0]["where"]
    shown = line.run("catalogue", "check")
    assert shown.exit_code == 1
    assert "办法：" in shown.stdout
