"""From raw texts to typed fields: every column judged by its kind, each family of kinds in one go."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from zhigong.exchange.checking.kinds import ANY_PAPER, CODES, EACH_ROW, family, judge
from zhigong.exchange.checking.ordinary import pc
from zhigong.exchange.checking.types import Source
from zhigong.exchange.reading import Column
from zhigong.exchange.reading.arrows import with_values
from zhigong.lake.operations import Engine

ROW_COLUMNS = ("sheet", "row", "data_row", "receipt_ref", "extra")


def typed(engine: Engine, source: Source, chunk: pa.RecordBatch, *, on: dt.date) -> pa.Table:
    """What conform models read: raw columns by header, typed fields, helpers, and codes that were found."""
    made: dict[str, Any] = {name: chunk[name] for name in ROW_COLUMNS}
    made |= {column.name: chunk[column.name] for column in source.columns}
    families: dict[str, list[Column]] = {}
    for column in source.columns:
        families.setdefault(family(column.kind), []).append(column)
    # Id numbers last: the kind of document beside them must be known.
    for kind in sorted(families, key=lambda one: one == "id_number"):
        for column, results in _judged(engine, kind, families[kind], made, on):
            made |= _settled_column(column, chunk, results, on)
    made["extra"] = with_values(made["extra"], _unknown_labels(source, chunk, made))
    empty = [name for name, values in made.items() if ":" in name and values.null_count == chunk.num_rows]
    return pa.table({name: values for name, values in made.items() if name not in empty})


def _judged(
    engine: Engine, kind: str, columns: Sequence[Column], made: Mapping[str, Any], on: dt.date
) -> Iterator[tuple[Column, dict[str, Any]]]:
    """Results per row of all columns of one family, judged in one go."""
    coded = [made[c.name] if kind in EACH_ROW else made[c.name].dictionary_encode() for c in columns]
    texts = [one if kind in EACH_ROW else one.dictionary for one in coded]
    beside = [_beside(column, made, len(one)) for column, one in zip(columns, texts, strict=True)]
    known = [one for one in beside if one is not None]
    results = judge(engine, kind, pa.concat_arrays(texts), beside=pa.concat_arrays(known) if known else None, on=on)
    start = 0
    for column, one, own in zip(columns, coded, texts, strict=True):
        part = {name: values.slice(start, len(own)) for name, values in results.items()}
        start += len(own)
        yield column, part if kind in EACH_ROW else {name: values.take(one.indices) for name, values in part.items()}


def _beside(column: Column, made: Mapping[str, Any], count: int) -> Any:  # noqa: ANN401
    """What else has a say: the table of a code, the kind of document of an id number."""
    if column.kind.startswith("code:"):
        return pa.repeat(pa.scalar(column.kind.removeprefix("code:")), count)
    if column.kind == "id_number":
        return made[column.id_type] if column.id_type else pa.repeat(pa.scalar(ANY_PAPER), count)
    return None


def _settled_column(column: Column, chunk: pa.RecordBatch, results: dict[str, Any], on: dt.date) -> dict[str, Any]:
    """One column's fields and codes, after what only the column knows: damage, required, past, key."""
    value, found, noted = results["value"], results["found"], results["noted"]
    helpers = {name: values for name, values in results.items() if name not in ("value", *CODES)}
    damaged = _damaged(chunk, column.name)
    if damaged is not None:
        found = pc.if_else(damaged, "excel-truncated", found)
        value, noted = pc.if_else(damaged, None, value), pc.if_else(damaged, None, noted)
        helpers = {name: pc.if_else(damaged, None, values) for name, values in helpers.items()}
    if column.past:
        late = pc.fill_null(pc.greater(value, pa.scalar(on)), fill_value=False)
        value, found = pc.if_else(late, None, value), pc.if_else(late, "future-date", found)
    if column.not_negative:
        below = pc.fill_null(pc.less(value, 0), fill_value=False)
        value, found = pc.if_else(below, None, value), pc.if_else(below, "negative", found)
    if column.kind == "month":
        value = pc.floor_temporal(value, unit="month").cast(pa.date32())
    elif column.kind == "date":
        month = pc.and_(pc.equal(helpers["precision"], "month"), pc.is_valid(value))
        noted = pc.if_else(pc.fill_null(month, fill_value=False), "month-only", noted)
    if column.kind == "credit_code" and column.key:
        found, noted = pc.coalesce(found, noted), pa.nulls(len(found), pa.string())
    missing = pc.fill_null(pc.equal(found, "missing"), pc.is_null(chunk[column.name]))
    found = pc.if_else(missing, "missing" if column.required else None, found)
    fields = {f"{column.field}_{name}": values for name, values in helpers.items()}
    return {column.field: value, f"found:{column.name}": found, f"noted:{column.name}": noted} | fields


def _unknown_labels(source: Source, chunk: pa.RecordBatch, made: Mapping[str, Any]) -> dict[str, Any]:
    """Texts that no code table knows: kept, as their field is null."""
    noted = {c.name: pc.is_valid(made[f"noted:{c.name}"]) for c in source.columns if c.kind.startswith("code:")}
    return {name: pc.if_else(odd, chunk[name], None) for name, odd in noted.items() if odd.true_count}


def _damaged(chunk: pa.RecordBatch, name: str) -> Any | None:  # noqa: ANN401
    """Rows where Excel has cut the number in that column; None when there are none."""
    marks, parents = pc.list_flatten(chunk["damaged"]), pc.list_parent_indices(chunk["damaged"])
    rows = parents.filter(pc.equal(marks, name)).to_numpy()
    if not len(rows):
        return None
    flags = np.zeros(chunk.num_rows, dtype=bool)
    flags[rows] = True
    return pa.array(flags)
