"""Reads of facts; whoever reads says what for, and what the vocabulary doesn't allow stays closed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

import pyarrow as pa

from zhigong.audit import operations as audit
from zhigong.facts import policies
from zhigong.facts import vocabulary as words
from zhigong.facts.bulk_reading import declared_table
from zhigong.facts.models import Declared, Release
from zhigong.facts.reading import chain_of, fits, values_of
from zhigong.facts.types import (
    Declaration,
    Fact,
    FactValue,
    Group,
    GroupPage,
    Plain,
    ReleaseLine,
    Sensitivity,
    Standing,
    Use,
)
from zhigong.kernel.actor import Actor
from zhigong.kernel.errors import NotAllowed
from zhigong.rules import types as rules

__all__ = [
    "askable",
    "declarations",
    "declared_rows",
    "fact",
    "for_rules",
    "groups",
    "of_person",
    "person_page",
    "releases",
    "rule_names",
    "shown",
    "vocabulary",
]


def vocabulary() -> Mapping[str, Fact]:
    """Every fact by name."""
    return words.load().facts


def fact(name: str) -> Fact:
    """One fact; raises NotFound for a name that is not in the vocabulary."""
    return words.load().fact(name)


def groups() -> Mapping[str, Group]:
    """Every group by name."""
    return words.load().groups


def rule_names(use: Use | None = None) -> rules.Vocabulary:
    """The names rules may use (for a purpose): facts and their kinds."""
    return {
        name: rules.Name(name=name, kind=one.kind, label=one.label, values=tuple(one.values))
        for name, one in vocabulary().items()
        if use is None or use in one.purposes
    }


def askable() -> Mapping[str, Fact]:
    """The facts a member may be asked for."""
    return {name: one for name, one in vocabulary().items() if one.ask is not None}


def shown(name: str, value: Plain) -> str:
    """A value of a fact as people read it."""
    return policies.shown(fact(name), value)


def of_person(
    actor: Actor, person_id: UUID, *, purpose: Use, names: Iterable[str] | None = None
) -> dict[str, FactValue]:
    """What is known of a person, as far as the purpose and the actor's rights allow; unknown facts are absent.

    A value a source gives counts, else the person's own word (where the larger counts, the larger of both).
    names: these only; one that is not allowed raises NotAllowed (without names it is left out). Somebody else's
    sensitive facts are recorded as opened. Raises NotFound for a person outside the scope or a name nobody knows.
    """
    use = Use(purpose)
    wanted = list(vocabulary().values()) if names is None else [fact(name) for name in names]
    allowed = _allowed(actor, person_id, wanted, use)
    if names is not None and len(allowed) < len(wanted):
        closed = "、".join(one.label for one in wanted if one not in allowed)
        raise NotAllowed(f"不能为“{use.label}”查看这些事实。", where=closed, why="超出了允许的用途或您的权限")
    chain = chain_of(person_id)
    found = values_of(person_id, allowed, on=actor.on)
    opened = sorted(name for name, value in found.items() if value.sensitive)
    if opened and actor.person_id != person_id and actor.account_id is not None:
        audit.record_opening(
            actor, person_id=person_id, union_chain=chain, fields=opened, purpose=policies.recorded_as(use)
        )
    return found


def for_rules(values: Mapping[str, FactValue]) -> dict[str, Plain]:
    """The values a rule may be decided by: what a person said too long ago no longer counts, so she is asked again."""
    return {name: one.value for name, one in values.items() if not (one.declared and one.stale)}


def person_page(actor: Actor, person_id: UUID, *, purpose: Use = Use.VERIFICATION) -> tuple[GroupPage, ...]:
    """All groups of a person with source and date of each value, for the workbench and for herself (Use.SELF)."""
    found = of_person(actor, person_id, purpose=purpose)
    pages = []
    for group in groups().values():
        allowed = _allowed(actor, person_id, group.facts, Use(purpose))
        pages.append(
            GroupPage(
                name=group.name,
                title=group.title,
                facts=tuple(found[one.name] for one in allowed if one.name in found),
                missing=tuple(one.label for one in allowed if one.name not in found),
                withheld=len(group.facts) - len(allowed),
            )
        )
    return tuple(pages)


def declarations(actor: Actor, person_id: UUID, *, name: str | None = None) -> tuple[Declaration, ...]:
    """What a person has said, the latest first, also what she has replaced since; others see it to verify it."""
    own = actor.person_id == person_id
    wanted = [fact(name)] if name is not None else list(askable().values())
    allowed = {one.name: one for one in _allowed(actor, person_id, wanted, Use.SELF if own else Use.VERIFICATION)}
    chain = chain_of(person_id)
    rows = Declared.objects.filter(person_id=person_id, name__in=list(allowed)).order_by("-id")
    made = tuple(_declaration(allowed[row.name], row) for row in rows if fits(allowed[row.name], row.value))
    opened = sorted({one.name for one in made if allowed[one.name].sensitivity is Sensitivity.SENSITIVE})
    if opened and not own and actor.account_id is not None:
        purpose = policies.recorded_as(Use.VERIFICATION)
        audit.record_opening(actor, person_id=person_id, union_chain=chain, fields=opened, purpose=purpose)
    return made


def declared_rows(by: Actor) -> pa.Table:
    """Declared values that count, to lay over the derived ones: person_id (text) and a typed column per askable fact.

    A column is null where the person said nothing, said it too long ago, or a source prevails: what counts is
    coalesce(declared, derived). For city-wide jobs; raises NotAllowed for anybody else.
    """
    if by.duty != "system":
        raise NotAllowed("只有系统任务可以成批读取本人说明。")
    return declared_table(list(askable().values()), on=by.on)


def releases(_actor: Actor) -> tuple[ReleaseLine, ...]:
    """When each group was last published and what for a day it holds; groups never published are absent."""
    titles = {name: group.title for name, group in groups().items()}
    rows = Release.objects.order_by("fact_group")
    return tuple(
        ReleaseLine(row.fact_group, titles[row.fact_group], row.rows, row.as_of, row.published_on)
        for row in rows
        if row.fact_group in titles
    )


def _allowed(actor: Actor, person_id: UUID, wanted: Iterable[Fact], use: Use) -> list[Fact]:
    own = actor.person_id == person_id
    return [one for one in wanted if policies.may_read(one, use=use, own=own, rights=actor.rights)]


def _declaration(one: Fact, row: Declared) -> Declaration:
    value = policies.to_plain(one, row.value)
    return Declaration(
        id=row.id,
        name=one.name,
        label=one.label,
        value=value,
        shown=policies.shown(one, value),
        declared_on=row.declared_on,
        by_self=row.by_self,
        standing=Standing(row.standing),
        settled_on=row.settled_on,
        case_id=row.case_id,
    )
