"""Making the wide table: everybody's facts side by side, and per group the mark of what PostgreSQL was told.

Of few persons with news only their rows are made, and laid over the table as it was; it is written anew when persons
came or went, or when the news have grown to a good part of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute

from zhigong.exchange.checking.kinds import ident
from zhigong.exchange.deriving import comparing
from zhigong.exchange.deriving.table import NEWS, PERSON
from zhigong.exchange.deriving.types import KEY, MARK, FactTable
from zhigong.lake.operations import Engine

pc: Any = pyarrow.compute
CHAIN = ("l1", "l2", "l3", "l4")
MOST_NEWS = 4
"""The table is written anew when one row in so many has news."""


def mark_of(group: str) -> str:
    """The column with the marks of a group."""
    return f"{MARK}{group.replace('-', '_')}"


@dataclass(frozen=True)
class Made:
    """The rows of one group that were derived, with `mark`: of everybody or of the persons in `of`; None of nobody."""

    facts: tuple[str, ...]
    rows: pa.Table | None
    of: Any = None

    def columns(self, group: str) -> Iterator[tuple[str, str]]:
        """Names in the wide table with their names here."""
        yield mark_of(group), "mark"
        yield from ((name, name) for name in self.facts)


def whole(sql: Engine, persons: pa.Table, made: Mapping[str, Made]) -> pa.Table:
    """Everybody's row."""
    return _joined(sql, persons, made, None)


def renewed(
    sql: Engine,
    persons: pa.Table,
    made: Mapping[str, Made],
    old: FactTable,
    gone: Any,  # noqa: ANN401
) -> dict[str, pa.Table]:
    """The datasets that are others now. persons: those with news; gone: who is no longer in the base."""
    ids = persons[KEY].combine_chunks()
    columns = [*old.columns, *(mark_of(group) for group in sorted(made))]
    before = old.read(columns, of=ids)
    rows = _joined(sql, persons, made, before)
    laid = rows
    if old.news is not None:
        earlier = FactTable(old.version, old.day, old.news.rows, old.news).read(columns)
        laid = comparing.replaced(earlier, rows, key=KEY, of=ids)
    if len(gone) or before.num_rows < len(ids) or laid.num_rows * MOST_NEWS > old.rows:
        return {PERSON: comparing.replaced(old.read(columns), rows, key=KEY, of=pa.concat_arrays([ids, gone]))}
    return {NEWS: laid}


def _joined(sql: Engine, persons: pa.Table, made: Mapping[str, Made], before: pa.Table | None) -> pa.Table:
    """One row per person, by person_id; what was not derived of her is as before."""
    columns, joins = [], []
    sql.register("persons", persons)
    if before is not None:
        sql.register("before", before)
        joins.append(f"LEFT JOIN before o ON o.{KEY} = p.{KEY}")
    for place, (group, one) in enumerate(sorted(made.items())):
        value = "o.{old}"
        if one.rows is not None:
            sql.register(f"g{place}", one.rows.select([KEY, "mark", *one.facts]))
            joins.append(f"LEFT JOIN g{place} ON g{place}.{KEY} = p.{KEY}")
            value = f"g{place}.{{new}}"
        if one.rows is not None and one.of is not None and before is not None:
            sql.register(f"d{place}", pa.table({KEY: one.of}))
            joins.append(f"LEFT JOIN d{place} ON d{place}.{KEY} = p.{KEY}")
            value = f"CASE WHEN d{place}.{KEY} IS NULL THEN o.{{old}} ELSE {value} END"
        columns += [(old, value.format(old=ident(old), new=ident(new))) for old, new in one.columns(group)]
    columns.sort(key=lambda one: one[0].startswith(MARK))
    told = ", ".join(f"{value} AS {ident(name)}" for name, value in columns)
    chain = ", ".join(f"p.{level}" for level in CHAIN)
    return sql.fetch_arrow(
        f"SELECT p.{KEY}, {chain}, {told} FROM persons p {' '.join(joins)} ORDER BY p.{KEY}"
    ).combine_chunks()
