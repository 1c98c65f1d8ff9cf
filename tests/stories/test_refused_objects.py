"""Story: an applicant with two homes and two good wages is refused, reads every reason, objects, and is answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.stories.at_work import SERVICE, act, apply, assert_fits, open_todo, said, shown, sign_in
from tests.support import spine

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.stories.conftest import LivingStack
    from tests.stories.living import Living

pytestmark = [pytest.mark.story, pytest.mark.slow, pytest.mark.xdist_group("story-refused-objects")]
NAME = spine.RICH
HOMES = "家庭住房须少于 2 套"
VISITED = "入户核实：名下两套住房，夫妻都有工作。"
OBJECTION = "其中一套是老人的房子，只是登记在我爱人名下。"
ANSWER = "已与住建部门核对：两套住房都登记在您和爱人名下；家庭收入也高于标准，维持原决定。"


@pytest.fixture(scope="module")
def stack(living: LivingStack) -> LivingStack:
    return living


def test_a_refused_applicant_reads_each_reason_and_is_answered(page: Page, phone: Page, stack: LivingStack) -> None:
    she_applies_all_the_same(phone)
    the_chair_refuses(page)
    she_reads_each_reason(phone)
    she_objects(phone)
    who_refused_cannot_answer(page)
    the_city_answers(page)
    she_reads_the_answer(phone)
    nothing_was_promised(stack.city)


def she_applies_all_the_same(phone: Page) -> None:
    """She is told beforehand what stands against her, and may ask all the same."""
    sign_in(phone, "demo-member")
    assert phone.locator(".zg-found-card").count() == 0
    phone.goto(SERVICE)
    text = said(phone.locator("main"))
    assert "按现有资料，您暂时不符合" in text
    homes = said(phone.locator(".zg-signs.is-full > li", has_text=HOMES))
    assert homes.startswith("不符合：") and "2 套" in homes and "住建" in homes
    assert_fits(phone)
    phone.locator("summary", has_text="仍要申请").click()
    phone.get_by_label("今年因重病、事故或灾害").or_(phone.locator("input[name=sudden_loss_year]")).first.fill("0")
    review = apply(phone)
    assert "按您填的，不符合条件" in review


def the_chair_refuses(page: Page) -> None:
    open_todo(page, "demo-grassroots", NAME)
    text = shown(page)
    assert "按现行规则：不符合" in text and "这些理由会自动写进决定" in text
    act(page, "refuse", VISITED)
    assert "不予通过" in shown(page)


def she_reads_each_reason(phone: Page) -> None:
    phone.goto("/m/")
    assert "未通过" in shown(phone)
    phone.get_by_role("link").filter(has_text="困难职工建档").filter(has_text="未通过").first.click()
    text = shown(phone)
    assert "很抱歉，这次没有通过" in text and VISITED in text and "周敏" in text
    signs = [said(one) for one in phone.locator(".card", has_text="每一条理由").locator(".zg-signs > li").all()]
    refused = [sign for sign in signs if sign.startswith("不符合：")]
    assert any(HOMES in sign and "2 套" in sign and "住建" in sign for sign in refused)
    poor = next(sign for sign in refused if "低于当地低保标准" in sign)
    assert "444,000 元" in poor and "人社" in poor
    assert any(sign.startswith("符合：") and "在籍的工会会员" in sign for sign in signs)
    assert_fits(phone)


def she_objects(phone: Page) -> None:
    phone.locator("#object textarea").fill(OBJECTION)
    phone.get_by_role("button", name="提出异议").click()
    mine = phone.locator(".card", has_text="我的异议")
    mine.get_by_text("复核中").wait_for()
    assert "市总工会复核" in said(mine)
    assert_fits(phone)


def who_refused_cannot_answer(page: Page) -> None:
    page.reload()
    assert page.locator(".zg-objection form").count() == 0
    page.goto("/workbench/cases/mine/?kind=objection")
    assert page.locator(".zg-desk-link").count() == 0


def the_city_answers(page: Page) -> None:
    sign_in(page, "demo-city")
    page.goto("/workbench/cases/mine/?kind=objection")
    page.locator(".zg-desk-link", has_text=NAME).click()
    form = page.locator(".zg-objection form")
    text = shown(page)
    assert OBJECTION in text and VISITED in text
    form.get_by_label("维持").check()
    form.get_by_label("答复").fill(ANSWER)
    form.get_by_role("button", name="答复").click()
    page.locator(".zg-alert.is-good").first.wait_for()


def she_reads_the_answer(phone: Page) -> None:
    phone.reload()
    text = said(phone.locator(".card", has_text="我的异议"))
    assert "维持原决定" in text and ANSWER in text and "林国华" in text
    assert phone.locator("#object").count() == 0
    phone.goto("/m/notices/")
    assert "异议答复：维持原决定" in shown(phone)
    assert_fits(phone)


def nothing_was_promised(city: Living) -> None:
    person = city.persons[NAME]
    assert city.rows("SELECT state, amount_fen FROM casework_case WHERE person_id = %s", person) == [(7, None)]
    assert city.rows("SELECT granted, automatic FROM casework_decision WHERE person_id = %s", person) == [
        (False, False)
    ]
    assert city.rows("SELECT state, level FROM casework_objection WHERE person_id = %s", person) == [(2, 1)]
    assert city.one("SELECT count(*) FROM funds_payable WHERE person_id = %s", person) == 0
    refused_by, answered_by = city.rows(
        "SELECT d.decided_by, o.answered_by FROM casework_objection o JOIN casework_decision d ON d.id = o.decision_id"
    )[0]
    assert (refused_by, answered_by) == (city.accounts["demo-grassroots"], city.accounts["demo-city"])
    city.assert_books_agree()
