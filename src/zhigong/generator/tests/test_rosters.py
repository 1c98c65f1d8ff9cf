"""The workbooks of cadres, read with openpyxl: layout, traps, manifest."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from openpyxl import load_workbook

from zhigong.generator.rosters import FEATURES
from zhigong.generator.sources.roster import COLUMNS
from zhigong.generator.template import ALIASES, NOTE
from zhigong.generator.tests.reading import decoded, rows_of

if TYPE_CHECKING:
    from pathlib import Path

    from zhigong.generator.types import GeneratedCity

Truth = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def manifest(made: GeneratedCity) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = json.loads((made.out / "rosters" / "manifest.json").read_text(encoding="utf-8"))[
        "files"
    ]
    return entries


def members_in(path: Path) -> list[dict[str, Any]]:
    """Data rows of all sheets by a reader that knows the template."""
    found = []
    book = load_workbook(path)
    for sheet in book.worksheets:
        if sheet.title == "下拉菜单表":
            continue
        head: list[str] = []
        for line in sheet.iter_rows(values_only=True):
            cells = [str(cell) if cell is not None else "" for cell in line]
            names = [next((clean for clean, other in ALIASES.items() if other == cell), cell) for cell in cells]
            if {"序号", "姓名"} <= set(names):
                head = names
            elif head and sum(cell != "" for cell in cells) > 3 and "示例" not in cells:
                found.append(dict(zip(head, cells, strict=False)))
    book.close()
    return found


def test_every_feature_appears_and_rows_agree(
    made: GeneratedCity, manifest: list[dict[str, Any]], truth: Truth
) -> None:
    assert {tuple(entry["features"]) for entry in manifest} == set(FEATURES)
    total = 0
    for entry in manifest:
        path = made.out / "rosters" / entry["file"]
        if path.suffix == ".xlsx":
            assert len(members_in(path)) == entry["rows"], entry
        else:
            assert decoded(path).count("\n") == entry["rows"] + 6
        assert (
            entry["rows"]
            == entry["accepted"] + entry["unverified"] + entry["rejected"]
            == entry["new"] + entry["updates"]
        )
        links = [row for row in truth["links"] if row["file"] == f"rosters/{entry['file']}"]
        assert [row["row"] for row in links] == list(range(1, entry["rows"] + 1))
        total += entry["rows"]
    assert total == made.counts["rosters"]["rows"]
    assert len(manifest) == len(made.rosters)


def test_workbook_rows_are_those_people(made: GeneratedCity, manifest: list[dict[str, Any]], truth: Truth) -> None:
    people = {row["person"]: row for row in truth["persons"]}
    dirty = {(row["file"], row["row"]) for row in truth["dirt"] if row["column"] == "姓名"}
    for entry in manifest:
        if not entry["file"].endswith("xlsx"):
            continue
        name = f"rosters/{entry['file']}"
        links = [row for row in truth["links"] if row["file"] == name]
        for link, row in zip(links, members_in(made.out / name), strict=True):
            if (name, link["row"]) not in dirty:
                assert row["姓名"] == people[link["person"]]["name"]


def test_new_people_are_not_in_the_large_roster(
    made: GeneratedCity, manifest: list[dict[str, Any]], truth: Truth
) -> None:
    large = {row["person"] for row in truth["links"] if row["file"] == "roster.csv"}
    for entry in manifest:
        people = [row["person"] for row in truth["links"] if row["file"] == f"rosters/{entry['file']}"]
        assert sum(one not in large for one in people) == entry["new"]
    members = {row["person"] for row in truth["memberships"]}
    assert members == {row["person"] for row in truth["links"] if row["source"] == "roster"}
    assert len(rows_of(made.paths["roster"])) == made.counts["roster"]["rows"]


def test_the_template_has_its_traps(made: GeneratedCity, manifest: list[dict[str, Any]]) -> None:
    plain = next(entry for entry in manifest if not entry["features"] and entry["rows"] > 9)
    book = load_workbook(made.out / "rosters" / plain["file"])
    assert book.sheetnames == ["会员信息采集表", "下拉菜单表"]
    sheet = book.worksheets[0]
    assert sheet["A1"].value == "附件四"
    assert plain["union_name"] in sheet["A2"].value
    assert sheet["A3"].value.startswith("填表单位（盖章）")
    assert [cell.value for cell in sheet[4]] == list(COLUMNS[1:])
    assert sheet["A14"].value == NOTE
    merged = {str(one) for one in sheet.merged_cells.ranges}
    assert {"A2:T2", "A14:T14"} <= merged
    assert sheet["B15"].value is not None
    assert {str(one.sqref) for one in sheet.data_validations.dataValidation} >= {"C5:C63354"}
    book.close()


def test_odd_workbooks_are_odd(made: GeneratedCity, manifest: list[dict[str, Any]]) -> None:
    by = {feature: entry["file"] for entry in reversed(manifest) for feature in entry["features"]}
    folder = made.out / "rosters"
    assert load_workbook(folder / by["epoch-1904"]).epoch.year == 1904
    assert load_workbook(folder / by["two-sheets"]).sheetnames[:2] == ["一车间", "二车间"]
    hidden = load_workbook(folder / by["hidden-row"]).worksheets[0]
    assert any(one.hidden for one in hidden.row_dimensions.values())
    assert any(one.hidden for one in hidden.column_dimensions.values())
    formulas = load_workbook(folder / by["formula-serials"]).worksheets[0]
    assert formulas["A5"].value == "=ROW()-4"
    assert "附件四" in decoded(folder / by["csv-gb18030"])
