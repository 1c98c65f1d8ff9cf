"""What is in force of a source, and whom its rows are about."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from django.db.models import F

from zhigong.exchange import live
from zhigong.exchange.models import Batch
from zhigong.exchange.operations.intake import right_for
from zhigong.exchange.store import lake_keys, lake_root
from zhigong.exchange.types import BatchState, LiveBatch
from zhigong.kernel.actor import Actor
from zhigong.lake import queries as lake
from zhigong.lake.types import Layer
from zhigong.orgs.queries import within


def live_batches(actor: Actor, source: str) -> tuple[LiveBatch, ...]:
    """The batches of a source in force, oldest first: the last full one and the deltas after it."""
    actor.require(right_for(source))
    return live.live_batches(source)


def iter_live(
    actor: Actor, source: str, columns: Sequence[str] | None = None, *, at_most: int = 50_000
) -> Iterator[pa.RecordBatch]:
    """The rows in force of a source; see `live.iter_live` for columns and what is left out."""
    actor.require(right_for(source))
    return live.iter_live(source, columns, at_most=at_most)


def write_links(actor: Actor, source: str, out: Path) -> int:
    """Write batch,row,person_id,method,score of every published batch of a source as CSV; returns lines written."""
    actor.require("members.export")
    rows = within(Batch.objects.filter(source=source, state=BatchState.PUBLISHED), actor).order_by("number")
    written = 0
    with out.open("w", encoding="utf-8", newline="") as sink:
        writer = csv.writer(sink)
        writer.writerow(["batch", "row", "person_id", "method", "score"])
        for number, layout in rows.annotate(n=F("number")).values_list("n", "layout"):
            for lines in _link_lines(source, layout.get("links", "")):
                writer.writerows((number, *line) for line in lines)
                written += len(lines)
    return written


def _link_lines(source: str, version: str) -> Iterator[list[tuple[object, ...]]]:
    ref = lake.batch(lake_root(), layer=Layer.ENTITIES, name=f"links-{source}", version=version) if version else None
    if ref is None:
        return
    for rows in lake.rows(ref, keys=lake_keys(), columns=["row", "person_id", "method", "score"]):
        linked = rows.filter(pc.is_valid(rows["person_id"]))
        yield list(zip(*(linked[name].to_pylist() for name in ("row", "person_id", "method", "score")), strict=True))
