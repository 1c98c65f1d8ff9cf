"""The facts of everybody whom a change may touch, by the models of the catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.compute

from zhigong.exchange.deriving import base, comparing
from zhigong.exchange.deriving.closure import affected, union, values_of
from zhigong.exchange.deriving.definitions import CALENDAR, LINKED, Definitions, department_sources, model_of
from zhigong.exchange.deriving.keeping import PERSON, PERSONS, Kept
from zhigong.exchange.deriving.standing import HOUSEHOLD, Standing, changes, schema_of
from zhigong.lake import operations as lake
from zhigong.lake.operations import Engine
from zhigong.lake.types import Model

pc: Any = pyarrow.compute
KEY, EMPLOYER = "person_id", "employer_key"


@dataclass(frozen=True)
class World:
    """All that facts are made from on one day."""

    day: date
    persons: pa.Table
    standings: Mapping[str, Standing]

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
    """What came out. tables: every dataset by name; changed, missing: per group what PostgreSQL has to be told."""

    tables: dict[str, pa.Table] = field(default_factory=dict)
    same: set[str] = field(default_factory=set)
    changed: dict[str, pa.Table] = field(default_factory=dict)
    missing: dict[str, Any] = field(default_factory=dict)
    looked_at: int = 0


def derive(definitions: Definitions, world: World, before: Kept | None) -> Derived:
    """Derive anew whatever may differ from before; without a before, everything."""
    with comparing.engine() as sql:
        return _Deriving(sql, definitions, world, before).run()


class _Deriving:
    """One derivation: the steps share what they have loaded."""

    def __init__(self, sql: Engine, definitions: Definitions, world: World, before: Kept | None) -> None:
        self.sql, self.definitions, self.world, self.before = sql, definitions, world, before
        self.derived = Derived()
        self.fixed = world.fixed()
        self.relations = {}
        for source in department_sources():
            standing = world.standings.get(source, Standing(source=source, parts=()))
            schema = schema_of(source, definitions.columns[standing.relation])
            self.relations[standing.relation] = standing.rows(schema)
        self.old_persons = before.table(PERSONS) if before else None
        self.restless = comparing.changed_rows(self.sql, self.old_persons, world.persons, key=KEY)
        self.gone = comparing.missing_keys(self.old_persons, world.persons, key=KEY)

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
        self._keep("persons", self.world.persons, same=not self.restless.num_rows and not len(self.gone))
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
        name = f"group/{group}"
        own = rows if of is None else rows.filter(pc.is_in(rows[KEY], value_set=of))
        new = comparing.known(self.sql, own, facts, key=KEY)
        old = self.before.table(name) if self.before else None
        known = old if of is None or old is None else old.filter(pc.is_in(old[KEY], value_set=of))
        changed = comparing.changed_rows(self.sql, known, new, key=KEY)
        missing = comparing.missing_keys(known, new, key=KEY)
        self.derived.changed[group], self.derived.missing[group] = changed, missing
        same = old is not None and not changed.num_rows and not len(missing)
        if old is not None and not same and of is not None:
            new = comparing.replaced(old, changed, key=KEY, of=union(changed[KEY].combine_chunks(), missing))
        self._keep(name, old if same and old is not None else new, same=same)

    def _leave(self, group: str) -> None:
        """Nothing of this group can have changed."""
        name = f"group/{group}"
        old = self.before.table(name) if self.before else None
        if old is not None:
            self._keep(name, old, same=True)

    def _keep(self, name: str, rows: pa.Table, *, same: bool) -> None:
        self.derived.tables[name] = rows
        if same:
            self.derived.same.add(name)

    def _widen(self) -> None:
        """The wide table: only the rows of persons with news are built again."""
        groups = [
            (self.derived.tables[f"group/{name}"], facts)
            for name, facts in sorted(self.definitions.groups.items())
            if f"group/{name}" in self.derived.tables
        ]
        old = self.before.table(PERSON) if self.before else None
        news = union(
            self.restless[KEY].combine_chunks(),
            *(rows[KEY].combine_chunks() for rows in self.derived.changed.values()),
            *self.derived.missing.values(),
        )
        if old is None:
            self._keep(PERSON, comparing.wide(self.sql, self.world.persons, groups), same=False)
            return
        of = union(news, self.gone)
        persons = self.world.persons.filter(pc.is_in(self.world.persons[KEY], value_set=news))
        rows = comparing.wide(self.sql, persons, groups)
        self._keep(PERSON, comparing.replaced(old, rows, key=KEY, of=of) if len(of) else old, same=not len(of))


def _needed(models: list[Model]) -> set[str]:
    return {name for model in models for name in model.reads} - {model.name for model in models}
