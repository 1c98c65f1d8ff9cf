"""Refresh: conform → link → facts → publish, only what changed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa

from zhigong.exchange import linking, live
from zhigong.exchange.checking import load_source
from zhigong.exchange.deriving import StageReport, base, keeping
from zhigong.exchange.deriving.computing import Derived, World, derive
from zhigong.exchange.deriving.deaths import REGISTER, deaths
from zhigong.exchange.deriving.definitions import Definitions, department_sources, load_definitions, relation_of
from zhigong.exchange.deriving.households import publish_households
from zhigong.exchange.deriving.keeping import RESOLVED
from zhigong.exchange.deriving.standing import Standing, stand
from zhigong.exchange.store import lake_root
from zhigong.exchange.types import LiveBatch
from zhigong.facts import operations as facts
from zhigong.facts import queries as fact_queries
from zhigong.kernel.actor import Actor, ScopeOpener
from zhigong.lake import operations as lake
from zhigong.lake.types import BatchRef
from zhigong.people import operations as people

STAGES = ("conform", "link", "facts", "publish")
CHUNK_ROWS = 50_000
Tell = Callable[[str], None]


def refresh(*, scope: ScopeOpener, at_ms: int, tell: Tell, full: bool = False) -> dict[str, StageReport]:
    """Bring links and facts up to date with the batches in force; returns a report per stage, in order.

    scope opens the city's transaction; each step commits on its own, so call it outside one.  Without news nothing
    changes.  Killed at any point, the next refresh finishes the work.  full: derive and publish everybody anew.
    Raises Conflict while another refresh runs.
    """
    with lake.one_writer(lake_root()):
        return _Refresh(scope, at_ms, tell, full=full).run()


@dataclass(frozen=True)
class Settling:
    """What the next refresh goes on from, beside facts. resolved: the links that `told` was found from."""

    day: date
    versions: Mapping[str, str]
    resolved: str
    told: pa.Table


class _Refresh:
    """One refresh: its stages share what they found."""

    def __init__(self, scope: ScopeOpener, at_ms: int, tell: Tell, *, full: bool) -> None:
        self.scope, self.at_ms, self.tell = scope, at_ms, tell
        self.definitions: Definitions = load_definitions()
        self.kept = keeping.last_kept(self.definitions.signature)
        # After an interrupted publication PostgreSQL may have what no snapshot knows: everything is compared again.
        self.whole = full or self.kept is None or keeping.interrupted()
        self.report: dict[str, StageReport] = {}

    def run(self) -> dict[str, StageReport]:
        """The four stages."""
        with self._stage("conform") as conform:
            batches = self._in_force()
            conform["rows"] = sum(one.rows for found in batches.values() for one in found)
            conform["changed"] = self._news(batches)
        with self._stage("link") as linked:
            versions = self._link(batches, linked)
            resolved, told = self._resolve(batches, versions)
        with self._stage("facts") as made:
            world, day = self._world(batches, versions, told)
            derived = derive(self.definitions, world, None if self.whole else self.kept)
            made["rows"] = derived.looked_at
            made["changed"] = sum(rows.num_rows for rows in derived.changed.values())
        with self._stage("publish") as published:
            self._publish(world, derived, Settling(day, versions, resolved, told), published)
        return self.report

    @contextmanager
    def _stage(self, name: str) -> Iterator[StageReport]:
        words = {"conform": "核对批次", "link": "关联人员和单位", "facts": "推算事实", "publish": "发布事实"}
        began = time.monotonic()
        self.tell(f"{words[name]}……")
        report = self.report[name] = StageReport(rows=0, changed=0, seconds=0.0)
        yield report
        report["seconds"] = round(time.monotonic() - began, 3)

    def _in_force(self) -> dict[str, tuple[LiveBatch, ...]]:
        with self.scope():
            found = {source: live.live_batches(source) for source in department_sources()}
        return {source: batches for source, batches in found.items() if batches}

    def _news(self, batches: Mapping[str, tuple[LiveBatch, ...]]) -> int:
        """Rows of batches that came or went since the last refresh."""
        before = self.kept.standings if self.kept else {}
        old = {part.batch: part.dataset.rows for standing in before.values() for part in standing.parts}
        new = {one.id.hex: one.rows for found in batches.values() for one in found}
        return sum({**old, **new}[batch] for batch in old.keys() ^ new.keys())

    def _link(self, batches: Mapping[str, tuple[LiveBatch, ...]], report: StageReport) -> dict[str, str]:
        """Link every batch in force; the version of its links by batch."""
        versions = {}
        with linking.keep_base():
            for source, found in batches.items():
                for one in found:
                    with self.scope() as by:
                        counts = linking.link(by, source=source, batch=one.id, at_ms=self.at_ms)
                    versions[one.id.hex] = counts.version
                    report["rows"] += counts.rows
                    report["changed"] += 0 if counts.reused else counts.changed
        return versions

    def _resolve(
        self, batches: Mapping[str, tuple[LiveBatch, ...]], versions: Mapping[str, str]
    ) -> tuple[str, pa.Table]:
        """Subjects that sources tell each other: from which links, and the rows concerned."""
        mark = linking.resolution_mark(versions.values())
        if self.kept is not None and self.kept.resolved == mark:
            found = self.kept.table(RESOLVED)
            return mark, found if found is not None else linking.RESOLVED.empty_table()
        persons = {s: found for s, found in batches.items() if load_source(s).entity == "person"}
        known = (linking.known_of(s, one, versions[one.id.hex]) for s, found in persons.items() for one in found)
        return mark, linking.resolve(known)

    def _world(
        self, batches: Mapping[str, tuple[LiveBatch, ...]], versions: Mapping[str, str], told: pa.Table
    ) -> tuple[World, date]:
        with self.scope() as by:
            standings = {source: self._stand(source, found, versions, told) for source, found in batches.items()}
            register, before = standings.get(REGISTER), self.kept.standings.get(REGISTER) if self.kept else None
            kept_columns = self.definitions.columns.get(relation_of(REGISTER), frozenset())
            publish_households(by=by, definitions=self.definitions, before=before, now=register, full=self.whole)
            people.note_deaths(by=by, died=deaths(before, register, kept_columns))
            now = base.state(by.on)
            known = self.kept.table(keeping.PERSONS) if self.kept and self.kept.base == now else None
            persons = known if known is not None else base.persons(by.on)
            return World(day=by.on, persons=persons, standings=standings, base=now), by.on

    def _stand(
        self, source: str, found: tuple[LiveBatch, ...], versions: Mapping[str, str], told: pa.Table
    ) -> Standing:
        columns = self.definitions.columns[relation_of(source)]
        named = [(one, versions[one.id.hex]) for one in found]
        return stand(source, named, columns, self.kept.parts(source) if self.kept else {}, told)

    def _publish(self, world: World, derived: Derived, settling: Settling, report: StageReport) -> None:
        datasets = self._write(derived) | {RESOLVED: self._keep_resolved(settling)}
        datasets |= {f"part/{p.batch}": p.dataset for s in world.standings.values() for p in s.parts}
        todo = {
            name: rows
            for name, rows in derived.changed.items()
            if self.whole or rows.num_rows or len(derived.missing[name])
        }
        if todo:
            keeping.announce(datasets)
        for group, rows in sorted(todo.items()):
            with self.scope() as by:
                told = self._told(by, group, rows, derived)
                done = facts.publish(by=by, group=group, rows=told.to_batches(CHUNK_ROWS), full=self.whole)
            report["rows"] += done.rows
            report["changed"] += done.changed + done.removed
        noted = {
            source: [(p.batch, p.as_of.isoformat(), settling.versions[p.batch]) for p in s.parts]
            for source, s in world.standings.items()
        }
        signature = self.definitions.signature
        keeping.settle(
            datasets,
            signature=signature,
            on=settling.day,
            standings=noted,
            resolved=settling.resolved,
            base=world.base,
        )

    def _keep_resolved(self, settling: Settling) -> BatchRef:
        before = self.kept.snapshot.datasets.get(RESOLVED) if self.kept else None
        same = before is not None and self.kept is not None and self.kept.resolved == settling.resolved
        return before if same and before is not None else keeping.keep(RESOLVED, settling.told)

    def _write(self, derived: Derived) -> dict[str, BatchRef]:
        """The datasets of the new state, those that are as before under their old version."""
        before = self.kept.snapshot.datasets if self.kept and not self.whole else {}
        as_before = {name: before[name] for name in derived.same if name in before}
        return as_before | {name: keeping.keep(name, rows) for name, rows in derived.tables.items()}

    def _told(self, by: Actor, group: str, rows: pa.Table, derived: Derived) -> pa.Table:
        """Rows for PostgreSQL; who no longer has any fact of the group gets a row of nothing."""
        missing = derived.missing[group]
        if self.whole or not len(missing):
            return rows
        source = next(iter(fact_queries.groups()[group].sources))
        given: dict[str, Any] = {
            "person_id": missing,
            "source": pa.repeat(pa.scalar(source), len(missing)),
            "as_of": pa.repeat(pa.scalar(by.on, pa.date32()), len(missing)),
        }
        columns = [given.get(f.name, pa.nulls(len(missing), f.type)) for f in rows.schema]
        return pa.concat_tables([rows, pa.table(columns, schema=rows.schema)])
