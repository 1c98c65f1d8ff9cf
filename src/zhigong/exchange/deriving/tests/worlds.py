"""Small worlds made by hand: rows with their subjects, as a refresh would have joined them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import pyarrow as pa

from zhigong.exchange.deriving import base, keeping
from zhigong.exchange.deriving.computing import Derived, World
from zhigong.exchange.deriving.definitions import Definitions, load_definitions, relation_of
from zhigong.exchange.deriving.keeping import Kept
from zhigong.exchange.deriving.standing import KEY, KNOWN, Part, Standing, schema_of
from zhigong.exchange.deriving.wide import mark_of
from zhigong.exchange.store import lake_keys, lake_root
from zhigong.lake import operations as lake
from zhigong.lake import queries as lake_queries
from zhigong.lake.types import BatchRef, Layer

TODAY = date(2026, 11, 22)
Row = dict[str, Any]


def persons(*rows: Row) -> pa.Table:
    """Persons of the base; each needs a person_id, the rest is that of an active member born in 1985."""
    ordinary: Row = {
        **{f"l{level}": 1 for level in (1, 2, 3, 4)},
        "membership_status": "active",
        "is_migrant": False,
        "sex": "male",
        "birth_date": date(1985, 5, 1),
        "joined_on": date(2020, 3, 15),
        "employment": "1",
        "identified": True,
        "as_of": date(2026, 1, 1),
    }
    ordered = sorted(({**ordinary, **row} for row in rows), key=lambda row: str(row["person_id"]))
    return pa.Table.from_pylist(ordered, schema=base.SCHEMA)


def part(definitions: Definitions, source: str, number: int, rows: Sequence[Row], *, as_of: date = TODAY) -> Part:
    """One batch of a source; `identity` of a row is what newer batches cover it by."""
    schema = schema_of(source, definitions.columns[relation_of(source)])
    kept = [name for name in schema.names if name not in {"batch", "as_of"}]
    numbered = [{"data_row": place, **row} for place, row in enumerate(rows, 1)]
    table = pa.Table.from_pylist(numbered, schema=pa.schema([schema.field(name) for name in kept]))
    keys = [row.get("identity") for row in rows]
    table = table.append_column(KEY, pa.array([key or 0 for key in keys], pa.uint64()))
    table = table.append_column(KNOWN, pa.array([key is not None for key in keys], pa.bool_()))
    return Part(batch=UUID(int=number).hex, as_of=as_of, dataset=_kept(source, number, table))


def _kept(source: str, number: int, table: pa.Table) -> BatchRef:
    name = f"standing-{source}"
    text = f"{UUID(int=number).hex}-{abs(hash(str(table.to_pylist()))):x}"
    found = lake_queries.batch(lake_root(), layer=Layer.ENTITIES, name=name, version=text)
    if found is not None:
        return found
    with lake.write_batch(lake_root(), layer=Layer.ENTITIES, name=name, keys=lake_keys()) as writer:
        writer.write(table)
        return writer.commit(version=text)


def world(people: pa.Table, rows: Mapping[str, Sequence[Row]], *, day: date = TODAY) -> World:
    """A world with one batch per source."""
    definitions = load_definitions()
    standings = {
        source: Standing(source=source, parts=(part(definitions, source, place, found),))
        for place, (source, found) in enumerate(sorted(rows.items()), 1)
    }
    return World(day=day, persons=people, standings=standings)


def settled(definitions: Definitions, seen: World, derived: Derived, before: Kept | None = None) -> Kept:
    """What the next refresh would go on from."""
    earlier = before.snapshot.datasets if before else {}
    datasets = {name: earlier[name] for name in derived.same if name in earlier}
    datasets |= {name: keeping.keep(name, rows) for name, rows in derived.tables.items()}
    datasets |= {f"part/{p.batch}": p.dataset for s in seen.standings.values() for p in s.parts}
    noted = {source: [(p.batch, p.as_of.isoformat(), "links") for p in s.parts] for source, s in seen.standings.items()}
    keeping.settle(datasets, signature=definitions.signature, on=seen.day, standings=noted, base=seen.base)
    kept = keeping.last_kept(definitions.signature)
    if kept is None:
        raise AssertionError("nothing was kept")
    return kept


def everything(kept: Kept) -> dict[str, Any]:
    """All that a refresh leaves, whatever the datasets it is cut into."""
    names = {name for name in kept.snapshot.datasets if name.startswith("city/")} | {"persons"}
    found = {name: kept.table(name) for name in names}
    marks = [mark_of(group) for group in load_definitions().groups]
    found["person"] = kept.facts.read([*kept.facts.columns, *marks])
    return {name: rows.to_pylist() if rows is not None else [] for name, rows in found.items()}
