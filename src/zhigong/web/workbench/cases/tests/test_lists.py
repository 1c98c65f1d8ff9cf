"""The lists: what waits, all cases, whom the data found, notices; who may open them; batches."""

import re
from uuid import UUID

import pytest

from zhigong.web.workbench.tests.reading import text_of

READERS = {"city", "deputy", "district", "street", "grassroots", "clerk", "finance"}
HANDLERS = READERS - {"finance"}
EVERYBODY = READERS | {"data", "auditor"}
SCREENS = {
    "cases/": READERS,
    "cases/found/": READERS,
    "cases/mine/": HANDLERS,
    "publicity/": READERS,
}
HTMX = {"HX-Request": "true"}


def ticks(answer):
    return re.findall(r'name="pick" value="([^"]+)"', answer.content.decode())


def key_of(answer):
    return re.search(r'name="key" value="([^"]+)"', answer.content.decode()).group(1)


@pytest.mark.parametrize("screen", SCREENS)
def test_a_list_opens_for_the_posts_that_carry_its_right_and_for_no_other(browser, screen):
    for who in sorted(EVERYBODY):
        answer = browser(who).get(f"/workbench/{screen}")
        assert answer.status_code == (200 if who in SCREENS[screen] else 403), who
        assert answer.headers["Cache-Control"] == "no-store"
        assert not re.search(r"<[^>]+ (style|onclick)=", answer.content.decode())


@pytest.mark.parametrize("screen", SCREENS)
def test_without_signing_in_a_list_leads_to_the_door(browser, screen):
    assert browser("").get(f"/workbench/{screen}").url.startswith("/signin/")


def test_what_waits_for_a_post_is_what_its_level_has_to_do(browser):
    chair, street = (text_of(browser(who).get("/workbench/cases/mine/")) for who in ("grassroots", "street"))
    assert "陈秀兰 · 困难职工建档" in chair
    assert "吴桂英" not in chair
    assert "吴桂英" in street
    assert "陈秀兰" not in street


def test_the_home_page_counts_cases_and_shows_the_soonest_due_first(browser):
    words = text_of(browser("grassroots").get("/workbench/"))
    assert "办件 3 等您办理" in words
    assert "陈秀兰 · 困难职工建档" in words
    alone = text_of(browser("grassroots").get("/workbench/?kind=case-step"))
    assert "钱多多" in alone
    assert "换届" not in alone.partition("待办列表")[2]


def test_who_cannot_act_has_no_to_dos_on_cases(browser):
    assert "等您办理" not in text_of(browser("finance").get("/workbench/"))


def test_the_list_narrows_by_state_service_number_and_union(browser, desk):
    client = browser("city")
    everything = text_of(client.get("/workbench/cases/"))
    assert "共 9 件" in everything
    public = text_of(client.get("/workbench/cases/?state=3", headers=HTMX))
    assert "郑志强" in public
    assert "陈秀兰" not in public
    assert "没有符合条件的办件" in text_of(client.get("/workbench/cases/?state=overdue"))
    number = re.search(r"\d{12,}", everything).group()
    assert "共 1 件" in text_of(client.get(f"/workbench/cases/?number={number}"))
    assert "共 9 件" in text_of(client.get("/workbench/cases/?place=第1区总工会"))
    assert "没有符合条件的办件" in text_of(client.get("/workbench/cases/?place=第2区总工会"))
    assert "管辖范围内没有叫「乌有」的工会" in text_of(client.get("/workbench/cases/?place=乌有"))


def test_the_scope_ends_where_the_post_ends(browser):
    words = text_of(browser("elsewhere").get("/workbench/cases/"))
    assert "还没有办件" in words
    assert "陈秀兰" not in words


def test_a_batch_is_partly_refused_and_says_why(browser):
    client = browser("grassroots")
    page = client.get("/workbench/cases/mine/")
    sent = {"pick": ticks(page), "key": key_of(page), "action": "pass", "note": "情况属实"}
    assert len(sent["pick"]) == 3
    sent["pick"][0] = sent["pick"][0].partition(":")[0] + ":street"
    answer = client.post("/workbench/cases/mine/decide/", sent, follow=True)
    words = text_of(answer)
    assert "2 件已办理，1 件没有办成" in words
    assert "这一步已经办过了" in words
    again = client.post("/workbench/cases/mine/decide/", sent, follow=True)
    assert "2 件已办理，1 件没有办成" in text_of(again)
    assert "办理 1" in text_of(client.get("/workbench/cases/mine/"))
    assert "办理 3" in text_of(browser("street").get("/workbench/cases/mine/"))


def test_a_case_outside_the_scope_in_a_batch_is_not_found_and_not_named(browser, desk):
    sent = {"pick": f"{desk.cases['fresh']}:check", "key": "a1b2", "action": "pass", "note": ""}
    words = text_of(browser("elsewhere").post("/workbench/cases/mine/decide/", sent, follow=True))
    assert "没有找到这个办件" in words
    assert "陈秀兰" not in words


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"key": "k1", "action": "pass"}, "请先勾选要办理的办件"),
        ({"key": "k1", "pick": f"{UUID(int=1)}:check"}, "请先选择办理意见"),
        ({"key": "k1", "pick": f"{UUID(int=1)}:check", "action": "return"}, "请先选择办理意见"),
    ],
)
def test_an_incomplete_batch_says_what_is_missing(browser, sent, said):
    assert said in text_of(browser("grassroots").post("/workbench/cases/mine/decide/", sent, follow=True))


def test_a_tick_that_cannot_be_read_is_refused(browser):
    sent = {"key": "k1", "pick": "x:check", "action": "pass"}
    assert browser("grassroots").post("/workbench/cases/mine/decide/", sent).status_code == 409


def test_whom_the_data_found_is_listed_until_she_applies(browser, desk):
    client = browser("grassroots")
    words = text_of(client.get("/workbench/cases/found/"))
    assert "共 1 人" in words
    assert "沈静" in words
    assert "3,000 元" in words
    assert "没有符合条件的会员" in text_of(client.get("/workbench/cases/found/?service=mutual-aid/medical"))
    assert "沈静" not in text_of(browser("elsewhere").get("/workbench/cases/found/"))
    why = text_of(client.get(f"/workbench/members/{desk.persons['found']}/cases/"))
    assert "申请人须为在籍的工会会员" in why
    assert "还没有办件" in why


def test_notices_show_masked_names_and_lead_to_their_case(browser, desk):
    answer = browser("district").get("/workbench/publicity/")
    words = text_of(answer)
    assert "郑*强" in words
    assert "郑志强" not in words
    assert f"/workbench/cases/{desk.cases['public']}/" in answer.content.decode()
    assert "现在没有公示" in text_of(browser("elsewhere").get("/workbench/publicity/"))


def test_the_search_finds_a_case_by_its_number(browser):
    client = browser("grassroots")
    number = re.search(r"\d{12,}", text_of(client.get("/workbench/cases/"))).group()
    for part in (number, number[-5:]):
        assert number in text_of(client.get("/workbench/search/", {"q": part}, headers=HTMX))
    assert number not in text_of(browser("elsewhere").get("/workbench/search/", {"q": number}, headers=HTMX)).replace(
        f"没有找到「{number}」", ""
    )
    assert "办件" not in text_of(
        browser("auditor").get("/workbench/search/", {"q": number[-5:]}, headers=HTMX)
    ).replace("办件编号", "")
