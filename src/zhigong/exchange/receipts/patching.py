"""Edits one worksheet's XML as it streams by: marks bad cells, adds the result column, leaves every other byte alone.

The bytes are spliced, never re-written from a tree, so drop-downs, extensions, comments and whatever else a sheet
carries go through untouched.  Rows are found whole; comments and CDATA are stepped over, not looked into.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.sax.saxutils import escape

from zhigong.exchange.reading import RECEIPT_COLUMN, SheetResult
from zhigong.exchange.reading.sheetscan import column_letters, column_number
from zhigong.exchange.receipts.styles import Palette
from zhigong.exchange.receipts.types import Line
from zhigong.kernel.errors import Refused

RESULT_WIDTH = 60
LONGEST_ROW = 2**25

# Possessive throughout: an unfinished row at the end of the buffer must fail at once, not after every way to split it.
_INSIDE = rb"(?>[^<]++|<!\[CDATA\[.*?\]\]>|<!--.*?-->|<(?!/(?:\w+:)?%s>|!))*+"
_ROW = re.compile(
    rb"<!--.*?-->|(?P<tag><(?:\w+:)?row\b[^>]*+>)"
    rb"(?:(?<=/>)|(?P<body>" + _INSIDE % b"row" + rb")(?P<close></(?:\w+:)?row>))",
    re.DOTALL,
)
_CELL = re.compile(
    rb"(?P<tag><(?:\w+:)?c\b[^>]*>)(?:(?<=/>)|(?P<body>" + _INSIDE % b"c" + rb")(?P<close></(?:\w+:)?c>))", re.DOTALL
)
_SHEET_DATA = re.compile(rb"<((?:\w+:)?)sheetData\b[^>]*>")
_COLS_END = re.compile(rb"</(?:\w+:)?cols>")
_NUMBER = re.compile(rb"\sr=[\"'](\d+)[\"']")
_REFERENCE = re.compile(rb"\sr=[\"']([A-Z]+)\d+[\"']")
_STYLE = re.compile(rb"\ss=[\"'](\d+)[\"']")
_SPANS = re.compile(rb"\sspans=[\"'][^\"']*[\"']")
_DIMENSION = re.compile(rb"(<(?:\w+:)?dimension\b[^>]*\bref=[\"'][A-Z]+\d+:)([A-Z]+)(?=\d+[\"'])")
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


class SheetPatcher:
    """Fed the bytes of a sheet; gives back what is finished.  lines: one per data row, in row order."""

    def __init__(self, sheet: SheetResult, lines: Iterator[Line], palette: Palette) -> None:
        self._lines, self._palette = lines, palette
        self._column = sheet.receipt_position if sheet.receipt_position is not None else sheet.width
        self._letters = column_letters(self._column + 1).encode()
        head = Line(sheet.header_row, RECEIPT_COLUMN, {})
        self._line: Line | None = head if sheet.header_row else next(lines, None)
        self._cleanse = sheet.receipt_position is not None
        self._prefix, self._row = b"", 0
        self._buffer = b""
        self._step = self._before_rows

    def feed(self, data: bytes, *, last: bool = False) -> bytes:
        """The next bytes in, the finished bytes out."""
        self._buffer += data
        out = self._step()
        if last:
            out += self._buffer
            self._buffer = b""
            if self._line:
                raise _unwritten(self._line.row)
        elif len(self._buffer) > LONGEST_ROW:
            raise Refused("无法在原工作簿里标注", why="有一行过长", do="请用 Excel 打开后另存再上传")
        return out

    # --- the three parts of a sheet

    def _before_rows(self) -> bytes:
        found = _SHEET_DATA.search(self._buffer)
        if not found:
            return b""
        self._prefix = found.group(1)
        head, self._buffer = self._buffer[: found.start()], self._buffer[found.start() :]
        first, self._buffer = self._buffer[: len(found.group(0))], self._buffer[len(found.group(0)) :]
        self._step = self._after_rows if first.endswith(b"/>") else self._rows
        return self._with_width(self._with_dimension(head)) + first + self._step()

    def _rows(self) -> bytes:
        """Every row that is complete in the buffer; the rest of it waits for more."""
        out, at = [], 0
        end_tag = b"</" + self._prefix + b"sheetData>"
        for found in _ROW.finditer(self._buffer):
            gap = self._buffer[at : found.start()]
            if end_tag in gap:
                break
            out += [gap, self._patched(found) if found["tag"] else found.group(0)]
            at = found.end()
        self._buffer = self._buffer[at:]
        end = self._buffer.find(end_tag)
        begun = re.search(rb"<(?:\w+:)?row\b|<!--", self._buffer)
        if end >= 0 and (begun is None or end < begun.start()):
            self._step = self._after_rows
            out.append(self._step())
        return b"".join(out)

    def _after_rows(self) -> bytes:
        out, self._buffer = self._buffer, b""
        return out

    def _with_dimension(self, head: bytes) -> bytes:
        def wider(found: re.Match[bytes]) -> bytes:
            return found.group(1) + max(found.group(2), self._letters, key=column_number)

        return _DIMENSION.sub(wider, head, count=1)

    def _with_width(self, head: bytes) -> bytes:
        number = self._column + 1
        col = b'<%scol min="%d" max="%d" width="%d" customWidth="1"/>' % (self._prefix, number, number, RESULT_WIDTH)
        found = _COLS_END.search(head)
        if not found:
            return head + b"<%scols>%s</%scols>" % (self._prefix, col, self._prefix)
        if re.search(rb'\bmax=["\'](\d+)["\']', head[: found.start()]) and self._covered(head[: found.start()]):
            return head
        return head[: found.start()] + col + head[found.start() :]

    def _covered(self, cols: bytes) -> bool:
        """Whether a column definition already speaks of our column or one beyond: a second would break the file."""
        return max(int(number) for number in re.findall(rb'\bmax=["\'](\d+)["\']', cols)) > self._column

    # --- one row

    def _patched(self, found: re.Match[bytes]) -> bytes:
        number = _NUMBER.search(found["tag"])
        self._row = int(number.group(1)) if number else self._row + 1
        if self._line and self._line.row < self._row:
            raise _unwritten(self._line.row)
        line = None
        if self._line and self._line.row == self._row:
            line, self._line = self._line, next(self._lines, None)
        if line is None and not self._cleanse:
            return found.group(0)
        tag, body = _SPANS.sub(b"", found["tag"]) if line else found["tag"], found["body"] or b""
        if line and not line.cells and not self._cleanse and self._ends_before(body):
            body += self._own_cell(line)
        else:
            body = self._by_cells(body, line)
        if not body:
            return found.group(0)
        opened = tag[:-2].rstrip() + b">" if tag.endswith(b"/>") else tag
        return opened + body + (found["close"] or b"</%srow>" % self._prefix)

    def _ends_before(self, body: bytes) -> bool:
        """Whether every cell has a reference and the last one stands before our column: then ours goes to the end."""
        last = _REFERENCE.search(body, max(0, body.rfind(b"<" + self._prefix + b"c ")))
        return not body or (last is not None and column_number(last.group(1)) <= self._column)

    def _by_cells(self, body: bytes, line: Line | None) -> bytes:
        out, at, cell = [], 0, -1
        wanted = sorted({*line.cells, self._column}) if line else []
        for found in _CELL.finditer(body):
            reference = _REFERENCE.search(found["tag"])
            cell = column_number(reference.group(1)) - 1 if reference else cell + 1
            out.append(body[at : found.start()])
            while wanted and line and wanted[0] < cell:
                out.append(self._new_cell(wanted.pop(0), line))
            if wanted and line and wanted[0] == cell:
                wanted.pop(0)
                out.append(self._own_cell(line) if cell == self._column else self._restyled(found, line.cells[cell]))
            else:
                out.append(self._restyled(found, "") if self._cleanse else found.group(0))
            at = found.end()
        if line:
            out += [self._new_cell(column, line) for column in wanted]
        return b"".join(out) + body[at:]

    def _restyled(self, found: re.Match[bytes], severity: str) -> bytes:
        tag, rest = found["tag"], found.group(0)[len(found["tag"]) :]
        known = _STYLE.search(tag)
        style = int(known.group(1)) if known else 0
        wanted = self._palette.marked(style, severity) if severity else self._palette.unmarked(style)
        if wanted == style:
            return found.group(0)
        text = b' s="%d"' % wanted
        if known:
            return _STYLE.sub(text, tag, count=1) + rest
        close = len(tag) - (2 if tag.endswith(b"/>") else 1)
        return tag[:close].rstrip() + text + tag[close:] + rest

    def _new_cell(self, column: int, line: Line) -> bytes:
        if column == self._column:
            return self._own_cell(line)
        style = self._palette.marked(0, line.cells[column])
        return b'<%sc r="%s%d" s="%d"/>' % (self._prefix, column_letters(column + 1).encode(), self._row, style)

    def _own_cell(self, line: Line) -> bytes:
        p, text = self._prefix, escape(_ILLEGAL.sub("", line.text)).encode()
        place = b'r="%s%d" s="%d"' % (self._letters, self._row, self._palette.text)
        kept = b'<%st xml:space="preserve">%s</%st>' % (p, text, p)
        return b'<%sc %s t="inlineStr"><%sis>%s</%sis></%sc>' % (p, place, p, kept, p, p)


def _unwritten(row: int) -> Refused:
    """A reason that has found no place must not be dropped in silence."""
    why = f"第 {row} 行在工作表里没有找到"
    return Refused("无法在原工作簿里标注", where=f"第 {row} 行", why=why, do="请用 Excel 打开后另存再上传")
