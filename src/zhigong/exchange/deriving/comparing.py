"""Old rows against new ones: what changed, what is no longer there, and everything as it now is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from zhigong.exchange.checking.kinds import ident
from zhigong.lake.operations import Engine

pc: Any = pyarrow.compute
MEMORY_MIB = 4096
THREADS = 2


def engine() -> Engine:
    """An engine roomy enough for a city's facts."""
    return Engine(memory_mib=MEMORY_MIB, threads=THREADS)


def changed_rows(sql: Engine, old: pa.Table | None, new: pa.Table, *, key: str) -> pa.Table:
    """Rows of `new` that `old` does not have like that."""
    if old is None:
        return new
    others = [name for name in new.column_names if name != key]
    differs = " OR ".join(f"n.{ident(name)} IS DISTINCT FROM o.{ident(name)}" for name in others) or "false"
    sql.register("old", old)
    sql.register("new", new)
    return sql.fetch_arrow(
        f"SELECT n.* FROM new n LEFT JOIN old o ON o.{key} = n.{key} WHERE o.{key} IS NULL OR {differs}"
    ).combine_chunks()


def missing_keys(old: pa.Table | None, new: pa.Table, *, key: str) -> Any:  # noqa: ANN401
    """Keys of `old` that `new` no longer has."""
    if old is None:
        return pa.array([], pa.string())
    left = old[key].combine_chunks()
    return left.filter(pc.invert(pc.is_in(left, value_set=new[key].combine_chunks())))


def replaced(old: pa.Table, new: pa.Table, *, key: str, of: Any) -> pa.Table:  # noqa: ANN401
    """`old`, which is by key, with the rows whose key is among `of` taken out and `new` put in, by key."""
    new = new.select(old.column_names).cast(old.schema)
    keys = old[key].combine_chunks()
    places = pc.index_in(new[key].combine_chunks(), value_set=keys)
    leaving = pc.sum(pc.is_in(keys, value_set=of).cast(pa.int64())).as_py() or 0
    if places.null_count == 0 and leaving == new.num_rows:
        # The same persons with other facts: nothing has to be put in order again.
        order = np.arange(old.num_rows)
        order[places.to_numpy()] = old.num_rows + np.arange(new.num_rows)
        return pa.concat_tables([old, new]).combine_chunks().take(pa.array(order)).combine_chunks()
    kept = old.filter(pc.invert(pc.is_in(old[key], value_set=of)))
    return pa.concat_tables([kept, new]).sort_by(key).combine_chunks()


def known(sql: Engine, rows: pa.Table, facts: Sequence[str], *, key: str) -> pa.Table:
    """The rows that know anything, by key, with a `mark`: equal marks, equal rows.

    A change goes unseen once in 2⁶⁴. Marks of different versions of the engine say nothing of each other, which the
    signature of what was kept takes care of.
    """
    some = " OR ".join(f"{ident(name)} IS NOT NULL" for name in facts)
    all_ = ", ".join(ident(name) for name in rows.column_names if name != key)
    sql.register("rows", rows)
    return sql.fetch_arrow(f"SELECT *, hash({all_}) AS mark FROM rows WHERE {some} ORDER BY {key}").combine_chunks()


def unlike(sql: Engine, rows: pa.Table, told: pa.Table | None, *, key: str) -> pa.Table:
    """Rows (with `mark`) that `told` (key, mark) does not have like that, without their mark, by key."""
    if told is not None:
        sql.register("told", told)
        sql.register("rows", rows)
        rows = sql.fetch_arrow(
            f"SELECT r.* FROM rows r LEFT JOIN told o ON o.{key} = r.{key}"
            f" WHERE o.mark IS DISTINCT FROM r.mark ORDER BY r.{key}"
        ).combine_chunks()
    return rows.drop_columns(["mark"])
