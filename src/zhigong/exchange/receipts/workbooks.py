"""Receipts of workbooks: .xlsx patched in place, older formats written anew as .xlsx."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xlsxwriter

from zhigong.exchange.reading import RECEIPT_COLUMN, ReadResult, SheetResult, read_cells
from zhigong.exchange.reading.packages import read_package
from zhigong.exchange.receipts.patching import RESULT_WIDTH, SheetPatcher
from zhigong.exchange.receipts.styles import FILLS, KIND_OF, patch_styles
from zhigong.exchange.receipts.types import Line, Lines

CHUNK = 2**18


def patch_workbook(original: Path, out: Path, result: ReadResult, lines: Lines) -> None:
    """Copy an .xlsx entry by entry; only the data sheets and the styles change."""
    package = read_package(original, original.name)
    parts = {sheet.name: sheet.part for sheet in package.sheets}
    with zipfile.ZipFile(original) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        styles, palette = patch_styles(source.read(package.styles) if package.styles else b"")
        sheets = {parts[sheet.name]: sheet for sheet in result.sheets if sheet.role == "data"}
        for entry in source.infolist():
            if entry.filename == package.styles:
                target.writestr(_like(entry), styles)
            elif entry.filename not in sheets:
                _copy(source, target, entry)
        # Problems come in the order of the sheets, which need not be that of the entries.
        for part, sheet in sheets.items():
            _stream_sheet(source, target, part, SheetPatcher(sheet, lines.of(sheet), palette))


def _stream_sheet(source: zipfile.ZipFile, target: zipfile.ZipFile, part: str, patcher: SheetPatcher) -> None:
    with source.open(part) as reader, target.open(_like(source.getinfo(part)), "w", force_zip64=False) as writer:
        while data := reader.read(CHUNK):
            writer.write(patcher.feed(data))
        writer.write(patcher.feed(b"", last=True))


def _copy(source: zipfile.ZipFile, target: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    with source.open(entry) as reader, target.open(_like(entry), "w") as writer:
        while data := reader.read(CHUNK):
            writer.write(data)


def _like(entry: zipfile.ZipInfo) -> zipfile.ZipInfo:
    """A directory entry with the same name, time and packing."""
    made = zipfile.ZipInfo(entry.filename, entry.date_time)
    made.compress_type, made.external_attr, made.file_size = entry.compress_type, entry.external_attr, entry.file_size
    return made


def rewrite_workbook(original: Path, out: Path, result: ReadResult, lines: Lines) -> None:
    """The same values as text in a new .xlsx, sheet by sheet, with the result column."""
    by_name = {sheet.name: sheet for sheet in result.sheets}
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(str(out), options) as book:
        look = _Look.of(book)
        name, writer = None, None
        for sheet, visible, rows in read_cells(original, name=original.name):
            if writer is None or sheet != name:
                page = book.add_worksheet(sheet)
                if not visible:
                    page.hide()
                name, writer = sheet, _SheetWriter(page, by_name.get(sheet), lines, look)
            for row in rows:
                writer.write(row)


@dataclass(frozen=True)
class _Look:
    """Cell formats of a rewritten workbook."""

    fills: dict[str, Any]
    wrapped: Any

    @classmethod
    def of(cls, book: xlsxwriter.Workbook) -> _Look:
        fills = {kind: book.add_format({"bg_color": f"#{colour[2:]}"}) for kind, colour in FILLS.items()}
        return cls(fills, book.add_format({"text_wrap": True, "valign": "top"}))

    def fill(self, severity: str) -> Any:  # noqa: ANN401 - xlsxwriter is untyped
        return self.fills.get(KIND_OF.get(severity, ""))


class _SheetWriter:
    """Writes one sheet's rows in order."""

    def __init__(self, page: Any, sheet: SheetResult | None, lines: Lines, look: _Look) -> None:  # noqa: ANN401
        self._page, self._look = page, look
        self._row = self._column = 0
        self._lines: Iterator[Line] = iter(())
        self._line: Line | None = None
        if sheet and sheet.role == "data":
            self._lines = lines.of(sheet)
            self._line = Line(sheet.header_row, RECEIPT_COLUMN, {})
            self._column = sheet.receipt_position if sheet.receipt_position is not None else sheet.width
            page.set_column(self._column, self._column, RESULT_WIDTH)

    def write(self, row: list[str]) -> None:
        """The next row."""
        self._row += 1
        line = self._line if self._line and self._line.row == self._row else None
        cells = line.cells if line else {}
        for column in range(max([len(row), *(position + 1 for position in cells)])):
            text, fill = row[column] if column < len(row) else "", self._look.fill(cells.get(column, ""))
            if (text or fill) and not (line and column == self._column):
                self._page.write_string(self._row - 1, column, text, fill)
        if line:
            self._page.write_string(self._row - 1, self._column, line.text, self._look.wrapped)
            self._line = next(self._lines, None)
