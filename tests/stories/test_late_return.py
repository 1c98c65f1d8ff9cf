"""Story: days after the money arrived the bank sends it back; a second person enters it, she gives another card."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from tests.stories.at_work import assert_fits, assert_fits_a_phone, bank_answer, said, shown, sign_in
from tests.stories.offstage import grant_aid, pay
from tests.support import spine

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.stories.conftest import LivingStack
    from tests.stories.living import Living

pytestmark = [pytest.mark.story, pytest.mark.slow, pytest.mark.xdist_group("story-late-return")]
NAME, SUM, CLOSED = spine.POOR, "3,000 元", "账号已销户"
NEW_CARD = "6299010000000002246"
GRANTED, PAID = 5, 6  # of a case
REJECTED, READY = 7, 4  # of a payment


@pytest.fixture(scope="module")
def stack(living: LivingStack) -> LivingStack:
    return living


def test_money_that_came_back_is_entered_by_a_second_person_and_paid_again(
    page: Page, phone: Page, stack: LivingStack, tmp_path: Path
) -> None:
    city = stack.city
    case = grant_aid(city, "demo-hardship")
    batch, sent = pay(city)
    assert standing(city, case) == (PAID, PAID)
    at = f"/workbench/payouts/{batch}/"
    whoever_made_it_may_not(page, at)
    a_wrong_file_moves_nothing(page, city, case, at, tmp_path, sent)
    the_return_is_entered(page, city, case, at, tmp_path, sent)
    she_is_told_and_gives_another_card(phone, case)
    finance_finds_it_ready(page, city)
    pay(city, key="again")
    she_has_her_money(phone, city, case)


def whoever_made_it_may_not(page: Page, at: str) -> None:
    """Who drew up the list could otherwise have it paid twice."""
    sign_in(page, "demo-finance")
    page.goto(at)
    text = shown(page)
    assert "已结清" in text and "成功 1" in text
    assert "由制单人以外的同事上传入账，例如复核放款的林国华" in text
    assert page.locator("input[type=file]").count() == 0


def a_wrong_file_moves_nothing(page: Page, city: Living, case: UUID, at: str, folder: Path, sent: bytes) -> None:
    """The list as it was answered before, and one whose sum was touched."""
    sign_in(page, "demo-city")
    touched = sent.replace(b"3000.00", b"3100.00")
    assert touched != sent
    for name, content, told in (
        ("回盘.csv", bank_answer(sent), "以前已经入过账"),
        ("改过的.csv", bank_answer(touched, "退汇", CLOSED), "没有入账"),
    ):
        upload(page, at, folder / name, content)
        text = shown(page)
        assert told in text, text
        assert standing(city, case) == (PAID, PAID)
    city.assert_books_agree()


def the_return_is_entered(page: Page, city: Living, case: UUID, at: str, folder: Path, sent: bytes) -> None:
    upload(page, at, folder / "退汇.csv", bank_answer(sent, "退汇", CLOSED))
    text = shown(page)
    assert "退汇 1 笔" in text and CLOSED in text and "成功 0 笔" not in text, text
    assert_fits_a_phone(page)
    assert standing(city, case) == (GRANTED, REJECTED)
    assert purse(city) == {"available": 49_700_000, "reserved": 300_000, "paid": 0}
    city.assert_books_agree()


def she_is_told_and_gives_another_card(phone: Page, case: UUID) -> None:
    sign_in(phone, "demo-hardship")
    phone.goto("/m/notices/")
    assert "银行退汇" in shown(phone) and CLOSED in shown(phone)
    phone.goto(f"/m/cases/{case}/")
    text = shown(phone)
    assert "到账后又被银行退回" in text and "等待发放" not in text
    assert_fits(phone)
    phone.get_by_role("link", name="登记收款银行卡").click()
    text = shown(phone)
    assert CLOSED in text and SUM in text and "****2048" in text and "只问这一次" not in text
    phone.get_by_label("银行卡号").fill(NEW_CARD)
    phone.get_by_label("开户行").fill("云泽银行张家桥支行")
    phone.get_by_role("button", name="登记", exact=True).click()
    phone.locator(".zg-alert.is-good", has_text="已登记").wait_for()
    assert "****2246" in shown(phone)
    assert_fits(phone)


def finance_finds_it_ready(page: Page, city: Living) -> None:
    sign_in(page, "demo-finance")
    page.goto("/workbench/")
    page.get_by_role("link").filter(has_text="起草发放批次").first.click()
    assert SUM in said(page.locator("tr", has=page.get_by_role("button", name="起草批次")))
    assert city.rows("SELECT state FROM funds_payable") == [(READY,)]


def she_has_her_money(phone: Page, city: Living, case: UUID) -> None:
    """Once, on the new card; both payments and the return stand in the books."""
    phone.goto(f"/m/cases/{case}/")
    text = shown(phone)
    assert "已发放" in text and "银行卡 ****2246" in text
    assert_fits(phone)
    assert standing(city, case) == (PAID, PAID)
    assert purse(city) == {"available": 49_700_000, "reserved": 0, "paid": 300_000}
    city.assert_books_agree()


def upload(page: Page, at: str, file: Path, content: bytes) -> None:
    """The bank's file as it came; the page of the batch tells what became of it."""
    file.write_bytes(content)
    page.goto(at)
    page.locator("summary", has_text="退汇").click()
    page.set_input_files("input[type=file]", file)
    page.get_by_role("button", name="上传并入账").click()
    page.locator(".zg-alert", has_text=file.name).wait_for()


def standing(city: Living, case: UUID) -> tuple[int, int]:
    """Of the case, and of its payment."""
    query = "SELECT c.state, p.state FROM casework_case c JOIN funds_payable p ON p.case_id = c.id WHERE c.id = %s"
    return city.rows(query, case)[0]


def purse(city: Living) -> dict[str, int]:
    """Where the money of the budget is, in fen."""
    names = {2: "available", 3: "reserved", 5: "paid"}
    rows = city.rows(
        "SELECT a.purse, a.balance FROM funds_account a JOIN funds_budget b ON b.id = a.budget_id"
        " WHERE b.service_id = 'hardship/archive'"
    )
    return {names[number]: fen for number, fen in rows if number in names}
