"""Checked and published at once: the same as one after the other, whole or not at all, whatever fails on the way."""

import threading
from datetime import UTC, datetime
from functools import partial

import pytest
from django.db.models.functions import Now
from tests.support.city import TODAY, build_city
from tests.support.rosters import id_number

from zhigong.exchange import operations as exchange
from zhigong.exchange.models import Batch
from zhigong.exchange.operations import publishing, streaming
from zhigong.exchange.types import BatchState
from zhigong.kernel.errors import Conflict, Refused
from zhigong.orgs import operations as orgs
from zhigong.people.models import Person

pytestmark = [pytest.mark.django_db, pytest.mark.database_role("job")]
CODE = "990101010001"
NOW_MS = int(datetime(2026, 11, 22, tzinfo=UTC).timestamp() * 1000)
HEAD = "姓名,性别,有效证件类别,证件号码,会籍变化类型,会籍变化日期"
SCOPE = partial(orgs.city_scope, on=TODAY)
COUNTS = ("state", "rows", "accepted", "unverified", "rejected", "created", "updated", "unchanged", "elsewhere")


@pytest.fixture
def roster(tmp_path):
    """Seven rows: a repeat, one without a name, one with a wrong number."""
    build_city(1, 1, 1)
    lines = [f"张{name},男,身份证,{id_number(2 * n + 1)},入会,2024-01-01" for n, name in enumerate("甲乙丙丁")]
    lines += [
        lines[0],
        f",男,身份证,{id_number(99)},入会,2024-01-01",
        "李四,男,身份证,990102198506120012,入会,2024-01-01",
    ]
    file = tmp_path / "roster.csv"
    file.write_text("\n".join([HEAD, *lines]), encoding="utf-8")
    return file


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    """Many chunks of a few rows: the two sides wait for each other all the time."""
    monkeypatch.setattr(streaming, "CHUNK_ROWS", 2)


@pytest.fixture(autouse=True)
def nobody_left():
    """Whatever happens, the check's thread ends with the call."""
    yield
    assert not [one for one in threading.enumerate() if one.name.startswith("check")]


def received(file, *, code=CODE):
    with SCOPE() as by:
        return exchange.receive(by=by, source="roster", file=file, file_name=file.name, as_of=TODAY, union_code=code)[0]


def found(batch) -> dict[str, int]:
    with SCOPE():
        return Batch.objects.values(*COUNTS).get(id=batch)


def persons() -> set[str]:
    with SCOPE():
        return set(Person.objects.values_list("name", flat=True))


def test_at_once_is_as_one_after_the_other(roster, tmp_path):
    batch = received(roster)
    streaming.check_and_publish(scope=SCOPE, batch_id=batch, at_ms=NOW_MS)
    at_once, names = found(batch), persons()
    with SCOPE() as by:
        exchange.undo(by=by, batch_id=batch)
    assert not persons()
    again = tmp_path / "again.csv"
    again.write_text(roster.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    second = received(again)
    exchange.check(scope=SCOPE, batch_id=second)
    exchange.publish(scope=SCOPE, batch_id=second, at_ms=NOW_MS)
    assert found(second) == at_once and persons() == names
    assert at_once["rejected"] == 1 and at_once["created"] == len(names) == 5


def test_a_file_that_breaks_off_leaves_nothing_in_the_base(roster, monkeypatch):
    batch, whole = received(roster), streaming.read_and_check

    def breaking(of, hand_on):
        whole(of, hand_on)
        raise Refused("文件读到一半断了。")

    monkeypatch.setattr(streaming, "read_and_check", breaking)
    with pytest.raises(Refused, match="断了"):
        streaming.check_and_publish(scope=SCOPE, batch_id=batch, at_ms=NOW_MS)
    assert not persons() and found(batch)["state"] == BatchState.FAILED


def test_rows_that_may_not_come_in_are_checked_all_the_same(roster):
    batch = received(roster, code="")  # nobody says which union: no row can be placed
    with pytest.raises(Refused, match="没有一行能归到工会"):
        streaming.check_and_publish(scope=SCOPE, batch_id=batch, at_ms=NOW_MS)
    kept = found(batch)
    assert not persons() and kept["state"] == BatchState.FAILED and kept["rows"] == 7 and kept["rejected"] == 1


def test_an_unforeseen_failure_ends_both_sides(roster, monkeypatch):
    def failing(**_):
        raise OSError("disk full")

    batch = received(roster)
    monkeypatch.setitem(publishing.PUBLISHERS, "roster", failing)
    with pytest.raises(OSError, match="disk full"):
        streaming.check_and_publish(scope=SCOPE, batch_id=batch, at_ms=NOW_MS)
    assert not persons() and found(batch)["state"] == BatchState.RECEIVED
    monkeypatch.undo()
    streaming.check_and_publish(scope=SCOPE, batch_id=batch, at_ms=NOW_MS)
    assert found(batch)["state"] == BatchState.PUBLISHED


def test_what_somebody_else_brought_in_meanwhile_is_not_doubled(roster, monkeypatch):
    batch, publisher = received(roster), publishing.PUBLISHERS["roster"]

    def slower(**given):
        done = publisher(**given)
        Batch.objects.filter(id=batch).update(state=BatchState.PUBLISHED, published_at=Now())
        return done

    monkeypatch.setitem(publishing.PUBLISHERS, "roster", slower)
    with pytest.raises(Conflict):
        streaming.check_and_publish(scope=SCOPE, batch_id=batch, at_ms=NOW_MS)
    assert not persons()
