"""What deriving returns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypedDict

import numpy as np
import pyarrow as pa
import pyarrow.compute

from zhigong.lake import queries as lake
from zhigong.lake.types import BatchRef

pc: Any = pyarrow.compute
KEY = "person_id"
MARK = "mark_"
"""Columns of the dataset that are no facts: per group a hash of what PostgreSQL was told of the person."""


class StageReport(TypedDict):
    """One stage of a refresh: rows looked at, rows whose result changed, seconds it took."""

    rows: int
    changed: int
    seconds: float


@dataclass(frozen=True, slots=True)
class FactTable:
    """The facts of everybody as of the last refresh: one row per person of the base.

    Columns: person_id (text), l1..l4 (the union chain), one per derived fact (integers are int64, amounts fen), null
    where nothing is known.  A refresh meanwhile doesn't disturb who reads this one.  news: rows of persons in `ref`
    that are newer than those there.
    """

    version: str
    day: date
    rows: int
    ref: BatchRef
    news: BatchRef | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns, in order."""
        return tuple(name for name in self._schema.names if not name.startswith(MARK))

    def read(self, columns: Sequence[str] | None = None, *, of: Any = None) -> pa.Table:  # noqa: ANN401
        """The rows, or some columns of them, ordered by person_id. of: only of these persons (an Arrow text array)."""
        schema, wanted = self._schema, list(self.columns if columns is None else columns)
        if not schema.names:
            return pa.table({})
        needed = wanted if KEY in wanted or (self.news is None and of is None) else [KEY, *wanted]
        rows = _read(self.ref, schema, needed, of)
        if self.news is not None:
            rows = _overlaid(rows, _read(self.news, schema, needed, of))
        return rows.select(wanted)

    @property
    def _schema(self) -> pa.Schema:
        found = lake.schema(self.ref)
        return found if found is not None else pa.schema([])


def _read(ref: BatchRef, schema: pa.Schema, names: list[str], of: Any) -> pa.Table:  # noqa: ANN401
    chosen = pa.schema([schema.field(name) for name in names])
    if of is None:
        return lake.table(ref, columns=names).cast(chosen)
    batches = (
        batch.filter(pc.is_in(batch[KEY], value_set=of)).select(names) for batch in lake.rows(ref, columns=names)
    )
    return pa.Table.from_batches(batches, schema=chosen)


def _overlaid(rows: pa.Table, news: pa.Table) -> pa.Table:
    """`rows` with those of the same persons in `news` in their place."""
    if not news.num_rows:
        return rows
    order = np.arange(rows.num_rows)
    places = pc.index_in(news[KEY].combine_chunks(), value_set=rows[KEY].combine_chunks())
    order[places.to_numpy()] = rows.num_rows + np.arange(news.num_rows)
    return pa.concat_tables([rows, news]).take(pa.array(order))
