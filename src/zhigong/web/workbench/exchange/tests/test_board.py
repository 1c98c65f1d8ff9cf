"""The board through the web: who sees it, a file on its way, a held batch let pass, given up, taken back; refresh."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from tests.bed import as_role
from tests.support.world import World, assert_plain, text_of

from zhigong.exchange.tests.departments import INSURED, insured, write

# Later tests go on with the batches of earlier ones: one worker, in order.
pytestmark = pytest.mark.xdist_group("web_exchange")

HOME = "/workbench/exchange/"
SOURCE = "social-insurance"


@pytest.fixture(scope="module")
def officer(world: World) -> Client:
    return world.browser("demo-data")


def send(world: World, client: Client, file: Path) -> str:
    """Upload, check, import; the address on the board."""
    with file.open("rb") as opened:
        done = client.post("/workbench/imports/new/", {"as_of": "2026-11-01", "source": SOURCE, "file": opened})
    assert done.status_code == 302, text_of(done)
    batch = done["Location"]
    world.work()
    assert client.post(batch + "publish/").status_code == 302
    world.work()
    onward = client.get(batch)
    assert onward.status_code == 302, text_of(onward)
    return str(onward["Location"])


def people(folder: Path, numbers: range, name: str, **changes: str) -> Path:
    return write(folder / name, [insured(number, **changes) for number in numbers], INSURED)


@pytest.mark.parametrize(
    ("role", "sees"),
    [
        ("demo-data", True),
        ("demo-city", False),
        ("demo-finance", False),
        ("demo-auditor", False),
        ("demo-member", False),
    ],
)
def test_who_sees_the_board(world, role, sees):
    client = world.browser(role)
    for path in ("", f"{SOURCE}/"):
        got = client.get(HOME + path)
        assert got.status_code == (200 if sees else 403), path
        assert_plain(got)
    if not sees:
        assert client.post(HOME + "refresh/").status_code == 403


def test_strangers_are_led_to_the_door():
    assert Client().get(HOME).status_code == 302


def test_every_department_stands_on_the_board_though_it_never_sent_anything(officer):
    page = text_of(officer.get(HOME))
    assert "人社参保" in page and "还没有数据" in page and "上传第一份文件" in page
    assert officer.get(HOME + "no-such-source/").status_code == 404


def test_a_department_file_goes_through_the_wizard_to_the_board(world, officer, tmp_path):
    assert SOURCE in officer.get("/workbench/imports/new/").content.decode()
    at = send(world, officer, people(tmp_path, range(100, 140), "十月.csv"))
    assert at.startswith(HOME + "batches/")
    got = officer.get(at)
    assert_plain(got)
    assert "现用" in text_of(got) and "40" in text_of(got)
    assert "有新的数据还没有起作用" in text_of(officer.get(HOME))
    source = text_of(officer.get(f"{HOME}{SOURCE}/"))
    assert "十月.csv" in source and "现用" in source


def test_a_file_of_half_the_rows_is_held_and_passes_with_a_note(world, officer, tmp_path):
    at = send(world, officer, people(tmp_path, range(100, 112), "十一月.csv"))
    page = officer.get(at)
    assert "行数少了" in text_of(page) and "放行 12 行" in text_of(page)
    assert "1 个批次等您确认" in text_of(officer.get(HOME))
    assert "数据待确认 1" in text_of(officer.get("/workbench/"))
    assert f'href="{at}"' in officer.get("/workbench/?kind=held").content.decode()
    assert "数据待确认" not in text_of(world.browser("demo-city").get("/workbench/"))
    empty = officer.post(at + "accept/", {"note": "  "})
    assert empty.status_code == 422 and "请写明为什么可以放行" in text_of(empty)
    assert world.browser("demo-city").post(at + "accept/", {"note": "x"}).status_code == 403
    assert officer.post(at + "accept/", {"note": "已电话核实：一家企业整体转出"}).status_code == 302
    told = text_of(officer.get(at))
    assert "已电话核实：一家企业整体转出" in told and "何晓东" in told and "现用" in told
    twice = officer.post(at + "accept/", {"note": "再点一次"})
    assert twice.status_code in (409, 422) and "再点一次" not in text_of(officer.get(at)).replace(
        "再点一次</textarea>", ""
    )


def test_a_held_file_is_given_up_and_what_was_in_force_stays(world, officer, tmp_path):
    at = send(world, officer, people(tmp_path, range(100, 103), "错的.csv"))
    batch = at.rstrip("/").rsplit("/", 1)[1]
    assert officer.post(f"/workbench/imports/{batch}/discard/").status_code == 302
    source = text_of(officer.get(f"{HOME}{SOURCE}/"))
    assert "错的.csv" not in source and "十一月.csv" in source


def test_a_batch_in_force_is_taken_back(world, officer):
    page = officer.get(f"{HOME}{SOURCE}/").content.decode()
    at = re.search(rf'{HOME}batches/[0-9a-f-]+/(?=">批次)', page)
    assert at
    batch = at[0].rstrip("/").rsplit("/", 1)[1]
    assert "撤下这个批次" in text_of(officer.get(at[0]))
    assert officer.post(f"/workbench/imports/{batch}/undo/").status_code == 302
    world.work()
    assert "已撤下" in text_of(officer.get(at[0]))


def test_refresh_pressed_twice_runs_once_and_tells_its_stages(world, officer):
    first = officer.post(HOME + "refresh/")
    second = officer.post(HOME + "refresh/")
    assert first["Location"] == second["Location"]
    assert "已排队" in text_of(officer.get(first["Location"]))
    _run(world)
    page = text_of(officer.get(first["Location"]))
    for stage in ("核对", "关联", "推算", "发布", "筛查", "统计"):
        assert stage in page
    assert "刷新完成" in page
    assert "没有起作用" not in text_of(officer.get(HOME))
    assert officer.post(HOME + "refresh/")["Location"] != first["Location"]


def _run(world: World) -> None:
    from zhigong.insight.jobs import refresh

    waiting: list[tuple[Any, ...]] = world.admin(
        "SELECT id, args FROM procrastinate_jobs WHERE status = 'todo' AND task_name = 'insight.refresh'"
    )
    assert len(waiting) == 1
    with as_role("job"):
        refresh(**waiting[0][1])
    world.admin("UPDATE procrastinate_jobs SET status = 'succeeded' WHERE id = %s", waiting[0][0])
