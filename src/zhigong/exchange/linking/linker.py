"""Rows to persons and employers, set by set, in memory: the part of linking that knows neither files nor database.

Every statement is about sets and every tie is broken by value, so the order of rows cannot matter.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

import pyarrow as pa

from zhigong.exchange.linking import deciding, employers, preparing, scoring
from zhigong.exchange.linking.model import LinkModel
from zhigong.kernel import sql_checks
from zhigong.lake.operations import Engine

INCOMING = pa.schema(
    [
        ("row", pa.int64()),
        *((name, pa.string()) for name in ("name", "id_number", "employer_name", "credit_code")),
        *((name, pa.string()) for name in ("head_id_number", "guardian_id_number")),
    ]
)
"""What is linked: conformed fields; a number that did not pass its check as it came, folded. Absent fields are null."""
PERSONS = pa.schema(
    [
        ("person_id", pa.string()),
        ("name", pa.string()),
        ("birth_date", pa.date32()),
        ("sex", pa.int64()),
        ("employer_name", pa.string()),
        ("token", pa.string()),
    ]
)
"""Persons of the base; token: of the document number, null when the base has none."""
EMPLOYERS = pa.schema([("employer_id", pa.string()), ("credit_code", pa.string()), ("unit", pa.string())])
"""Employers of the base; unit: name as compared (kernel.names.unit_key)."""


@dataclass(frozen=True, slots=True)
class Base:
    """The base as linking sees it. persons: `PERSONS`, or if prepared what `prepare_persons` made of them; hidden:
    tokens of numbers; pseudonym: of tokens; opened: numbers of persons."""

    persons: pa.Table
    employers: pa.Table
    hidden: Callable[[Sequence[str]], list[str]]
    pseudonym: Callable[[Sequence[str]], list[str]]
    opened: Callable[[Sequence[str]], list[str | None]]
    prepared: bool = False


@dataclass(frozen=True, slots=True)
class Linked:
    """One batch linked. lines: `LINKS`, evidence: `EVIDENCE`; both one line per row, by row."""

    lines: pa.Table
    evidence: pa.Table


class Linker:
    """An engine that holds the base compared once, for as many batches as come; close it after use."""

    def __init__(self, base: Base, *, threads: int = 2, memory_mib: int = 4096) -> None:
        self._base = base
        self._engine = _engine(threads=threads, memory_mib=memory_mib)
        preparing.open_base(self._engine, base.persons, base.employers, prepared=base.prepared)

    def link(
        self,
        incoming: pa.Table,
        *,
        model: LinkModel,
        on: dt.date,
        exclusive: bool,
        entity: str = "person",
        keep: pa.Table | None = None,
    ) -> Linked:
        """Link one batch; see `link_rows`."""
        engine = self._engine
        self.prepare(incoming, on=on, keep=keep)
        deciding.match_exactly(engine)
        self._match_by_model(model)
        deciding.decide(engine, model, exclusive=exclusive)
        lines = deciding.lines(engine, entity=entity, pseudonym=self._base.pseudonym)
        return Linked(lines=lines, evidence=deciding.evidence(engine))

    def prepare(self, incoming: pa.Table, *, on: dt.date, keep: pa.Table | None = None) -> Engine:
        """Make the rows comparable; returns the engine with both sides."""
        engine = self._engine
        engine.register("incoming", incoming)
        engine.register("kept", keep if keep is not None else deciding.NOTHING_KEPT)
        preparing.prepare(engine, hidden=self._base.hidden, on=on)
        employers.resolve(engine, pseudonym=self._base.pseudonym)
        return engine

    def _match_by_model(self, model: LinkModel) -> None:
        """Table `weighed`: (row, person_id, odds, reason) of every pair the model compares."""
        engine = self._engine
        preparing.rest(engine)
        preparing.compare_persons(engine)
        engine.run(f"CREATE OR REPLACE TABLE pairs AS {scoring.pairs_sql(model, rows='lefts', persons='persons')}")
        opened = "SELECT DISTINCT person_id FROM pairs JOIN persons USING (person_id) JOIN lefts l USING (row)"
        wanted = engine.fetch_arrow(
            f"{opened} WHERE token IS NOT NULL AND l.damage IN ('cut', 'display', 'damaged') ORDER BY person_id"
        )["person_id"].to_pylist()
        numbers = pa.table(
            {"person_id": pa.array(wanted, pa.string()), "id_number": pa.array(self._base.opened(wanted), pa.string())}
        )
        engine.register("numbers_opened", numbers)
        engine.run(
            "CREATE OR REPLACE TABLE rights AS SELECT p.*, o.id_number FROM persons p"
            " SEMI JOIN pairs USING (person_id) LEFT JOIN numbers_opened o USING (person_id)"
        )
        preparing.terms(engine)
        scored = scoring.scored_sql(model, pairs="pairs", rows="lefts", persons="rights")
        engine.run(f"CREATE OR REPLACE TABLE weighed AS {scored}")

    def close(self) -> None:
        """Release everything."""
        self._engine.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _engine(*, threads: int = 2, memory_mib: int = 4096) -> Engine:
    engine = Engine(memory_mib=memory_mib, threads=threads)
    for statement in sql_checks.statements():
        engine.run(statement)
    return engine


def prepare_persons(persons: pa.Table) -> pa.Table:
    """Persons of the base (`PERSONS`) with the keys they are compared by."""
    with _engine() as engine:
        return preparing.people(engine, persons)


def link_rows(  # noqa: PLR0913 - keyword-only: each is named at the call
    incoming: pa.Table,
    base: Base,
    *,
    model: LinkModel,
    on: dt.date,
    exclusive: bool,
    entity: str = "person",
    keep: pa.Table | None = None,
    threads: int = 2,
    memory_mib: int = 4096,
) -> pa.Table:
    """One line of `LINKS` per row, by row.

    exclusive: a person has at most one row in this batch. entity: person or employer. keep: (row, person_id, method,
    score, reason) of links made before, which stand as long as the person does.
    """
    with Linker(base, threads=threads, memory_mib=memory_mib) as linker:
        return linker.link(incoming, model=model, on=on, exclusive=exclusive, entity=entity, keep=keep).lines


def compared_sides(incoming: pa.Table, base: Base, *, on: dt.date) -> tuple[pa.Table, pa.Table]:
    """Rows and persons as the model compares them, every number opened: for training and for measuring."""
    with Linker(base) as linker:
        engine = linker.prepare(incoming, on=on)
        engine.run(
            "CREATE OR REPLACE TABLE exact AS SELECT NULL::BIGINT AS row, NULL::VARCHAR AS person_id WHERE false"
        )
        preparing.rest(engine)
        preparing.compare_persons(engine, everybody=True)
        persons = engine.fetch_arrow(f"SELECT person_id AS unique_id, token, {scoring.BOTH} FROM persons ORDER BY 1")
        rows = engine.fetch_arrow(
            f"SELECT l.row::VARCHAR AS unique_id, n.token, {scoring.BOTH}, c.id_number, l.damage, l.digits"
            " FROM lefts l JOIN (SELECT row, id_number FROM cells) c USING (row)"
            " LEFT JOIN (SELECT id_number, token FROM numbers) n USING (id_number) ORDER BY l.row"
        )
    return rows, _opened(persons, base)


def _opened(persons: pa.Table, base: Base) -> pa.Table:
    known = dict(zip(persons["unique_id"].to_pylist(), persons["token"].to_pylist(), strict=True))
    sealed = [one for one, token in known.items() if token is not None]
    numbers = dict(zip(sealed, base.opened(sealed), strict=True))
    added = {
        "id_number": [numbers.get(one) for one in known],
        "damage": [None] * len(known),
        "digits": [None] * len(known),
    }
    for name, values in added.items():
        persons = persons.append_column(name, pa.array(values, pa.string()))
    return persons
