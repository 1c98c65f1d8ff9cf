"""The members' face: home, card, my data and who looked, a copy to take away, and how to join."""

from __future__ import annotations

import re
from uuid import UUID

import pyarrow as pa
import pytest
from django.test import Client
from tests.bed import as_role
from tests.support.cast import MEMBER, id_number
from tests.support.world import World, assert_plain, text_of

from zhigong.kernel.clock import today
from zhigong.orgs import operations as orgs
from zhigong.people import operations as people

PAGES = ("/m/", "/m/code/", "/m/me/", "/m/me/looked/", "/m/me/copy/")


@pytest.fixture(scope="module")
def member(world: World) -> Client:
    return world.browser("demo-member")


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_plain_and_leads_nowhere_dead(member, path):
    answer = member.get(path)
    assert answer.status_code == 200
    assert_plain(answer)
    page = answer.content.decode()
    for target in set(re.findall(r'href="(/[^"]*)"', page)):
        if not target.startswith("/static/"):
            assert member.get(target).status_code in (200, 302), target
    assert 'href=""' not in page and 'href="#"' not in page


@pytest.mark.parametrize("path", PAGES)
def test_strangers_are_led_to_the_door(path):
    answer = Client().get(path)
    assert answer.status_code == 302 and answer["Location"].startswith("/signin/")


def test_home_greets_and_says_where_i_belong(member):
    answer = member.get("/m/")
    text = text_of(answer)
    assert f"{MEMBER}，您好" in text and answer.context["unions"] == [
        "云泽市总工会",
        "第1区总工会",
        "第1区第1街道总工会",
        "1区1街1号公司工会",
    ]
    assert "没有在办的事" in text and "走到哪一步" in text


def test_the_bar_offers_only_what_exists(member):
    bar = member.get("/m/").content.decode().split("zg-bar-bottom")[1]
    assert re.findall(r'href="([^"]+)"', bar)[:4] == ["/m/", "/m/services/", "/m/code/", "/m/me/"]
    assert "活动" not in bar


def test_card_masks_the_name_and_claims_no_code(member, world):
    answer = member.get("/m/code/")
    number = world.admin("SELECT member_no FROM people_person WHERE name = %s", MEMBER)[0][0]
    assert "陈*兰" in text_of(answer) and MEMBER not in text_of(answer)
    assert "".join(answer.context["groups"]) == number and "有效" in text_of(answer)
    assert "<svg" not in answer.content.decode() and "二维码" not in text_of(answer)


def test_an_ended_membership_is_no_valid_card(world, member):
    world.admin("UPDATE people_person SET membership_status = 3 WHERE name = %s", MEMBER)
    try:
        text = text_of(member.get("/m/code/"))
        assert "不再有效" in text and "已终止" in text
        assert "已终止" in text_of(member.get("/m/"))
    finally:
        world.admin("UPDATE people_person SET membership_status = 1 WHERE name = %s", MEMBER)


def test_my_numbers_stay_masked_until_i_take_a_copy(world, member):
    assert "138****1234" in text_of(member.get("/m/me/")) and "13800001234" not in text_of(member.get("/m/me/"))
    copy = text_of(member.get("/m/me/copy/"))
    assert id_number(204) in copy and "13800001234" in copy


def test_a_copy_is_whole_and_recorded_as_mine(world, member):
    answer = member.get("/m/me/copy.json")
    data = answer.json()
    assert answer["Content-Disposition"].startswith("attachment")
    facts = {fact["项目"]: fact["内容"] for fact in data["资料"]}
    assert facts["姓名"] == MEMBER and facts["居民身份证"] == id_number(204) and facts["手机"] == "13800001234"
    assert all(fact["来源"] for fact in data["资料"])
    assert data["会籍"][0]["工会"] == "1区1街1号公司工会"
    assert data["查阅记录"][0]["谁"] == "本人" and data["查阅记录"][0]["用途"] == "本人查阅"


def test_i_see_who_looked_and_why(world, member):
    person = world.cast.persons[MEMBER]
    chair = world.browser("demo-grassroots")
    assert chair.get(f"/workbench/members/{person}/").status_code == 200
    text = text_of(member.get("/m/me/looked/"))
    assert "周敏" in text and "1区1街1号公司工会 · 主席" in text and "用途：" in text


def test_another_member_sees_nothing_of_mine(world):
    courier = world.browser("demo-courier")
    for path in PAGES:
        text = text_of(courier.get(path))
        assert "怎样加入" in text and MEMBER not in text
    assert courier.get("/m/me/copy.json").headers["Content-Type"].startswith("text/html")


def test_joining_asks_for_five_things_and_names_the_way(world):
    text = text_of(world.browser("demo-courier").get("/m/"))
    for word in ("快递", "街道", "12351", "姓名", "手机号码"):
        assert word in text


def test_large_type_stays_and_comes_back_to_the_page(world):
    client = world.browser("demo-member")
    answer = client.post("/signin/type/", {"size": "large", "next": "/m/me/"})
    assert answer["Location"] == "/m/me/"
    assert 'data-type="large"' in client.get("/m/me/").content.decode()


@pytest.mark.parametrize("until", ["", "x", "1e99", "-1", "nan"])
def test_older_pages_survive_nonsense(member, until):
    assert member.get("/m/me/looked/", {"until": until}).status_code == 200


def test_looks_are_paged(world, member, monkeypatch):
    from zhigong.web.member.me import views

    monkeypatch.setattr(views, "PAGE", 1)
    member.get("/m/me/copy/")
    first = member.get("/m/me/looked/")
    assert len(first.context["looks"]) == 1 and first.context["older"]
    second = member.get("/m/me/looked/" + first.context["older"])
    assert second.context["looks"] and second.context["looks"] != first.context["looks"]


def test_my_family_is_told_without_the_names_of_others(member, world):
    assert "我的家庭" not in text_of(member.get("/m/me/"))
    publish_home(world, world.cast.persons[MEMBER], relation="12", size=3)
    answer = member.get("/m/me/")
    assert_plain(answer)
    text = text_of(answer)
    assert "我的家庭" in text and "来自公安户籍" in text
    assert "与户主关系 妻" in text and "户内人数 3 人，连本人在内" in text
    whole = member.get("/m/me/copy.json").json()
    assert {"项目": "与户主关系", "内容": "妻", "来源": "公安户籍"} in whole["资料"]


def publish_home(world: World, person: UUID, **row: object) -> None:
    """The register tells of her household."""
    rows = [{"household_no": "990101000001", "person_id": str(person), **row}]
    with as_role("job"), orgs.city_scope(on=today()) as by:
        table = pa.Table.from_pylist(rows, schema=people.HOUSEHOLD_ROWS)
        people.publish_households(by=by, rows=table, mark=b"", full=True)
