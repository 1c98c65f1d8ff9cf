"""Doubtful links through the web: who sees the queue, one pair judged, the person's page, taking it back."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.test import Client
from tests.bed import as_role
from tests.support.cast import MEMBER, id_number
from tests.support.world import World, assert_plain, text_of

from zhigong.exchange import operations as exchange
from zhigong.exchange.tests.departments import write
from zhigong.kernel.clock import today
from zhigong.orgs import operations as orgs

# One city for all: later tests go on with what earlier ones judged.
pytestmark = pytest.mark.xdist_group("web_links")
QUEUE = "/workbench/links/"
HOUSING = ("姓名", "证件号码", "房屋套数", "保障类型")
AT_MS = int(datetime(2026, 11, 22, tzinfo=UTC).timestamp() * 1000)


def refresh():
    with as_role("job"):
        exchange.refresh(scope=scope, at_ms=AT_MS, tell=lambda _: None)


def scope():
    return orgs.city_scope(on=today())


@pytest.fixture(scope="module", autouse=True)
def doubtful(world: World, tmp_path_factory) -> None:
    """Her number stands in the housing file under quite another name."""
    file = tmp_path_factory.mktemp("files") / "housing.csv"
    row = dict(zip(HOUSING, ("李大钊", id_number(204), "2", ""), strict=True))
    with as_role("job"):
        exchange.ingest(scope=scope, source="housing", file=write(file, [row], HOUSING), as_of=today(), at_ms=AT_MS)
    refresh()


@pytest.fixture(scope="module")
def officer(world: World) -> Client:
    return world.browser("demo-data")


def first_pair(client: Client, query: str = "") -> str:
    """The address of the first pair in the queue."""
    found = re.search(rf'href="({QUEUE}housing/[0-9a-f]+/[0-9a-f-]+/)', client.get(QUEUE + query).content.decode())
    assert found
    return found[1]


def judge(client: Client, at: str, verdict: int, **more: str):
    fields = {"verdict": str(verdict), "key": str(uuid4()), "note": "", "seen": ""} | more
    return client.post(at + "rule/", fields)


@pytest.mark.parametrize("role", ["demo-city", "demo-district", "demo-finance", "demo-auditor", "demo-member"])
def test_only_the_reviewer_sees_the_queue_and_its_pairs(world, officer, role):
    at = first_pair(officer)
    client = world.browser(role)
    assert client.get(QUEUE).status_code == client.get(at).status_code == 403
    assert judge(client, at, 1).status_code == 403
    assert 'href="/workbench/links/"' not in client.get("/workbench/").content.decode()


def test_the_queue_and_the_pair_tell_what_agrees_and_hide_the_numbers(officer):
    got = officer.get(QUEUE)
    assert_plain(got)
    assert "李大钊" in text_of(got) and MEMBER in text_of(got) and "证件号码一致，姓名不同" in text_of(got)
    pair = officer.get(first_pair(officer))
    assert_plain(pair)
    assert id_number(204) not in pair.content.decode() and "住房情况" in text_of(pair)


def test_the_board_leads_to_the_queue_of_its_source(officer):
    assert 'href="/workbench/links/?source=housing"' in officer.get("/workbench/exchange/").content.decode()


def test_both_numbers_open_for_a_purpose_and_she_sees_it(world, officer):
    at = first_pair(officer)
    assert officer.post(at + "open/", {"purpose": "curiosity"}).status_code == 422
    opened = officer.post(at + "open/", {"purpose": "checking"})
    assert opened.content.decode().count(id_number(204)) == 2
    fields = world.admin("SELECT fields FROM audit_entry WHERE action = 'audit.person.opened' AND purpose = 'checking'")
    assert ["id_number"] in [list(row[0]) for row in fields]


def test_nonsense_is_refused_in_words_and_keeps_nothing(world, officer):
    at, person = first_pair(officer), f"/workbench/members/{world.cast.persons[MEMBER]}/sources/not-hers/"
    for page in ("9" * 5000, "²", "-1", "x"):
        assert officer.get(QUEUE, {"page": page}).status_code == 200
    batch = str(world.admin("SELECT id FROM exchange_batch WHERE source = 'housing'")[0][0])
    row = {"source": "housing", "row": "1", "key": str(uuid4()), "batch": batch, "note": "同号\0两人"}
    for got in (judge(officer, at, 1, note="曾用\0名"), officer.post(person, row)):
        assert 400 <= got.status_code < 500 and "看不见的特殊字符" in text_of(got)
    assert world.admin("SELECT count(*) FROM exchange_ruling") == [(0,)]


def test_a_ruling_is_kept_takes_effect_with_the_refresh_and_can_be_taken_back(world, officer):
    at, person = first_pair(officer), f"/workbench/members/{world.cast.persons[MEMBER]}/sources/"
    assert judge(officer, at, 9).status_code == 422
    assert judge(officer, at, 1, note="曾用名")["Location"] == QUEUE
    assert "没有要核对的" in text_of(officer.get(QUEUE)) and "曾用名" in text_of(officer.get(QUEUE + "?state=ruled"))
    assert judge(officer, at, 2).status_code == 422  # somebody else judged meanwhile, as this page does not know
    assert "存疑" in text_of(officer.get(person))
    refresh()
    page = officer.get(person)
    assert "人工判定是同一人" in text_of(page) and "曾用名" in text_of(page)
    ruling = re.search(r"/workbench/links/rulings/[0-9a-f-]+/withdraw/", page.content.decode())[0]
    assert officer.post(ruling, {"key": str(uuid4()), "note": ""}).status_code in (400, 409, 422)
    back = officer.post(ruling, {"key": str(uuid4()), "note": "看错了", "person": str(world.cast.persons[MEMBER])})
    assert back["Location"] == person
    refresh()
    assert first_pair(officer) == at


def test_the_chair_sees_which_sources_know_her_member_and_cannot_judge(world):
    got = world.browser("demo-grassroots").get(f"/workbench/members/{world.cast.persons[MEMBER]}/sources/")
    assert_plain(got)
    assert "住房情况" in text_of(got) and "去核对" not in text_of(got) and "批次" not in text_of(got)
    assert "李大钊" not in text_of(got)
    other = world.browser("demo-auditor").get(f"/workbench/members/{world.cast.persons[MEMBER]}/sources/")
    assert other.status_code == 403


def test_that_a_row_is_not_hers_is_said_on_her_page_with_a_reason(world, officer):
    at = f"/workbench/members/{world.cast.persons[MEMBER]}/sources/"
    pair = officer.get(first_pair(officer)).content.decode()
    row = {"source": "housing", "row": "1", "key": str(uuid4()), "seen": ""}
    row["batch"] = str(world.admin("SELECT id FROM exchange_batch WHERE source = 'housing'")[0][0])
    assert pair and officer.post(at + "not-hers/", row).status_code == 422
    assert officer.post(at + "not-hers/", row | {"note": "同号两人"}).status_code == 302
    assert "不是同一人" in text_of(officer.get(at))
    assert world.browser("demo-grassroots").post(at + "not-hers/", row | {"note": "x"}).status_code == 403
