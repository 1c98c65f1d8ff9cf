"""The wizard from the chair's point of view: upload, look, import, take the workbook back, undo."""

from __future__ import annotations

import os
import re
import tempfile
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import load_workbook
from tests.support.cast import id_number
from tests.support.workbooks import HEADER, member, write_roster
from tests.support.world import World, assert_plain, text_of

from zhigong.web.files import private_folder

# The last tests list what the first ones brought: one worker, in order.
pytestmark = pytest.mark.xdist_group("wizard")

HOME = "/workbench/imports/"
WRONG = id_number(18)[:17] + ("0" if id_number(18)[17] != "0" else "1")


def roster(folder: Path, *, first: int = 30, name: str = "名册.xlsx", bad: bool = True, **fields: str) -> Path:
    rows = [member(n, f"李桂{'英兰芳梅华'[n % 5]}", id_number(n), **fields) for n in range(first, first + 8, 2)]
    if bad:
        rows += [member(first + 90, "赵小红", id_number(first + 90)[:17] + "?", **fields)]
        rows += [member(first + 92, "", id_number(first + 92), **fields)]
    return write_roster(folder / name, rows)


def send(client: Client, file: Path, **more: str):
    data = {"as_of": "2026-11-01", "source": "roster", **more}
    with file.open("rb") as opened:
        return client.post(HOME + "new/", {**data, "file": opened})


def checked(world: World, client: Client, file: Path, **more: str) -> str:
    """Upload and check; the address of the batch."""
    answer = send(client, file, **more)
    assert answer.status_code == 302, text_of(answer)
    world.work()
    return answer["Location"]


def imported(world: World, client: Client, file: Path, **more: str) -> str:
    batch = checked(world, client, file, **more)
    assert client.post(batch + "publish/").status_code == 302
    world.work()
    return batch


def left_behind() -> set[Path]:
    """Files and folders of this process in the places for passing files; other workers have theirs."""
    places = (private_folder(1), Path(tempfile.gettempdir()))
    return {path for place in places if place for path in place.glob(f"zhigong-{os.getpid()}-*")}


def acts(world: World, batch: str) -> list[str]:
    number = batch.rstrip("/").rsplit("/", 1)[1]
    return [a for (a,) in world.admin("SELECT action FROM audit_entry WHERE subject_id = %s ORDER BY at, id", number)]


@pytest.fixture(scope="module")
def chair(world: World) -> Client:
    return world.browser("demo-grassroots")


def test_an_empty_list_says_how_to_begin(chair):
    answer = chair.get(HOME)
    assert "还没有导入过文件" in text_of(answer) and HOME + "new/" in answer.content.decode()
    assert_plain(answer)


@pytest.mark.parametrize("role", ["demo-finance", "demo-auditor"])
def test_whoever_may_not_import_is_told_who_may(world, role):
    for path in (HOME, HOME + "new/"):
        answer = world.browser(role).get(path)
        assert answer.status_code == 403 and "数据专员" in text_of(answer)


def test_strangers_are_led_to_the_door(world):
    answer = Client().get(HOME)
    assert answer.status_code == 302 and answer["Location"].startswith("/signin/")
    assert world.browser("demo-member").get(HOME).status_code == 403


def test_upload_asks_for_its_check_in_the_same_transaction(world, chair, tmp_path):
    answer = send(chair, roster(tmp_path, first=100))
    batch = answer["Location"].rstrip("/").rsplit("/", 1)[1]
    [(name, arguments)] = world.waiting()
    assert name == "exchange.check"
    account = world.cast.accounts["demo-grassroots"]
    assert arguments["batch_id"] == batch and arguments["account_id"] == str(account) and arguments["post_id"]

    page = chair.get(answer["Location"])
    assert (
        "正在检查" in text_of(page) and "可以离开" in text_of(page) and 'hx-trigger="every 1s"' in page.content.decode()
    )
    assert "http-equiv" in page.content.decode()  # without script the page asks again by itself
    part = chair.get(answer["Location"], headers={"HX-Request": "true"})
    assert b"<html" not in part.content and "正在检查" in text_of(part)

    world.work()
    done = chair.get(answer["Location"], headers={"HX-Request": "true"})
    assert done["HX-Redirect"].endswith("/rows/")
    assert chair.get(answer["Location"])["Location"].endswith("/rows/")


def test_sheet_marks_bad_cells_in_place_and_masks_the_rest(world, chair, tmp_path):
    batch = checked(world, chair, roster(tmp_path, first=140))
    answer = chair.get(batch + "rows/")
    page, text = answer.content.decode(), text_of(answer)
    assert_plain(answer)
    marked = re.findall(r'<td class="is-bad[^"]*" data-label="([^"]+)" title="([^"]+)">', page)
    assert [column for column, _ in marked] == ["证件号码", "姓名"] and all(why for _, why in marked)
    assert id_number(230)[:17] + "?" in page, "what must be mended is shown whole"
    assert id_number(140) not in page and id_number(140)[:3] + "*" * 11 + id_number(140)[-4:] in page
    assert f"139{140:08d}" not in page
    assert "6 行" in text and "填表说明 1 行" in text
    only = chair.get(batch + "rows/?only=problems").content.decode()
    assert "赵小红" in only and "李桂" not in only.split("<tbody>")[-1]


def test_each_page_shown_is_recorded_and_a_masked_read_is_no_excuse(world, chair, tmp_path):
    batch = checked(world, chair, roster(tmp_path, first=180))
    before = acts(world, batch).count("exchange.batch.opened")
    chair.get(batch + "rows/")
    chair.get(batch + "rows/?only=problems")
    assert acts(world, batch).count("exchange.batch.opened") == before + 2
    [(fields, count)] = world.admin(
        "SELECT fields, count FROM audit_entry WHERE subject_id = %s AND action = 'exchange.batch.opened' ORDER BY at"
        " LIMIT 1",
        batch.rstrip("/").rsplit("/", 1)[1],
    )
    assert {"id_number", "phone", "name"} <= set(fields) and count == 6


def test_import_then_receipt_then_undo(world, chair, tmp_path):
    batch = imported(world, chair, roster(tmp_path, first=220, name="清河厂.xlsx"))
    page = chair.get(batch)
    assert_plain(page)
    assert "新增 5 人" in text_of(page) and "1 行不能导入" in text_of(page)

    answer = chair.get(batch + "receipt/")
    assert "attachment" in answer["Content-Disposition"] and answer["Cache-Control"] == "no-store"
    sheet = load_workbook(BytesIO(b"".join(answer.streaming_content)))["会员信息采集表"]
    results = [row[len(HEADER)].value for row in sheet.iter_rows(min_row=5) if row[len(HEADER)].value]
    assert sum("通过" in text for text in results) == 4 and len(results) == 6
    assert "exchange.receipt.written" in acts(world, batch)

    assert chair.post(batch + "undo/").status_code == 302
    assert "正在撤销" in text_of(chair.get(batch))
    world.work()
    page = text_of(chair.get(batch))
    assert "移出 5 人" in page and "撤销这次导入" not in page
    assert world.admin("SELECT count(*) FROM people_person WHERE name = '赵小红'")[0][0] == 0
    assert chair.post(batch + "undo/").status_code == 409, "undone is undone"


def test_no_file_is_left_behind(world, chair, tmp_path):
    """Neither the upload nor the receipt may lie in the clear once the answer is sent."""
    batch = checked(world, chair, roster(tmp_path, first=260))
    before = left_behind()
    answer = chair.get(batch + "receipt/")
    assert len(b"".join(answer.streaming_content)) > 1000
    answer.close()
    assert left_behind() <= before


def test_the_same_file_leads_to_its_batch(world, chair, tmp_path):
    file = roster(tmp_path, first=300)
    batch = checked(world, chair, file)
    again = send(chair, file)
    assert again["Location"] == batch and world.waiting() == []
    assert "已经上传过" in text_of(chair.get(batch, follow=True))


def test_a_script_that_sends_the_form_is_led_on_by_a_header(chair, tmp_path):
    with roster(tmp_path, first=340).open("rb") as file:
        answer = chair.post(
            HOME + "new/", {"as_of": "2026-11-01", "source": "roster", "file": file}, headers={"X-Upload": "1"}
        )
    assert answer.status_code == 201 and answer["X-Onward"].startswith(HOME)


def test_discard_leaves_nothing(world, chair, tmp_path):
    file = roster(tmp_path, first=380)
    batch = checked(world, chair, file)
    assert chair.post(batch + "discard/").status_code == 302
    assert "已放弃" in text_of(chair.get(batch)) and chair.get(batch + "rows/").status_code == 409
    assert checked(world, chair, file) != batch, "the same file may come again"


def test_macros_are_refused_in_words(world, chair, tmp_path):
    plain, armed = roster(tmp_path, first=420), tmp_path / "带宏.xlsm"
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(armed, "w") as target:
        for name in source.namelist():
            target.writestr(name, source.read(name))
        target.writestr("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0" + bytes(2000))
    page = chair.get(checked(world, chair, armed))
    text = text_of(page)
    assert "未能处理" in text_of(chair.get(HOME)) and "宏" in text and "办法" in text and "重新检查" not in text


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("名册.docx", b"PK\x03\x04", "只认 Excel"),
        ("名册.xlsx", b"", "空的"),
        ("名册.xlsx", b"x" * (20 * 2**20 + 1), "20 MB"),
    ],
)
def test_what_can_be_said_at_once_is_said_beside_the_field(world, chair, name, content, words):
    answer = chair.post(
        HOME + "new/", {"as_of": "2026-11-01", "source": "roster", "file": SimpleUploadedFile(name, content)}
    )
    assert answer.status_code == 422 and words in text_of(answer) and world.waiting() == []


def test_nothing_chosen_and_days_to_come(world, chair, tmp_path):
    answer = chair.post(HOME + "new/", {"as_of": "2126-01-01", "source": "roster"})
    assert "请选择一个文件" in text_of(answer) and "不能晚于今天" in text_of(answer)
    assert 'value="2126-01-01"' in answer.content.decode(), "input is not lost"


def test_a_forged_form_is_refused(world, tmp_path):
    client = world.browser("demo-grassroots", checks=True)
    assert send(client, roster(tmp_path, first=460)).status_code == 403
    assert world.waiting() == []


def test_chairs_import_rosters_only(world, chair, tmp_path):
    answer = send(chair, roster(tmp_path, first=500), source="unions")
    assert answer.status_code == 422
    officer = world.browser("demo-data").get(HOME + "new/").content.decode()
    assert all(f'value="{name}"' in officer for name in ("roster", "unions", "enterprises"))
    assert 'value="unions"' not in chair.get(HOME + "new/").content.decode()


def test_another_scope_sees_nothing(world, chair, tmp_path):
    street = world.browser("demo-street")
    batch = checked(world, street, roster(tmp_path, first=540))
    for path in (batch, batch + "rows/", batch + "receipt/"):
        assert chair.get(path).status_code == 404
    for act in ("publish/", "discard/", "undo/", "check/"):
        assert chair.post(batch + act).status_code == 404


def test_a_street_names_the_union_of_a_roster_without_codes(world, tmp_path):
    street = world.browser("demo-street")
    batch = checked(world, street, roster(tmp_path, first=580, bad=False))
    page = text_of(street.get(batch + "rows/"))
    assert "归入哪个工会" in page and "确定导入" not in page

    unclear = street.post(batch + "union/", {"union": "1区1街"})
    assert "union=" in unclear["Location"]
    choices = street.get(unclear["Location"].split("#")[0]).content.decode()
    assert choices.count('name="union_code"') >= 2
    answer = street.post(batch + "union/", {"union_code": "990101010002"}, follow=True)
    assert "已选好工会" in text_of(answer) and "确定导入" in text_of(answer)
    street.post(batch + "publish/")
    world.work()
    union = world.cast.city.unions["d1s1g2"]
    assert world.admin("SELECT count(*) FROM people_person WHERE union_id = %s", union)[0][0] == 4


def test_the_union_typed_on_upload_counts_when_it_names_one(world, tmp_path):
    street = world.browser("demo-street")
    batch = checked(world, street, roster(tmp_path, first=620, bad=False), union="1区1街1号公司工会")
    assert "归入哪个工会" not in text_of(street.get(batch + "rows/"))
    other = checked(world, street, roster(tmp_path, first=660, bad=False), union="没有这个工会")
    assert "归入哪个工会" in text_of(street.get(other + "rows/"))


def test_a_file_nobody_can_place_fails_and_can_be_checked_again(world, tmp_path):
    street = world.browser("demo-street")
    batch = imported(world, street, roster(tmp_path, first=700, bad=False))
    text = text_of(street.get(batch))
    assert "没有一行能归到工会" in text and "重新检查" in text
    assert street.post(batch + "check/").status_code == 302
    world.work()
    assert street.get(batch)["Location"].endswith("/rows/")


def test_union_search_keeps_to_the_scope(world, chair):
    street = world.browser("demo-street")
    assert "1区1街2号公司工会" in text_of(street.get(HOME + "unions/?union=1区1街"))
    assert "1区1街2号公司工会" not in text_of(chair.get(HOME + "unions/?union=1区1街"))


def test_list_shows_where_each_batch_stands(world, chair, tmp_path):
    checked(world, chair, roster(tmp_path, first=860, name="甲.xlsx"))
    undone = imported(world, chair, roster(tmp_path, first=872, name="乙.xlsx", bad=False))
    chair.post(undone + "undo/")
    broken = tmp_path / "丙.xlsx"
    broken.write_bytes(roster(tmp_path, first=884).read_bytes()[:-300])
    checked(world, chair, broken)
    chair.post(checked(world, chair, roster(tmp_path, first=896, name="丁.xlsx")) + "discard/")
    answer = chair.get(HOME)
    assert_plain(answer)
    rows = re.findall(r"<tr.*?</tr>", answer.content.decode(), re.DOTALL)
    for file, words in (("甲", "已检查，待导入"), ("乙", "已撤销"), ("丙", "未能处理"), ("丁", "已放弃")):
        row = next(row for row in rows if f"{file}.xlsx" in row)
        assert words in row and "周敏" in row


def test_a_job_that_broke_is_told_and_can_be_asked_for_again(world, chair, tmp_path):
    """Without this the page would wait for ever."""
    batch = send(chair, roster(tmp_path, first=740))["Location"]
    world.admin("UPDATE procrastinate_jobs SET status = 'failed' WHERE status = 'todo' AND queue_name = 'exchange'")
    page = chair.get(batch)
    assert "这一步没有做完" in text_of(page) and "every 1s" not in page.content.decode()
    assert "http-equiv" not in page.content.decode()
    assert chair.post(batch + "check/").status_code == 302
    assert "正在检查" in text_of(chair.get(batch))
    world.work()
    assert chair.get(batch)["Location"].endswith("/rows/")


def test_an_undo_that_is_refused_leaves_the_batch_published(world, chair, tmp_path):
    """A job acts with the rights of the moment: here the source turns into one that a chair may not touch."""
    batch = imported(world, chair, roster(tmp_path, first=780, bad=False))
    number = batch.rstrip("/").rsplit("/", 1)[1]
    chair.post(batch + "undo/")
    world.admin("UPDATE exchange_batch SET source = 'unions' WHERE id = %s", number)
    world.work()
    world.admin("UPDATE exchange_batch SET source = 'roster' WHERE id = %s", number)
    text = text_of(chair.get(batch))
    assert "没有这项权限" in text and "已导入 4 行" in text and "撤销这次导入" in text


def test_a_job_that_ended_without_its_work_is_told_too(world, chair, tmp_path):
    """Her post ended between asking and doing: nobody could even note it on the batch."""
    batch = imported(world, chair, roster(tmp_path, first=820, bad=False))
    chair.post(batch + "undo/")
    account = world.cast.accounts["demo-grassroots"]
    world.admin("UPDATE orgs_post SET starts_on = '2120-01-01' WHERE account_id = %s", account)
    world.work()
    world.admin("UPDATE orgs_post SET starts_on = '2020-01-01' WHERE account_id = %s", account)
    assert "这一步没有做完" in text_of(chair.get(batch))
    chair.post(batch + "undo/")
    world.work()
    assert "已撤销这个批次" in text_of(chair.get(batch))
