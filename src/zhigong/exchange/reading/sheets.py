"""One sheet from first row to last: header, classes, data rows into frames, everything else counted with its reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from zhigong.exchange.reading import layout, words
from zhigong.exchange.reading.frames import BREAK, UNIT, WIDE, FrameWriter
from zhigong.exchange.reading.headers import HEADER_WITHIN, Header, HeaderFinder
from zhigong.exchange.reading.types import MOST_RUNS, Aside, Column, Limits, SheetResult
from zhigong.exchange.reading.workbooks import Grid

FRAME_ROWS = 4096
EPOCH_SHIFT = 1462
TEXT_SHOWN = 120
UNREAD_SHOWN = 5
_CLEAN = str.maketrans({UNIT: " ", BREAK: " ", "\r": "", "\n": BREAK})


class SheetReader:
    """Reads one grid; `asides` is shared by the sheets of a file and never grows beyond its limit."""

    def __init__(self, grid: Grid, columns: Sequence[Column], limits: Limits, out: FrameWriter) -> None:
        self._grid, self._columns, self._limits, self._out = grid, columns, limits, out
        self._finder = HeaderFinder(columns)
        self._counts: Counter[str] = Counter()
        self._row = 0
        self._rows: list[Sequence[str]] = []
        self._numbers: list[list[int]] = []
        self._runs: list[list[int]] = []
        self.asides: list[Aside] = []
        self.ragged: list[int] = []
        self.head: list[list[str]] = []

    def read(self) -> SheetResult:
        """The whole sheet; its data rows have gone out as frames."""
        blocks = self._grid.blocks
        rest = self._take_head(blocks)
        header = self._finder.find(self.head, self._grid.merges)
        if header is None:
            return self._without_header(rest, blocks)
        classifier = layout.Classifier(header, self._columns)
        fills = _Fills(self._grid, header)
        for index, row in enumerate(self.head[: header.last + 1]):
            blank = not any(text.strip() for text in row)
            kind = layout.HEADER if index >= header.first else layout.BLANK if blank else layout.TITLE
            self._aside(index + 1, kind, row)
        self._row = header.last + 1
        self._block(self.head[header.last + 1 :], header, classifier, fills)
        self._block(rest, header, classifier, fills)
        for block in blocks:
            self._block(block, header, classifier, fills)
        self._flush(header)
        titles = self.head[: header.first]
        return self._result(
            "data",
            header_row=header.last + 1,
            columns=tuple(match for match in header.columns if match.header),
            receipt_position=header.receipt_position,
            width=max(len(header.columns), self._grid.width),
            titles=tuple(
                words.without_numbers(" ".join(t for t in row if t.strip()))[:200] for row in titles if any(row)
            ),
            unit_name=layout.unit_name(titles),
        )

    def nearest(self) -> tuple[int, list[str]]:
        """The row (1-based) that looks most like a header, and what it names; for refusals."""
        index, names = self._finder.nearest(self.head)
        return index + 1, names

    @property
    def required(self) -> tuple[str, ...]:
        """Columns of which a header must name one."""
        return self._finder.required

    def _take_head(self, blocks: Iterator[list[list[str]]]) -> list[list[str]]:
        """Fill `head`; returns the rest of the block that filled it."""
        for block in blocks:
            room = HEADER_WITHIN + 1 - len(self.head)
            self.head.extend(block[:room])
            if len(self.head) > HEADER_WITHIN:
                return block[room:]
        return []

    def _without_header(self, rest: list[list[str]], blocks: Iterator[list[list[str]]]) -> SheetResult:
        for block in (self.head, rest, *blocks):
            for row in block:
                self._row += 1
                filled = any(text and not text.isspace() for text in row)
                self._aside(self._row, layout.UNREAD if filled else layout.BLANK, row)
        if not self._counts[layout.UNREAD]:
            return self._result("empty")
        return self._result("dropdown" if words.DROPDOWN_SHEET.search(self._grid.name) else "other")

    def _result(self, role: str, **more: Any) -> SheetResult:  # noqa: ANN401
        counts = dict(self._counts)
        return SheetResult(
            runs=tuple((first, count) for first, count in self._runs[:MOST_RUNS]),
            name=self._grid.name,
            role=role,
            visible=self._grid.visible,
            rows=counts.get(layout.DATA, 0),
            physical_rows=self._row,
            counts=counts,
            **more,
        )

    def _block(self, block: Sequence[list[str]], header: Header, classifier: layout.Classifier, fills: _Fills) -> None:
        done = 0
        for index in classifier.suspects(block):
            self._keep(block[done:index], fills)
            done = index + 1
            kind = classifier.kind(block[index])
            if kind == layout.DATA:
                self._keep(block[index:done], fills)
            else:
                self._row += 1
                self._aside(self._row, kind, block[index])
        self._keep(block[done:], fills)
        if len(self._rows) >= FRAME_ROWS:
            self._flush(header)

    def _keep(self, rows: Sequence[list[str]], fills: _Fills) -> None:
        """Data rows that follow the last row seen."""
        if not rows:
            return
        if fills.any:
            for index, row in enumerate(rows):
                fills.apply(self._row + index, row)
        runs, first = self._numbers, self._row + 1
        if runs and runs[-1][0] + runs[-1][1] == first:
            runs[-1][1] += len(rows)
        else:
            runs.append([first, len(rows)])
        self._rows.extend(rows)
        self._row += len(rows)

    def _aside(self, row: int, kind: str, cells: Sequence[str]) -> None:
        self._counts[kind] += 1
        unread = kind == layout.UNREAD and self._counts[kind] > UNREAD_SHOWN
        if kind != layout.BLANK and not unread and len(self.asides) < self._limits.asides:
            text = words.without_numbers(" ".join(text.strip() for text in cells if text.strip()))[:TEXT_SHOWN]
            reason = layout.REASONS[kind]
            self.asides.append(Aside(sheet=self._grid.name, row=row, kind=kind, reason=reason, text=text))

    def _flush(self, header: Header) -> None:
        if not self._rows:
            return
        self._counts[layout.DATA] += len(self._rows)
        self._remember_runs()
        rows, width = self._evened(header)
        if self._grid.epoch_1904:
            rows = self._shifted(rows, header)
        meta: dict[str, Any] = {"sheet": self._grid.name, "runs": self._numbers, "columns": _names(header, width)}
        meta["receipt"] = header.receipt_position
        body = "\n".join(map(UNIT.join, rows))
        clean = body.count("\n") == len(rows) - 1 and body.count(UNIT) == len(rows) * (width - 1)
        if not clean or "\r" in body or WIDE in body or BREAK in body:
            meta["wide"], body = _sanitised(rows)
        self._out.rows(meta, body.encode("utf-8", "replace"))
        self._rows, self._numbers = [], []

    def _remember_runs(self) -> None:
        for first, count in self._numbers:
            if self._runs and sum(self._runs[-1]) == first:
                self._runs[-1][1] += count
            elif len(self._runs) < MOST_RUNS:
                self._runs.append([first, count])

    def _evened(self, header: Header) -> tuple[list[Sequence[str]], int]:
        """All rows of one width: short ones filled up, long ones widen the frame and are listed."""
        rows, width = self._rows, len(header.columns)
        lengths = set(map(len, rows))
        if lengths == {width}:
            return rows, width
        full = max(width, max(lengths))
        if full > self._limits.columns:
            full = self._limits.columns
        if max(lengths) > width:
            self._list_ragged(width)
        return [[*row[:full], *[""] * (full - len(row))] for row in rows], full

    def _list_ragged(self, width: int) -> None:
        numbers = (first + i for first, count in self._numbers for i in range(count))
        for number, row in zip(numbers, self._rows, strict=True):
            if len(row) > width and any(text.strip() for text in row[width:]) and len(self.ragged) < FRAME_ROWS:
                self.ragged.append(number)

    def _shifted(self, rows: list[Sequence[str]], header: Header) -> list[Sequence[str]]:
        """Serial dates of a workbook that counts from 1904, as everyone else counts."""
        dates = {c.name for c in self._columns if c.kind in ("date", "month")}
        positions = [m.position for m in header.columns if m.name in dates]
        shifted = []
        for row in rows:
            cells = list(row)
            for position in positions:
                text = cells[position]
                if text.isascii() and text.isdigit() and len(text) <= 5:
                    cells[position] = str(int(text) + EPOCH_SHIFT)
            shifted.append(cells)
        return shifted  # type: ignore[return-value]


class _Fills:
    """Cells merged downwards: the value shown over several rows belongs to each of them."""

    NARROW, TALL, MANY = 2, 2_000, 500_000

    def __init__(self, grid: Grid, header: Header) -> None:
        self._sources: dict[int, list[tuple[int, int]]] = {}
        self._values: dict[tuple[int, int], str] = {}
        budget = self.MANY
        for top, left, bottom, right in grid.merges:
            if header.last < top < bottom and right - left < self.NARROW and bottom - top < self.TALL:
                budget -= bottom - top
                if budget < 0:
                    break
                for index in range(top, bottom + 1):
                    self._sources.setdefault(index, []).append((top, left))
        self.any = bool(self._sources)

    def apply(self, index: int, row: list[str]) -> None:
        """Fill one data row (0-based index) in place, or remember its values for the rows below."""
        for top, left in self._sources.get(index, ()):
            if index == top:
                self._values[top, left] = row[left] if left < len(row) else ""
            elif left < len(row) and not row[left]:
                row[left] = self._values.get((top, left), "")


def _names(header: Header, width: int) -> list[list[str]]:
    """Per position: the source's column (or ""), and the header to keep an unknown column under."""
    names = [[match.name, match.header] for match in header.columns]
    names += [["", f"第{position + 1}列"] for position in range(len(names), width)]
    return names


def _sanitised(rows: Sequence[Sequence[str]]) -> tuple[list[list[int]], str]:
    """Cells free of our separators; with the places (row, column) of numbers too long for Excel."""
    wide, lines = [], []
    for index, row in enumerate(rows):
        cells = [text.translate(_CLEAN) for text in row]
        for position, text in enumerate(cells):
            if WIDE in text:
                wide.append([index, position])
                cells[position] = text.replace(WIDE, "")
        lines.append(UNIT.join(cells))
    return wide, "\n".join(lines)


def send_all(grid: Grid, out: FrameWriter) -> None:
    """Every row as it is, for those who only copy the sheet."""
    sent = False
    for block in grid.blocks:
        _, body = _sanitised(block)
        sent = True
        out.rows({"sheet": grid.name, "visible": grid.visible, "rows": len(block)}, body.encode("utf-8", "replace"))
    if not sent:
        out.rows({"sheet": grid.name, "visible": grid.visible, "rows": 0}, b"")


def as_message(result: SheetResult) -> dict[str, Any]:
    """A sheet's result for the parent."""
    return asdict(result)
