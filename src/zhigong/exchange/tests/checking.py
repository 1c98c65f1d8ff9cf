"""Checking in tests: rows as the reader gives them, and the code tables of a source."""

from __future__ import annotations

import datetime as dt
from functools import cache

import pyarrow as pa

from zhigong.exchange.checking import load_source
from zhigong.kernel.codes import load_table

TODAY = dt.date(2026, 11, 22)
ROSTER = load_source("roster")
KNOWN = [column.name for column in ROSTER.columns]


@cache
def tables(name: str) -> dict[str, pa.Table]:
    found = {}
    for table in load_source(name).tables:
        rows = load_table(table).as_rows()
        found[table] = pa.table({"label": [label for label, _ in rows], "code": [code for _, code in rows]})
    return found


def raw(
    rows: list[dict[str, str]], *, first: int = 1, sheet: str = "会员", damaged=(), source=ROSTER
) -> pa.RecordBatch:
    """A chunk as the reader gives it."""
    count = len(rows)
    columns = {
        "sheet": pa.array([sheet] * count, pa.string()),
        "row": pa.array(range(first + 1, first + 1 + count), pa.int32()),
        "data_row": pa.array(range(first, first + count), pa.int64()),
        "receipt_ref": pa.nulls(count, pa.string()),
        "damaged": pa.array([list(damaged)] * count, pa.list_(pa.string())),
        "extra": pa.nulls(count, pa.string()),
    }
    for column in source.columns:
        columns[column.name] = pa.array([row.get(column.name) or None for row in rows], pa.string())
    return pa.record_batch(columns)
