"""办件: where it stands, supplements, publicity, the decision with its reasons, objection, rating, taking back."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from django.test import Client
from tests.bed import as_role
from tests.support.world import assert_plain, text_of

from zhigong.casework import operations as casework
from zhigong.casework.models import Entitlement
from zhigong.casework.tests.stage import POOR, RICH
from zhigong.kernel.clock import today
from zhigong.web.member.posting import new_key
from zhigong.web.member.tests.town import ANSWERS, Town


def page_of(case: object) -> str:
    return f"/m/cases/{case}/"


def test_a_case_tells_where_it_stands(town: Town):
    client, _ = town.someone(**POOR)
    case = town.send(client)
    answer = client.get(page_of(case))
    assert_plain(answer)
    text = text_of(answer)
    assert "基层工会正在办理" in text and "1区1街1号公司工会" in text and "期限怎么算的" in text
    assert "办理中" in text_of(client.get("/m/")) and "办理中" in text_of(client.get("/m/cases/"))


@pytest.mark.parametrize("act", ["", "sent/", "supply/", "object/", "rate/", "withdraw/"])
def test_another_persons_case_does_not_exist(town: Town, act):
    client, person = town.someone(**POOR)
    case = town.send(client)
    for role in ("demo-member", "demo-grassroots"):
        stranger = town.browser(role)
        given = {"key": new_key(), "text": "不是我的办件", "score": "5"}
        answers = [stranger.get(page_of(case) + act), stranger.post(page_of(case) + act, given)]
        for answer in answers:
            assert answer.status_code in (404, 405) or "怎样加入" in text_of(answer)
            assert "困难职工" not in text_of(answer)
    assert town.world.admin("SELECT state FROM casework_case WHERE person_id = %s", person) == [(1,)]


@pytest.mark.parametrize("path", [page_of("x"), page_of(UUID(int=7)), page_of("../../etc")])
def test_a_case_that_is_none(town: Town, path):
    assert town.browser("demo-member").get(path).status_code == 404


def test_supplements_are_asked_answered_and_kept_when_wrong(town: Town):
    client, _ = town.someone(**POOR)
    case = town.send(client)
    town.act("grassroots", case, "supplement", note="请再填一次损失", ask=["sudden_loss_year"])
    assert "等您补充材料" in text_of(client.get("/m/"))
    page = client.get(page_of(case))
    assert "请再填一次损失" in text_of(page) and "补充之前不计办理时限" in text_of(page)
    wrong = client.post(
        page_of(case) + "supply/", {"sudden_loss_year": "abc", "supply_text": "单据已交", "key": new_key()}
    )
    assert wrong.status_code == 422 and "单据已交" in text_of(wrong) and 'value="abc"' in wrong.content.decode()
    given = {"sudden_loss_year": "300", "supply_text": "单据已交", "key": new_key()}
    for _ in range(2):
        assert client.post(page_of(case) + "supply/", given)["Location"] == page_of(case)
    assert "已经收到您的补充" in text_of(client.get(page_of(case)))
    assert "请您补充" not in text_of(client.get(page_of(case)))


def test_words_are_asked_where_nothing_else_is(town: Town):
    client, _ = town.someone(**POOR)
    case = town.send(client)
    town.act("grassroots", case, "supplement", note="请说明家里的情况", ask=[])
    assert client.post(page_of(case) + "supply/", {"supply_text": " ", "key": new_key()}).status_code == 422
    assert client.post(page_of(case) + "supply/", {"supply_text": "a\0b", "key": new_key()}).status_code == 422
    assert client.post(page_of(case) + "supply/", {"supply_text": "已说明", "key": new_key()}).status_code == 302


def test_publicity_hides_the_name_and_takes_objections_once(town: Town):
    client, _ = town.someone(**POOR)
    town.publish(town.send(client))
    own = client.get("/m/publicity/")
    assert "刘*英" in text_of(own) and "刘桂英" not in text_of(own) and "与本人有关" in text_of(own)
    neighbour, _ = town.someone(name="王芳", **RICH)
    board = neighbour.get("/m/publicity/?of=union")
    (line,) = [one for one in board.context["lines"] if one.may_object]
    path = f"/m/publicity/{line.id}/object/"
    assert neighbour.post(path, {"text": "短", "key": new_key()}).status_code == 422
    assert neighbour.post(path, {"text": "a\0bcdefg", "key": new_key()}).status_code == 422
    key = new_key()
    for _ in range(2):
        assert neighbour.post(path, {"text": "他家有两套房", "key": key}).status_code == 302
    again = neighbour.post(path, {"text": "他家有两套房子", "key": new_key()})
    assert (
        again.status_code == 422 and "已对这项公示提出过异议" in text_of(again) and "他家有两套房子" in text_of(again)
    )
    assert client.get(path).status_code == 404
    assert neighbour.get(f"/m/publicity/{UUID(int=7)}/object/").status_code == 404


def refused(town: Town) -> tuple[Client, object]:
    client, _ = town.someone(**RICH)
    case = town.send(client)
    town.act("grassroots", case, "refuse", note="收入高于标准")
    return client, case


def test_a_refusal_shows_each_reason_with_its_facts_and_takes_one_objection(town: Town):
    client, case = refused(town)
    text = text_of(client.get(page_of(case)))
    assert "很抱歉，这次没有通过" in text and "收入高于标准" in text and "不符合： " in text
    assert "家庭年收入：1,000,000 元 来源" in text or "家庭年收入：1,000,000 元 人社参保" in text
    path = page_of(case) + "object/"
    short = client.post(path, {"text": "不服", "key": new_key()})
    assert short.status_code == 422 and "至少五个字" in text_of(short) and ">\n不服<" in short.content.decode()
    assert client.post(path, {"text": "长" * 1001, "key": new_key()}).status_code == 422
    given = {"text": "我家收入没有这么多", "key": new_key()}
    for _ in range(2):
        assert client.post(path, given).status_code == 302
    text = text_of(client.get(page_of(case)))
    assert "复核中" in text and "我家收入没有这么多" in text and "对这个决定有不同意见" not in text
    late = client.post(path, {"text": "再提一次异议", "key": new_key()})
    assert late.status_code == 422 and "提出过异议" in text_of(late)


@pytest.mark.parametrize("score", ["", "0", "6", "-1", "x", "1.5", "1e3", "\0"])
def test_bad_marks_are_refused(town: Town, score):
    client, case = refused(town)
    answer = client.post(page_of(case) + "rate/", {"score": score, "text": "还行吧", "key": new_key()})
    assert answer.status_code == 422 and "还行吧" in text_of(answer)


def test_a_case_is_rated_once(town: Town):
    client, case = refused(town)
    given = {"score": "2", "text": "太慢了", "key": new_key()}
    for _ in range(2):
        assert client.post(page_of(case) + "rate/", given).status_code == 302
    text = text_of(client.get(page_of(case)))
    assert "2 分" in text and "太慢了" in text and "工会会联系您" in text
    assert town.world.admin("SELECT score FROM casework_rating WHERE case_id = %s", case) == [(2,)]
    assert client.post(page_of(case) + "rate/", {"score": "5", "key": new_key()}).status_code == 422


def test_a_case_is_taken_back_once_and_not_after_the_decision(town: Town):
    client, _ = town.someone(**POOR)
    case = town.send(client)
    given = {"key": new_key()}
    for _ in range(2):
        assert client.post(page_of(case) + "withdraw/", given).status_code == 302
    assert "已撤回" in text_of(client.get(page_of(case)))
    client, case = refused(town)
    answer = client.post(page_of(case) + "withdraw/", {"key": new_key()})
    assert answer.status_code == 422 and "已经有了决定" in text_of(answer)


def test_granted_says_who_pays_and_when(town: Town):
    client, _ = town.someone(**POOR)
    case = town.send(client)
    town.publish(case)
    with as_role("job"), town.stage.system(on=today().replace(year=today().year + 1)) as by:
        casework.run_clock(by=by)
    town.act("city", case, "pass")
    text = text_of(client.get(page_of(case)))
    assert "已通过：深度困难" in text and "3,000 元" in text and "正在安排资金" in text
    assert "对这个决定有不同意见" in text and "评价这次办理" in text


def test_the_yearly_re_check_is_asked_at_home_and_answered_on_the_case(town: Town):
    client, person = town.someone(**POOR)
    case = town.send(client)
    town.publish(case)
    with as_role("job"):
        with town.stage.system(on=today() + timedelta(days=40)) as by:
            casework.run_clock(by=by)
        town.act("city", case, "pass")
        with town.stage.system() as by:
            Entitlement.objects.filter(person_id=person).update(recheck_on=today())
        with town.stage.system(on=today()) as by:
            casework.run_clock(by=by)
    assert "年度复核：困难职工建档和一次性帮扶" in text_of(client.get("/m/"))
    page = client.get(page_of(case))
    assert "年度复核：请您确认" in text_of(page) and 'value="1200.50"' in page.content.decode()
    given = {name: ANSWERS[name] for name in ("runs_business_with_employees", "private_school_or_study_abroad")}
    given |= {"changed": "yes", "key": new_key(), "sudden_loss_year": "-5"}
    answer = client.post(page_of(case) + "recheck/", given)
    assert answer.status_code == 422 and "负数" in text_of(answer)
    given |= {"sudden_loss_year": "300", "recheck_text": "父亲住院"}
    for _ in range(2):
        assert client.post(page_of(case) + "recheck/", given).status_code == 302
    text = text_of(client.get(page_of(case)))
    assert "您申报了变化，由工会复核" in text and "父亲住院" in text
    assert "年度复核：困难职工" not in text_of(client.get("/m/"))
    said = "SELECT value::text FROM facts_declared WHERE person_id = %s AND name = 'sudden_loss_year' ORDER BY id"
    assert town.world.admin(said, person) == [("120050",), ("30000",)]


def test_what_came_without_asking_tells_why_and_that_a_machine_decided(town: Town):
    client = town.browser("demo-member")
    (case,) = [one for one in client.get("/m/cases/").context["done"] if one.case.origin.label == "免申即享"]
    text = text_of(client.get(page_of(case.case.id)))
    assert "系统按公开的规则自动作出" in text and "当年政策范围内自付：5,000 元" in text and "医保结算" in text


def test_notices_are_new_until_read(town: Town):
    client, _ = refused(town)
    assert "未读" in text_of(client.get("/m/"))
    assert "新" in text_of(client.get("/m/notices/")) and "未通过" in text_of(client.get("/m/notices/"))
    assert "未读" not in text_of(client.get("/m/"))
    assert client.post("/m/notices/").status_code == 405
