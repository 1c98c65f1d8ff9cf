"""What a receipt is made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from zhigong.exchange.reading import SheetResult
from zhigong.kernel.errors import Refused


@dataclass(frozen=True, kw_only=True)
class CellProblem:
    """One reason beside one cell.  row: physical, 1-based.  column: the source's header, "" for the whole row."""

    sheet: str
    row: int
    data_row: int
    column: str
    text: str
    severity: str = "warn"


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What was written.  format may differ from what came (.xls → .xlsx); `note` says so to the reader, else ""."""

    path: Path
    format: str
    rows: int
    marked_cells: int
    note: str


@dataclass(frozen=True)
class Line:
    """What one row of a sheet gets: the text of its result cell, and its bad cells (0-based column: severity)."""

    row: int
    text: str
    cells: dict[int, str]


class Lines:
    """Turns a stream of problems into the lines of each sheet, in row order, without holding more than a row."""

    def __init__(self, problems: Iterable[CellProblem], batch: str, passed: str) -> None:
        self._batch, self._passed = batch, passed
        self._groups = groupby(problems, key=lambda problem: (problem.sheet, problem.row))
        self._next: tuple[tuple[str, int], list[CellProblem]] | None = None
        self._before = 0
        self.rows = self.marked = 0
        self._advance()

    def of(self, sheet: SheetResult) -> Iterator[Line]:
        """A line for every data row of a sheet; call for the sheets in order, and exhaust each."""
        before, self._before = self._before, self._before + sheet.rows
        return self._of(sheet, before)

    def settle(self) -> None:
        """At the end: a problem that found no row means a receipt with reasons missing."""
        if self._next:
            (sheet, row), _ = self._next
            raise Refused(
                "回执没有写全", where=f"{sheet} 第 {row} 行", why="问题清单与原文件的行对不上", do="请重新检查这个批次"
            )

    def _of(self, sheet: SheetResult, number: int) -> Iterator[Line]:
        places = {match.name: match.position for match in sheet.columns if match.name}
        for first, count in sheet.runs:
            for row in range(first, first + count):
                number += 1
                yield self._line(sheet.name, row, number, places)

    def _line(self, sheet: str, row: int, number: int, places: dict[str, int]) -> Line:
        self.rows += 1
        problems: list[CellProblem] = []
        if self._next and self._next[0] == (sheet, row):
            problems = self._next[1]
            self._advance()
        cells: dict[int, str] = {}
        for problem in problems:
            if problem.column in places:
                cells.setdefault(places[problem.column], problem.severity)
        self.marked += len(cells)
        return Line(row, _told(problems, self._passed) + f"〔#{self._batch}-{number}〕", cells)

    def _advance(self) -> None:
        group = next(self._groups, None)
        self._next = (group[0], list(group[1])) if group else None


HEADS = {"reject": "未采用", "unverify": "待核实", "warn": "请留意"}
LONGEST = 2_000


def _told(problems: list[CellProblem], passed: str) -> str:
    if not problems:
        return passed
    worst = min((problem.severity for problem in problems), key=list(HEADS).index, default="warn")
    reasons = dict.fromkeys(_reason(problem) for problem in problems)
    return f"{HEADS[worst]}：{'；'.join(reasons)}。"[:LONGEST]


def _reason(problem: CellProblem) -> str:
    text = problem.text.strip().rstrip("。；")
    return text if not problem.column or text.startswith(problem.column) else f"{problem.column}：{text}"
