"""Writes sheets as departments send them: workbooks, CSV in UTF-8 with or without a mark, CSV in GB18030."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeAlias

import xlsxwriter

from zhigong.generator.arrow import pa, pc

if TYPE_CHECKING:
    from pathlib import Path

    from zhigong.generator.sheet import Sheet
    from zhigong.generator.texts import Text

Workbook: TypeAlias = Any  # xlsxwriter has no types
FORMATS = {
    "unions": "xlsx",
    "roster": "utf-8-sig",
    "enterprises": "xlsx",
    "social-insurance": "gb18030",
    "household": "gb18030",
    "housing": "utf-8-sig",
    "tax": "xlsx",
    "low-income": "xlsx",
    "medical-settlement": "utf-8",
    "work-injury": "xlsx",
    "school": "gb18030",
}
"""What each department sends; a workbook becomes CSV when it would be long."""
MOST_WORKBOOK_ROWS = 20_000
_CHUNK = 200_000
_CREATED = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,11})(\.[0-9]{1,2})?$")
_AS_NUMBER = frozenset({"从业人数", "工资总额", "营业收入", "利润总额", "工会经费", "月保障金额"})


def write_sheet(sheet: Sheet, folder: Path) -> Path:
    """Write one department file; the name is the source's."""
    form = FORMATS[sheet.source]
    if form == "xlsx" and sheet.rows <= MOST_WORKBOOK_ROWS:
        return _write_workbook(sheet, folder / f"{sheet.source}.xlsx")
    path = folder / f"{sheet.source}.csv"
    write_csv(path, sheet.columns, "utf-8-sig" if form == "xlsx" else form)
    return path


def write_csv(path: Path, columns: dict[str, Text], encoding: str) -> None:
    """Header and rows; fields quoted only where they must be; lines end as in Windows, but for plain UTF-8."""
    end = "\n" if encoding == "utf-8" else "\r\n"
    rows = len(next(iter(columns.values())))
    with path.open("wb") as out:
        out.write((("\ufeff" if encoding == "utf-8-sig" else "") + ",".join(columns) + end).encode(_plain(encoding)))
        for start in range(0, rows, _CHUNK):
            parts = [_quoted(column.slice(start, _CHUNK)) for column in columns.values()]
            out.write(_encoded(_lines(parts, end), _plain(encoding)))


def _plain(encoding: str) -> str:
    return "utf-8" if encoding == "utf-8-sig" else encoding


def _quoted(column: Text) -> Text:
    column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    mask = pc.match_substring_regex(column, '[,"\r\n]')
    if not pc.any(mask).as_py():
        return column
    doubled = pc.replace_substring(column, '"', '""')
    return pc.if_else(mask, pc.binary_join_element_wise('"', doubled, '"', ""), column)


def _lines(parts: list[Text], end: str) -> bytes:
    """The rows as they stand in the file: Arrow keeps the joined strings end to end in one buffer."""
    rows = pc.binary_join_element_wise(*parts, ",")
    rows = pc.binary_join_element_wise(rows, end, "")
    offsets = memoryview(rows.buffers()[1]).cast("i")
    return bytes(memoryview(rows.buffers()[2])[offsets[rows.offset] : offsets[rows.offset + len(rows)]])


def _encoded(data: bytes, encoding: str) -> bytes:
    return data if encoding == "utf-8" else data.decode("utf-8").encode(encoding)


def open_workbook(path: Path, **options: bool) -> Workbook:
    """A workbook whose bytes depend on its content alone."""
    book = xlsxwriter.Workbook(
        str(path), {"strings_to_numbers": False, "strings_to_formulas": False, "strings_to_urls": False, **options}
    )
    book.set_properties({"created": _CREATED, "author": "云泽市总工会（虚构）"})
    return book


def _write_workbook(sheet: Sheet, path: Path) -> Path:
    book = open_workbook(path, constant_memory=True)
    page = book.add_worksheet("Sheet1")
    page.set_column(0, len(sheet.columns) - 1, 18)
    page.write_row(0, 0, list(sheet.columns))
    numeric = [name in _AS_NUMBER for name in sheet.columns]
    for place, row in enumerate(zip(*(column.to_pylist() for column in sheet.columns.values()), strict=True), start=1):
        for column, (value, number) in enumerate(zip(row, numeric, strict=True)):
            if number and _NUMBER.match(value):
                page.write_number(place, column, float(value))
            elif value:
                page.write_string(place, column, value)
    book.close()
    return path
