"""Story: a hospital settlement pays a member who asked for nothing, and says why; its reversal is had back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.stories.at_work import assert_fits, bank_answer, refresh, said, send_file, shown, sign_in
from tests.support import spine

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.stories.conftest import LivingStack
    from tests.stories.living import Living

pytestmark = [pytest.mark.story, pytest.mark.slow, pytest.mark.xdist_group("story-settlement-pays")]
NAME, TITLE, SERVICE = spine.RICH, "职工医疗互助", "mutual-aid/medical"
OBJECTION = "结算是医院录入错误冲的，还会重新结算，请核实后再收回。"


@pytest.fixture(scope="module")
def stack(living: LivingStack) -> LivingStack:
    return living


def test_a_settlement_pays_and_its_reversal_is_had_back(page: Page, phone: Page, stack: LivingStack) -> None:
    city = stack.city
    city.away(lambda: card_bank_sends_its_list(city))
    a_settlement_arrives(page, city)
    she_is_paid_and_told_why(phone)
    city.away(lambda: the_bank_pays(city))
    the_hospital_takes_it_back(page, city)
    she_is_told_and_objects(phone)
    the_district_hears_her(page)
    she_reads_the_answer(phone)
    the_books_know_it(city)


def card_bank_sends_its_list(city: Living) -> None:
    from zhigong.funds import operations as funds

    with city.acting("demo-finance") as by:
        funds.register_account(
            by,
            person_id=city.persons[NAME],
            holder=NAME,
            bank="云泽银行工会会员卡",
            number="6299010000000002063",
            key="card",
        )


def a_settlement_arrives(page: Page, city: Living) -> None:
    """The data officer sends the file as it came and makes it count; nobody applies for anything."""
    sign_in(page, "demo-data")
    send_file(page, "medical-settlement", spine.write_settlement(city.files, today=city.today))
    publish(page)
    changed = refresh(page)
    assert changed["发布"] >= 1 and changed["筛查"] >= 1, changed
    page.goto("/workbench/exchange/medical-settlement/")
    assert "关联" in shown(page)


def publish(page: Page) -> None:
    """See what was found in the file, and let it in."""
    page.wait_for_url("**/rows/**")
    page.locator("details.zg-confirm > summary", has_text="导入").click()
    page.get_by_role("button", name="确定导入").click()
    page.wait_for_url(re.compile(r"/workbench/exchange/batches/"))


def she_is_paid_and_told_why(phone: Page) -> None:
    sign_in(phone, "demo-member")
    given = phone.locator(".card", has_text="直接发给您的")
    text = said(given)
    assert TITLE in text and "8,000 元" in text and "不用申请" in text
    assert_fits(phone)
    phone.goto("/m/notices/")
    notice = said(phone.locator("li", has_text=TITLE).first)
    assert "8,000" in notice and "为您算好，不用申请" in notice
    phone.locator("li a", has_text=TITLE).first.click()
    text = shown(phone)
    assert "这是系统按公开的规则自动作出的决定" in text and "免申即享" in text
    assert "符合： 须已参加职工医疗互助。" in text
    assert "须超过起付线 1,000" in text and "16,000 元" in text and "医保" in text
    assert_fits(phone)


def the_bank_pays(city: Living) -> None:
    """As in the story of the family in hardship, here without pages."""
    from zhigong.casework import operations as casework
    from zhigong.funds import operations as funds

    with city.acting("demo-finance") as by:
        batch = funds.draft_batch(by, title="医疗互助", service_id=SERVICE, key="batch")
        funds.freeze_batch(by, batch_id=batch)
    with city.acting("demo-city") as by:
        funds.release_batch(by, batch_id=batch)
    with city.acting("demo-finance") as by:
        sent = funds.bank_file(by, batch_id=batch)
        casework.post_return(by=by, batch_id=batch, file=bank_answer(sent))


def the_hospital_takes_it_back(page: Page, city: Living) -> None:
    send_file(page, "medical-settlement", spine.write_reversal(city.files, today=city.today))
    publish(page)
    assert refresh(page)["筛查"] >= 1
    sign_in(page, "demo-finance")
    page.goto("/workbench/payouts/claims/")
    row = said(page.locator("tr", has_text=NAME))
    assert TITLE in row and "8,000 元" in row and "结算冲销或更正" in row


def she_is_told_and_objects(phone: Page) -> None:
    phone.goto("/m/")
    told = said(phone.locator("li", has_text="收回 8,000").first)
    assert "有结算被冲销或更正" in told and "如有异议" in told
    phone.locator("li a", has_text="收回 8,000").first.click()
    assert "收回 8,000" in shown(phone)
    phone.locator("#object textarea").fill(OBJECTION)
    phone.get_by_role("button", name="提出异议").click()
    phone.locator(".card", has_text="我的异议").get_by_text("复核中").wait_for()
    assert "区县总工会复核" in shown(phone)
    assert_fits(phone)


def the_district_hears_her(page: Page) -> None:
    """A decision of the rule is looked at by a person."""
    sign_in(page, "demo-district")
    page.goto("/workbench/cases/mine/?kind=objection")
    page.locator(".zg-desk-link", has_text=NAME).click()
    form = page.locator(".zg-objection form")
    assert OBJECTION in shown(page)
    form.get_by_label("维持").check()
    form.get_by_label("答复").fill("已向医保部门核实，这次结算已冲销，重新结算后会自动补发。")
    form.get_by_role("button", name="答复").click()
    page.locator(".zg-alert.is-good").first.wait_for()


def she_reads_the_answer(phone: Page) -> None:
    phone.reload()
    text = said(phone.locator(".card", has_text="我的异议"))
    assert "维持原决定" in text and "重新结算后会自动补发" in text and "赵文静" in text


def the_books_know_it(city: Living) -> None:
    person = city.persons[NAME]
    awards = city.rows("SELECT fen, total_fen FROM casework_award WHERE person_id = %s ORDER BY ordinal", person)
    assert awards == [(800_000, 800_000), (-800_000, 0)]
    assert city.rows("SELECT amount_fen, state FROM funds_payable WHERE person_id = %s", person) == [(800_000, 6)]
    assert city.rows("SELECT amount_fen, regained_fen FROM funds_claim WHERE person_id = %s", person) == [(800_000, 0)]
    kinds = city.rows("SELECT kind FROM casework_notice WHERE person_id = %s ORDER BY id", person)
    assert sorted(kind for (kind,) in kinds) == ["granted", "objection", "paid", "recovered"]
    assert city.refresh()["screen"]["changed"] == 0
    city.assert_books_agree()
