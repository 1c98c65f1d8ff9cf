"""What deriving returns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypedDict

import pyarrow as pa

from zhigong.lake import queries as lake
from zhigong.lake.types import BatchRef


class StageReport(TypedDict):
    """One stage of a refresh: rows looked at, rows whose result changed, seconds it took."""

    rows: int
    changed: int
    seconds: float


@dataclass(frozen=True, slots=True)
class FactTable:
    """The facts of everybody as of the last refresh: one row per person of the base.

    Columns: person_id (text), l1..l4 (the union chain), one per derived fact (integers are int64, amounts fen), null
    where nothing is known.  A refresh meanwhile doesn't disturb who reads this one.
    """

    version: str
    day: date
    rows: int
    ref: BatchRef

    def read(self, columns: Sequence[str] | None = None) -> pa.Table:
        """The rows, or some columns of them, ordered by person_id."""
        schema = lake.schema(self.ref)
        if schema is None:
            return pa.table({})
        wanted = list(columns) if columns is not None else schema.names
        chosen = pa.schema([schema.field(name) for name in wanted])
        return pa.Table.from_batches(lake.rows(self.ref, columns=wanted), schema=chosen)
