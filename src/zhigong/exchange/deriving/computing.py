"""The facts of everybody whom a change may touch, by the models of the catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.compute

from zhigong.exchange.deriving import base, comparing, wide
from zhigong.exchange.deriving.closure import affected, union, values_of
from zhigong.exchange.deriving.definitions import CALENDAR, LINKED, Definitions, department_sources, model_of
from zhigong.exchange.deriving.keeping import PERSONS, Kept
from zhigong.exchange.deriving.standing import HOUSEHOLD, Standing, changes, schema_of
from zhigong.exchange.deriving.table import NEWS, PERSON
from zhigong.exchange.deriving.types import KEY
from zhigong.exchange.deriving.wide import Made, mark_of
from zhigong.lake import operations as lake
from zhigong.lake.operations import Engine
from zhigong.lake.types import Model

pc: Any = pyarrow.compute
EMPLOYER = "employer_key"


@dataclass(frozen=True)
class World:
    """All that facts are made from on one day."""

    day: date
    persons: pa.Table
    standings: Mapping[str, Standing]
    base: str = ""
    """How the base stood that `persons` are of; equal texts, equal persons."""

    def like(self, before: Kept) -> bool:
        """Whether nothing came, went or changed hands since, and the day is the same."""
        old, new = ({name: one.versions() for name, one in some.items()} for some in (before.standings, self.standings))
        return self.base != "" and (self.base, self.day, new) == (before.base, before.day, old)

    def fixed(self) -> dict[str, pa.Table]:
        """The calendar, and per source its first batch in force: of whom it says nothing, that was so on its day."""
        firsts = [(s.source, s.parts[0]) for _, s in sorted(self.standings.items()) if s.parts]
        sources = pa.table(
            {
                "source": pa.array([source for source, _ in firsts], pa.string()),
                "batch": pa.array([str(UUID(part.batch)) for _, part in firsts], pa.string()),
                "as_of": pa.array([part.as_of for _, part in firsts], pa.date32()),
            }
        )
        return {**base.calendar(self.day), "sources": sources}


@dataclass
class Derived:
    """What came out. tables: datasets that are others than before; same: names of those that are not; changed, missing:
    per group what PostgreSQL has to be told."""

    tables: dict[str, pa.Table] = field(default_factory=dict)
    same: set[str] = field(default_factory=set)
    changed: dict[str, pa.Table] = field(default_factory=dict)
    missing: dict[str, Any] = field(default_factory=dict)
    looked_at: int = 0


def derive(definitions: Definitions, world: World, before: Kept | None) -> Derived:
    """Derive anew whatever may differ from before; without a before, everything."""
    if before is not None and world.like(before):
        return Derived(same=set(before.snapshot.datasets))
    with comparing.engine() as sql:
        return _Deriving(sql, definitions, world, before).run()


def _relations(definitions: Definitions, world: World) -> dict[str, pa.Table]:
    """What models see of each source."""
    standings = [world.standings.get(name, Standing(source=name, parts=())) for name in department_sources()]

    def rows(one: Standing) -> pa.Table:
        return one.rows(schema_of(one.source, definitions.columns[one.relation]))

    # Reading and filtering leave the interpreter to others.
    with ThreadPoolExecutor(comparing.THREADS) as pool:
        return dict(zip((one.relation for one in standings), pool.map(rows, standings), strict=True))


class _Deriving:
    """One derivation: the steps share what they have loaded."""

    def __init__(self, sql: Engine, definitions: Definitions, world: World, before: Kept | None) -> None:
        self.sql, self.definitions, self.world, self.before = sql, definitions, world, before
        self.derived = Derived()
        self.fixed = world.fixed()
        self.relations = _relations(definitions, world)
        still = before is not None and world.base != "" and before.base == world.base
        self.facts = before.facts if before else None
        self.marks = self.facts.read([KEY, *map(mark_of, sorted(definitions.groups))]) if self.facts else None
        self.made: dict[str, Made] = {}
        new = world.persons.slice(0, 0) if still else world.persons
        old = new if still else before.table(PERSONS) if before else None
        self.restless = comparing.changed_rows(self.sql, old, new, key=KEY)
        self.gone = comparing.missing_keys(old, new, key=KEY)

    def run(self) -> Derived:
        """All groups, then the wide table."""
        whole = self._run(self.definitions.whole, self.relations, self.world.persons, {})
        stirred = self._stirred(whole)
        groups = self.definitions.groups
        everybody = [name for name in groups if self.before is None or self._reads(name) & stirred]
        some = [name for name in groups if name not in everybody]
        if everybody:
            made = self._run((model_of(one) for one in everybody), self.relations, self.world.persons, whole)
            for name in everybody:
                self._settle(name, made[model_of(name)], None)
            self.derived.looked_at = self.world.persons.num_rows
        if some:
            self._derive_some(some, whole)
        self._keep(PERSONS, self.world.persons, same=self._as_before())
        self._widen()
        return self.derived

    def _derive_some(self, groups: list[str], whole: Mapping[str, pa.Table]) -> None:
        """Groups of which only the persons near a change are derived anew."""
        rows = [self._moved(source) for source in sorted({*self.world.standings, *self._old_standings()})]
        subjects = union(
            self.restless[KEY].combine_chunks(),
            self._of_employers(whole),
            *(values_of(one, tuple(name for name in LINKED if name != EMPLOYER)) for one in rows),
        )
        households = union(*(values_of(one, (HOUSEHOLD,)) for one in rows))
        near = affected(subjects=subjects, households=households, persons=self.world.persons, relations=self.relations)
        of = union(near.ids, self.gone)
        self.derived.looked_at = max(self.derived.looked_at, len(near.ids))
        made = self._run((model_of(one) for one in groups), near.relations, near.persons, whole) if len(of) else {}
        for name in groups:
            if len(of):
                self._settle(name, made[model_of(name)], of)
            else:
                self._leave(name)

    def _run(
        self, names: Iterable[str], relations: Mapping[str, pa.Table], persons: pa.Table, whole: Mapping[str, pa.Table]
    ) -> dict[str, pa.Table]:
        wanted = self.definitions.feeding(names)
        done = [model for model in wanted if model.name in whole]
        models = [model for model in wanted if model.name not in whole]
        inputs = {**relations, **self.fixed, **whole, "persons": persons}
        needed = _needed(models)
        made = lake.run_models(self.sql, models, {name: rows for name, rows in inputs.items() if name in needed})
        return {**{model.name: whole[model.name] for model in done}, **made}

    def _as_before(self) -> bool:
        """Whether the base is."""
        return self.before is not None and not self.restless.num_rows and not len(self.gone)

    def _reads(self, group: str) -> frozenset[str]:
        return self.definitions.reads(model_of(group))

    def _stirred(self, whole: Mapping[str, pa.Table]) -> set[str]:
        """Relations that concern everybody and are not what they were; results of models about the city are kept."""
        found = set()
        for name in (*CALENDAR, "sources", *sorted(self.definitions.whole)):
            rows = self.fixed[name] if name in self.fixed else whole[name]
            rows = rows.sort_by([(column, "ascending") for column in rows.column_names]).combine_chunks()
            old = self.before.table(f"city/{name}") if self.before else None
            same = rows.equals(old) if old is not None else False
            self._keep(f"city/{name}", rows, same=same)
            if not same and name not in self.definitions.keyed:
                found.add(name)
        return found

    def _of_employers(self, whole: Mapping[str, pa.Table]) -> Any:  # noqa: ANN401
        """Who works, or worked, for an employer about whom something changed."""
        found = [pa.array([], pa.string())]
        for name in sorted(self.definitions.keyed):
            old = self.before.table(f"city/{name}") if self.before else None
            changed = values_of(comparing.changed_rows(self.sql, old, whole[name], key=EMPLOYER), (EMPLOYER,))
            keys = union(changed, comparing.missing_keys(old, whole[name], key=EMPLOYER))
            for rows, subject in ((self.world.persons, KEY), *((one, "subject_id") for one in self._employing())):
                here = pc.is_in(rows[EMPLOYER], value_set=keys, skip_nulls=True)
                found.append(values_of(rows.filter(here), (subject,)))
        return union(*found)

    def _employing(self) -> list[pa.Table]:
        """Relations that say who works where."""
        return [rows for rows in self.relations.values() if {EMPLOYER, "subject_id"} <= set(rows.column_names)]

    def _old_standings(self) -> Mapping[str, Standing]:
        return self.before.standings if self.before else {}

    def _moved(self, source: str) -> pa.Table:
        """Subjects and households of the rows of a source that came, went or changed hands."""
        nothing = Standing(source=source, parts=())
        now = self.world.standings.get(source, nothing)
        columns = {*LINKED, HOUSEHOLD} & set(self.definitions.columns[now.relation])
        return changes(self._old_standings().get(source, nothing), now, sorted(columns))

    def _settle(self, group: str, rows: pa.Table, of: Any) -> None:  # noqa: ANN401
        """Take over the rows of a group: of everybody, or of the persons in `of` only."""
        facts = self.definitions.groups[group]
        own = rows if of is None else rows.filter(pc.is_in(rows[KEY], value_set=of))
        new = comparing.known(self.sql, own, facts, key=KEY)
        told = self._told(group, of)
        self.derived.changed[group] = comparing.unlike(self.sql, new, told, key=KEY)
        self.derived.missing[group] = comparing.missing_keys(told, new, key=KEY)
        self.made[group] = Made(facts, new, of)

    def _told(self, group: str, of: Any) -> pa.Table | None:  # noqa: ANN401
        """What PostgreSQL was told of a group: person_id and mark of those who have any fact of it."""
        if self.marks is None:
            return None
        name = mark_of(group)
        here = pc.is_valid(self.marks[name])
        if of is not None:
            here = pc.and_(here, pc.is_in(self.marks[KEY], value_set=of))
        return self.marks.select([KEY, name]).filter(here).rename_columns([KEY, "mark"]).combine_chunks()

    def _leave(self, group: str) -> None:
        """Nothing of this group can have changed."""
        nothing = pa.table({KEY: pa.array([], pa.string())})
        self.derived.changed[group], self.derived.missing[group] = nothing, nothing[KEY].combine_chunks()
        self.made[group] = Made(self.definitions.groups[group], None)

    def _keep(self, name: str, rows: pa.Table, *, same: bool) -> None:
        if same:
            self.derived.same.add(name)
        else:
            self.derived.tables[name] = rows

    def _widen(self) -> None:
        """The wide table: only the rows of persons with news are made again."""
        if self.facts is None:
            self.derived.tables[PERSON] = wide.whole(self.sql, self.world.persons, self.made)
            return
        news = union(
            self.restless[KEY].combine_chunks(),
            *(rows[KEY].combine_chunks() for rows in self.derived.changed.values()),
            *self.derived.missing.values(),
        )
        here = pc.is_in(self.world.persons[KEY], value_set=news)
        made: dict[str, pa.Table] = {}
        if len(news) or len(self.gone):
            made = wide.renewed(self.sql, self.world.persons.filter(here), self.made, self.facts, self.gone)
        self.derived.tables |= made
        if PERSON not in made:
            self.derived.same |= {PERSON, NEWS} - set(made)


def _needed(models: list[Model]) -> set[str]:
    return {name for model in models for name in model.reads} - {model.name for model in models}
