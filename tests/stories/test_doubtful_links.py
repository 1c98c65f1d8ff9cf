"""Story: two rows of departments name somebody who may be a member; the data officer judges, and it lasts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.stories.at_work import assert_fits, refresh, said, shown, sign_in
from tests.support import spine

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.stories.conftest import LivingStack
    from tests.stories.living import Living

pytestmark = [pytest.mark.story, pytest.mark.slow, pytest.mark.xdist_group("story-doubtful-links")]
# 周桂兰 rents from the city under her name of old; somebody's relief was written down under 孙建国's number.
FORMER, SHE = "周招娣", spine.POOR
OTHER, HE = "孙大勇", "孙建国"
FORMER_NAME = "社区核实：2009 年改的名，是同一个人。"
MISTYPED = "民政核实：号码录错，是另一个人。"
ASK_AGAIN = "民政来电，号码还要再核对。"


@pytest.fixture(scope="module")
def stack(living: LivingStack) -> LivingStack:
    return living


def test_doubtful_links_are_judged_and_the_judgement_lasts(page: Page, phone: Page, stack: LivingStack) -> None:
    city = stack.city
    the_files_arrive(city)
    she_finds_them_on_her_home_page(page)
    her_name_of_old(page)
    not_the_same(page)
    page_of_the_person(page, city, HE, "不是同一人", "下次刷新起生效")
    she_takes_it_back(page)
    refresh(page)
    her_facts_follow(page, phone, city)
    the_question_stands_again(page, phone, city)
    now_it_is_certain(page)
    next_month_asks_nothing(page, city)


def housing(folder: Path, name: str) -> Path:
    row = {"姓名": FORMER, "证件号码": spine.NUMBERS[SHE], "房屋套数": "0", "保障类型": "公租房"}
    return spine.write(folder / name, [*spine.housing(), row])


def the_files_arrive(city: Living) -> None:
    (relief,) = spine.low_income()
    mistyped = relief | {"姓名": OTHER, "证件号码": spine.NUMBERS[HE], "户主证件号码": spine.NUMBERS[HE]}
    for source, file in (
        ("housing", housing(city.files, "住房.csv")),
        ("low-income", spine.write(city.files / "低保.csv", [relief, mistyped])),
    ):
        receipt = city.ingest(source, file)
        assert (receipt.rejected, list(receipt.held)) == (0, []), receipt
    city.refresh()


def she_finds_them_on_her_home_page(page: Page) -> None:
    sign_in(page, "demo-data")
    page.goto("/workbench/")
    page.get_by_role("link").filter(has_text="核对 2 处存疑的关联").click()
    text = shown(page)
    for name, person in ((FORMER, SHE), (OTHER, HE)):
        row = said(page.locator("tr", has_text=name))
        assert person in row and "证件号码一致，姓名不同" in row
    assert not any(number in page.content() for number in spine.NUMBERS.values())
    assert "待判定" in text
    page.get_by_role("link", name="开始核对").click()
    page.wait_for_url(re.compile(r"/workbench/links/[a-z-]+/[0-9a-f]+/"))


def her_name_of_old(page: Page) -> None:
    """Side by side: the same number, another name. Both numbers open for a purpose; the officer rules by keyboard."""
    go_to(page, FORMER)
    sides = {said(row.locator(".zg-pair-label")): said(row) for row in page.locator(".zg-pair-row").all()[1:]}
    assert FORMER in sides["姓名"] and SHE in sides["姓名"] and sides["姓名"].endswith("不同")
    assert sides["证件号码"].endswith("一致") and spine.NUMBERS[SHE] not in page.content()
    page.locator("summary", has_text="对照两边的号码").click()
    page.get_by_label("核实身份").or_(page.locator("input[name=purpose]").first).first.check()
    page.get_by_role("button", name="查看", exact=True).click()
    page.get_by_text("打开号码").first.wait_for()
    assert said(page.locator(".zg-pair")).count(spine.NUMBERS[SHE]) == 2
    page.keyboard.press("n")
    page.get_by_label("说明").fill(FORMER_NAME)
    page.get_by_role("button", name="是同一人", exact=False).first.click()
    page.locator(".zg-alert.is-good", has_text="是同一人").wait_for()


def not_the_same(page: Page) -> None:
    """The next pair is there at once."""
    assert OTHER in shown(page) and HE in shown(page)
    page.get_by_label("说明").fill(MISTYPED)
    page.locator("h1").click()
    page.keyboard.press("2")
    page.locator(".zg-alert.is-good", has_text="不是同一人").wait_for()
    assert "没有要核对的" in shown(page)
    assert page.get_by_role("link", name="去刷新").get_attribute("href") == "/workbench/exchange/"


def page_of_the_person(page: Page, city: Living, name: str, *words: str) -> str:
    """What her page says of the sources that know her."""
    page.goto(f"/workbench/members/{city.persons[name]}/")
    page.get_by_role("link", name="数据来源").click()
    text = said(page.locator("main"))
    assert all(word in text for word in words), text
    return text


def she_takes_it_back(page: Page) -> None:
    page.goto("/workbench/links/")
    page.get_by_role("link", name=re.compile("已判定")).click()
    assert MISTYPED in said(page.locator("tr", has_text=OTHER)) and FORMER_NAME in said(
        page.locator("tr", has_text=FORMER)
    )
    page.get_by_role("link", name=OTHER).click()
    ruled = page.locator(".zg-rulings li", has_text=MISTYPED)
    ruled.locator("summary", has_text="撤回").click()
    ruled.get_by_label("为什么撤回").fill(ASK_AGAIN)
    ruled.get_by_role("button", name="撤回", exact=True).click()
    page.locator(".zg-alert.is-good", has_text="已撤回").wait_for()


def her_facts_follow(page: Page, phone: Page, city: Living) -> None:
    page_of_the_person(page, city, SHE, "住房情况", "人工判定是同一人", FORMER_NAME, "何晓东")
    sign_in(phone, "demo-hardship")
    phone.goto("/m/me/facts/")
    support = said(phone.locator(".is-facts li", has_text="住房保障"))
    assert "公租房" in support and "住建" in support, support
    phone.goto("/m/me/looked/")
    assert "何晓东" in shown(phone)
    assert_fits(phone)


def the_question_stands_again(page: Page, phone: Page, city: Living) -> None:
    page_of_the_person(page, city, HE, "民政救助", "存疑", "证件号码一致，姓名不同")
    page.get_by_role("link", name="去核对").click()
    assert OTHER in shown(page) and FORMER not in shown(page)
    assert city.fact(HE, "low_income_status") == "none"
    sign_in(phone, "demo-data")
    for at in ("/workbench/links/", page.locator("td a.strong").first.get_attribute("href") or ""):
        phone.goto(at)
        assert OTHER in shown(phone)
        assert_fits(phone)


def now_it_is_certain(page: Page) -> None:
    page.get_by_role("link", name=OTHER).click()
    page.get_by_label("说明").fill(MISTYPED)
    page.get_by_role("button", name="不是同一人").click()
    page.locator(".zg-alert.is-good", has_text="不是同一人").wait_for()


def next_month_asks_nothing(page: Page, city: Living) -> None:
    """Her row stands elsewhere in the next file, and what was said of it holds."""
    file = housing(city.files, "住房-下月.csv")
    head, *rows = file.read_text("utf-8").splitlines()
    file.write_text("\n".join((head, *reversed(rows))), "utf-8")
    assert city.ingest("housing", file).held == ()
    city.refresh()
    assert city.fact(SHE, "housing_support") == "public_rental"
    page.goto("/workbench/links/?state=ruled")
    assert "是同一人" in said(page.locator("tr", has_text=FORMER)) and MISTYPED in said(
        page.locator("tr", has_text=OTHER)
    )
    page.goto("/workbench/links/")
    assert "没有要核对的" in shown(page)
    text = page_of_the_person(page, city, HE, "不是同一人", MISTYPED)
    assert "下次刷新起生效" not in text and "存疑" not in text
    assert city.fact(HE, "low_income_status") == "none"


def go_to(page: Page, name: str) -> None:
    """From pair to pair until this one."""
    if name not in said(page.locator(".zg-pair")):
        page.get_by_role("link", name="下一对").click()
        page.locator(".zg-pair", has_text=name).wait_for()
