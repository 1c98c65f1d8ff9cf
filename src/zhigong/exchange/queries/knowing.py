"""Which sources know a person, as of the last refresh: their batches, how her rows were found, what was said of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID

import pyarrow.compute

from zhigong.exchange.checking import load_source
from zhigong.exchange.deriving.keeping import RESOLVED
from zhigong.exchange.deriving.table import SNAPSHOT
from zhigong.exchange.models import Batch, Ruling
from zhigong.exchange.queries.reviewing import ruling_line
from zhigong.exchange.store import lake_keys, lake_root
from zhigong.exchange.types import PersonLink, RulingLine, Verdict
from zhigong.kernel.actor import Actor
from zhigong.lake import queries as lake
from zhigong.lake.types import BatchRef, Layer, Snapshot
from zhigong.orgs.queries import within
from zhigong.people import queries as persons

# Arrow's stubs demand exact array types that its own functions don't return.
pc: Any = pyarrow.compute
LINE = ("row", "person_id", "candidate_id", "method", "score", "reason", "outcome")
CERTAIN = frozenset({"id", "ruled"})
NEARLY = 0.999
Row = dict[str, Any]
Said = dict[tuple[str, UUID, int], RulingLine]


def person_links(actor: Actor, person_id: UUID) -> tuple[PersonLink, ...]:
    """What every batch in force has about a person of the scope, by source; who may read members may read this.

    It tells where and how, never what a row says. Rulings and batch numbers are the city's, and only it sees them.
    Raises NotAllowed, NotFound.
    """
    actor.require("members.read")
    persons.name_of(actor, person_id)
    snapshot = lake.snapshot(lake_root(), name=SNAPSHOT)
    if snapshot is None:
        return ()
    said = _said(actor, person_id)
    numbers = dict(within(Batch.objects.all(), actor).values_list("id", "number"))
    told = _told(snapshot, person_id)
    return tuple(
        _link(source, batch, as_of, rows, numbers.get(UUID(batch)), said)
        for source, batch, as_of, version in _batches(snapshot)
        for rows in _grouped([*_rows(source, version, person_id, told.get(batch, {})), *told.get(batch, {}).values()])
    )


def person_rulings(actor: Actor, person_id: UUID) -> tuple[RulingLine, ...]:
    """What was said of rows and this person and still stands, the latest first: all that the actor's scope shows."""
    actor.require("members.read")
    return tuple(ruling_line(one) for one in _standing(actor, person_id))


def _batches(snapshot: Snapshot) -> Iterator[tuple[str, str, date, str]]:
    for source, batches in sorted(json.loads(snapshot.notes["standings"]).items()):
        if load_source(source).entity == "person":
            for batch, as_of, version in reversed(batches):
                yield source, batch, date.fromisoformat(as_of), version


def _rows(source: str, version: str, person_id: UUID, told: dict[int, Row]) -> Iterator[Row]:
    ref = lake.batch(lake_root(), layer=Layer.ENTITIES, name=f"links-{source}", version=version)
    if ref is None:
        return
    wanted = str(person_id)
    for rows in lake.rows(ref, keys=lake_keys(), columns=list(LINE)):
        mine = pc.or_kleene(pc.equal(rows["person_id"], wanted), pc.equal(rows["candidate_id"], wanted))
        for row in rows.filter(pc.fill_null(mine, fill_value=False)).to_pylist():
            if row["row"] not in told:
                yield row


def _told(snapshot: Snapshot, person_id: UUID) -> dict[str, dict[int, Row]]:
    """Rows that other sources tell to be hers, by batch and row."""
    ref: BatchRef | None = snapshot.datasets.get(RESOLVED)
    found: dict[str, dict[int, Row]] = {}
    for rows in lake.rows(ref, keys=lake_keys()) if ref is not None else ():
        mine = rows.filter(pc.fill_null(pc.equal(rows["subject_id"], str(person_id)), fill_value=False))
        for row in mine.filter(pc.is_valid(mine["method"])).to_pylist():
            line = {"row": row["row"], "method": row["method"], "score": None, "reason": None, "outcome": "linked"}
            found.setdefault(row["batch"], {})[row["row"]] = line
    return found


def _grouped(rows: list[Row]) -> list[list[Row]]:
    """Rows found in the same way are one line."""
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in sorted(rows, key=lambda one: one["row"]):
        groups.setdefault((row["outcome"], row["method"], row["reason"]), []).append(row)
    return list(groups.values())


def _link(
    source: str,
    batch: str,
    as_of: date,
    rows: list[Row],
    number: int | None,
    said: dict[tuple[str, UUID, int], RulingLine],
) -> PersonLink:
    first, described = rows[0], load_source(source)
    return PersonLink(
        source=source,
        source_title=described.title,
        department=described.department,
        batch_id=UUID(batch),
        batch_number=number,
        as_of=as_of,
        row=first["row"],
        rows=len(rows),
        method=first["method"] or "",
        reason=first["reason"] or "",
        outcome=first["outcome"],
        high=first["method"] in CERTAIN or (first["outcome"] == "linked" and (first["score"] or 0) >= NEARLY),
        ruling=said.get((source, UUID(batch), first["row"])),
    )


def _said(actor: Actor, person_id: UUID) -> Said:
    """Rulings on a person by where the row was seen."""
    standing = reversed(_standing(actor, person_id))
    return {(row.source, row.batch_id, row.row): ruling_line(row) for row in standing}


def _standing(actor: Actor, person_id: UUID) -> list[Ruling]:
    """What was said of a person and not answered or withdrawn since, the latest first."""
    rows = list(within(Ruling.objects.filter(person_id=person_id), actor).order_by("-id"))
    answered = {one.replaces for one in rows}
    return [one for one in rows if one.id not in answered and one.verdict != Verdict.WITHDRAWN]
