"""Reading in tests: a file's rows as dictionaries, through the real child process or straight from its insides."""

from __future__ import annotations

import io
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from zhigong.exchange.checking import load_source
from zhigong.exchange.reading import Limits, ReadResult, read_file
from zhigong.exchange.reading.frames import FrameWriter
from zhigong.exchange.reading.sheets import SheetReader
from zhigong.exchange.reading.types import SheetResult
from zhigong.exchange.reading.workbooks import Grid
from zhigong.exchange.tests.workbooks import HEADER, cells, member
from zhigong.kernel.errors import Refused

ROSTER = load_source("roster").columns
ROWS = [HEADER, *[cells(member(i)) for i in range(1, 8)]]


@dataclass
class Read:
    """What came of a file."""

    rows: list[dict[str, Any]]
    result: ReadResult
    chunks: int

    def column(self, name: str) -> list[Any]:
        return [row[name] for row in self.rows]

    @property
    def codes(self) -> set[str]:
        return {notice.code for notice in self.result.notices}


def read(path: Path, *, columns=ROSTER, limits: Limits | None = None, name: str | None = None) -> Read:
    """Through the child process."""
    rows: list[dict[str, Any]] = []
    chunks: list[int] = []

    def take(chunk):
        chunk.validate(full=True)
        rows.extend(chunk.to_pylist())
        chunks.append(chunk.num_rows)

    result = read_file(path, columns=columns, on_chunk=take, limits=limits, name=name)
    assert result.rows == len(rows)
    assert [row["data_row"] for row in rows] == list(range(1, len(rows) + 1))
    for sheet in result.sheets:
        assert sum(sheet.counts.values()) == sheet.physical_rows, "every physical row has a class"
    assert sum(result.counts.values()) == result.physical_rows
    return Read(rows, result, len(chunks))


def classify(rows: list[list[str]], *, columns=ROSTER, merges=()) -> tuple[SheetResult, list[tuple[int, str]]]:
    """One sheet in this process: its result, and (row, class) of every row that is not data."""
    width = max(map(len, rows))
    padded = [[*row, *[""] * (width - len(row))] for row in rows]
    grid = Grid("会员", visible=True, blocks=iter([padded]), merges=list(merges), width=width)
    reader = SheetReader(grid, columns, Limits(), FrameWriter(io.BytesIO()))
    result = reader.read()
    assert sum(result.counts.values()) == len(rows)
    return result, [(aside.row, aside.kind) for aside in reader.asides]


def refused(path, match, **kwargs):
    """The refusal, complete in its four parts, within seconds."""
    started = time.monotonic()
    with pytest.raises(Refused, match=match) as caught:
        read(path, **kwargs)
    assert time.monotonic() - started < 20
    assert caught.value.what
    assert caught.value.where
    assert caught.value.why
    assert caught.value.do
    return caught.value
