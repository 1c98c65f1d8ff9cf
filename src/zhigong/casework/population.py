"""Everybody at once: the wide table of facts with what people declared folded in, and a service's rule over it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Protocol
from uuid import UUID

import pyarrow as pa

from zhigong.catalogue.types import Service
from zhigong.exchange.queries import fact_table
from zhigong.facts import queries as facts
from zhigong.facts.types import Model
from zhigong.kernel.actor import Actor
from zhigong.kernel.db.bulk import fetch
from zhigong.kernel.errors import Refused
from zhigong.lake.operations import Engine
from zhigong.rules import operations as rules
from zhigong.rules.types import Kind, Value

TABLE = "everybody"
CHAIN = ("l1", "l2", "l3", "l4")
_SQL = {Kind.INTEGER: "BIGINT", Kind.BOOLEAN: "BOOLEAN", Kind.TEXT: "VARCHAR", Kind.DATE: "DATE"}


class FactTable(Protocol):
    """What the exchange gives: the facts of everybody as of the last refresh."""

    @property
    def day(self) -> date:
        """The day they are of."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of its columns."""

    def read(self, columns: Sequence[str] | None = None) -> pa.Table:
        """The rows, or some columns of them."""


@dataclass(frozen=True)
class Population:
    """A relation `everybody` of one service's facts in an engine; day: the day the facts are of."""

    service: Service
    engine: Engine
    facts: FactTable

    @property
    def day(self) -> date:
        """The day the facts are of."""
        return self.facts.day

    def screen(self, *, parameters: Mapping[str, Value] | None = None, service: Service | None = None) -> str:
        """The rule over everybody as one SELECT: person_id, verdict, grade, amount, recover, c1…cn, missing."""
        rule, presume = (service or self.service).rule, (service or self.service).screening.presume
        values = parameters or (service or self.service).parameters(self.day)
        low_high = self.engine.fetch_arrow(rules.ranges_sql(rule, table=TABLE)).to_pylist()[0]
        ranges = {
            name.removesuffix("__low"): None if low is None else (int(low), int(low_high[f"{name[:-5]}__high"]))
            for name, low in low_high.items()
            if name.endswith("__low")
        }
        return rules.population_sql(rule, table=TABLE, parameters=values, presume=presume, ranges=ranges)


@contextmanager
def population(
    actor: Actor, service: Service, *, more: Iterable[str] = (), memory_mib: int = 2048
) -> Iterator[Population]:
    """Open everybody's facts for a service: those its rule reads, and `more`.

    What a person declared counts where no source knows better. Of a service granted without application the ledger
    fact (what was paid this year) is replaced by what casework itself awarded: it is true at this moment, whatever
    the age of the table. Raises NotFound before the first refresh.
    """
    found = fact_table()
    names = sorted(service.rule.facts | set(more))
    with Engine(memory_mib=memory_mib, threads=2) as engine:
        engine.register("derived", _derived(found, names))
        engine.register("declared", _declared(actor, names))
        ledger = ledger_fact(service)
        if ledger:
            engine.register("awarded", awarded(service.id, period=found.day.year))
        engine.run(f"CREATE TABLE {TABLE} AS {_folded(found, names, ledger)}")
        for name in ("derived", "declared"):
            engine.unregister(name)
        yield Population(service, engine, found)


def _derived(found: FactTable, names: list[str]) -> pa.Table:
    present = set(found.columns)
    return found.read(columns=["person_id", *CHAIN, *(name for name in names if name in present)])


def _declared(actor: Actor, names: list[str]) -> pa.Table:
    table = facts.declared_rows(actor)
    return table.select(["person_id", *(name for name in names if name in table.schema.names)])


def _folded(found: FactTable, names: list[str], ledger: str | None) -> str:
    """One row per person of the table: declared before derived, NULL where neither knows."""
    present, askable = set(found.columns), facts.askable()
    columns = []
    for name in names:
        parts = [f"d.{name}"] if name in askable else []
        parts += [f"w.{name}"] if name in present else []
        if name == ledger:
            parts = ["a.total_fen", "0"]
        kind = _SQL[facts.fact(name).kind]
        value = f"coalesce({', '.join(parts)})" if parts else "NULL"
        columns.append(f"CAST({value} AS {kind}) AS {name}")
    chain = ", ".join(f"w.{key}" for key in CHAIN)
    joins = "LEFT JOIN declared d ON d.person_id = w.person_id"
    joins += " LEFT JOIN awarded a ON a.person_id = w.person_id" if ledger else ""
    return f"SELECT w.person_id, {chain}, {', '.join(columns)} FROM derived w {joins}"


def ledger_fact(service: Service) -> str | None:
    """The fact by which an automatic service knows what it has paid this year; None for other services.

    Raises Refused for more than one: it could not be told which is its own.
    """
    if not service.automatic:
        return None
    groups, words = facts.groups(), facts.vocabulary()
    found = sorted(
        name
        for name in service.rule.facts
        if groups[words[name].group].model is Model.LEDGER and words[name].unit == "fen"
    )
    if len(found) > 1:
        raise Refused("免申即享的规则用到了两项账目事实。", where=service.id, why="、".join(found), do="只保留一项。")
    return found[0] if found else None


_AWARDED = """
SELECT DISTINCT ON (person_id) person_id::text, total_fen FROM casework_award
WHERE service_id = %(service)s AND period = %(period)s ORDER BY person_id, ordinal DESC
"""


def awarded(service_id: str, *, period: int) -> pa.Table:
    """What each person was awarded of a service in a year, in all: person_id (text), total_fen."""
    rows = fetch(_AWARDED, {"service": service_id, "period": period})
    return pa.table(
        {
            "person_id": pa.array([row[0] for row in rows], pa.string()),
            "total_fen": pa.array([row[1] for row in rows], pa.int64()),
        }
    )


def rows_of(table: pa.Table) -> dict[UUID, dict[str, object]]:
    """Rows of a small result by person."""
    return {UUID(row.pop("person_id")): row for row in table.to_pylist()}
