"""What people do again and again in these stories, said once: signing in, acting on a case, sending a file."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support import spine

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

SERVICE = "/m/services/hardship/archive/"


def sign_in(page: Page, role: str) -> None:
    """By the demo's front door."""
    page.goto("/demo/")
    page.locator(f"button[value={role}]").click()
    page.wait_for_url(lambda url: "/demo/" not in url)


def shown(page: Page) -> str:
    """What stands on the page, folded parts opened, white space made one."""
    page.evaluate("document.querySelectorAll('main details').forEach(one => one.open = true)")
    return said(page.locator("main"))


def said(part: Locator) -> str:
    """The words of a part of the page."""
    return " ".join(part.inner_text().split())


def assert_fits(phone: Page) -> None:
    """Nothing sticks out at 360 px."""
    assert phone.evaluate("document.documentElement.scrollWidth") == 360, phone.url


def assert_fits_a_phone(page: Page) -> None:
    """Nor does it where a cadre opens this very page on hers."""
    before = page.viewport_size
    page.set_viewport_size({"width": 360, "height": 740})
    assert_fits(page)
    if before:
        page.set_viewport_size(before)


def open_todo(page: Page, role: str, name: str) -> None:
    """A cadre signs in, finds the case of that person among her to-dos, and opens it."""
    sign_in(page, role)
    page.goto("/workbench/cases/mine/")
    page.locator(".zg-desk-link", has_text=name).click()
    page.wait_for_url(re.compile(r"/workbench/cases/[0-9a-f-]{36}/"))


def act(page: Page, action: str, note: str = "") -> None:
    """Choose what to do with the open step, say why, confirm."""
    panel = page.locator("section[aria-label=办理]")
    panel.locator("label.zg-choice", has=page.locator(f"input[value={action}]")).click()
    panel.locator("textarea[name=note]").fill(note)
    panel.get_by_role("button", name="确定").click()
    page.locator(".zg-alert.is-good").first.wait_for()


def confirm_identity(page: Page) -> bool:
    """Money moves only after one has proved who she is; whether one was asked."""
    if "/signin/confirm/" not in page.url:
        return False
    page.get_by_role("button", name="是我本人，继续").click()
    page.wait_for_url(lambda url: "/signin/confirm/" not in url)
    return True


def confirmed(page: Page, label: str | re.Pattern[str], sure: str) -> None:
    """Press, read what it will do, press again; once more after a proof of identity."""
    for _ in range(2):
        page.locator("details.zg-confirm > summary", has_text=label).click()
        page.locator("details.zg-confirm[open]").get_by_role("button", name=sure).click()
        page.wait_for_load_state()
        if not confirm_identity(page):
            return


def apply(phone: Page, *, opened: str = "") -> str:
    """Answer the one question, give the card, agree, look at it all, send; what stood to be looked at."""
    if opened:
        phone.locator("summary", has_text=opened).click()
    phone.locator("fieldset", has_text="雇了别人").get_by_label("否").check()
    phone.get_by_label("卡号").fill(spine.ACCOUNT)
    phone.get_by_label("开户行").fill("云泽银行镜河支行")
    phone.locator("input[name=verification_consent]").check()
    phone.get_by_role("button", name="下一步").click()
    phone.get_by_role("button", name="确认提交").wait_for()
    seen = shown(phone)
    phone.get_by_role("button", name="确认提交").click()
    phone.wait_for_url("**/sent/")
    return seen


def send_file(page: Page, source: str, file: Path) -> None:
    """The data officer uploads a department's file as it came."""
    page.goto(f"/workbench/imports/new/?source={source}")
    page.set_input_files("input[type=file]", file)
    page.get_by_role("button", name="上传并检查").click()


def refresh(page: Page) -> dict[str, int]:
    """The data officer makes the new files count; what changed at each step."""
    page.goto("/workbench/exchange/")
    page.get_by_role("button", name="刷新", exact=True).click()
    page.locator(".zg-alert.is-good", has_text="刷新完成").wait_for()
    rows = page.locator("table", has_text="步骤").locator("tbody tr").all()
    cells = [row.locator("td").all_inner_texts() for row in rows]
    return {cell[0]: int(cell[2].replace(",", "")) for cell in cells}


def bank_answer(sent: bytes, result: str = "成功", why: str = "") -> bytes:
    """The bank says the same of every line of the list."""
    head, *lines, total = csv.reader(io.StringIO(sent.decode("gb18030"), newline=""))
    made = io.StringIO(newline="")
    told = [[*line, result, why] for line in lines]
    csv.writer(made, lineterminator="\r\n").writerows([[*head, "处理结果", "失败原因"], *told, [*total, "", ""]])
    return made.getvalue().encode("gb18030")
