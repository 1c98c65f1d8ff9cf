"""What a source says now: its batches in force and their rows, newer ones over older ones by the row's identity.

A full file replaces everything before it; a delta adds to it. Taking a batch back uncovers what it had replaced.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from zhigong.exchange.checking import REPEATS, Source, field_types, load_source
from zhigong.exchange.checking.kinds import ident
from zhigong.exchange.models import Batch
from zhigong.exchange.store import lake_keys, lake_root
from zhigong.exchange.types import BatchState, LiveBatch
from zhigong.kernel.errors import Refused
from zhigong.lake import queries as lake
from zhigong.lake.operations import Engine
from zhigong.lake.types import Layer

# Arrow's stubs demand exact array types that its own functions don't return.
pc: Any = pyarrow.compute

Keys = npt.NDArray[np.uint64]

PLACE = pa.schema([("batch", pa.int64()), ("as_of", pa.date32()), ("data_row", pa.int64())])
"""What every live row carries: number of its batch, the day its file speaks of, its row in the file from 1."""


def live_batches(source: str) -> tuple[LiveBatch, ...]:
    """The batches of a source in force, oldest first: the last full one and the deltas after it.

    "Last" is by the day the file speaks of, then by number. Needs a scope that covers the whole city; an empty tuple
    when nothing was ever published.
    """
    load_source(source)
    rows = Batch.objects.filter(source=source, state=BatchState.PUBLISHED)
    return tuple(live_batch(row) for row in in_force(rows.defer("layout", "problem_counts", "comparison")))


def in_force(batches: Iterable[Batch]) -> list[Batch]:
    """Of the batches of one source those in force, oldest first: the last full one and the deltas after it."""
    published = [one for one in batches if one.state == BatchState.PUBLISHED]
    published.sort(key=lambda one: (one.as_of, one.number))
    full = [place for place, one in enumerate(published) if not one.delta]
    return published[full[-1] :] if full else published


def live_batch(row: Batch) -> LiveBatch:
    """A batch as rows are read from it."""
    return LiveBatch(row.id, row.number, row.source, row.as_of, row.delta, row.rows, row.published_at)


def iter_live(source: str, columns: Sequence[str] | None = None, *, at_most: int = 50_000) -> Iterator[pa.RecordBatch]:
    """The rows of a source in force, batch by batch, oldest first: `batch` int64, `as_of` date32, `data_row` int64
    and the wanted conformed columns (default: every field of the source and `verdict`).

    Left out: rejected rows, rows that repeat an earlier one of their file, rows whose identity (`identity` in
    source.yaml) a newer live batch has. Rows without a sound identity are all kept. Batches in force are read at the
    first row; as `live_batches`.
    """
    described = load_source(source)
    wanted = pa.schema([(name, kind) for name, kind in field_types(described, columns)])
    batches = live_batches(source)
    with Engine() as engine:
        keys = [_all_keys(engine, described, batch) for batch in batches[1:]]
        for place, batch in enumerate(batches):
            newer = np.unique(np.concatenate([np.zeros(0, np.uint64), *keys[place:]]))
            for rows in usable_rows(batch, (*wanted.names, *described.identity), at_most=at_most):
                kept = _uncovered(engine, described, rows, newer)
                yield _shaped(kept, batch, wanted)


def usable_rows(batch: LiveBatch, columns: Sequence[str], *, at_most: int = 50_000) -> Iterator[pa.RecordBatch]:
    """The conformed rows of one batch but for rejected ones and repeats: data_row and the columns it has."""
    ref = lake.batch(lake_root(), layer=Layer.CONFORMED, name=batch.source, version=batch.id.hex)
    if ref is None:
        raise Refused("检查结果不在了。", where=f"批次 {batch.number}", do="请撤销这个批次，再重新上传文件")
    names = list(dict.fromkeys(("data_row", "verdict", "problems", *columns)))
    for rows in lake.rows(ref, keys=lake_keys(), columns=names, at_most=at_most):
        sound = pc.and_(pc.not_equal(rows["verdict"], "rejected"), pc.invert(_repeats(rows["problems"])))
        yield rows.filter(sound)


@dataclass(frozen=True, slots=True)
class Hashes:
    """64-bit hashes per row: keys of the identity, known where all of it is there, content one column per field
    (0: nothing there). Good for as long as the engine's version: never stored."""

    keys: Keys
    known: npt.NDArray[np.bool_]
    content: Keys

    def sound(self) -> Hashes:
        """The rows with a whole identity."""
        return Hashes(self.keys[self.known], self.known[self.known], self.content[self.known])


def hashes(engine: Engine, rows: pa.RecordBatch, identity: Sequence[str], content: Sequence[str] = ()) -> Hashes:
    """Hashes of the identity and of further fields of each row."""
    if not identity or not rows.num_rows:
        count = rows.num_rows
        return Hashes(
            np.zeros(count, np.uint64), np.zeros(count, dtype=bool), np.zeros((count, len(content)), np.uint64)
        )
    engine.register("keyed", rows.select(list(dict.fromkeys((*identity, *content)))))
    key = ", ".join(ident(name) for name in identity)
    known = " AND ".join(f"{ident(name)} IS NOT NULL" for name in identity)
    more = "".join(
        f", CASE WHEN {ident(name)} IS NULL THEN 0 ELSE greatest(hash({ident(name)}), 1) END AS c{place}"
        for place, name in enumerate(content)
    )
    table = engine.fetch_arrow(f"SELECT hash(row({key})) AS key, {known} AS known{more} FROM keyed")
    engine.unregister("keyed")
    columns = [table[f"c{place}"].to_numpy().astype(np.uint64) for place in range(len(content))]
    matrix = np.column_stack(columns) if columns else np.zeros((rows.num_rows, 0), np.uint64)
    return Hashes(table["key"].to_numpy(), table["known"].to_numpy(), matrix)


def _all_keys(engine: Engine, source: Source, batch: LiveBatch) -> Keys:
    found = [np.zeros(0, np.uint64)]
    for rows in usable_rows(batch, source.identity) if source.identity else ():
        found.append(hashes(engine, rows, source.identity).sound().keys)
    return np.concatenate(found)


def _uncovered(engine: Engine, source: Source, rows: pa.RecordBatch, newer: Keys) -> pa.RecordBatch:
    if not len(newer):
        return rows
    here = hashes(engine, rows, source.identity)
    return rows.filter(pa.array(~(here.known & np.isin(here.keys, newer))))


def _repeats(problems: Any) -> Any:  # noqa: ANN401
    """Which rows repeat an earlier one of their file."""
    codes, parents = pc.struct_field(pc.list_flatten(problems), "code"), pc.list_parent_indices(problems)
    flags = np.zeros(len(problems), dtype=bool)
    flags[parents.filter(pc.is_in(codes, pa.array(REPEATS))).to_numpy()] = True
    return pa.array(flags)


def _shaped(rows: pa.RecordBatch, batch: LiveBatch, wanted: pa.Schema) -> pa.RecordBatch:
    """The columns asked for; what an older form of the source did not have is null."""
    count = rows.num_rows
    place = [
        pa.repeat(pa.scalar(batch.number, pa.int64()), count),
        pa.repeat(pa.scalar(batch.as_of, pa.date32()), count),
        rows["data_row"].cast(pa.int64()),
    ]
    own = [
        rows[field.name].cast(field.type) if field.name in rows.schema.names else pa.nulls(count, field.type)
        for field in wanted
    ]
    return pa.record_batch([*place, *own], schema=pa.schema([*PLACE, *wanted]))
