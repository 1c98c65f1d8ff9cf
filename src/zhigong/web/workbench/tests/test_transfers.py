"""Transfers: asked with a deadline one can follow, answered by the other side alone."""

import re

import pytest

from zhigong.kernel.clock import today
from zhigong.kernel.workdays import work_calendar
from zhigong.web.workbench.tests.conftest import name_of
from zhigong.web.workbench.tests.reading import text_of


@pytest.fixture
def asked(browser, desk):
    """A transfer from the chair's union to the other's, asked for."""
    client = browser("chair")
    url = f"/workbench/transfers/ask/{desk.people['d1s1g1'][0]}/"
    data = {"code": desk.codes["d2s1g1"], "note": "到东湖物流上班"}
    weighed = client.post(url, data)
    due = work_calendar().add_workdays(today(), 10, allow_estimate=True)
    assert "向「2区1街1号公司工会」申请接收" in text_of(weighed)
    assert due.isoformat() in text_of(weighed)
    assert "没有等您接收的会员" in text_of(browser("other").get("/workbench/transfers/"))
    done = client.post(url, data | {"step": "sure"}, follow=True)
    assert f"对方须在 {due} 前答复" in text_of(done)
    listed = browser("other").get("/workbench/transfers/")
    return re.search(r"/workbench/transfers/([0-9a-f-]+)/accept/", listed.content.decode())[1]


def test_the_receiving_side_accepts_and_the_member_moves(browser, desk, asked):
    done = browser("other").post(f"/workbench/transfers/{asked}/accept/", follow=True)
    assert "已接收" in text_of(done)
    person = desk.people["d1s1g1"][0]
    assert "2区1街1号公司工会" in text_of(browser("other").get(f"/workbench/members/{person}/"))
    assert browser("chair").get(f"/workbench/members/{person}/").status_code == 404


def test_sending_back_needs_a_reason_and_leaves_the_member(browser, desk, asked):
    client = browser("other")
    silent = client.post(f"/workbench/transfers/{asked}/refuse/", {"note": " "}, follow=True)
    assert "请写明退回原因" in text_of(silent)
    client.post(f"/workbench/transfers/{asked}/refuse/", {"note": "不在我单位"})
    words = text_of(browser("chair").get("/workbench/transfers/?side=done"))
    assert "已退回" in words
    assert "不在我单位" in words
    assert "1区1街1号公司工会" in text_of(browser("chair").get(f"/workbench/members/{desk.people['d1s1g1'][0]}/"))


def test_the_sending_side_withdraws_but_may_not_accept(browser, asked):
    client = browser("chair")
    assert client.post(f"/workbench/transfers/{asked}/accept/").status_code in (403, 404)
    assert name_of(1) in text_of(client.get("/workbench/transfers/?side=out"))
    assert "已撤回" in text_of(client.post(f"/workbench/transfers/{asked}/withdraw/", follow=True))
    again = browser("other").post(f"/workbench/transfers/{asked}/accept/")
    assert again.status_code in (404, 409)


def test_a_second_request_is_refused(browser, desk, asked):
    url = f"/workbench/transfers/ask/{desk.people['d1s1g1'][0]}/"
    answer = browser("chair").post(url, {"code": desk.codes["d2s1g2"], "step": "sure"})
    assert "已有一项接转在办理" in text_of(answer)


@pytest.mark.parametrize("code", ["000", "99010100", ""])
def test_an_unknown_code_is_told_beside_the_field(browser, desk, code):
    answer = browser("chair").post(f"/workbench/transfers/ask/{desk.people['d1s1g1'][0]}/", {"code": code})
    assert answer.status_code == 422
    assert answer.context["form"].errors["code"]


def test_acts_are_not_links(browser, asked):
    assert browser("other").get(f"/workbench/transfers/{asked}/accept/").status_code == 405
