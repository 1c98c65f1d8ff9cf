"""One chunk through one source's conform model."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING

import pyarrow as pa

from zhigong.exchange.checking.types import Source

if TYPE_CHECKING:
    from zhigong.lake.engine import Engine


def conform(
    source: Source, chunk: pa.RecordBatch, *, engine: Engine, on: dt.date, tables: Mapping[str, pa.Table]
) -> pa.Table:
    """Typed rows of one chunk without looking at other chunks (see `Checker.check` for the columns)."""
    raise NotImplementedError
