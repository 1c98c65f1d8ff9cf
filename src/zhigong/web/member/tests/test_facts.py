"""我的事实: source and date of each, and saying that one is wrong."""

from __future__ import annotations

import pytest
from tests.support.world import assert_plain, text_of

from zhigong.casework.tests.stage import POOR
from zhigong.web.member.posting import new_key
from zhigong.web.member.tests.town import Town

SIZE = "/m/me/facts/household_size/"


def test_facts_are_shown_with_source_and_date(town: Town):
    client, _ = town.someone(**POOR)
    answer = client.get("/m/me/facts/")
    assert_plain(answer)
    text = text_of(answer)
    assert "家庭年收入 10,000 元 人社参保， 2026-" in text and "共同生活人口 3 人 公安户籍" in text
    assert "这条不对" in text and "还不知道" in text


def test_what_is_asked_for_may_be_said_and_both_stand_side_by_side(town: Town):
    client, person = town.someone(**POOR)
    given = {"value": "5", "key": new_key()}
    for _ in range(2):
        assert client.post(SIZE, given)["Location"] == "/m/me/facts/"
    assert town.world.admin("SELECT count(*) FROM facts_declared WHERE person_id = %s", person) == [(1,)]
    text = text_of(client.get("/m/me/facts/"))
    assert "3 人" in text and "您说的是：5 人" in text


@pytest.mark.parametrize("value", ["", "abc", "-1", "31", "1e1", "3\0", "9" * 40, "2.5"])
def test_nonsense_comes_back_at_the_field(town: Town, value):
    client, person = town.someone(**POOR)
    answer = client.post(SIZE, {"value": value, "key": new_key()})
    assert answer.status_code == 422 and answer.context["form"].errors["value"]
    assert town.world.admin("SELECT count(*) FROM facts_declared WHERE person_id = %s", person) == [(0,)]


@pytest.mark.parametrize("value", ["abc", "-5", "1e9", "1000000000", "0.001"])
def test_money_is_read_as_people_write_it(town: Town, value):
    client, person = town.someone(**POOR)
    path = "/m/me/facts/sudden_loss_year/"
    assert client.post(path, {"value": value, "key": new_key()}).status_code == 422
    assert client.post(path, {"value": "1.2万元", "key": new_key()}).status_code == 302
    assert town.world.admin("SELECT value FROM facts_declared WHERE person_id = %s", person) == [(1200000,)]


def test_what_only_a_department_knows_leads_to_it(town: Town):
    client, _ = town.someone(**POOR)
    path = "/m/me/facts/membership_status/"
    answer = client.get(path)
    assert answer.context["form"] is None and "凭证件当场更正" in text_of(answer)
    assert client.post(path, {"value": "none", "key": new_key()}).status_code == 200


def test_a_fact_that_is_none(town: Town):
    assert town.browser("demo-hardship").get("/m/me/facts/no_such_thing/").status_code == 404
