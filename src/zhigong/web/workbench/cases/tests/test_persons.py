"""A person's tabs: facts with sources, sensitive ones for a stated purpose only; her cases and money."""

import pytest

from zhigong.web.workbench.tests.reading import text_of


def url(desk, tab):
    return f"/workbench/members/{desk.persons['fresh']}/{tab}/"


@pytest.mark.parametrize(
    ("tab", "readers"),
    [
        ("facts", {"city", "district", "street", "grassroots", "clerk", "finance", "data"}),
        ("cases", {"city", "district", "street", "grassroots", "clerk", "finance"}),
    ],
)
def test_a_tab_opens_by_its_right(browser, desk, tab, readers):
    for who in ("city", "district", "street", "grassroots", "clerk", "finance", "data", "auditor"):
        assert browser(who).get(url(desk, tab)).status_code == (200 if who in readers else 403), who
    assert browser("elsewhere").get(url(desk, tab)).status_code == 404


def test_sensitive_facts_open_for_a_purpose_and_leave_a_trace(browser, desk):
    client = browser("grassroots")
    closed = text_of(client.get(url(desk, "facts")))
    assert "10,000.00 元" not in closed
    assert "没有显示" in closed
    without = client.post(url(desk, "facts/open"), {})
    assert without.status_code == 422
    assert "10,000.00 元" not in text_of(without)
    assert client.post(url(desk, "facts/open"), {"purpose": "statistics"}).status_code == 422
    opened = text_of(client.post(url(desk, "facts/open"), {"purpose": "eligibility"}))
    assert "家庭年收入 10,000.00 元" in opened
    assert "已为「办理服务」打开敏感信息" in opened
    looked = browser("auditor").get(url(desk, "looked"))
    assert "grassroots" in text_of(looked)


def test_cases_and_money_of_a_person(browser, desk):
    client = browser("district")
    words = text_of(client.get(f"/workbench/members/{desk.persons['granted']}/cases/"))
    assert "困难职工建档" in words
    assert "已通过" in words
    assert "享受的资金" in words
    assert "3,000" in words or "元" in words
