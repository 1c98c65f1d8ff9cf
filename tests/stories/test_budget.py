"""Story: finance opens next year's budget, makes every slip there is, and finds the money for an aid that waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.stories.at_work import assert_fits, confirm_identity, said, shown, sign_in
from tests.stories.offstage import forget_the_proof, promise
from tests.support import spine

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.stories.conftest import LivingStack
    from tests.stories.living import Living

pytestmark = [pytest.mark.story, pytest.mark.slow, pytest.mark.xdist_group("story-budget")]
HARDSHIP, TITLE = "hardship/archive", "困难职工建档和一次性帮扶"
AID, AWAITING_ACCOUNT = 300_000, 2


@pytest.fixture(scope="module")
def stack(living: LivingStack) -> LivingStack:
    return living


def test_a_budget_is_opened_and_every_slip_is_told_beside_its_field(page: Page, stack: LivingStack) -> None:
    city, year = stack.city, stack.city.today.year + 1
    sign_in(page, "demo-finance")
    page.goto("/workbench/payouts/budgets/")
    page.get_by_role("link", name="设立预算").click()
    confirm_identity(page)
    an_empty_form_says_what_is_missing(page)
    for slip, told in (("五十万左右", "金额看不懂"), ("-500", "金额要大于 0"), ("0.001", "金额最多精确到分")):
        fill(page, service=HARDSHIP, year=year, amount=slip, document=f"云工发〔{year}〕1号")
        send(page, "设立预算")
        assert told in beside(page, "amount") and page.locator(".has-error").count() == 1
        assert typed(page) == (HARDSHIP, str(year), slip, f"云工发〔{year}〕1号")
    this_year_has_one_already(page, city)
    called_away_she_loses_nothing(page, city, year)
    row = said(page.locator("tr", has_text=f"{year} 年"))
    assert TITLE in row and "600,000" in row and f"云工发〔{year}〕1号" in row
    city.assert_books_agree()


def test_what_was_promised_meanwhile_is_not_taken_back_and_what_waits_is_funded(
    page: Page, phone: Page, stack: LivingStack
) -> None:
    city = stack.city
    sign_in(page, "demo-finance")
    open_change(page, city)
    assert "500,000" in shown(page)
    promise(city, spine.POOR, AID)  # while she types
    change(page, "收回还没有用的", "500,000", "云工发〔调〕2号")
    told = beside(page, "amount")
    assert "可用 497,000 元" in told and "许给人" in told, told
    assert page.get_by_label("收回还没有用的").is_checked()
    assert page.get_by_label("金额").input_value() == "500,000"
    assert page.get_by_label("批准文号").input_value() == "云工发〔调〕2号"
    page.get_by_label("金额").fill("49.6万")
    send(page, "保存调整")
    page.locator(".zg-alert.is-good", has_text="已收回 496,000 元").wait_for()

    promise(city, "吴秀珍", AID)  # 1,000 yuan are left: it has to wait
    the_home_page_leads_to_it(page)
    open_change(page, city)
    change(page, "追加", "2000", "云工发〔调〕3号")
    page.locator(".zg-alert.is-good", has_text="已追加 2,000 元").wait_for()
    assert city.rows("SELECT state FROM funds_payable") == [(AWAITING_ACCOUNT,)] * 2, "both have their money"
    page.goto("/workbench/payouts/waiting/?kind=budget")
    assert "没有待安排预算的款项" in shown(page)
    others_read_and_cannot_write(phone, city)
    documents = "SELECT reason FROM audit_entry WHERE action = 'funds.budget.changed' ORDER BY id"
    assert city.rows(documents) == [("云工发〔调〕2号",), ("云工发〔调〕3号",)]
    city.assert_books_agree()


def an_empty_form_says_what_is_missing(page: Page) -> None:
    send(page, "设立预算")
    assert "请选择事项" in beside(page, "service")
    assert "请填写金额" in beside(page, "amount") and "请填写批准文号" in beside(page, "document")


def this_year_has_one_already(page: Page, city: Living) -> None:
    """There is no second budget of one service and year; the page leads to the first."""
    fill(page, service=HARDSHIP, year=city.today.year, amount="60万", document="云工发〔补〕1号")
    send(page, "设立预算")
    assert "已经设立，请在原预算上追加" in beside(page, "service")
    assert typed(page) == (HARDSHIP, str(city.today.year), "60万", "云工发〔补〕1号")
    there = page.get_by_role("link", name="在原预算上追加").get_attribute("href")
    budget = city.one("SELECT id FROM funds_budget WHERE service_id = %s AND year = %s", HARDSHIP, city.today.year)
    assert there == f"/workbench/payouts/budgets/{budget}/"


def called_away_she_loses_nothing(page: Page, city: Living, year: int) -> None:
    """She comes back after half an hour, has to prove again who she is, and finds what she typed."""
    fill(page, service=HARDSHIP, year=year, amount="60万", document=f"云工发〔{year}〕1号")
    forget_the_proof(page, city)
    send(page, "设立预算")
    assert confirm_identity(page)
    assert typed(page) == (HARDSHIP, str(year), "60万", f"云工发〔{year}〕1号")
    send(page, "设立预算")
    page.locator(".zg-alert.is-good", has_text="已设立预算").wait_for()


def the_home_page_leads_to_it(page: Page) -> None:
    page.goto("/workbench/")
    page.get_by_role("link").filter(has_text="为 1 笔款项安排预算").first.click()
    row = said(page.locator("tr", has_text="吴秀珍"))
    assert "3,000 元" in row
    page.locator("tr", has_text="吴秀珍").get_by_role("link", name="安排预算").click()


def others_read_and_cannot_write(phone: Page, city: Living) -> None:
    """The chair of the city sees where the money is, on her phone too, and is told who changes it."""
    sign_in(phone, "demo-city")
    phone.goto("/workbench/payouts/budgets/")
    assert "496,000" not in shown(phone) and TITLE in shown(phone)
    assert phone.get_by_role("link", name="调整").count() == phone.get_by_role("link", name="设立预算").count() == 0
    assert_fits(phone)
    sign_in(phone, "demo-finance")
    open_change(phone, city)
    assert_fits(phone)
    change(phone, "收回还没有用的", "1", "云工发〔调〕4号")
    assert "没有可以收回的" in beside(phone, "amount")
    assert_fits(phone)


def open_change(page: Page, city: Living) -> None:
    page.goto("/workbench/payouts/budgets/")
    row = page.locator("tr", has_text=TITLE).filter(has_text=f"{city.today.year} 年")
    row.get_by_role("link", name="调整").click()
    confirm_identity(page)


def fill(page: Page, *, service: str, year: int, amount: str, document: str) -> None:
    page.get_by_label("事项").select_option(service)
    page.get_by_label("年度").select_option(str(year))
    page.get_by_label("金额").fill(amount)
    page.get_by_label("批准文号").fill(document)


def typed(page: Page) -> tuple[str, ...]:
    return tuple(page.get_by_label(label).input_value() for label in ("事项", "年度", "金额", "批准文号"))


def change(page: Page, direction: str, amount: str, document: str) -> None:
    page.get_by_label(direction).check()
    page.get_by_label("金额").fill(amount)
    page.get_by_label("批准文号").fill(document)
    send(page, "保存调整")


def send(page: Page, name: str) -> None:
    with page.expect_event("domcontentloaded"):
        page.get_by_role("button", name=name).click()


def beside(page: Page, field: str) -> str:
    """What stands under a field in red."""
    return said(page.locator(".zg-field", has=page.locator(f"[name={field}]")).locator(".zg-error").first)
