"""The home page: what waits, by deadline, with true counts; and words where nothing waits."""

from zhigong.web.workbench.tests.reading import text_of


def test_terms_appear_at_their_reminder_stage_and_overdue_first(browser):
    words = text_of(browser("city").get("/workbench/"))
    assert "1区1街2号公司工会 换届" in words
    assert words.index("超期 3 天") < words.index("还剩 20 天") < words.index("还剩 170 天")
    assert "2区1街2号公司工会 换届" not in words
    assert "换届 3 1 个已超期" in words


def test_a_chair_sees_her_own_to_dos_only(browser):
    words = text_of(browser("chair").get("/workbench/"))
    assert "1区1街1号公司工会 换届" in words
    assert "2区1街1号公司工会" not in words
    assert "会员 70 人" in words


def test_a_kind_alone(browser):
    words = text_of(browser("city").get("/workbench/?kind=transfers"))
    assert "没有待办，都办完了" in words
    assert "还剩 20 天" not in words


def test_a_transfer_waits_with_its_deadline_on_the_receiving_side(browser, desk):
    client = browser("chair")
    person = desk.people["d1s1g1"][0]
    client.post(f"/workbench/transfers/ask/{person}/", {"code": desk.codes["d2s1g1"], "step": "sure"})
    words = text_of(browser("other").get("/workbench/"))
    assert "申请转入" in words
    assert "1区1街1号公司工会 → 2区1街1号公司工会" in words
    assert "会员转入 1 等待我方接收" in words
    assert "申请转入" not in text_of(client.get("/workbench/"))


def test_only_what_a_post_may_act_on_waits_for_it(browser):
    auditor, finance, data = (text_of(browser(who).get("/workbench/")) for who in ("auditor", "finance", "data"))
    assert "没有需要您办理的事" in auditor and "超期" not in auditor
    assert "没有待办： 发放" in finance and "换届" not in finance and "超期 3 天" not in finance
    assert "会员 75 人" in finance
    assert "83 人" not in auditor
    assert "待核实会员" in data
    assert "还剩 20 天" not in data


def test_a_union_without_anyone_begins_with_the_roster(browser):
    words = text_of(browser("empty").get("/workbench/"))
    assert "从导入名册开始" in words
    assert "登记一名会员" in words
