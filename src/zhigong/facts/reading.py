"""What the tables hold of one person, as the words of the vocabulary; rights are the callers' matter."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from zhigong.audit.types import UnionChain
from zhigong.facts import policies
from zhigong.facts import vocabulary as words
from zhigong.facts.types import (
    DECLARED_SOURCE,
    DECLARED_TITLE,
    Fact,
    FactValue,
    Plain,
    Rival,
    Sensitivity,
    Standing,
)
from zhigong.kernel.db.bulk import fetch
from zhigong.kernel.errors import NotFound

_CHAIN = "SELECT l1, l2, l3, l4 FROM people_person WHERE id = %(person)s"
_CURRENT = """SELECT fact_group, values::text, source, as_of, batch_id FROM facts_current
    WHERE person_id = %(person)s AND fact_group = ANY (%(groups)s)"""
_DECLARED = """SELECT name, value::text, declared_on, standing FROM facts_declared
    WHERE person_id = %(person)s AND standing <> 4 AND name = ANY (%(names)s)"""


@dataclass(frozen=True, slots=True)
class Derived:
    """A value some source gives."""

    value: Plain
    source: str
    as_of: date
    batch: UUID | None


@dataclass(frozen=True, slots=True)
class Said:
    """A value the person gives."""

    value: Plain
    on: date
    standing: Standing


def chain_of(person_id: UUID) -> UnionChain:
    """The union chain of a person within the scope; raises NotFound."""
    found = fetch(_CHAIN, {"person": person_id})
    if not found:
        raise NotFound("没有找到这个人。", why="没有登记，或不在您的管辖范围内")
    l1, l2, l3, l4 = found[0]
    return (l1, l2, l3, l4)


def one_at_a_time(person_id: UUID) -> None:
    """Let declarations of one person follow one another until the transaction ends; a member may not lock her row."""
    fetch("SELECT pg_advisory_xact_lock(hashtextextended(%(person)s::text, 20261122))", {"person": person_id})


def values_of(person_id: UUID, facts: Iterable[Fact], *, on: date) -> dict[str, FactValue]:
    """What counts of these facts, by name; unknown ones are absent."""
    wanted = {fact.name: fact for fact in facts}
    derived, said = dict(_derived(person_id, wanted)), dict(_said(person_id, wanted))
    found = {}
    for name, fact in wanted.items():
        value = _counting(fact, derived.get(name), said.get(name), on)
        if value is not None:
            found[name] = value
    return found


def fits(fact: Fact, kept: object) -> bool:
    """Whether a kept value still is of the fact's kind: a city may have changed the vocabulary since."""
    if fact.kind == "integer":
        return type(kept) is int
    return isinstance(kept, bool if fact.kind == "boolean" else str)


def _derived(person_id: UUID, wanted: dict[str, Fact]) -> Iterator[tuple[str, Derived]]:
    groups = {fact.group for fact in wanted.values()}
    for group, values, source, as_of, batch in fetch(_CURRENT, {"person": person_id, "groups": sorted(groups)}):
        for name, kept in json.loads(values).items():
            fact = wanted.get(name)
            if fact is not None and fact.group == group and fits(fact, kept):
                yield name, Derived(policies.to_plain(fact, kept), source, as_of, batch)


def _said(person_id: UUID, wanted: dict[str, Fact]) -> Iterator[tuple[str, Said]]:
    names = [name for name, fact in wanted.items() if fact.ask is not None]
    if not names:
        return
    for name, kept, on, standing in fetch(_DECLARED, {"person": person_id, "names": names}):
        value = json.loads(kept)
        if fits(wanted[name], value):
            yield name, Said(policies.to_plain(wanted[name], value), on, Standing(standing))


def _counting(fact: Fact, derived: Derived | None, said: Said | None, on: date) -> FactValue | None:
    if said is not None and policies.declared_counts(
        fact, declared=said.value, derived=derived.value if derived else None
    ):
        return _value(fact, said.value, DECLARED_SOURCE, said.on, on, said=said, rival=_rival(fact, derived, None))
    if derived is None:
        return None
    rival = _rival(fact, None, said) if said and said.standing is Standing.CONTRADICTED else None
    return _value(fact, derived.value, derived.source, derived.as_of, on, batch=derived.batch, said=said, rival=rival)


def _value(  # noqa: PLR0913 — the two sides of a value
    fact: Fact,
    value: Plain,
    source: str,
    as_of: date,
    on: date,
    *,
    batch: UUID | None = None,
    said: Said | None = None,
    rival: Rival | None = None,
) -> FactValue:
    return FactValue(
        name=fact.name,
        label=fact.label,
        value=value,
        shown=policies.shown(fact, value),
        source=source,
        source_title=source_title(fact, source),
        as_of=as_of,
        batch=batch,
        declared=source == DECLARED_SOURCE,
        stale=policies.is_stale(fact, as_of=as_of, on=on),
        sensitive=fact.sensitivity is Sensitivity.SENSITIVE,
        standing=said.standing if said else None,
        conflict=rival,
    )


def _rival(fact: Fact, derived: Derived | None, said: Said | None) -> Rival | None:
    if derived is not None:
        title = source_title(fact, derived.source)
        return Rival(derived.value, policies.shown(fact, derived.value), title, derived.as_of, declared=False)
    if said is not None:
        return Rival(said.value, policies.shown(fact, said.value), DECLARED_TITLE, said.on, declared=True)
    return None


def source_title(fact: Fact, source: str) -> str:
    """The source or sources as people call them."""
    if source == DECLARED_SOURCE:
        return DECLARED_TITLE
    titles = words.load().group(fact.group).sources
    return "、".join(titles.get(one, one) for one in source.split("+"))
