"""The page of a case: evidence, the rule's reasons, acts by right and level, conflicts, double sending, objections."""

import re

import pytest

from zhigong.web.workbench.tests.reading import text_of


def url(desk, case, act=""):
    return f"/workbench/cases/{desk.cases[case]}/{act}"


def hidden(answer, form):
    part = re.search(rf'<form[^>]*action="[^"]*{form}"[^>]*>.*?</form>', answer.content.decode(), re.S).group()
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', part))


def sent(client, desk, case, **given):
    return hidden(client.get(url(desk, case)), f"{desk.cases[case]}/act/") | {"note": ""} | given


@pytest.mark.parametrize("case", ["fresh", "street", "public", "final", "granted", "refused"])
def test_every_post_of_the_scope_with_the_right_reads_a_case_and_nobody_else(browser, desk, case):
    for who in ("city", "district", "street", "grassroots", "clerk", "finance"):
        assert browser(who).get(url(desk, case)).status_code == 200, who
    for who in ("data", "auditor"):
        assert browser(who).get(url(desk, case)).status_code == 403, who


@pytest.mark.parametrize("case", ["fresh", "granted"])
def test_outside_the_scope_a_case_is_not_found_and_nobody_is_named(browser, desk, case):
    client = browser("elsewhere")
    for answer in (client.get(url(desk, case)), client.post(url(desk, case, "act/"), {"action": "pass", "key": "k1"})):
        assert answer.status_code == 404
        assert "困难职工" not in text_of(answer)


def test_evidence_has_sources_and_dates_and_the_rule_its_reasons(browser, desk):
    words = text_of(browser("grassroots").get(url(desk, "fresh")))
    assert "按现行规则：符合「深度困难」" in words
    assert "家庭年收入 10,000.00 元" in words
    assert "本人说明" in words
    assert "期限怎么算的" in words
    assert "基层工会初审和入户核实" in words


def test_who_may_not_act_is_told_why(browser, desk):
    for who, said in (
        ("street", "现在由基层工会办理"),
        ("finance", "您的岗位不办理这一步"),
        ("city", "现在由基层工会办理"),
    ):
        answer = browser(who).get(url(desk, "fresh"))
        assert said in text_of(answer), who
        assert f'{desk.cases["fresh"]}/act/"' not in answer.content.decode()


def test_passing_goes_to_the_next_level_and_sending_twice_does_it_once(browser, desk):
    client = browser("grassroots")
    form = sent(client, desk, "fresh", action="pass", note="入户核实，情况属实。")
    first = client.post(url(desk, "fresh", "act/"), form, follow=True)
    assert "已通过。" in text_of(first)
    again = client.post(url(desk, "fresh", "act/"), form, follow=True)
    assert again.status_code == 200
    assert text_of(again).count("基层工会初审和入户核实：通过") == 1
    assert "现在由乡镇街道工会办理" in text_of(again)


def test_whoever_comes_second_is_told_that_it_is_done(browser, desk):
    client = browser("grassroots")
    form = sent(client, desk, "fresh", action="pass")
    client.post(url(desk, "fresh", "act/"), form)
    late = client.post(url(desk, "fresh", "act/"), form | {"key": "another", "action": "refuse", "note": "不符合条件"})
    assert late.status_code in (403, 409)
    assert "未通过" not in text_of(late)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "请选择办理意见"),
        ({"action": "publish"}, "选择"),
        ({"action": "supplement"}, "请写明原因"),
        ({"action": "refuse"}, "请写明不予通过的理由"),
    ],
)
def test_an_incomplete_act_comes_back_with_words_and_does_nothing(browser, desk, given, said):
    client = browser("grassroots")
    answer = client.post(url(desk, "fresh", "act/"), sent(client, desk, "fresh", **given))
    assert answer.status_code in (409, 422)
    assert said in text_of(answer)
    assert "现在由" not in text_of(client.get(url(desk, "fresh")))


def test_asking_for_supplements_stops_the_clock(browser, desk):
    client = browser("grassroots")
    form = sent(client, desk, "fresh", action="supplement", note="请说明家庭年收入", ask=["household_income_year"])
    words = text_of(client.post(url(desk, "fresh", "act/"), form, follow=True))
    assert "等申请人补充材料" in words
    assert "请说明家庭年收入" in words


def test_refusing_tells_the_conditions_that_speak_against(browser, desk):
    client = browser("grassroots")
    page = text_of(client.get(url(desk, "rich")))
    assert "按现行规则：不符合" in page
    words = text_of(
        client.post(
            url(desk, "rich", "act/"), sent(client, desk, "rich", action="refuse", note="已核实。"), follow=True
        )
    )
    assert "已决定不予通过" in words
    assert "不予通过" in words
    assert "签名有效" in words


def test_what_the_rule_does_not_say_cannot_be_passed_at_the_end(browser, desk):
    client = browser("city")
    words = text_of(client.post(url(desk, "final", "act/"), sent(client, desk, "final", action="pass"), follow=True))
    assert "已通过" in words
    assert "签名有效" in words
    assert "发放" in words


def test_facts_that_changed_since_are_marked(browser, desk):
    words = text_of(browser("grassroots").get(url(desk, "second")))
    assert "提交后有变化" in words
    assert "现在：50,000.00 元" in words
    assert "提交后有变化" not in text_of(browser("grassroots").get(url(desk, "fresh")))


def test_a_dead_link_of_an_objection_or_mark_is_not_found(browser, desk):
    from uuid import UUID

    client = browser("city")
    nothing = UUID(int=7)
    given = {"key": "k9", "note": "已经联系过本人。", "state": "2", "answer": "核实无误，维持。"}
    for act in (f"objection/{nothing}/", f"follow/{nothing}/"):
        assert client.post(url(desk, "granted", act), given).status_code == 404, act


HEIR = {"holder": "王大", "relation": "子女", "bank": "工商银行", "number": "6222020000000015", "key": "h1"}


def test_an_heir_is_named_by_the_chair_of_the_grassroots_union_once(browser, desk):
    client = browser("grassroots")
    assert "确认继承人 1" in text_of(client.get("/workbench/"))
    missing = client.post(url(desk, "heir", "heir/"), {"key": "h0"})
    assert missing.status_code == 422
    assert "请填写与会员的关系" in text_of(missing)
    for who in ("city", "street"):
        assert browser(who).post(url(desk, "heir", "heir/"), HEIR).status_code == 403, who
    for _ in range(2):
        words = text_of(client.post(url(desk, "heir", "heir/"), HEIR, follow=True))
        assert "已确认继承人" in words
        assert "已通过" in words


def test_an_heir_is_not_named_where_none_is_needed(browser, desk):
    answer = browser("grassroots").post(url(desk, "granted", "heir/"), HEIR)
    assert answer.status_code == 409
    assert "不需要确认继承人" in text_of(answer)


def test_an_objection_is_answered_a_level_above_by_somebody_who_did_not_decide(browser, desk):
    client = browser("deputy")
    assert "我家的收入算错了。" in text_of(client.get(url(desk, "refused")))
    assert "复核异议 1" in text_of(client.get("/workbench/"))
    act = url(desk, "refused", f"objection/{desk.objection}/")
    given = {"state": "2", "answer": "数据核对无误，维持原决定。", "key": "o2"}
    assert browser("grassroots").post(act, given).status_code == 403
    short = client.post(act, given | {"answer": "不", "key": "o1"})
    assert short.status_code == 409
    assert "请写明复核的理由" in text_of(short)
    assert "请选择复核结论" in text_of(client.post(act, {"answer": "数据核对无误", "key": "o3"}))
    for _ in range(2):
        assert "维持原决定" in text_of(client.post(act, given, follow=True))
    assert client.post(act, given | {"key": "o4"}).status_code == 409


def test_a_bad_mark_is_followed_up_once(browser, desk):
    from zhigong.casework.models import Rating

    client = browser("grassroots")
    assert "差评回访 1" in text_of(client.get("/workbench/"))
    page = client.get(url(desk, "refused"))
    assert "会员给了 1 星" in text_of(page)
    act = url(desk, "refused", f"follow/{Rating.objects.get(case_id=desk.cases['refused']).id}/")
    assert client.post(act, {"note": "", "key": "f0"}).status_code == 422
    words = text_of(client.post(act, {"note": "已上门说明理由，会员理解。", "key": "f1"}, follow=True))
    assert "已上门说明理由" in words
    assert client.post(act, {"note": "已上门说明理由。", "key": "f2"}).status_code == 409


def test_a_re_check_goes_on_for_a_year_while_the_rule_holds(browser, desk):
    client = browser("grassroots")
    assert "年度复核 1" in text_of(client.get("/workbench/"))
    assert "本人确认没有变化" in text_of(client.get("/workbench/cases/mine/?kind=recheck"))
    page = client.get(url(desk, "granted"))
    assert "仍符合条件（深度困难），确认后延续一年" in text_of(page)
    act = url(desk, "granted", "recheck/")
    assert browser("street").post(act, {"note": "已经联系过本人。", "key": "r0"}).status_code == 403
    assert client.post(act, {"note": "", "key": "r0"}).status_code == 422
    for _ in range(2):
        assert "年度复核：继续享受" in text_of(client.post(act, {"note": "已经联系过本人。", "key": "r1"}, follow=True))
    assert client.post(act, {"note": "已经联系过本人。", "key": "r2"}).status_code == 409
    assert "年度复核" not in text_of(client.get("/workbench/"))


def test_many_re_checks_are_kept_by_one_act(browser, desk):
    given = {"pick": f"{desk.cases['granted']}:recheck", "action": "keep", "key": "k1", "note": ""}
    client = browser("grassroots")
    for _ in range(2):
        words = text_of(client.post("/workbench/cases/mine/decide/", given, follow=True))
        assert "批量办理：年度复核，继续享受" in words and "1 件已办理" in words
    assert "没有等您办理的年度复核" in text_of(client.get("/workbench/cases/mine/?kind=recheck"))


def test_an_answer_is_not_entered_for_who_has_answered_herself(browser, desk):
    act = url(desk, "granted", "recheck/answer/")
    assert browser("grassroots").post(act, {"changed": "no", "text": "电话联系", "key": "a1"}).status_code == 409
    assert browser("street").post(act, {"changed": "no", "text": "电话联系", "key": "a1"}).status_code == 403
