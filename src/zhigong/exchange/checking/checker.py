"""Checks a file chunk by chunk and remembers what it has seen, in flat memory."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import pyarrow as pa

from zhigong.exchange.checking.types import Source, Tally


class Checker:
    """One file's check: `check` every chunk in order, then read `tally`.

    on: the day the file counts as received; later birth dates are impossible.
    tables: code tables by name, each a table with string columns `code` and `label` (aliases are further rows).
    Duplicates of `source.unique` are found across chunks by 64-bit hashes: about 40 bytes a row, nothing else is kept.
    Use as a context manager: it owns an in-memory engine.
    """

    def __init__(self, source: Source, *, on: dt.date, tables: Mapping[str, pa.Table]) -> None: ...

    def check(self, chunk: pa.RecordBatch) -> pa.Table:
        """Typed rows of one chunk of `read_file`, in its order.

        Columns: sheet, row, data_row, receipt_ref, extra, every field of the source (string, date32, int64, bool),
        problems list<PROBLEM>, verdict string (accepted, unverified, rejected).
        Duplicate codes: `duplicate_same` (every field equal), `duplicate_differs` (same identity, other fields differ),
        `duplicate_conflict` (same key, another identity: unverified); the later row names the first one.
        """
        raise NotImplementedError

    @property
    def tally(self) -> Tally:
        """Counts so far."""
        raise NotImplementedError
