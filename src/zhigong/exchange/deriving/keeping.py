"""What a refresh leaves for the next one: datasets in the lake under one snapshot, swapped at the very end."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from uuid import uuid4

import pyarrow as pa

from zhigong.exchange.deriving.definitions import department_sources
from zhigong.exchange.deriving.standing import Part, Standing, resolved_of
from zhigong.exchange.deriving.table import NEWS, SNAPSHOT, facts_in
from zhigong.exchange.deriving.types import FactTable
from zhigong.exchange.store import lake_keys, lake_root
from zhigong.kernel.errors import Refused
from zhigong.lake import operations as lake
from zhigong.lake import queries as lake_queries
from zhigong.lake.types import BatchRef, Layer, Snapshot

PENDING = "facts-pending"
PERSONS, RESOLVED = "persons", "resolved"
SEALED = frozenset({PERSONS, RESOLVED})
"""Birth dates are of nobody's concern but the models'; who a pseudonym is, of nobody's."""


@dataclass(frozen=True)
class Kept:
    """The state after the last refresh that was finished."""

    snapshot: Snapshot

    @property
    def signature(self) -> str:
        """Of the models it was made with."""
        return self.snapshot.notes["signature"]

    @property
    def day(self) -> date:
        """The day it was made for."""
        return date.fromisoformat(self.snapshot.notes["day"])

    @cached_property
    def standings(self) -> dict[str, Standing]:
        """The rows that were in force, by source."""
        noted, resolved = json.loads(self.snapshot.notes["standings"]), self.table(RESOLVED)
        return {
            source: Standing(source=source, parts=tuple(self._part(resolved, *one) for one in batches))
            for source, batches in noted.items()
        }

    @property
    def facts(self) -> FactTable:
        """What was known of everybody."""
        return facts_in(self.snapshot)

    def _part(self, resolved: pa.Table | None, batch: str, as_of: str, _: str) -> Part:
        dataset = self.snapshot.datasets[f"part/{batch}"]
        return Part(batch, date.fromisoformat(as_of), dataset, resolved_of(resolved, batch))

    @property
    def base(self) -> str:
        """How the base stood."""
        return self.snapshot.notes.get("base", "")

    @property
    def resolved(self) -> str:
        """From which links the subjects told by other sources were found."""
        return self.snapshot.notes.get(RESOLVED, "")

    def parts(self, source: str) -> dict[str, tuple[str, BatchRef]]:
        """Per batch of a source: the version of its links, and its rows joined with them."""
        noted = json.loads(self.snapshot.notes["standings"]).get(source, [])
        return {hex_: (links, self.snapshot.datasets[f"part/{hex_}"]) for hex_, _, links in noted}

    def table(self, name: str) -> pa.Table | None:
        """A dataset by name, None when there was none."""
        ref = self.snapshot.datasets.get(name)
        if ref is None:
            return None
        return lake_queries.table(ref, keys=lake_keys() if ref.layer.sealed else None) if ref.parts else None


def last_kept(signature: str) -> Kept | None:
    """The state to go on from; None when there is none, or when the models are others now."""
    try:
        found = lake_queries.snapshot(lake_root(), name=SNAPSHOT)
    except Refused:
        return None
    kept = Kept(found) if found is not None else None
    return kept if kept is not None and kept.signature == signature else None


def keep(name: str, rows: pa.Table) -> BatchRef:
    """Write one dataset; nobody sees it before it is in a snapshot."""
    layer = Layer.ENTITIES if name in SEALED else Layer.FACTS
    folder = name.replace("/", "-").replace("_", "-")
    with lake.write_batch(lake_root(), layer=layer, name=folder, keys=lake_keys() if layer.sealed else None) as writer:
        writer.write(rows)
        return writer.commit(version=uuid4().hex)


def announce(datasets: Mapping[str, BatchRef]) -> None:
    """Note that publishing begins: until `settle`, what PostgreSQL has may be older or newer than the snapshot."""
    lake.swap_snapshot(lake_root(), PENDING, datasets, {})


def interrupted() -> bool:
    """Whether a refresh ended between beginning to publish and the swap."""
    return (lake_root() / "snapshots" / f"{PENDING}.json").exists()


def settle(
    datasets: Mapping[str, BatchRef],
    *,
    signature: str,
    on: date,
    standings: Mapping[str, Sequence[object]],
    resolved: str = "",
    base: str = "",
) -> None:
    """Put the new state in force and forget what no reader can still be reading."""
    root = lake_root()
    before = lake_queries.snapshot(root, name=SNAPSHOT) if _readable() else None
    notes = {"signature": signature, "day": on.isoformat(), "standings": json.dumps(standings)}
    notes |= {RESOLVED: resolved, "base": base}
    lake.swap_snapshot(root, SNAPSHOT, datasets, notes)
    lake.drop_snapshot(root, PENDING)
    _forget([*datasets.values(), *(before.datasets.values() if before else ())], _names(datasets))


def _readable() -> bool:
    try:
        return lake_queries.snapshot(lake_root(), name=SNAPSHOT) is not None
    except Refused:
        return False


def _names(datasets: Mapping[str, BatchRef]) -> set[tuple[Layer, str]]:
    # News that were written into the table have no place in the snapshot any more.
    own = {(ref.layer, ref.name) for ref in datasets.values()} | {(Layer.FACTS, NEWS)}
    return own | {(Layer.ENTITIES, f"standing-{source}") for source in department_sources()}


def _forget(needed: Iterable[BatchRef], names: Iterable[tuple[Layer, str]]) -> None:
    """Delete datasets that neither this snapshot nor the one before names."""
    paths = {ref.path for ref in needed}
    for layer, name in names:
        for ref in lake_queries.batches(lake_root(), layer=layer, name=name):
            if ref.path not in paths:
                lake.drop_batch(ref)


__all__ = ["PERSONS", "RESOLVED", "Kept", "announce", "interrupted", "keep", "last_kept", "settle"]
