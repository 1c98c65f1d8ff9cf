"""Search: by every way people name things, grouped, masked, never past the scope."""

import pytest

from zhigong.web.workbench.tests.conftest import id_number, name_of
from zhigong.web.workbench.tests.reading import part, text_of

HTMX = {"HX-Request": "true"}


def hits(client, text):
    return text_of(client.get("/workbench/search/", {"q": text}, headers=HTMX))


@pytest.mark.parametrize("text", [name_of(1), name_of(1)[:1], "l", "0001"])
def test_a_person_is_found_by_name_initials_and_tail(browser, text):
    assert name_of(1) in hits(browser("chair"), text)


def test_full_pinyin_finds_as_well(browser):
    assert "李秀兰" in hits(browser("chair"), "li")


def test_numbers_are_masked_and_a_whole_number_leads_to_the_person(browser, desk):
    from datetime import date, timedelta

    number = id_number(1, born=date(1970, 1, 1) + timedelta(days=37))
    client = browser("chair")
    answer = client.get("/workbench/search/", {"q": number})
    assert answer.status_code == 302
    assert answer.url == f"/workbench/members/{desk.people['d1s1g1'][0]}/"
    words = hits(client, number)
    assert name_of(1) in words
    assert number not in words.replace(f"q={number}", "")
    assert "138****0001" in words


def test_unions_of_one_name_are_told_apart_by_their_path(browser):
    words = hits(browser("city"), "1号公司")
    assert "云泽市总工会 / 第1区总工会 / 第1区第1街道总工会" in words
    assert "云泽市总工会 / 第2区总工会 / 第2区第1街道总工会" in words


def test_employers_are_found_by_a_part_of_their_name(browser):
    assert "平江纺织有限公司" in hits(browser("chair"), "纺织")


def test_the_scope_ends_where_the_post_ends(browser):
    assert "2区1街1号公司工会" not in hits(browser("chair"), "2区1街1号公司")
    assert "2区1街1号公司工会" in hits(browser("city"), "2区1街1号公司")


def test_an_auditor_finds_unions_but_no_persons(browser):
    words = hits(browser("auditor"), name_of(1)[:1])
    assert name_of(1) not in words


def test_nothing_found_says_what_may_be_typed(browser):
    assert "拼音首字母" in hits(browser("chair"), "不存在的人")
    assert "没有找到「不存在的人」" in text_of(browser("chair").get("/workbench/search/?q=不存在的人"))


def test_box_and_page_show_the_same_hits(browser):
    client = browser("chair")
    box, page = hits(client, "清河"), text_of(client.get("/workbench/search/?q=清河"))
    assert "清河机械厂" in box
    assert "清河机械厂" in page
    assert part(client.get("/workbench/search/?q=清河", headers=HTMX)).startswith("<section")


def test_no_text_no_hits(browser):
    assert hits(browser("chair"), "   ") == ""
