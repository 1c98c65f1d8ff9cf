"""Story: a family in hardship is found from departments' data, helped through four levels, paid, and says thank you."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.stories.at_work import (
    SERVICE,
    act,
    apply,
    assert_fits,
    bank_answer,
    confirm_identity,
    confirmed,
    open_todo,
    said,
    shown,
    sign_in,
)  # fmt: skip
from tests.support import spine

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.stories.conftest import LivingStack
    from tests.stories.living import Living

pytestmark = [pytest.mark.story, pytest.mark.slow, pytest.mark.xdist_group("story-hardship-found")]
NAME, TITLE, SUM = spine.POOR, "困难职工建档和一次性帮扶", "3,000 元"


@pytest.fixture(scope="module")
def stack(living: LivingStack) -> LivingStack:
    return living


def test_a_family_in_hardship_is_found_and_helped(page: Page, phone: Page, stack: LivingStack, downloads: Path) -> None:
    city = stack.city
    is_told_why(phone)
    sees_what_is_known(phone)
    answers_one_question(phone)
    passes_three_levels(page)
    ends_on = is_published(page, phone, city)
    city.run_clock(ends_on)
    assert city.one("SELECT count(*) FROM casework_publicity WHERE ended_on IS NULL") == 1  # on the last day: not yet
    assert city.run_clock(ends_on + timedelta(days=1)).publicity_ended == 1
    is_decided(page)
    is_paid(page, city, downloads)
    says_thank_you(phone)
    nothing_is_left_open(city)


def is_told_why(phone: Page) -> None:
    sign_in(phone, "demo-hardship")
    found = phone.locator(".zg-found-card", has_text=TITLE)
    text = said(found)
    assert "深度困难" in text and SUM in text and "为什么找到您" in text
    assert "家庭每人每月的纯收入" in text or "家庭住房须少于 2 套" in text
    assert "根据社保、户籍、住房、医保、教育等部门的数据" in text
    assert phone.get_by_text(f"为您找到：{TITLE}").is_visible()
    assert_fits(phone)
    found.get_by_role("link", name="去看看").click()
    phone.wait_for_url(f"**{SERVICE}")


def sees_what_is_known(phone: Page) -> None:
    """Every sentence of the rule with its sign, the facts under it, and who said so."""
    signs = {said(one): one for one in phone.locator(".zg-signs.is-full > li").all()}
    homes = next(text for text in signs if "家庭住房须少于" in text)
    assert homes.startswith("符合：") and "1 套" in homes and "住建" in homes
    school = next(text for text in signs if "高收费民办学校" in text)
    assert school.startswith("符合：") and "教育" in school
    firm = next(text for text in signs if "开公司、开店" in text)
    assert firm.startswith("还不知道：")
    income = next(text for text in signs if "低于当地低保标准 1,062" in text)
    assert income.startswith("符合：") and "52,800 元" in income and "26,000 元" in income and "人社" in income
    assert_fits(phone)


def answers_one_question(phone: Page) -> None:
    asked = phone.locator("#apply fieldset, #apply .zg-field > label:not(.zg-check)")
    questions = [said(one) for one in asked.all()]
    assert sum("？" in text for text in questions) == 1, questions
    review = apply(phone)
    assert "深度困难" in review and SUM in review and "雇了别人" in review
    text = shown(phone)
    assert "已经收到" in text and "清河机械厂工会委员会" in text and "不用再交材料" in text
    assert_fits(phone)


def passes_three_levels(page: Page) -> None:
    open_todo(page, "demo-grassroots", NAME)
    text = shown(page)
    assert "按现行规则：符合「深度困难」" in text and "与提交时的结论一致" in text and spine.ILLNESS not in text
    act(page, "pass", "已入户，人口、住房、收入与部门数据一致。")
    open_todo(page, "demo-street", NAME)
    assert "已入户，人口、住房、收入与部门数据一致。" in shown(page)
    act(page, "pass", "材料齐全。")
    open_todo(page, "demo-district", NAME)
    act(page, "pass", "未重复享受其他帮扶，同意公示。")


def is_published(page: Page, phone: Page, city: Living) -> object:
    """On the wall: a masked name, the union, the grade, the sum; nothing else of her."""
    open_todo(page, "demo-district", NAME)
    act(page, "publish")
    page.goto("/workbench/publicity/")
    on_the_wall(page)
    sign_in(phone, "demo-member")
    phone.goto("/m/publicity/")
    on_the_wall(phone)
    assert_fits(phone)
    starts, ends = city.rows("SELECT starts_on, ends_on FROM casework_publicity")[0]
    assert starts == city.today and (ends - starts).days >= 5
    return ends


def on_the_wall(page: Page) -> None:
    text = shown(page)
    assert "周*兰" in text and "清河机械厂工会委员会" in text and "深度困难" in text and SUM in text
    content = page.content()
    for secret in (NAME, spine.NUMBERS[NAME], spine.PHONES[NAME], spine.ADDRESS, spine.ILLNESS, spine.ACCOUNT):
        assert secret not in content


def is_decided(page: Page) -> None:
    open_todo(page, "demo-city", NAME)
    assert "公示期满" in shown(page)
    act(page, "pass", "公示无异议，同意建档。")
    text = shown(page)
    assert "已通过" in text and "签名有效" in text and SUM in text


def is_paid(page: Page, city: Living, downloads: Path) -> None:
    """Two persons, one list, one answer of the bank."""
    sign_in(page, "demo-finance")
    page.goto("/workbench/payouts/")
    row = page.locator("tr", has_text=TITLE)
    assert SUM in said(row)
    row.get_by_role("button", name="起草批次").click()
    page.get_by_text("批次已起草").wait_for()
    batch = page.url
    confirmed(page, "锁定 1 笔", "锁定名单")
    page.get_by_text("名单已锁定").wait_for()
    assert page.locator("summary", has_text="复核放款").count() == 0  # not by whoever made it

    sign_in(page, "demo-city")
    page.goto(batch)
    assert "吴芳" in shown(page) and spine.ACCOUNT not in page.content()
    page.reload()
    confirmed(page, "复核放款", "确认放款")
    page.get_by_text("已复核放款").wait_for()

    sign_in(page, "demo-finance")
    page.goto(batch)
    sent = fetch_list(page, downloads)
    answer = downloads / "回盘.csv"
    answer.write_bytes(bank_answer(sent))
    page.set_input_files("input[type=file]", answer)
    page.get_by_role("button", name="上传并入账").click()
    page.get_by_text("已结清").first.wait_for()
    page.goto(batch)
    page.get_by_text("银行对每一笔都给了结果").wait_for()


def fetch_list(page: Page, downloads: Path) -> bytes:
    button = page.get_by_role("button", name="下载银行文件（CSV）")
    with page.expect_download() as waiting:
        button.click()
        if confirm_identity(page):
            button.click()
    target = downloads / waiting.value.suggested_filename
    waiting.value.save_as(target)
    sent = target.read_bytes()
    assert NAME in sent.decode("gb18030") and spine.ACCOUNT in sent.decode("gb18030")
    return sent


def says_thank_you(phone: Page) -> None:
    sign_in(phone, "demo-hardship")
    phone.goto("/m/cases/")
    phone.get_by_role("link").filter(has_text=TITLE).click()
    text = shown(phone)
    assert "已发放" in text and SUM in text and "已经汇入您的银行卡" in text and "每一条理由" in text
    phone.locator(".zg-stars label", has_text="5").click()
    phone.get_by_label("想说的话").fill("没跑一趟，都是工会上门办的，谢谢。")
    phone.get_by_role("button", name="提交评价").click()
    phone.locator(".card", has_text="我的评价").get_by_text("5 分").wait_for()
    phone.goto("/m/notices/")
    notices = shown(phone)
    assert "为您找到" in notices and "已通过" in notices and "已到账" in notices
    phone.goto("/m/me/looked/")
    looked = shown(phone)
    assert "生成银行发放文件" in looked and all(name in looked for name in ("周敏", "孙立", "赵文静", "林国华", "吴芳"))
    assert_fits(phone)


def nothing_is_left_open(city: Living) -> None:
    """The money is where the pages say, once; the levels acted in order; every step was recorded."""
    person = city.persons[NAME]
    case = city.rows("SELECT state, amount_fen, grade FROM casework_case WHERE person_id = %s", person)
    assert case == [(6, 300_000, "deep")]
    assert city.one("SELECT state FROM casework_entitlement WHERE person_id = %s", person) == 3
    assert city.rows("SELECT amount_fen, state FROM funds_payable WHERE person_id = %s", person) == [(300_000, 6)]
    levels = city.rows("SELECT level FROM casework_step WHERE person_id = %s AND state = 3 ORDER BY ordinal", person)
    assert [level for (level,) in levels] == [4, 3, 2, 2, 1]
    maker, releaser = city.rows("SELECT made_by, released_by FROM funds_batch")[0]
    assert {maker, releaser} == {city.accounts["demo-finance"], city.accounts["demo-city"]}
    assert city.rows("SELECT score FROM casework_rating WHERE person_id = %s", person) == [(5,)]
    told = city.rows("SELECT kind, count(*) FROM casework_notice WHERE person_id = %s GROUP BY 1", person)
    assert {count for _, count in told} == {1}
    city.assert_books_agree()
