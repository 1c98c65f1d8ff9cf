"""Story: a grassroots chair imports the company's Excel as it is, mends the bad cells in the receipt, and undoes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from openpyxl import load_workbook

from tests.support.cast import id_number
from tests.support.workbooks import HEADER, member, write_roster

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.stories.conftest import Stack

pytestmark = [pytest.mark.story, pytest.mark.slow]

GOOD = [member(n, name, id_number(n)) for n, name in ((10, "刘桂英"), (12, "王丽华"), (14, "周玉兰"), (16, "吴秀珍"))]
WRONG_DIGIT = id_number(18)[:17] + ("0" if id_number(18)[17] != "0" else "1")


def sign_in(page: Page, role: str) -> None:
    page.goto("/demo/")
    page.locator(f"button[value={role}]").click()
    page.wait_for_url(lambda url: "/demo/" not in url)


def upload(page: Page, file: Path) -> None:
    page.goto("/workbench/imports/new/")
    page.set_input_files("input[type=file]", file)
    page.get_by_role("button", name="上传并检查").click()
    page.wait_for_url("**/rows/**")


def import_rows(page: Page) -> None:
    page.locator("details.zg-confirm > summary", has_text="导入").click()
    page.get_by_role("button", name="确定导入").click()
    page.locator(".zg-alert.is-good", has_text="已导入").wait_for()


def figures(page: Page) -> dict[str, str]:
    labels = page.locator(".zg-stat-label").all_inner_texts()
    values = page.locator(".zg-stat-value").all_inner_texts()
    return {label: "".join(c for c in value if c.isdigit()) for label, value in zip(labels, values, strict=True)}


def members_of(stack: Stack, union: str) -> set[str]:
    with stack.database.connect() as admin:
        found = admin.execute(
            "SELECT name FROM people_person WHERE union_id = %s AND membership_status = 1",
            [stack.cast.city.unions[union]],
        )
        return {name for (name,) in found}


def test_chair_imports_mends_and_undoes(page: Page, stack: Stack, tmp_path: Path, downloads: Path) -> None:
    before = members_of(stack, "d1s1g1")
    rows = [*GOOD, member(18, "孙凤英", WRONG_DIGIT), member(20, "", id_number(20))]
    sent = write_roster(tmp_path / "清河机械厂会员名册.xlsx", rows)
    first = {"刘桂英", "王丽华", "周玉兰", "吴秀珍", "孙凤英"}

    sign_in(page, "demo-grassroots")
    upload(page, sent)
    look_at_the_sheet(page)
    import_rows(page)
    assert figures(page) == {"新增": "5", "更新": "0", "没有变化": "0", "没有进库": "0"}
    assert members_of(stack, "d1s1g1") - before == first

    mended = mend(take_receipt(page, downloads), tmp_path / "改好.xlsx")
    upload(page, mended)
    assert page.get_by_text("这是改过的回执").is_visible()
    assert figures(page)["可以导入"] == "6"
    import_rows(page)
    assert figures(page) == {"新增": "1", "更新": "1", "没有变化": "4", "没有进库": "0"}
    assert members_of(stack, "d1s1g1") - before == first | {"朱桂兰"}

    # Undo takes back what this batch brought, no more.
    page.locator("details.zg-confirm > summary", has_text="撤销这次导入").click()
    page.locator(".zg-confirm-panel button", has_text="撤销").click()
    page.get_by_text("移出 1 人").wait_for()
    assert members_of(stack, "d1s1g1") - before == first

    # The first file still stands: sending it again leads to its batch.
    page.goto("/workbench/imports/new/")
    page.set_input_files("input[type=file]", sent)
    page.get_by_role("button", name="上传并检查").click()
    page.get_by_text("这个文件已经上传过了").wait_for()


def look_at_the_sheet(page: Page) -> None:
    """It is shown as it came; what is wrong stands in the cell itself."""
    assert figures(page) == {"数据行": "6", "可以导入": "4", "待核实": "1", "不能导入": "1"}
    page.get_by_role("link", name="只看有问题的行").click()
    page.wait_for_url("**only=problems**")
    marked = page.locator("td.is-bad")
    assert marked.count() == 2
    assert WRONG_DIGIT in marked.nth(0).inner_text() and marked.nth(0).get_attribute("title")
    assert page.locator(".zg-sheet tbody tr").count() == 2


def take_receipt(page: Page, folder: Path) -> Path:
    with page.expect_download() as waiting:
        page.get_by_role("link", name="取回标了原因的原表").click()
    receipt = folder / waiting.value.suggested_filename
    waiting.value.save_as(receipt)
    return receipt


def mend(receipt: Path, target: Path) -> Path:
    """The same workbook came back: only the two bad cells are mended, all else stays."""
    book = load_workbook(receipt)
    sheet = book["会员信息采集表"]
    number = HEADER.index("证件号码")
    assert [cell.value for cell in sheet[4]][: len(HEADER)] == HEADER and sheet["A1"].value == "附件四"
    results = {row[1].value: row[len(HEADER)].value for row in sheet.iter_rows(min_row=5) if row[len(HEADER)].value}
    assert "通过" in results["刘桂英"] and "通过" not in results["孙凤英"]
    for row in sheet.iter_rows(min_row=5):
        if row[1].value == "孙凤英":
            row[number].value = id_number(18)
        if row[number].value == id_number(20):
            row[1].value = "朱桂兰"
    book.save(target)
    return target


def test_file_with_macros_is_refused_in_words(page: Page, tmp_path: Path) -> None:
    """A workbook with macros: what, why and what to do, and nothing imported."""
    import zipfile

    plain = write_roster(tmp_path / "名册.xlsx", GOOD)
    armed = tmp_path / "带宏的名册.xlsm"
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(armed, "w") as target:
        for name in source.namelist():
            target.writestr(name, source.read(name))
        target.writestr("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0" + bytes(2000))
    sign_in(page, "demo-grassroots")
    page.goto("/workbench/imports/new/")
    page.set_input_files("input[type=file]", armed)
    page.get_by_role("button", name="上传并检查").click()
    refused = page.locator(".zg-alert.is-bad")
    refused.wait_for()
    text = refused.inner_text()
    assert "宏" in text and "办法" in text
    page.goto("/workbench/imports/")
    assert page.locator("tr", has_text="带宏的名册").get_by_text("未能处理").is_visible()
