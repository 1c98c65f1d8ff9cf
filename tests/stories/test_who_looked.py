"""Story: a chair opens a member's number for a stated purpose; the member sees it on her phone, with the reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.stories.test_roster_import import sign_in
from tests.support.cast import MEMBER, id_number

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.stories.conftest import Stack

pytestmark = [pytest.mark.story, pytest.mark.slow]


def test_member_sees_who_looked_at_her_data(page: Page, phone: Page, stack: Stack, downloads: Path) -> None:
    sign_in(page, "demo-grassroots")
    page.goto(f"/workbench/members/{stack.cast.persons[MEMBER]}/")
    assert id_number(204) not in page.content()
    sealed = page.locator(".zg-sealed", has_text="身份证")
    sealed.locator("summary").click()
    sealed.get_by_label("核对资料").check()
    sealed.get_by_role("button", name="查看", exact=True).click()
    page.get_by_text(id_number(204)).wait_for()

    sign_in(phone, "demo-member")
    phone.get_by_role("link", name="我的", exact=True).click()
    look = phone.locator(".zg-looks > li", has_text="核对资料")
    look.wait_for()
    text = look.inner_text()
    assert "周敏" in text and "主席" in text and "证件号码" in text and "用途：核对资料" in text
    assert phone.evaluate("document.documentElement.scrollWidth") == 360

    with phone.expect_download() as waiting:
        phone.get_by_role("link", name="下载数据文件").click()
    copy = downloads / "copy.json"
    waiting.value.save_as(copy)
    looks = json.loads(copy.read_text(encoding="utf-8"))["查阅记录"]
    assert [one["谁"] for one in looks if one["用途"] == "核对资料"] == ["周敏"]

    phone.reload()
    phone.locator(".zg-looks > li", has_text="本人查阅").wait_for()


def test_member_without_a_file_is_told_how_to_join(phone: Page) -> None:
    sign_in(phone, "demo-courier")
    phone.get_by_role("heading", name="怎样加入").wait_for()
    assert phone.get_by_role("link", name="12351").is_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") == 360


@pytest.mark.parametrize("address", ["/m/", "/m/code/", "/m/me/", "/m/me/looked/", "/m/me/copy/"])
def test_large_type_fits_a_narrow_phone(phone: Page, address: str) -> None:
    sign_in(phone, "demo-member")
    phone.get_by_role("button", name="大字版").click()
    phone.goto(address)
    assert phone.locator("html[data-type=large]").count() == 1
    assert phone.evaluate("document.documentElement.scrollWidth") == 360
