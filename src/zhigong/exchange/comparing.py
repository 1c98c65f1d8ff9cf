"""Whether a department's file can be what it claims to be: its columns, its size and its rows beside the last one.

A file whose layout changed, whose half is missing or that contradicts what is known goes on only when a person says
so. Findings name headers, counts and row numbers, never what a cell says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from zhigong.exchange.checking import Source
from zhigong.exchange.live import Hashes, hashes, live_batch, live_batches, usable_rows
from zhigong.exchange.models import Batch
from zhigong.exchange.types import Finding, LiveBatch
from zhigong.lake.operations import Engine

RETYPED = 0.2
"""A column of which so much more than last time can't be read holds something else now."""
FOREIGN = 0.5
"""In a first file: a column of which so much can't be read is not what its header says."""
FEW = 3
"""So few unreadable cells say nothing about their column."""
SHOWN = 5

Cells = Mapping[str, Sequence[int]]
"""By header: cells with something in them, and those of them that can't be read."""


def findings(source: Source, batch: Batch) -> tuple[list[Finding], int | None]:
    """What speaks against bringing a checked batch in, and the number of the batch it was compared with.

    Compared with the last batch in force of the same kind (full or delta) as to columns and size, with all rows in
    force as to contradictions. Needs a scope that covers the city.
    """
    live = tuple(one for one in live_batches(source.name) if one.id != batch.id)
    alike = [one for one in live if one.delta == batch.delta]
    last = Batch.objects.get(id=alike[-1].id) if alike else None
    found = [*_columns(source, batch, last), *_cells(batch, last)]
    if last is not None:
        found += [*_size(source, batch, last), *_age(batch, last)]
    found += _contradictions(source, batch, live)
    return found, live[-1].number if live else None


def last_number(source: str) -> int | None:
    """The number of the newest batch in force."""
    live = live_batches(source)
    return live[-1].number if live else None


def _headers(batch: Batch) -> tuple[set[str], set[str]]:
    """Known columns and unknown headers that a file has."""
    matches = [match for sheet in batch.layout.get("sheets", ()) for match in sheet["columns"]]
    known = {match["name"] for match in matches if match["name"]}
    return known, {match["header"] for match in matches if not match["name"] and match["header"]}


def _columns(source: Source, batch: Batch, last: Batch | None) -> Iterator[Finding]:
    known, unknown = _headers(batch)
    needed = {column.name for column in source.columns if column.required or column.key}
    if last is not None:
        known_before, unknown_before = _headers(last)
        needed |= known_before
        if fresh := sorted(unknown - unknown_before):
            yield Finding("unknown-column", f"多出不认识的列：{_listed(fresh)}。上一批（{last.number}）没有这些列。")
    if missing := [column.name for column in source.columns if column.name in needed - known]:
        yield Finding("missing-column", f"缺少列：{_listed(missing)}。")


def _cells(batch: Batch, last: Batch | None) -> Iterator[Finding]:
    """Columns that hold something else than their header says, or, in a full file, nothing any more."""
    before: Cells = last.comparison.get("cells", {}) if last is not None else {}
    for name, (filled, unread) in batch.comparison.get("cells", {}).items():
        share = _share(unread, filled) if unread >= FEW else 0.0
        if name not in before:
            if share > FOREIGN:
                yield Finding("retyped-column", f"「{name}」一列有 {share:.0%} 读不懂，内容与列名不符。")
            continue
        usual, full = _share(before[name][1], before[name][0]), _share(before[name][0], last.rows if last else 0)
        if share > usual + RETYPED:
            yield Finding("retyped-column", f"「{name}」一列有 {share:.0%} 读不懂，上一批只有 {usual:.0%}。")
        if not batch.delta and filled == 0 and full > FOREIGN and name in _headers(batch)[0]:
            yield Finding("emptied-column", f"「{name}」一列全空，上一批填了 {full:.0%}。")


def _size(source: Source, batch: Batch, last: Batch) -> Iterator[Finding]:
    tolerated = source.fewer_rows_tolerated
    if tolerated is not None and last.rows and batch.rows <= last.rows * (1 - tolerated):
        fewer = 1 - batch.rows / last.rows
        yield Finding("fewer-rows", f"只有 {batch.rows} 行，比上一批（{last.number}）的 {last.rows} 行少 {fewer:.0%}。")


def _age(batch: Batch, last: Batch) -> Iterator[Finding]:
    if not batch.delta and batch.as_of < last.as_of:
        yield Finding(
            "older",
            f"数据截止日 {batch.as_of} 早于现用批次 {last.number} 的 {last.as_of}；确认后只作留存，不代替现用批次。",
        )


@dataclass
class _Clashes:
    """Rows in common with what is in force, and those whose unchanging fields say otherwise."""

    fields: npt.NDArray[np.int64]
    common: int = 0
    rows: int = 0
    shown: list[int] = field(default_factory=list)

    def add(self, known: Hashes, here: Hashes, places: npt.NDArray[np.int64]) -> None:
        """One chunk; places: its data rows with a sound identity."""
        matched, clashes = _against(known, here)
        bad = clashes.any(axis=1)
        self.common += int(matched.sum())
        self.rows += int(bad.sum())
        self.fields += clashes.sum(axis=0)
        self.shown += places[bad][:SHOWN].tolist()


def _contradictions(source: Source, batch: Batch, live: Sequence[LiveBatch]) -> Iterator[Finding]:
    """Rows in common whose unchanging fields differ from those of the newest such row in force."""
    if not source.unchanging or not live:
        return
    met = _Clashes(np.zeros(len(source.unchanging), np.int64))
    with Engine() as engine:
        known = _known(engine, source, live)
        for rows in usable_rows(live_batch(batch), (*source.identity, *source.unchanging)):
            here = hashes(engine, rows, source.identity, source.unchanging)
            met.add(known, here, rows["data_row"].filter(pa.array(here.known)).to_numpy())
    if met.rows > met.common * source.contradictions_tolerated:
        yield _contradiction(source, met)


def _contradiction(source: Source, met: _Clashes) -> Finding:
    names = {column.field: column.name for column in source.columns}
    which = _listed([names.get(f, f) for f, count in zip(source.unchanging, met.fields, strict=True) if count])
    same = _listed([names.get(f, f) for f in source.identity])
    places = "、".join(str(row) for row in met.shown[:SHOWN]) + " 行" + "等" * (met.rows > SHOWN)
    return Finding("contradiction", f"有 {met.rows} 行与现用数据相矛盾：{same}相同，{which}不同（数据第 {places}）。")


def _known(engine: Engine, source: Source, live: Sequence[LiveBatch]) -> Hashes:
    """Hashes of all rows in force, sorted by key; of equal keys the newest comes first."""
    columns = (*source.identity, *source.unchanging)
    parts = [
        hashes(engine, rows, source.identity, source.unchanging)
        for batch in reversed(live)
        for rows in usable_rows(batch, columns)
    ]
    sound = [part.sound() for part in parts]
    keys = np.concatenate([np.zeros(0, np.uint64), *(part.keys for part in sound)])
    width = len(source.unchanging)
    content = np.concatenate([np.zeros((0, width), np.uint64), *(part.content for part in sound)])
    order = np.argsort(keys, kind="stable")
    return Hashes(keys[order], np.ones(len(keys), dtype=bool), content[order])


def _against(known: Hashes, rows: Hashes) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Of the rows with a sound identity: which are known, and which of their fields say otherwise."""
    here = rows.sound()
    place = np.searchsorted(known.keys, here.keys)
    inside = np.minimum(place, max(len(known.keys) - 1, 0))
    matched = (known.keys[inside] == here.keys) if len(known.keys) else np.zeros(len(here.keys), dtype=bool)
    if not len(known.keys):
        return matched, np.zeros(here.content.shape, dtype=bool)
    there = known.content[inside]
    clashes = matched[:, None] & (there != here.content) & (there != 0) & (here.content != 0)
    return matched, clashes


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _listed(names: Sequence[str]) -> str:
    """At most ten names; headers nobody knows may be long or meant to mislead."""
    shown = "、".join(f"「{name[:20]}」" for name in names[:10])
    return f"{shown}等 {len(names)} 列" if len(names) > 10 else shown
