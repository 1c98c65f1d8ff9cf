"""The command line from outside: a city of four hundred members through the verbs, as operators call them."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("commands")]
ZHIGONG = Path(sys.executable).with_name("zhigong")


class Line:
    """The command line on one database."""

    def __init__(self, database, folder: Path) -> None:
        self.environment = database.environment()
        for name in ("ZHIGONG_ROLE", "ZHIGONG_DEMO", "DJANGO_SETTINGS_MODULE"):
            self.environment.pop(name, None)
        self.folder = folder

    def run(self, *arguments: object) -> subprocess.CompletedProcess:
        command = [str(ZHIGONG), *map(str, arguments)]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False, timeout=300)

    def told(self, *arguments: object, code: int = 0) -> dict:
        """With --json: exactly one object on stdout."""
        done = self.run(*arguments, "--json")
        assert done.returncode == code, done.stdout + done.stderr
        return json.loads(done.stdout)


@pytest.fixture
def line(committed_db, tmp_path):
    return Line(committed_db, tmp_path)


def test_a_city_from_files_to_receipts_links_and_seals(line):
    made = line.told("generate", "--members", 400, "--seed", 7, "--out", line.folder / "city")
    refused = line.told("ingest", "roster", made["files"]["roster"], code=1)["refused"]
    assert "unions" in refused["do"]
    unions = line.told("ingest", "unions", made["files"]["unions"])
    assert unions["rows"] == made["counts"]["unions"]["rows"]
    line.told("ingest", "enterprises", made["files"]["enterprises"])
    batch = bring_in_the_roster(line, made["files"]["roster"], made["counts"]["roster"])
    take_receipt_and_links(line, batch, made["files"]["roster"])
    seal_and_verify(line)
    open_accounts(line)


def bring_in_the_roster(line: Line, file: str, expected: dict[str, int]) -> int:
    """Tried, brought in, brought in again; the generator knows what must come of it."""
    tried = line.told("ingest", "roster", file, "--dry-run")
    roster = line.told("ingest", "roster", file)
    assert {name: roster[name] for name in expected} == expected
    assert tried["accepted"] == roster["accepted"]
    assert roster["duplicate_of"] is None
    assert line.told("ingest", "roster", file)["duplicate_of"] == roster["batch"]
    return roster["batch"]


def take_receipt_and_links(line: Line, batch: int, file: str) -> None:
    line.told("receipt", batch, "--out", line.folder / "receipt.csv")
    assert (line.folder / "receipt.csv").stat().st_size > Path(file).stat().st_size
    line.told("links", "roster", "--out", line.folder / "links.csv")
    with (line.folder / "links.csv").open(encoding="utf-8", newline="") as opened:
        rows = list(csv.DictReader(opened))
    assert set(rows[0]) == {"batch", "row", "person_id", "method", "score"}
    assert len(rows) > 300
    assert {row["batch"] for row in rows} == {str(batch)}


def seal_and_verify(line: Line) -> None:
    """What was recorded verifies; the same export with one count changed does not."""
    export = line.folder / "audit.jsonl"
    assert line.told("audit", "seal")["sealed"] > 0
    assert line.told("audit", "verify", "--export", export)["sound"] is True
    text = export.read_text(encoding="utf-8")
    export.write_text(text.replace('"count":1', '"count":2', 1), encoding="utf-8")
    assert line.told("audit", "verify", "--file", export, code=1)["sound"] is False


def open_accounts(line: Line) -> None:
    account = line.told("account", "create", "lin", "--name", "林静")
    assert account["opening_code"].count("-") == 2
    assert line.told("account", "create", "lin", "--name", "林静", code=1)["refused"]["what"]
    assert line.told("account", "create", "he", "--name", "何平", "--union", "000", code=1)["refused"]["where"]


def test_refusals_have_reasons_and_code_1(line):
    for arguments in (
        ("ingest", "nonsense", __file__),
        ("ingest", "roster", __file__),
        ("receipt", 999, "--out", line.folder / "x"),
        ("generate", "--members", 3, "--out", line.folder / "x"),
        ("generate", "--profile", "atlantis", "--out", line.folder / "x"),
    ):
        refused = line.told(*arguments, code=1)["refused"]
        assert refused["what"]
        assert refused["where"] or refused["why"] or refused["do"]


def test_people_read_sentences(line):
    done = line.run("ingest", "roster", __file__)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("未能完成：") or "\n未能完成：" in done.stderr


def test_the_key_is_shown_without_its_secret_and_rotates(line, tmp_path):
    line.environment["ZHIGONG_KEY_FILE"] = str(tmp_path / "key.json")
    assert line.told("key", "show", code=1)["refused"]["what"]
    from zhigong.kernel.crypto import Keyring

    Keyring.create(tmp_path / "key.json")
    before = line.told("key", "show")
    secret = json.loads((tmp_path / "key.json").read_text())["kek"]
    assert secret not in json.dumps(before)
    assert line.told("key", "rotate")["current"] == before["current"] + 1
    assert line.told("key", "rotate", "--kek")["current"] == before["current"] + 1
    assert line.told("key", "show")["audit_key"] == before["audit_key"]
    assert json.loads((tmp_path / "key.json").read_text())["kek"] != secret


def test_the_catalogue_is_sound_and_a_broken_city_is_told(line, tmp_path):
    told = line.told("catalogue", "check")
    assert told["problems"] == []
    assert told["checked"]["codes"] > 5
    (tmp_path / "city" / "codes").mkdir(parents=True)
    (tmp_path / "city" / "codes" / "gender.yaml").write_text("nonsense: 1\n", encoding="utf-8")
    line.environment["ZHIGONG_CATALOGUE"] = str(tmp_path / "city")
    assert line.told("catalogue", "check", code=1)["problems"]


def test_the_doctor_looks_at_everything_and_finds_what_is_wrong(line):
    """The test bed's server runs without fsync, which no doctor may call healthy."""
    told = line.told("doctor", code=1)
    states = {finding["name"]: finding["state"] for finding in told["findings"]}
    assert {"磁盘", "密钥", "时钟", "数据库", "工作日历", "后台任务", "审计封存"} <= states.keys()
    assert [finding["text"].count("fsync") for finding in told["findings"] if finding["state"] == "bad"] == [1]
