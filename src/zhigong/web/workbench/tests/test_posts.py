"""Posts: appointing with and without an account, the opening code once, ending; never oneself."""

import re

import pytest

from zhigong.kernel.clock import today
from zhigong.web.workbench.tests.reading import text_of


def form(desk, **more):
    data = {
        "union": desk.codes["d1s1g2"],
        "holder": "赵敏",
        "duty": "clerk",
        "title": "",
        "engagement": "2",
        "starts_on": today().isoformat(),
        "ends_on": "",
        "username": "",
    }
    return data | more


def test_without_an_account_the_post_is_kept(browser, desk):
    answer = browser("district").post("/workbench/posts/new/", form(desk), follow=True)
    assert "已任命 赵敏 为「1区1街2号公司工会」干事" in text_of(answer)
    assert "赵敏" in text_of(browser("district").get("/workbench/posts/?q=赵敏"))


def test_with_an_account_the_opening_code_is_shown_and_opens_it(browser, desk):
    answer = browser("district").post("/workbench/posts/new/", form(desk, username="Zhaomin"))
    words = text_of(answer)
    code = re.search(r"[A-Z2-9]{4}-[A-Z2-9]{4}-[A-Z2-9]{4}", words)[0]
    opened = browser("").post(
        "/signin/opening/",
        {"username": "zhaomin", "code": code, "password": "轴承车间三号门 88", "again": "轴承车间三号门 88"},
    )
    assert opened.status_code == 302
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_known_account_gets_the_post_and_no_code(browser, desk):
    answer = browser("district").post(
        "/workbench/posts/new/", form(desk, holder="other干部", username="test-other"), follow=True
    )
    assert "已任命 other干部" in text_of(answer)
    assert "开通码" not in text_of(answer)


def test_somebody_elses_account_is_not_given_away(browser, desk):
    answer = browser("district").post("/workbench/posts/new/", form(desk, username="test-other"))
    assert answer.status_code == 422
    assert "别人的账号" in text_of(answer)
    assert "赵敏" not in text_of(browser("district").get("/workbench/posts/"))


def test_nobody_appoints_herself(browser, desk):
    answer = browser("district").post(
        "/workbench/posts/new/", form(desk, holder="district干部", username="test-district")
    )
    assert "不能给自己任命岗位" in text_of(answer)


@pytest.mark.parametrize(("who", "duty", "taken"), [("district", "auditor", False), ("admin", "auditor", True)])
def test_auditors_are_appointed_by_administrators_only(browser, desk, who, duty, taken):
    answer = browser(who).post("/workbench/posts/new/", form(desk, duty=duty), follow=True)
    assert (answer.status_code == 200) == taken


def test_a_wrong_order_of_dates_is_told(browser, desk):
    answer = browser("district").post("/workbench/posts/new/", form(desk, ends_on="2020-01-01"))
    assert "不能早于任职开始" in text_of(answer)


def test_a_post_is_ended_by_others_and_its_holder_loses_sight(browser, desk):
    client = browser("district")
    listed = client.get(f"/workbench/unions/{desk.unions['d1s1g1']}/?tab=posts").content.decode()
    post = re.search(r"/workbench/posts/([0-9a-f-]+)/end/", listed)[1]
    assert browser("other").get(f"/workbench/posts/{post}/end/").status_code == 404
    own = browser("chair").get(f"/workbench/posts/{post}/end/")
    assert own.status_code == 409
    assert "不能结束自己的岗位" in text_of(own)
    early = client.post(f"/workbench/posts/{post}/end/", {"on": "2001-01-01"})
    assert "不能早于任职开始" in text_of(early)
    done = client.post(f"/workbench/posts/{post}/end/", {"on": "2026-01-01"}, follow=True)
    assert "的任职到 2026-01-01 为止" in text_of(done)
    assert browser("chair").get("/workbench/members/").status_code == 403


def test_terms_are_listed_by_urgency_with_their_document(browser):
    words = text_of(browser("city").get("/workbench/posts/terms/"))
    assert "已超期 1" in words
    assert "30 天内届满 1" in words
    assert "180 天内届满 1" in words
    assert words.index("1区1街2号公司工会") < words.index("1区1街1号公司工会") < words.index("2区1街1号公司工会")
    assert "总工办发〔2020〕20号" in words
