"""Story: a year on, three of the archive are asked again; one confirms, one declares anew, silence ends nothing."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from tests.stories.at_work import assert_fits, assert_fits_a_phone, said, shown, sign_in
from tests.stories.offstage import enrol, grant_aid, open_budget, pay
from tests.support import spine

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.stories.conftest import LivingStack
    from tests.stories.living import Living

pytestmark = [pytest.mark.story, pytest.mark.slow, pytest.mark.xdist_group("story-yearly-recheck")]
# The front door has cards for two of them; the third never looks at his phone.
SAME, CHANGED, SILENT = "吴秀珍", spine.POOR, "孙建国"
ROLES = {SAME: "demo-courier", CHANGED: "demo-hardship", SILENT: "member-silent"}
CARDS = {SAME: "6299010000000002089", CHANGED: spine.ACCOUNT, SILENT: "6299010000000001099"}
AGO = timedelta(days=355)  # so that the year is over in two to four weeks, whatever holidays lay in between
HUSBAND = "丈夫的病好些了，上个月回厂上班，每月三千元。"
FRIDGE = "冰箱坏了。"
CALLED = "电话联系，他说家里还是老样子，手机欠费没看到。"
GRANTED, ASKED, NO_ANSWER, CLOSED = 3, 1, 3, 5


@pytest.fixture(scope="module")
def stack(living: LivingStack) -> LivingStack:
    return living


def test_a_year_on_they_are_asked_again(page: Page, phone: Page, stack: LivingStack) -> None:
    city = stack.city
    cases = a_year_ago(city)
    city.run_clock(city.today)
    assert rounds(city) == dict.fromkeys(cases, ASKED)
    she_confirms_on_her_phone(phone)
    she_declares_anew(phone)
    he_says_nothing_and_loses_nothing(city)
    the_chair_calls_him(page, cases[SILENT])
    many_at_once(page)
    the_change_is_proposed(page, cases[CHANGED])
    the_city_decides(page)
    each_reads_what_came_of_it(phone, cases)
    assert rounds(city) == dict.fromkeys(cases, CLOSED)
    assert entitled(city) == {SAME: "relative", CHANGED: "relative", SILENT: "relative"}
    city.assert_books_agree()


def a_year_ago(city: Living) -> dict[str, UUID]:
    """周桂兰's family had nothing but her wage; the works was on short time. All three were granted, and paid."""
    on = city.today - AGO
    for name in (SAME, SILENT):
        enrol(city, ROLES[name], name)
    for year in {on.year, (on + timedelta(days=20)).year} - {city.today.year}:
        open_budget(city, year)
    cases = {CHANGED: grant_aid(city, ROLES[CHANGED], on=on, number=CARDS[CHANGED])}
    wages = {SAME: "1800.00", SILENT: "1900.00"}
    rows = [row | {"缴费基数": wages.get(row["姓名"], row["缴费基数"])} for row in spine.social_insurance(city.today)]
    rows.append(rows[0] | {"姓名": "王志强", "证件号码": spine.NUMBERS["王志强"], "缴费基数": "3000.00"})
    receipt = city.ingest("social-insurance", spine.write(city.files / "参保.csv", rows))
    assert (receipt.rejected, list(receipt.held)) == (0, []), receipt
    city.refresh()
    for name in (SAME, SILENT):
        cases[name] = grant_aid(city, ROLES[name], on=on, number=CARDS[name])
    pay(city)
    assert entitled(city) == {SAME: "relative", CHANGED: "deep", SILENT: "relative"}
    return cases


def she_confirms_on_her_phone(phone: Page) -> None:
    """First she means to write down a loss, and a slip is told beside its field; then she thinks better of it."""
    sign_in(phone, ROLES[SAME])
    asked = phone.locator(".zg-alert", has_text="年度复核")
    assert re.search(r"请在 \d{4}-\d\d-\d\d 前确认", said(asked)) and "一分钟" in said(asked)
    assert_fits(phone)
    asked.get_by_role("link", name="去确认").click()
    assert "不答复不会自动停止" in said(phone.locator("#recheck"))
    form, loss = phone.locator("#recheck details"), phone.locator("#recheck [name=sudden_loss_year]")
    form.locator("summary", has_text="有变化，我来填写").click()
    assert loss.input_value() == "0"  # as she said a year ago
    loss.fill("好几千")
    form.get_by_label("还有什么变化").fill(FRIDGE)
    form.get_by_role("button", name="提交变化").click()
    wrong = said(phone.locator(".zg-field", has=phone.locator("[name=sudden_loss_year]")).locator(".zg-error").first)
    assert "金额看不懂" in wrong and "请写成" in wrong, wrong
    assert loss.input_value() == "好几千" and form.get_by_label("还有什么变化").input_value() == FRIDGE
    assert_fits(phone)
    phone.get_by_role("button", name="没有变化").click()
    phone.locator(".zg-alert.is-good", has_text="在此之前照旧享受").wait_for()
    assert "您确认没有变化" in shown(phone)


def she_declares_anew(phone: Page) -> None:
    sign_in(phone, ROLES[CHANGED])
    phone.locator(".zg-alert", has_text="年度复核").get_by_role("link", name="去确认").click()
    form = phone.locator("#recheck details")
    form.locator("summary", has_text="有变化，我来填写").click()
    assert form.get_by_label("否").is_checked()
    form.get_by_label("还有什么变化").fill(HUSBAND)
    assert_fits(phone)
    form.get_by_role("button", name="提交变化").click()
    phone.locator(".zg-alert.is-good", has_text="在此之前照旧享受").wait_for()
    assert "您申报了变化" in shown(phone) and HUSBAND in shown(phone)


def he_says_nothing_and_loses_nothing(city: Living) -> None:
    """When the days for an answer are over he is reminded, his union has a to-do; a season later he still has all."""
    answer_by = city.one("SELECT max(answer_by) FROM casework_recheck")
    for day in (answer_by, answer_by + timedelta(days=1), answer_by + timedelta(days=90)):
        city.run_clock(day)
        state = ASKED if day == answer_by else NO_ANSWER
        assert rounds(city)[SILENT] == state and entitled(city)[SILENT] == "relative"
    told = city.rows(
        "SELECT title FROM casework_notice WHERE kind = 'recheck' AND person_id = %s ORDER BY id", city.persons[SILENT]
    )
    assert len(told) == 2 and "请您确认" in told[0][0] and "还没有收到您的确认" in told[1][0]


def the_chair_calls_him(page: Page, case: UUID) -> None:
    sign_in(page, "demo-grassroots")
    page.goto("/workbench/")
    assert "年度复核：本人没有答复，请联系" in shown(page)
    page.get_by_role("link").filter(has_text=SILENT).first.click()
    page.wait_for_url(f"**/workbench/cases/{case}/")
    panel = page.locator("#recheck")
    panel.locator("summary", has_text="代本人答复").click()
    panel.get_by_label("没有变化").check()
    panel.get_by_label("怎么联系的").fill(CALLED)
    panel.get_by_role("button", name="保存答复").click()
    page.locator(".zg-alert.is-good", has_text="已代本人答复").wait_for()
    assert CALLED in said(panel)


def many_at_once(page: Page) -> None:
    """Both who have nothing to weigh, with one act; where something changed there is nothing to tick."""
    page.goto("/workbench/cases/mine/?kind=recheck")
    assert "申报有变化的、没有答复的，请打开逐件办理" in shown(page)
    assert page.locator(".zg-desk-row", has_text=CHANGED).locator("input").count() == 0
    assert_fits_a_phone(page)
    page.get_by_label("全选").check()
    page.get_by_role("button", name="没有变化，继续享受").click()
    assert "2 件已办理。" in shown(page)
    for name in (SAME, SILENT):
        assert "已办理" in said(page.locator(".zg-list li", has_text=name))
    page.get_by_role("link", name="继续办理").click()
    page.locator(".zg-desk-link", has_text=CHANGED).wait_for()
    assert page.locator(".zg-desk-link").count() == 1


def the_change_is_proposed(page: Page, case: UUID) -> None:
    page.locator(".zg-desk-link", has_text=CHANGED).click()
    page.wait_for_url(f"**/workbench/cases/{case}/")
    panel = page.locator("#recheck")
    text = said(panel)
    assert HUSBAND in text and "由深度困难变为相对困难" in text
    assert "家庭年收入：88,800" in text and "的 2 倍" in text  # what speaks for it, and on which facts
    assert_fits_a_phone(page)
    panel.locator("textarea[name=note]").fill("已到厂里核实，上月起有工资。")
    panel.get_by_role("button", name="送市总工会决定").click()
    page.locator(".zg-alert.is-good", has_text="已送上级决定").wait_for()
    assert page.locator("#recheck form").count() == 0


def the_city_decides(page: Page) -> None:
    sign_in(page, "demo-city")
    page.goto("/workbench/cases/mine/?kind=recheck")
    page.locator(".zg-desk-link", has_text=CHANGED).click()
    panel = page.locator("#recheck")
    assert "已到厂里核实，上月起有工资。" in said(panel) and "周敏" in said(panel)
    panel.locator("textarea[name=note]").fill("同意，按现在的收入调整。")
    panel.get_by_role("button", name="决定：调整为相对困难").click()
    page.locator(".zg-alert.is-good", has_text="复核已完成").wait_for()
    assert "年度复核：档次调整" in shown(page) and "签名有效" in shown(page)
    assert_fits_a_phone(page)


def each_reads_what_came_of_it(phone: Page, cases: dict[str, UUID]) -> None:
    phone.goto(f"/m/cases/{cases[CHANGED]}/")
    text = shown(phone)
    assert "不符合：家庭每人每月的纯收入" in text.replace("： ", "：") and "88,800 元" in text
    assert "年度复核：调整为相对困难" in text and "每一条理由" in text and "对这个决定有不同意见" in text
    assert_fits(phone)
    phone.goto("/m/notices/")
    assert "档次调整" in shown(phone) and "提出异议" in shown(phone)
    sign_in(phone, ROLES[SAME])
    phone.goto(f"/m/cases/{cases[SAME]}/")
    assert "继续享受" in shown(phone) and "下次复核" in shown(phone)


def rounds(city: Living) -> dict[str, int]:
    """Where each one's re-check stands."""
    return dict(city.rows("SELECT p.name, r.state FROM casework_recheck r JOIN people_person p ON p.id = r.person_id"))


def entitled(city: Living) -> dict[str, str]:
    """Who has the aid of the archive, and in which grade."""
    return dict(
        city.rows(
            "SELECT p.name, e.grade FROM casework_entitlement e JOIN people_person p ON p.id = e.person_id"
            " WHERE e.service_id = 'hardship/archive' AND e.state = %s",
            GRANTED,
        )
    )
