"""Linking one batch of the lake against the base of this home.

Links are content: the same rows, base and model give the same dataset, which then is not made again. When the base has
changed, links made before stand as long as their person does; only the other rows are decided anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.compute

from zhigong.audit import operations as audit
from zhigong.audit.types import Purpose
from zhigong.exchange.checking import Source, load_source
from zhigong.exchange.linking import base as reading
from zhigong.exchange.linking import reviewing
from zhigong.exchange.linking.linker import Linked, Linker
from zhigong.exchange.linking.model import LinkModel, load_model
from zhigong.exchange.linking.resolving import COMPARED, Known
from zhigong.exchange.linking.reviewing.doubting import write_doubts
from zhigong.exchange.linking.rows import incoming
from zhigong.exchange.linking.types import EVIDENCE, LINKS, LinkCounts, LinkOutcome
from zhigong.exchange.models import Batch
from zhigong.exchange.store import lake_keys, lake_root
from zhigong.exchange.types import BatchState, LiveBatch
from zhigong.kernel.actor import Actor
from zhigong.kernel.db.bulk import execute
from zhigong.kernel.errors import NotFound
from zhigong.lake import operations as lake
from zhigong.lake import queries as lake_queries
from zhigong.lake.types import BatchRef, Layer

# Arrow's stubs demand exact array types that its own functions don't return.
pc: Any = pyarrow.compute
OUTCOMES = pa.schema([LINKS.field("outcome")])
STANDING = ("row", "person_id", "method", "score", "reason")


@dataclass
class _Kept:
    """What several batches share: how the base stood, and the base made comparable."""

    state: reading.BaseState | None = None
    linker: Linker | None = None
    sources: dict[str, Source] = field(default_factory=dict)


_kept: ContextVar[_Kept | None] = ContextVar("kept", default=None)


@contextmanager
def keep_base() -> Iterator[None]:
    """Inside, the base is read at most once, for all batches linked; changes meanwhile count for the next time."""
    kept = _Kept()
    token = _kept.set(kept)
    try:
        yield
    finally:
        _kept.reset(token)
        if kept.linker is not None:
            kept.linker.close()


@contextmanager
def _linker() -> Iterator[Linker]:
    kept = _kept.get()
    if kept is None:
        with Linker(reading.prepared_base(reading.state())) as linker:
            yield linker
        return
    if kept.linker is None:
        kept.linker = Linker(reading.prepared_base(_state()))
    yield kept.linker


def _source(name: str) -> Source:
    kept = _kept.get()
    if kept is None:
        return load_source(name)
    if name not in kept.sources:
        kept.sources[name] = load_source(name)
    return kept.sources[name]


def _state() -> reading.BaseState:
    kept = _kept.get()
    if kept is None:
        return reading.state()
    kept.state = kept.state or reading.state()
    return kept.state


def link(by: Actor, *, source: str, batch: UUID, at_ms: int) -> LinkCounts:
    """Link the rows of a conformed batch to the base as it is now; repeated, it does nothing until either changed.

    Runs in the scope of the whole city, in the caller's transaction. at_ms: when, for the record of the batch. Writes
    a dataset of the entity layer and its name into the batch. Raises NotFound when there is no such published batch.
    """
    row = Batch.objects.select_for_update().filter(id=batch, source=source, state=BatchState.PUBLISHED).first()
    if row is None:
        raise NotFound("没有可以关联的批次。", where=f"{source} {batch}", why="批次没有发布，或已撤销")
    model, now, rulings = load_model(), _state(), reviewing.in_force(source)
    version = f"{row.id.hex}-{now.version}{model.version}"
    before = _dataset(source, reviewing.made_in(row.layout))
    shown = _dataset(source, str(row.layout.get("links", "")))
    made = before is not None and before.version == version and _dataset(source, version, kind="evidence") is not None
    if made and shown is not None and row.layout.get("reviewed") == rulings.mark:
        return replace(_counts(_read(shown, OUTCOMES), None, shown.version), changed=0, reused=True)
    earlier = _read(shown) if shown is not None else None
    rows = incoming(row, _source(source))
    if made:
        linked = _linked_before(source, version)
    else:
        kept = earlier if before == shown else _read(before) if before is not None else None
        linked = _linked(row, rows, _source(source), model, kept)
        _write(f"evidence-{source}", version, linked.evidence)
        _write(f"links-{source}", version, linked.lines)
    reviewed = reviewing.review(version, rows, linked.lines, linked.evidence, rulings)
    written = reviewed.version
    if written != version:
        _write(f"links-{source}", written, reviewed.lines)
    write_doubts(source, written, reviewed.doubts)
    _note(row, written, now, model, at_ms, rulings.mark)
    _drop_others(source, row.id, {version, written, *(ref.version for ref in (before, shown) if ref is not None)})
    counts = _counts(reviewed.lines, earlier, written)
    audit.record(
        by,
        action="exchange.batch.linked",
        purpose=Purpose.IMPORT_EXPORT,
        subject_kind="batch",
        subject_id=row.id,
        count=counts.rows,
        detail={"linked": counts.linked, "doubtful": counts.doubtful, "changed": counts.changed},
        union_chain=(row.l1, row.l2, row.l3, row.l4),
    )
    return counts


def links_of(source: str, batch: UUID) -> pa.Table | None:
    """The latest links of a batch (columns of `LINKS`, by row), None when it was never linked."""
    row = Batch.objects.filter(id=batch, source=source).first()
    ref = _dataset(source, str(row.layout.get("links", ""))) if row else None
    return _read(ref) if ref is not None else None


def evidence_of(source: str, batch: UUID) -> pa.Table | None:
    """What rows of a batch are compared by (columns of `EVIDENCE`, by row), None when it was never linked."""
    row = Batch.objects.filter(id=batch, source=source).first()
    ref = _dataset(source, reviewing.made_in(row.layout), kind="evidence") if row else None
    return _read(ref, EVIDENCE) if ref is not None else None


def known_of(source: str, batch: LiveBatch, version: str) -> Known:
    """A linked batch as links of several sources see it. version: of its links. Raises NotFound when it is gone."""
    links, evidence = _dataset(source, version), _dataset(source, reviewing.made_of(version), kind="evidence")
    if links is None or evidence is None:
        raise NotFound("批次的关联结果不在了。", where=f"批次 {batch.number}", do="请重新运行 zhigong refresh")
    described = _source(source)
    return Known(
        batch=batch.id.hex,
        source=source,
        year=batch.as_of.year,
        snapshot=described.arrives == "full" and "id_number" in described.identity,
        links=_read(links, pa.schema([LINKS.field(name) for name in COMPARED])),
        evidence=_read(evidence, EVIDENCE),
    )


def _linked(row: Batch, rows: pa.Table, source: Source, model: LinkModel, earlier: pa.Table | None) -> Linked:
    """The links as made. earlier: those made last; what people said of them must not count here (ADR 0015)."""
    with _linker() as linker:
        return linker.link(
            rows,
            model=model,
            on=row.as_of,
            exclusive=source.arrives == "full" and source.identity == ("id_number",),
            entity=source.entity,
            keep=earlier.filter(pc.is_valid(earlier["person_id"])).select(STANDING) if earlier is not None else None,
        )


def _linked_before(source: str, version: str) -> Linked:
    links, evidence = _dataset(source, version), _dataset(source, version, kind="evidence")
    if links is None or evidence is None:
        raise NotFound("批次的关联结果不在了。", where=source, do="请重新运行 zhigong refresh")
    return Linked(lines=_read(links), evidence=_read(evidence, EVIDENCE))


def _dataset(source: str, version: str, *, kind: str = "links") -> BatchRef | None:
    if not version:
        return None
    return lake_queries.batch(lake_root(), layer=Layer.ENTITIES, name=f"{kind}-{source}", version=version)


def _read(ref: BatchRef, schema: pa.Schema = LINKS) -> pa.Table:
    return (
        lake_queries.table(ref, keys=lake_keys(), columns=schema.names).cast(schema)
        if ref.parts
        else schema.empty_table()
    )


def _write(name: str, version: str, lines: pa.Table) -> str:
    with lake.write_batch(lake_root(), layer=Layer.ENTITIES, name=name, keys=lake_keys()) as writer:
        writer.write(lines)
        return writer.commit(version=version).version


def _note(row: Batch, version: str, now: reading.BaseState, model: LinkModel, at_ms: int, reviewed: str) -> None:
    """Name the dataset in the batch; readers follow that name, so that they see the old links or the new ones."""
    noted = {
        "links": version,
        "reviewed": reviewed,
        "linked": {**now.as_dict(), "model": model.version, "at_ms": at_ms},
    }
    execute(
        "UPDATE exchange_batch SET layout = layout || %(noted)s::jsonb WHERE id = %(id)s",
        {"noted": json.dumps(noted), "id": row.id},
    )


def _drop_others(source: str, batch: UUID, needed: set[str]) -> None:
    """Forget datasets of this batch that nobody names any more; the last one stays for who is reading it."""
    for name in (f"links-{source}", f"evidence-{source}", f"doubts-{source}"):
        for ref in lake_queries.batches(lake_root(), layer=Layer.ENTITIES, name=name):
            if ref.version.startswith(f"{batch.hex}-") and ref.version not in needed:
                lake.drop_batch(ref)


def _counts(lines: pa.Table, earlier: pa.Table | None, version: str) -> LinkCounts:
    found = {one["values"]: one["counts"] for one in pc.value_counts(lines["outcome"]).to_pylist()}
    return LinkCounts(
        rows=lines.num_rows,
        linked=int(found.get(LinkOutcome.LINKED.value, 0)),
        doubtful=int(found.get(LinkOutcome.DOUBTFUL.value, 0)),
        new=int(found.get(LinkOutcome.NEW.value, 0)),
        none=int(found.get(LinkOutcome.NONE.value, 0)),
        changed=lines.num_rows if earlier is None else _changed(lines, earlier),
        version=version,
    )


def _changed(lines: pa.Table, earlier: pa.Table) -> int:
    """Rows that are about somebody else than before, or rest on something else."""
    same: Any = None
    for name in ("subject_id", "outcome", "employer_key", "head_subject_id", "guardian_subject_id"):
        left, right = (pc.fill_null(one[name].cast(pa.string()), "") for one in (lines, earlier))
        alike = pc.equal(left, right)
        same = alike if same is None else pc.and_(same, alike)
    return int(lines.num_rows - (pc.sum(same.cast(pa.int64())).as_py() or 0))
