"""The board of all sources: how fresh each department's data are, what its last batch brought, how problems develop."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache

import pyarrow.compute as pc

from zhigong.exchange.checking import Source, load_source, source_names
from zhigong.exchange.live import in_force
from zhigong.exchange.models import Batch
from zhigong.exchange.operations.intake import require_city
from zhigong.exchange.queries.batches import line
from zhigong.exchange.store import lake_keys, lake_root
from zhigong.exchange.types import BatchState, Funnel, ProblemTrend, SourceBatch, SourcePage, SourceState
from zhigong.kernel.actor import Actor
from zhigong.lake import queries as lake
from zhigong.lake.types import Layer
from zhigong.orgs.queries import within

OFF_THE_BOARD = frozenset({"roster"})
"""Rosters come union by union: their freshness is the membership's, not a department's."""
SHOWN_BATCHES = 24
TREND_BATCHES = 6
TREND_KINDS = 8
LINKED = ("linked", "new", "doubtful")


def board(actor: Actor) -> tuple[SourceState, ...]:
    """Every department's source, those that wait for somebody first, then the stale ones."""
    require_city(actor)
    names = [name for name in source_names() if name not in OFF_THE_BOARD]
    by_source: dict[str, list[Batch]] = defaultdict(list)
    rows = within(Batch.objects.select_related("union"), actor).filter(source__in=names)
    for batch in rows.exclude(state=BatchState.DISCARDED).order_by("source", "-number"):
        by_source[batch.source].append(batch)
    states = [_state(load_source(name), by_source[name], actor) for name in names]
    return tuple(sorted(states, key=lambda state: (not state.held, not state.stale, state.name)))


def source_page(actor: Actor, source: str) -> SourcePage:
    """One source with its batches and the trend of its problems; raises NotFound for an unknown source."""
    require_city(actor)
    described = load_source(source)
    rows = within(Batch.objects.select_related("union"), actor).filter(source=source)
    batches = list(rows.exclude(state=BatchState.DISCARDED).order_by("-number"))
    valid = {batch.id for batch in in_force(batches)}
    counted = [batch for batch in batches if batch.rows][:TREND_BATCHES][::-1]
    return SourcePage(
        state=_state(described, batches, actor),
        note=described.note,
        purposes=described.purposes,
        columns=tuple((column.name, column.required) for column in described.columns),
        batches=tuple(
            SourceBatch(line=line(batch), funnel=funnel(batch), in_force=batch.id in valid)
            for batch in batches[:SHOWN_BATCHES]
        ),
        trend_of=tuple(batch.number for batch in counted),
        trend=_trend(counted),
    )


def funnel(batch: Batch) -> Funnel:
    """What became of the rows of a batch."""
    counts = _link_counts(batch.source, str(batch.layout.get("links", "")))
    readable = batch.accepted + batch.unverified
    if counts is None:
        return Funnel(rows=batch.rows, readable=readable)
    linked, new, doubtful = counts
    return Funnel(rows=batch.rows, readable=readable, linked=linked, new=new, doubtful=doubtful)


def _state(source: Source, batches: Sequence[Batch], actor: Actor) -> SourceState:
    """batches: of this source, the latest first."""
    valid = in_force(batches)
    as_of = valid[-1].as_of if valid else None
    return SourceState(
        name=source.name,
        title=source.title,
        department=source.department,
        delta=source.arrives == "delta",
        as_of=as_of,
        days=(actor.on - as_of).days if as_of else None,
        limit=source.freshness_days,
        rows=sum(batch.accepted + batch.unverified for batch in valid),
        batches=len(valid),
        held=sum(batch.state == BatchState.HELD for batch in batches),
        last=line(batches[0]) if batches else None,
        funnel=funnel(valid[-1]) if valid else None,
    )


@lru_cache(maxsize=1024)
def _link_counts(source: str, version: str) -> tuple[int, int, int] | None:
    """Rows linked, new and doubtful in a dataset of links, which never changes; None when there is none."""
    ref = lake.batch(lake_root(), layer=Layer.ENTITIES, name=f"links-{source}", version=version) if version else None
    if ref is None:
        return None
    counts = dict.fromkeys(LINKED, 0)
    for rows in lake.rows(ref, keys=lake_keys(), columns=["outcome"]):
        for found in pc.value_counts(rows["outcome"]).to_pylist():
            if found["values"] in counts:
                counts[found["values"]] += found["counts"]
    return counts["linked"], counts["new"], counts["doubtful"]


def _trend(batches: Sequence[Batch]) -> tuple[ProblemTrend, ...]:
    """The most frequent kinds of problems, in rows of ten thousand; batches oldest first."""
    rates: dict[tuple[str, str], list[int]] = {}
    texts: dict[tuple[str, str], str] = {}
    for place, batch in enumerate(batches):
        for one in batch.problem_counts:
            kind = (one["column"], one["code"])
            texts[kind] = one["text"]
            rates.setdefault(kind, [0] * len(batches))[place] += round(one["count"] * 10_000 / batch.rows)
    ranked = sorted(rates, key=lambda kind: (-max(rates[kind]), kind))[:TREND_KINDS]
    return tuple(ProblemTrend(kind[0], texts[kind], tuple(rates[kind])) for kind in ranked)
