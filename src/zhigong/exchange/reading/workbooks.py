"""Workbooks through calamine: every sheet as rows of text, checked against what the sheet's XML holds."""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from zhigong.exchange.reading.frames import WIDE
from zhigong.exchange.reading.headers import Merge
from zhigong.exchange.reading.packages import read_package
from zhigong.exchange.reading.sheetscan import SheetFacts, SheetScanner, XmlGuard, column_letters
from zhigong.exchange.reading.types import Limits
from zhigong.exchange.reading.zips import CHUNK, Feed, check_zip
from zhigong.kernel.errors import Refused

BLOCK = 512
EXACT = 10.0**15
"""Excel keeps 15 significant digits; from here on the last digits of a number are made up."""


@dataclass
class Grid:
    """One sheet: its rows as text in blocks, first row first, and what else is known of it.

    reach: rows and columns the parser saw.  read_values: cells with text handed out so far.
    """

    name: str
    visible: bool
    blocks: Iterator[list[list[str]]]
    merges: list[Merge] = field(default_factory=list)
    facts: SheetFacts | None = None
    epoch_1904: bool = False
    width: int = 0
    reach: tuple[int, int] = (0, 0)
    read_values: int = 0


def grids(path: Path, name: str, kind: str, limits: Limits) -> Iterator[Grid]:
    """Every sheet of the workbook in order.  kind: xlsx, xlsb or xls, as `containers.sniff` says."""
    scanned = {} if kind == "xls" else _scan(path, name, limits)
    package = read_package(path, name) if kind == "xlsx" else None
    parts = {sheet.name: sheet.part for sheet in package.sheets} if package else {}
    for sheet_name, part in parts.items():
        if part in scanned and _reaches_far(scanned[part], limits):
            scanned[part] = _thorough_scan(path, part, name)
            _check_extent(scanned[part], sheet_name, limits)
    with _opened(path, name) as workbook:
        for meta in workbook.sheets_metadata:
            if meta.typ == SheetTypeEnum.WorkSheet:
                grid = _grid(_sheet(workbook, meta.name, name), meta.name, limits)
                grid.visible = meta.visible == SheetVisibleEnum.Visible
                grid.facts = scanned.get(parts.get(meta.name, ""))
                grid.epoch_1904 = bool(package and package.epoch_1904)
                yield grid
                if grid.facts and _may_lack(grid, grid.facts):
                    _check_complete(grid, _thorough_scan(path, parts[meta.name], name))


def _scan(path: Path, name: str, limits: Limits) -> dict[str, SheetFacts]:
    scanners: dict[str, SheetScanner] = {}

    def watch(entry: str) -> Feed | None:
        if entry.startswith("xl/worksheets/") and entry.endswith(".xml"):
            scanners[entry] = SheetScanner(f"{name}：{entry}")
            return scanners[entry].feed
        return XmlGuard(f"{name}：{entry}").feed if entry.endswith((".xml", ".rels", ".vml")) else None

    check_zip(path, name, limits, watch)
    return {entry: scanner.finish() for entry, scanner in scanners.items()}


def _thorough_scan(path: Path, part: str, name: str) -> SheetFacts:
    """A second look at one sheet, when the first can't settle how far its values reach."""
    scanner = SheetScanner(name, thorough=True)
    with zipfile.ZipFile(path) as archive, archive.open(part) as stream:
        while data := stream.read(CHUNK):
            scanner.feed(data)
    return scanner.finish()


def _reaches_far(facts: SheetFacts, limits: Limits) -> bool:
    far = facts.last_column > limits.columns or facts.last_row > limits.sheet_rows
    return far or facts.last_row * facts.last_column > limits.cells


def _check_extent(facts: SheetFacts, sheet: str, limits: Limits) -> None:
    """Before the parser allots a full rectangle: a lone cell far out would make it enormous."""
    if facts.last_column > limits.columns:
        raise too_wide(sheet, facts.last_column, limits)
    if facts.last_row > limits.sheet_rows or facts.last_row * facts.last_column > limits.cells:
        raise _too_long(sheet, facts.last_row, limits)


def too_wide(sheet: str, columns: int, limits: Limits) -> Refused:
    """Refusal of a sheet with too many columns."""
    return Refused(
        "列数太多",
        where=f"工作表「{sheet}」" if sheet else "第 1 行",
        why=f"内容一直到 {column_letters(columns)} 列（第 {columns} 列），上限 {limits.columns} 列",
        do="请删除表格右侧多余的列后重新保存",
    )


def _too_long(sheet: str, rows: int, limits: Limits) -> Refused:
    why = f"内容一直到第 {rows} 行，一个工作表最多 {limits.sheet_rows} 行、{limits.cells} 格"
    return Refused(
        "工作表太大", where=f"工作表「{sheet}」", why=why, do="请删除下方多余的行，或拆成几个文件，或另存为 CSV 后上传"
    )


def _opened(path: Path, name: str) -> CalamineWorkbook:
    try:
        return CalamineWorkbook.from_path(path)
    except PasswordError:
        raise Refused("加了密码的文件不能导入", where=name, why="内容是加密的", do="请取消密码后再上传") from None
    except (CalamineError, OSError, ValueError):
        raise _unreadable(name) from None


def _sheet(workbook: CalamineWorkbook, sheet: str, name: str) -> CalamineSheet:
    try:
        return workbook.get_sheet_by_name(sheet)
    except (CalamineError, OSError, ValueError):
        raise _unreadable(f"{name} 工作表「{sheet}」") from None


def _unreadable(where: str) -> Refused:
    return Refused(
        "文件损坏，读不下去",
        where=where,
        why="内容不完整或不是标准格式",
        do="请用 Excel 或 WPS 打开后另存为 .xlsx 再上传",
    )


def _grid(sheet: CalamineSheet, name: str, limits: Limits) -> Grid:
    if sheet.total_width > limits.columns:
        raise too_wide(name, sheet.total_width, limits)
    if sheet.total_height > limits.sheet_rows:
        raise _too_long(name, sheet.total_height, limits)
    merges = [(top, left, bottom, right) for (top, left), (bottom, right) in sheet.merged_cell_ranges or []]
    grid = Grid(name, visible=True, blocks=iter(()), merges=merges, width=sheet.total_width)
    grid.reach = (sheet.end[0] + 1, sheet.end[1] + 1) if sheet.end else (0, 0)
    grid.blocks = _blocks(sheet, grid)
    return grid


def _blocks(sheet: CalamineSheet, grid: Grid) -> Iterator[list[list[str]]]:
    rows = iter(sheet.iter_rows())
    while block := list(islice(rows, BLOCK)):
        texts = [[cell if type(cell) is str else as_text(cell) for cell in row] for row in block]
        grid.read_values += sum(len(row) - row.count("") for row in texts)
        yield texts


def _may_lack(grid: Grid, facts: SheetFacts) -> bool:
    """Fewer values came than the XML holds, and its cells reach further: a thorough scan must settle it."""
    beyond = facts.last_row > grid.reach[0] or facts.last_column > grid.reach[1]
    return beyond and facts.values - facts.errors > grid.read_values


def _check_complete(grid: Grid, facts: SheetFacts) -> None:
    """What the parser gave must reach as far as what the XML holds: a false <dimension> must lose nothing.

    Fewer values within the same reach are texts of length zero, which lose nothing.
    """
    if facts.last_row > grid.reach[0] or facts.last_column > grid.reach[1]:
        raise Refused(
            "文件没有读全，已拒绝",
            where=f"工作表「{grid.name}」",
            why="工作表声明的范围与实际内容不符",
            do="请用 Excel 打开后另存为 .xlsx 再上传",
        )


def as_text(value: Any) -> str:  # noqa: ANN401 - any cell value
    """A cell's value as text: whole numbers without a point, dates as ISO, numbers too long for Excel marked WIDE."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float | int):
        return _number(float(value))
    if isinstance(value, dt.datetime):
        return value.isoformat(" ", "seconds") if value.time() != dt.time() else value.date().isoformat()
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return str(value)


def _number(value: float) -> str:
    if value != value or value in (float("inf"), float("-inf")):
        return str(value)
    if abs(value) >= EXACT:
        digits, _, exponent = f"{value:.14e}".partition("e")
        sign, digits = ("-", digits[1:]) if digits.startswith("-") else ("", digits)
        return (
            f"{sign}{digits.replace('.', '').ljust(int(exponent) + 1, '0')}{WIDE}"
            if int(exponent) < 40
            else repr(value)
        )
    return str(int(value)) if value.is_integer() else f"{value:.15g}"
