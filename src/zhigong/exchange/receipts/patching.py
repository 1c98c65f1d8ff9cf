"""Edits one worksheet's XML as it streams by: marks bad cells, adds the result column, leaves every other byte alone.

Expat tells where things are; the bytes themselves are spliced, so drop-downs, extensions, comments and whatever else a
sheet carries go through untouched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.parsers import expat
from xml.sax.saxutils import escape

from zhigong.exchange.reading import RECEIPT_COLUMN, SheetResult
from zhigong.exchange.reading.sheetscan import column_letters, column_number
from zhigong.exchange.receipts.styles import Palette
from zhigong.exchange.receipts.types import Line

RESULT_WIDTH = 60
_NO_TAG = (0, 0, b"")
_STYLE = re.compile(rb"\ss=[\"'](\d+)[\"']")
_SPANS = re.compile(rb"\sspans=[\"'][^\"']*[\"']")
_REF = re.compile(rb"([A-Z]+)(\d+)")
_DIMENSION = re.compile(rb"(ref=[\"'][A-Z]+\d+:)([A-Z]+)(\d+)([\"'])")
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


class SheetPatcher:
    """Fed the bytes of a sheet; `take` gives what is finished.  lines: one per data row, in row order."""

    def __init__(self, sheet: SheetResult, lines: Iterator[Line], palette: Palette) -> None:
        self._lines, self._palette = lines, palette
        self._column = sheet.receipt_position if sheet.receipt_position is not None else sheet.width
        self._head = Line(sheet.header_row, RECEIPT_COLUMN, {})
        self._line: Line | None = self._head if sheet.header_row else next(lines, None)
        self._cleanse = sheet.receipt_position is not None
        self._buffer, self._base, self._done = bytearray(), 0, 0
        self._out = bytearray()
        self._row = self._cell = 0
        self._wanted: list[int] = []
        self._cols_seen = False
        self._prefix = ""
        self._row_tag, self._cell_tag = _NO_TAG, _NO_TAG
        self._skipping = False
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.buffer_text = True

    def feed(self, data: bytes, *, last: bool = False) -> bytes:
        """The next bytes in, the finished bytes out."""
        self._buffer += data
        self._parser.Parse(data, last)
        if last:
            self._copy_to(self._base + len(self._buffer))
            for _ in self._lines:
                pass
        finished, self._out = bytes(self._out), bytearray()
        return finished

    # --- positions and bytes

    def _copy_to(self, offset: int) -> None:
        """Let everything up to `offset` go out as it is."""
        if offset > self._done:
            self._out += self._buffer[self._done - self._base : offset - self._base]
            self._done = offset
        if self._done - self._base > 2**20:
            del self._buffer[: self._done - self._base]
            self._base = self._done

    def _replace(self, start: int, end: int, content: bytes) -> None:
        self._copy_to(start)
        self._out += content
        self._done = max(self._done, end)

    def _tag(self, start: int) -> tuple[bytes, int]:
        """The start tag there, and where it ends."""
        end = self._buffer.index(b">", start - self._base) + 1
        return bytes(self._buffer[start - self._base : end]), end + self._base

    # --- elements

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        at = self._parser.CurrentByteIndex
        if local == "c" and self._row:
            self._start_cell(attributes, at)
        elif local == "row":
            self._start_row(attributes, at)
        elif local == "dimension":
            self._widen_dimension(at)
        elif local == "cols":
            self._cols_seen = True
        elif local == "sheetData":
            self._prefix = name[: -len(local)]
            if not self._cols_seen:
                p = self._prefix
                self._replace(at, at, f"<{p}cols>{self._own_col()}</{p}cols>".encode())

    def _end(self, name: str) -> None:
        local = name.rpartition(":")[2]
        at = self._parser.CurrentByteIndex
        if local == "c" and self._row:
            self._end_cell(at)
        elif local == "row":
            self._end_row(name, at)
        elif local == "cols":
            self._prefix = name[: -len(local)]
            self._replace(at, at, self._own_col().encode())

    def _own_col(self) -> str:
        number = self._column + 1
        return f'<{self._prefix}col min="{number}" max="{number}" width="{RESULT_WIDTH}" customWidth="1"/>'

    def _widen_dimension(self, at: int) -> None:
        tag, end = self._tag(at)
        found = _DIMENSION.search(tag)
        if found and column_number(found.group(2)) <= self._column:
            letters = column_letters(self._column + 1).encode()
            wider = tag[: found.start(2)] + letters + tag[found.end(2) :]
            self._replace(at, end, wider)

    def _start_row(self, attributes: dict[str, str], at: int) -> None:
        tag, end = self._tag(at)
        self._row_tag = (at, end, tag)
        self._row = int(attributes.get("r") or self._row + 1)
        self._cell = -1
        while self._line and self._line.row < self._row:
            self._line = next(self._lines, None)
        self._wanted = []
        if self._line and self._line.row == self._row:
            self._wanted = sorted({*self._line.cells, self._column})
            if not tag.endswith(b"/>"):
                self._replace(at, end, _SPANS.sub(b"", tag))

    def _end_row(self, name: str, at: int) -> None:
        start, end, tag = self._row_tag
        if not self._wanted:
            return
        if tag.endswith(b"/>"):
            self._replace(start, end, _SPANS.sub(b"", tag)[:-2] + b">")
            self._insert_before(None, end)
            self._out += f"</{name}>".encode()
        else:
            self._insert_before(None, at)

    def _start_cell(self, attributes: dict[str, str], at: int) -> None:
        tag, end = self._tag(at)
        self._cell_tag = (at, end, tag)
        reference = _REF.match(attributes.get("r", "").encode())
        self._cell = column_number(reference.group(1)) - 1 if reference else self._cell + 1
        if self._wanted:
            self._insert_before(self._cell, at)
        if self._wanted and self._wanted[0] == self._cell:
            self._wanted.pop(0)
            if self._cell == self._column:
                self._skipping = True
            elif self._line:
                self._restyle(attributes, self._line.cells[self._cell])
        elif self._cleanse:
            self._restyle(attributes, "")

    def _end_cell(self, at: int) -> None:
        """Where our own cell replaces one that was there.  Of an empty tag expat names the end, not the beginning."""
        if self._skipping:
            start, end, tag = self._cell_tag
            self._replace(start, end if tag.endswith(b"/>") else self._tag(at)[1], self._own_cell())
            self._skipping = False

    def _restyle(self, attributes: dict[str, str], severity: str) -> None:
        style = int(attributes.get("s") or 0)
        wanted = self._palette.marked(style, severity) if severity else self._palette.unmarked(style)
        if wanted == style:
            return
        at, end, tag = self._cell_tag
        text = b' s="%d"' % wanted
        if _STYLE.search(tag):
            tag = _STYLE.sub(text, tag, count=1)
        else:
            close = len(tag) - (2 if tag.endswith(b"/>") else 1)
            tag = tag[:close].rstrip() + text + tag[close:]
        self._replace(at, end, tag)

    def _insert_before(self, cell: int | None, at: int) -> None:
        """Cells we want that stand before `cell` (None: the row's end) and aren't there."""
        while self._wanted and (cell is None or self._wanted[0] < cell):
            column = self._wanted.pop(0)
            self._replace(at, at, self._own_cell() if column == self._column else self._blank(column))

    def _blank(self, column: int) -> bytes:
        style = self._palette.marked(0, self._line.cells[column]) if self._line else 0
        return f'<{self._prefix}c r="{column_letters(column + 1)}{self._row}" s="{style}"/>'.encode()

    def _own_cell(self) -> bytes:
        p, text = self._prefix, _ILLEGAL.sub("", self._line.text if self._line else "")
        place = f'r="{column_letters(self._column + 1)}{self._row}" s="{self._palette.text}"'
        kept = f'<{p}t xml:space="preserve">{escape(text)}</{p}t>'
        return f'<{p}c {place} t="inlineStr"><{p}is>{kept}</{p}is></{p}c>'.encode()
