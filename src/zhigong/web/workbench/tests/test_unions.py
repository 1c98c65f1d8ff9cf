"""Unions: the page and its tabs, as it was on a day, and changes that say their consequence before they happen."""

from datetime import timedelta

import pytest

from zhigong.kernel.clock import today
from zhigong.web.workbench.tests.reading import text_of


def page(desk, name, tail=""):
    return f"/workbench/unions/{desk.unions[name]}/{tail}"


@pytest.mark.parametrize(
    ("tab", "shows"),
    [
        ("overview", "成立日期"),
        ("below", "1区1街1号公司工会"),
        ("members", "共 75 名在籍会员"),
        ("employers", "没有直接覆盖的单位"),
        ("posts", "street干部"),
    ],
)
def test_each_tab_shows_its_part(browser, desk, tab, shows):
    answer = browser("city").get(page(desk, "d1s1", f"?tab={tab}"))
    assert answer.status_code == 200
    assert shows in text_of(answer)


def test_counts_below_are_those_of_the_whole_branch(browser, desk):
    words = text_of(browser("city").get("/workbench/unions/"))
    assert "第1区总工会 2 个下级 75 人" in words.replace("展开或收起第1区总工会的下级 ", "")
    assert "2 个下级 83 人" in words


def test_a_change_asks_once_with_its_consequence_and_back_keeps_the_input(browser, desk):
    client = browser("city")
    url = page(desk, "d1s1", "move/")
    data = {"to": desk.codes["d2"], "on": today().isoformat(), "document": "云工〔2026〕9号"}
    weighed = client.post(url, data)
    words = text_of(weighed)
    assert "连同下面的 2 个工会、75 名会员一并划转" in words
    assert "第1区第1街道总工会" in text_of(browser("district").get("/workbench/unions/"))
    back = client.post(url, data | {"step": "back"})
    assert back.context["form"]["document"].value() == "云工〔2026〕9号"
    done = client.post(url, data | {"step": "sure"}, follow=True)
    assert "已把 3 个工会划转到「第2区总工会」之下" in text_of(done)
    assert "第1区第1街道总工会" not in text_of(browser("district").get("/workbench/unions/"))


def test_a_past_day_shows_the_tree_as_it_stood(browser, desk):
    client = browser("city")
    yesterday = (today() - timedelta(days=1)).isoformat()
    client.post(
        page(desk, "d1s1", "rename/"),
        {"name": "新名街道总工会", "on": today().isoformat(), "document": "", "step": "sure"},
    )
    at = desk.unions["d1s1"]
    assert "新名街道总工会" in text_of(client.get(f"/workbench/unions/?at={at}"))
    then = text_of(client.get(f"/workbench/unions/?at={at}&on={yesterday}"))
    assert "新名街道总工会" not in then
    assert "第1区第1街道总工会" in then
    words = text_of(client.get(page(desk, "d1s1", f"?on={yesterday}")))
    assert "名称「第1区第1街道总工会」" in words
    assert "更名" in words


def test_a_merger_passes_members_over_and_ends_the_union(browser, desk):
    client = browser("district")
    data = {"to": desk.codes["d1s1g2"], "on": today().isoformat(), "document": ""}
    words = text_of(client.post(page(desk, "d1s1g1", "merge/"), data))
    assert "70 名会员的会籍" in words
    assert "1 个任职随之结束" in words
    done = text_of(client.post(page(desk, "d1s1g1", "merge/"), data | {"step": "sure"}, follow=True))
    assert "转入 70 名会员" in done
    assert "共 75 名在籍会员" in text_of(client.get(page(desk, "d1s1g2", "?tab=members")))
    gone = client.get(page(desk, "d1s1g1"))
    assert "已合并" in text_of(gone)
    assert "组织变更" not in text_of(gone)


def test_a_split_takes_employers_and_who_works_there(browser, desk):
    client = browser("district")
    data = {
        "name": "平江纺织工会",
        "code": "990101010099",
        "employers": [str(desk.employers["e2"])],
        "on": today().isoformat(),
        "document": "",
    }
    words = text_of(client.post(page(desk, "d1s1g1", "split/"), data))
    assert "1 家单位和在那里工作的 35 名会员" in words
    done = text_of(client.post(page(desk, "d1s1g1", "split/"), data | {"step": "sure"}, follow=True))
    assert "已设立「平江纺织工会」，转入 35 名会员" in done
    none = client.post(page(desk, "d1s1g2", "split/"), data | {"employers": []})
    assert "请至少勾选一家单位" in text_of(none)


def test_dissolving_is_refused_while_members_remain_and_says_what_to_do(browser, desk):
    client = browser("district")
    data = {"on": today().isoformat(), "document": ""}
    assert "还有 70 名会员的会籍在这里" in text_of(client.post(page(desk, "d1s1g1", "dissolve/"), data))
    refused = client.post(page(desk, "d1s1g1", "dissolve/"), data | {"step": "sure"})
    assert refused.status_code == 422
    assert "请先合并到其他工会，或办理转出" in text_of(refused)
    empty = client.post(page(desk, "d1s2g1", "dissolve/"), data | {"step": "sure"}, follow=True)
    assert "已撤销" in text_of(empty)


def test_founding_and_a_new_term(browser, desk):
    client = browser("street")
    data = {
        "name": "新办企业工会",
        "code": "990101010088",
        "level": "4",
        "kind": "3",
        "on": today().isoformat(),
        "document": "",
        "step": "sure",
    }
    made = client.post(page(desk, "d1s1", "found/"), data, follow=True)
    assert "已设立「新办企业工会」" in text_of(made)
    taken = client.post(page(desk, "d1s1", "found/"), data)
    assert "工会编码已被使用" in text_of(taken)
    term = {"on": today().isoformat(), "years": "3", "document": ""}
    assert "第 2 届" in text_of(client.post(page(desk, "d1s1g2", "term/"), term))
    done = client.post(page(desk, "d1s1g2", "term/"), term | {"step": "sure"}, follow=True)
    assert "已登记新一届" in text_of(done)
    assert "1区1街2号公司工会 换届" not in text_of(client.get("/workbench/"))


@pytest.mark.parametrize(("to", "says"), [("d1s1g2", "没有叫"), ("d1", "已经隶属于"), ("不存在的工会", "没有叫")])
def test_a_wrong_target_is_told_in_words(browser, desk, to, says):
    data = {"to": desk.codes.get(to, to), "on": today().isoformat(), "document": "", "step": "sure"}
    answer = browser("city").post(page(desk, "d1s1", "move/"), data)
    assert answer.status_code == 422
    assert says in text_of(answer)


def test_a_day_to_come_is_refused(browser, desk):
    later = (today() + timedelta(days=1)).isoformat()
    answer = browser("city").post(page(desk, "d1s1", "rename/"), {"name": "甲", "on": later, "document": ""})
    assert "不能晚于今天" in text_of(answer)


def test_suggestions_are_of_fitting_levels_and_within_the_scope(browser, desk):
    client = browser("district")
    assert "第1区总工会" in client.get("/workbench/unions/pick/?to=第&levels=12").content.decode()
    words = client.get("/workbench/unions/pick/?to=公司工会").content.decode()
    assert "1区1街1号公司工会" in words
    assert "2区1街1号公司工会" not in words


def test_an_unknown_change_is_not_found(browser, desk):
    assert browser("city").get(page(desk, "d1s1", "explode/")).status_code == 404
