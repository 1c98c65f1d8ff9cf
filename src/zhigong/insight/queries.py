"""Figures of the actor's scope, read from the marts of the last count."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc

from zhigong.catalogue import queries as catalogue
from zhigong.exchange import queries as exchange
from zhigong.insight.definitions import SNAPSHOT, load_metric
from zhigong.insight.running import run, runs
from zhigong.insight.types import FigureLine, Metric, Overview
from zhigong.kernel.actor import Actor
from zhigong.kernel.clock import SHANGHAI
from zhigong.lake import queries as lake
from zhigong.lake.types import Snapshot
from zhigong.orgs import queries as orgs
from zhigong.orgs.types import Level

__all__ = ["overview", "run", "runs"]


def overview(actor: Actor) -> Overview:
    """The overview of the actor's scope, its unions one level down, and each service alone.

    Figures are exact inside a scope; nothing of another scope is read. Raises NotAllowed without a post.
    """
    metric = load_metric("overview")
    found = lake.snapshot(exchange.lake_root(), name=SNAPSHOT)
    empty = Overview(title=metric.title, note=metric.note, measures=metric.measures)
    if found is None or metric.name not in found.datasets:
        return empty
    rows = _within(actor, pa.Table.from_batches(lake.rows(found.datasets[metric.name])))
    whole = rows.filter(pc.equal(rows["service_id"], ""))
    as_of, made_at = _dates(found)
    return Overview(
        title=metric.title,
        note=metric.note,
        measures=metric.measures,
        total=_sum(metric, whole),
        lines=tuple(_lines(actor, metric, whole)),
        services=tuple(_services(metric, rows.filter(pc.not_equal(rows["service_id"], "")))),
        below=Level(actor.level + 1).label if actor.level < Level.GRASSROOTS else "",
        as_of=as_of,
        made_at=made_at,
    )


def _within(actor: Actor, rows: pa.Table) -> pa.Table:
    """The rows below the actor's union. The lake has no row-level security: this line is the scope."""
    return rows.filter(pc.equal(rows[actor.level_column], actor.seq))


def _dates(found: Snapshot) -> tuple[date, datetime]:
    made = datetime.fromtimestamp(int(found.notes["made_at_ms"]) / 1000, SHANGHAI)
    return date.fromisoformat(found.notes["day"]), made


def _sum(metric: Metric, rows: pa.Table) -> dict[str, int]:
    return {one.name: int(pc.sum(rows[one.name]).as_py() or 0) for one in metric.measures}


def _grouped(metric: Metric, rows: pa.Table, key: str) -> dict[Any, dict[str, int]]:
    names = [one.name for one in metric.measures]
    summed = rows.group_by(key).aggregate([(name, "sum") for name in names])
    keys: Iterable[Any] = summed[key].to_pylist()
    columns = {name: summed[f"{name}_sum"].to_pylist() for name in names}
    return {one: {name: int(columns[name][place]) for name in names} for place, one in enumerate(keys)}


def _lines(actor: Actor, metric: Metric, rows: pa.Table) -> Iterable[FigureLine]:
    """Per union directly below, whatever levels its chain skips; what belongs to no such union is the own level's."""
    if actor.level >= Level.GRASSROOTS or actor.union_id is None:
        return
    below = {union.id: union for union in orgs.children(actor, actor.union_id).items}
    figures = _by_union(metric, rows, orgs.keys_of(actor, tuple(below)))
    total = _sum(metric, rows)
    rest = {name: value - sum(one[name] for one in figures.values()) for name, value in total.items()}
    if any(rest.values()):
        yield FigureLine(name=f"{actor.union_name}（本级）", union_id=None, figures=rest)
    nothing = dict.fromkeys(total, 0)
    for union_id, union in below.items():
        yield FigureLine(name=union.name, union_id=union_id, figures=figures.get(union_id, nothing))


def _by_union(metric: Metric, rows: pa.Table, keys: Mapping[UUID, tuple[int, int]]) -> dict[UUID, dict[str, int]]:
    """Figures of each union by its own level column and short key."""
    wanted = {key: union for union, key in keys.items()}
    return {
        wanted[level, seq]: figures
        for level in sorted({level for level, _ in wanted})
        for seq, figures in _grouped(metric, rows, f"l{level}").items()
        if (level, seq) in wanted
    }


def _services(metric: Metric, rows: pa.Table) -> Iterable[FigureLine]:
    titles = {service.id: service.title for service in catalogue.services()}
    for service_id, figures in sorted(_grouped(metric, rows, "service_id").items()):
        yield FigureLine(name=titles.get(service_id, service_id), union_id=None, figures=figures)
