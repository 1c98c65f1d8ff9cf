"""The rows of one source that are in force, with the subjects they are about: what stood before, what stands now.

Per batch one sealed dataset of the entity layer, made once and kept as long as its links are the same; which rows a
newer batch covers is told by comparing identities, as exchange.live does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from zhigong.exchange.checking import Source, field_types, load_source
from zhigong.exchange.deriving.definitions import LINKED, relation_of
from zhigong.exchange.linking import links_of
from zhigong.exchange.live import hashes, usable_rows
from zhigong.exchange.store import lake_keys, lake_root
from zhigong.exchange.types import LiveBatch
from zhigong.kernel.errors import Refused
from zhigong.lake import operations as lake
from zhigong.lake import queries as lake_queries
from zhigong.lake.operations import Engine
from zhigong.lake.types import BatchRef, Layer

pc: Any = pyarrow.compute
Mask = npt.NDArray[np.bool_]
KEY, KNOWN = "row_key", "row_known"
HOUSEHOLD = "household_no"
SUBJECTS = ("subject_id", "head_subject_id", "guardian_subject_id")


@dataclass(frozen=True)
class Part:
    """The rows of one batch with their links; dataset: where they lie."""

    batch: str
    as_of: date
    dataset: BatchRef
    resolved: pa.Table | None = None
    """Rows whose subject other sources tell (columns of linking's `RESOLVED`, by row)."""

    @property
    def version(self) -> str:
        """Changes with what its rows say and whom they are about."""
        if self.resolved is None or not self.resolved.num_rows:
            return self.dataset.version
        return f"{self.dataset.version}-{_digest(self.resolved)}"

    def read(self, columns: Sequence[str] | None = None) -> pa.Table:
        """Its rows in order."""
        wanted = list(columns) if columns is not None else None
        laid = self.resolved is not None and self.resolved.num_rows and (not wanted or set(SUBJECTS) & set(wanted))
        names = [*wanted, "data_row"] if wanted and laid and "data_row" not in wanted else wanted
        rows = lake_queries.table(self.dataset, keys=lake_keys(), columns=names)
        if self.resolved is not None and laid and rows.num_rows:
            rows = _laid_over(rows, self.resolved)
        return rows.select(wanted) if wanted and rows.num_columns else rows


@dataclass(frozen=True)
class Standing:
    """One source: its batches in force, oldest first."""

    source: str
    parts: tuple[Part, ...]

    @property
    def relation(self) -> str:
        """Its name for models."""
        return relation_of(self.source)

    def versions(self) -> dict[str, str]:
        """Which rows and links there are, per batch."""
        return {part.batch: part.version for part in self.parts}

    def covered(self, needed: Iterable[str]) -> dict[str, Mask]:
        """Per batch named, which of its rows a newer batch replaces."""
        return {batch: self._covered[batch] for batch in needed if batch in self._covered}

    @cached_property
    def _covered(self) -> dict[str, Mask]:
        newer = np.zeros(0, np.uint64)
        found: dict[str, Mask] = {}
        for part in reversed(self.parts):
            keys = part.read([KEY, KNOWN]) if len(newer) or part is not self.parts[0] else None
            found[part.batch] = _covers(keys, newer, part.dataset.rows)
            if keys is not None and keys.num_rows and part is not self.parts[0]:
                own = keys[KEY].to_numpy()[keys[KNOWN].to_numpy(zero_copy_only=False)]
                newer = np.union1d(newer, own)
        return found

    def rows(self, schema: pa.Schema) -> pa.Table:
        """What models see: the rows in force with `batch` and `as_of`."""
        covered = self.covered(part.batch for part in self.parts)
        tables = [schema.empty_table()]
        for part in self.parts:
            rows = part.read([name for name in schema.names if name not in {"batch", "as_of"}])
            if rows.num_rows:
                rows = rows.filter(pa.array(~covered[part.batch])) if covered[part.batch].any() else rows
                tables.append(_placed(rows, part, schema))
        return pa.concat_tables(tables).combine_chunks()


def schema_of(source: str, columns: Iterable[str]) -> pa.Schema:
    """Types of what models see of a source."""
    types = dict(field_types(load_source(source))) | {"birth_date": pa.date32()} | dict.fromkeys(LINKED, pa.string())
    named = [(name, types[name]) for name in sorted(columns)]
    return pa.schema([*named, ("data_row", pa.int64()), ("batch", pa.string()), ("as_of", pa.date32())])


def stand(
    source: str,
    batches: Sequence[tuple[LiveBatch, str]],
    columns: Iterable[str],
    kept: Mapping[str, tuple[str, BatchRef]],
    resolved: pa.Table | None = None,
) -> Standing:
    """The parts of a source. batches: with the version of their links; kept: parts made before, with theirs; resolved:
    rows of any batch whose subject other sources tell."""
    schema = schema_of(source, columns)
    described = load_source(source)
    parts = []
    for batch, links in batches:
        ref = _still_good(batch, links, schema, kept.get(batch.id.hex)) or _make(described, batch, schema)
        parts.append(Part(batch.id.hex, batch.as_of, ref, resolved_of(resolved, batch.id.hex)))
    return Standing(source=source, parts=tuple(parts))


def resolved_of(resolved: pa.Table | None, batch: str) -> pa.Table | None:
    """What other sources tell of the rows of one batch."""
    return resolved.filter(pc.equal(resolved["batch"], batch)).combine_chunks() if resolved is not None else None


def _laid_over(rows: pa.Table, resolved: pa.Table) -> pa.Table:
    """The rows, which are by data_row, with the subjects that other sources tell."""
    here, there = rows["data_row"].to_numpy(), resolved["row"].to_numpy()
    at = np.minimum(np.searchsorted(here, there), len(here) - 1)
    hit = here[at] == there
    mask = np.zeros(len(here), dtype=bool)
    mask[at[hit]] = True
    for name in SUBJECTS:
        if name in rows.column_names:
            told = resolved[name].combine_chunks().filter(pa.array(hit))
            column = pc.replace_with_mask(rows[name].combine_chunks(), pa.array(mask), told)
            rows = rows.set_column(rows.column_names.index(name), name, column)
    return rows


def _still_good(batch: LiveBatch, links: str, schema: pa.Schema, kept: tuple[str, BatchRef] | None) -> BatchRef | None:
    if kept is None or kept[0] != links or not kept[1].version.startswith(_prefix(batch, schema)):
        return None
    return kept[1]


def changes(before: Standing, now: Standing, names: Sequence[str]) -> pa.Table:
    """The named columns of every row that came, went, or is about somebody else than before."""
    old, new = before.versions(), now.versions()
    both = set(old) | set(new)
    gone, here = before.covered(both & set(old)), now.covered(both & set(new))
    parts = {part.batch: part for part in before.parts}
    fresh = {part.batch: part for part in now.parts}
    found = []
    for batch in sorted(both):
        if old.get(batch) == new.get(batch):
            changed = gone[batch] != here[batch]
            if changed.any():
                found.append(fresh[batch].read(names).filter(pa.array(changed)))
            continue
        was = parts[batch].read([*names, "data_row"]) if batch in parts else None
        is_ = fresh[batch].read([*names, "data_row"]) if batch in fresh else None
        found.extend(_different(was, gone.get(batch), is_, here.get(batch), names))
    nothing = pa.table({name: pa.array([], pa.string()) for name in names})
    return pa.concat_tables([nothing, *(one.select(names) for one in found if one.num_rows)])


def _different(
    was: pa.Table | None, gone: Mask | None, is_: pa.Table | None, here: Mask | None, names: Sequence[str]
) -> Iterator[pa.Table]:
    """Of one batch with other links than before, or new, or undone: the rows that differ, both versions."""
    if was is None or is_ is None or gone is None or here is None or was.num_rows != is_.num_rows:
        for rows, covered in ((was, gone), (is_, here)):
            if rows is not None and covered is not None and rows.num_rows:
                yield rows.filter(pa.array(~covered)).select(names)
        return
    changed = gone != here
    for name in names:
        same = pc.equal(was[name], is_[name])
        none = pc.and_(pc.is_null(was[name]), pc.is_null(is_[name]))
        changed |= ~np.asarray(pc.coalesce(same, none))
    yield was.filter(pa.array(changed)).select(names)
    yield is_.filter(pa.array(changed)).select(names)


def _covers(keys: pa.Table | None, newer: npt.NDArray[np.uint64], rows: int) -> Mask:
    if keys is None or not len(newer) or not keys.num_rows:
        return np.zeros(rows, dtype=bool)
    hit: Mask = keys[KNOWN].to_numpy(zero_copy_only=False) & np.isin(keys[KEY].to_numpy(), newer)
    return hit


def _placed(rows: pa.Table, part: Part, schema: pa.Schema) -> pa.Table:
    batch = pa.repeat(pa.scalar(str(UUID(part.batch))), rows.num_rows)
    as_of = pa.repeat(pa.scalar(part.as_of, pa.date32()), rows.num_rows)
    return rows.append_column("batch", batch).append_column("as_of", as_of).select(schema.names)


def _prefix(batch: LiveBatch, schema: pa.Schema) -> str:
    """The start of a part's version: its batch and what is kept of it."""
    text = f"{schema}\n{lake_queries.ENGINE_VERSION}"
    return f"{batch.id.hex}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def _make(source: Source, batch: LiveBatch, schema: pa.Schema) -> BatchRef:
    """Join a batch's conformed rows with its links and keep them sealed; the same content is kept once."""
    links = links_of(source.name, batch.id)
    if links is None:
        raise Refused("批次还没有关联。", where=f"批次 {batch.number}", do="请重新运行 zhigong refresh")
    links = links.select(["row", *LINKED]).sort_by("row").combine_chunks()
    root, name = lake_root(), f"standing-{source.name}"
    version = f"{_prefix(batch, schema)}-{_digest(links)}"
    found = lake_queries.batch(root, layer=Layer.ENTITIES, name=name, version=version)
    if found is not None:
        return found
    with lake.write_batch(root, layer=Layer.ENTITIES, name=name, keys=lake_keys()) as writer, Engine() as engine:
        for rows in usable_rows(batch, _needed(source, schema)):
            if rows.num_rows:
                at = np.searchsorted(links["row"].to_numpy(), rows["data_row"].to_numpy())
                writer.write(_linked(engine, source, rows, links.take(pa.array(at)), schema))
        return writer.commit(version=version)


def _needed(source: Source, schema: pa.Schema) -> list[str]:
    """Conformed columns to read."""
    kinds = {column.field: column.kind for column in source.columns}
    fields = [name for name in schema.names if name in source.fields]
    number = ["id_number"] if "birth_date" in schema.names and kinds.get("id_number") == "id_number" else []
    return list(dict.fromkeys((*fields, *number, *source.identity)))


def _digest(links: pa.Table) -> str:
    sink = hashlib.sha256()
    for column in links.columns:
        for chunk in column.chunks:
            for buffer in chunk.buffers():
                sink.update(buffer if buffer is not None else b"-")
    return sink.hexdigest()[:16]


def _linked(engine: Engine, source: Source, rows: pa.RecordBatch, links: pa.Table, schema: pa.Schema) -> pa.Table:
    own = hashes(engine, rows, source.identity)
    columns: dict[str, Any] = {}
    for field in schema:
        if field.name in LINKED:
            columns[field.name] = links[field.name].combine_chunks()
        elif field.name == "birth_date" and "birth_date" not in rows.schema.names:
            columns[field.name] = _born(rows["id_number"])
        elif field.name not in {"batch", "as_of"}:
            given = rows[field.name] if field.name in rows.schema.names else pa.nulls(rows.num_rows, field.type)
            columns[field.name] = given.cast(field.type)
    return pa.table({**columns, KEY: pa.array(own.keys, pa.uint64()), KNOWN: pa.array(own.known)})


def _born(numbers: Any) -> Any:  # noqa: ANN401
    """The birth date in resident identity numbers (GB 11643); null in other documents."""
    resident = pc.match_substring_regex(numbers, r"^\d{6}(19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])\d{3}[\dX]$")
    digits = pc.if_else(resident, pc.utf8_slice_codeunits(numbers, 6, 14), None)
    return pc.strptime(digits, format="%Y%m%d", unit="s", error_is_null=True).cast(pa.date32())
