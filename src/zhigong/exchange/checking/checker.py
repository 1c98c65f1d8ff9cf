"""Checks a file chunk by chunk and remembers what it has seen, in flat memory."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhigong.exchange.checking import conforming
from zhigong.exchange.checking.gathering import Between, gathered
from zhigong.exchange.checking.kinds import ident
from zhigong.exchange.checking.types import Source, Tally
from zhigong.lake.operations import Engine

MEMORY_MIB = 384


class Checker:
    """One file's check: `check` every chunk in order, then read `tally`.

    on: the day the file counts as received; later birth dates are impossible.
    tables: code tables by name, each a table with string columns `label` (as `normal_label` folds it) and `code`.
    Duplicates of `source.unique` are found across chunks by 64-bit hashes: about 40 bytes a row, nothing else is kept.
    Use as a context manager: it owns an in-memory engine.
    """

    def __init__(self, source: Source, *, on: dt.date, tables: Mapping[str, pa.Table], threads: int = 1) -> None:
        self._source, self._on = source, on
        self._engine = Engine(memory_mib=MEMORY_MIB, threads=threads)
        self._verdicts: Counter[str] = Counter()
        self._codes: Counter[str] = Counter()
        conforming.prepare(self._engine, source, on=on, tables=tables)
        self._engine.run(
            "CREATE TEMP TABLE seen"
            " (key UBIGINT, identity UBIGINT, whole UBIGINT, data_row BIGINT, sheet VARCHAR, row INTEGER)"
        )

    def check(self, chunk: pa.RecordBatch) -> pa.Table:
        """Typed rows of one chunk of `read_file`, in its order.

        Columns: sheet, row, data_row, receipt_ref, extra, every field of the source (string, date32, int64, bool),
        problems list<PROBLEM>, verdict string (accepted, unverified, rejected).  A field whose cell is damaged is null.
        Duplicate codes: `duplicate_same` (every field equal), `duplicate_differs` (same identity, other fields differ),
        `duplicate_conflict` (same key, another identity: unverified); the later row names the first one.
        """
        conformed = conforming.modelled(self._engine, self._source, chunk, on=self._on)
        table = gathered(self._source, conformed, self._compared(conformed) if self._source.unique else ())
        self._count(table)
        return table

    @property
    def tally(self) -> Tally:
        """Counts so far."""
        count = self._verdicts
        return Tally(
            rows=count.total(),
            accepted=count["accepted"],
            unverified=count["unverified"],
            rejected=count["rejected"],
            codes=dict(self._codes),
        )

    def close(self) -> None:
        """Release the engine."""
        self._engine.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _compared(self, conformed: pa.Table) -> list[Between]:
        """This chunk's keys against all earlier ones: what is to be said of later rows; first ones are remembered."""
        engine, unique = self._engine, self._source.unique
        engine.register("conformed", conformed)
        engine.run(f"CREATE OR REPLACE TEMP TABLE current AS {_hashes(self._source)}")
        engine.unregister("conformed")
        engine.run(
            "CREATE OR REPLACE TEMP TABLE firsts AS"
            " SELECT key, arg_min({i: identity, w: whole, d: data_row, s: sheet, r: row}, data_row) AS f FROM"
            " (SELECT * FROM seen SEMI JOIN current USING (key) UNION ALL SELECT * FROM current) GROUP BY key"
        )
        engine.run("INSERT INTO seen SELECT c.* FROM current c JOIN firsts USING (key) WHERE c.data_row = f.d")
        later = engine.fetch_arrow(
            "SELECT c.data_row, CASE WHEN c.whole = f.w THEN 'duplicate_same' WHEN c.identity = f.i"
            " THEN 'duplicate_differs' ELSE 'duplicate_conflict' END AS code,"
            " CASE WHEN f.s <> c.sheet THEN f.s END AS sheet, f.r AS row"
            " FROM current c JOIN firsts USING (key) WHERE c.data_row > f.d ORDER BY c.data_row"
        )
        header = next(c.name for c in self._source.columns if unique and c.field == unique.key[0])
        places = np.searchsorted(conformed["data_row"].to_numpy(), later["data_row"].to_numpy()).tolist()
        return [
            Between(place, header, row["code"], _place(row["sheet"], row["row"]))
            for place, row in zip(places, later.to_pylist(), strict=True)
        ]

    def _count(self, table: pa.Table) -> None:
        # Arrow's stubs can't tell that these are texts.
        verdicts: list[Any] = table["verdict"].to_pylist()
        flat: Any = pc.list_flatten(table["problems"].combine_chunks())
        self._verdicts.update(verdicts)
        self._codes.update(flat.field("code").to_pylist())


def _hashes(source: Source) -> str:
    """Key, identity and whole row as hashes, where key and identity are sound.  A serial number doesn't count."""
    unique = source.unique
    if unique is None:
        return ""
    identity = ", ".join(ident(name) for name in unique.identity) or "0"
    whole = ", ".join(ident(name) for name in source.fields if name != "serial")
    key = ", ".join(ident(name) for name in unique.key)
    known = " AND ".join(f"{ident(name)} IS NOT NULL" for name in (*unique.key, *unique.identity))
    return (
        f"SELECT hash({key}) AS key, hash(row({identity})) AS identity, hash(row({whole})) AS whole,"
        f" data_row, sheet, row FROM conformed WHERE {known}"
    )


def _place(sheet: str | None, row: int) -> str:
    return f"工作表「{sheet}」第 {row} 行" if sheet else f"第 {row} 行"
