"""Reads of facts; whoever reads says what for, and what the vocabulary doesn't allow stays closed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

import pyarrow as pa

from zhigong.facts import vocabulary as words
from zhigong.facts.types import Declaration, Fact, FactValue, Group, GroupPage, Use
from zhigong.kernel.actor import Actor
from zhigong.rules import types as rules


def vocabulary() -> Mapping[str, Fact]:
    """Every fact by name."""
    return words.load().facts


def groups() -> Mapping[str, Group]:
    """Every group by name."""
    return words.load().groups


def rule_names(use: Use | None = None) -> rules.Vocabulary:
    """The names rules may use (for a purpose): facts and their kinds."""
    return {
        name: rules.Name(name=name, kind=fact.kind, label=fact.label, values=tuple(fact.values))
        for name, fact in vocabulary().items()
        if use is None or use in fact.purposes
    }


def askable() -> Mapping[str, Fact]:
    """The facts a member may be asked for."""
    return {name: fact for name, fact in vocabulary().items() if fact.ask is not None}


def of_person(
    actor: Actor, person_id: UUID, *, purpose: Use, names: Iterable[str] | None = None
) -> dict[str, FactValue]:
    """What is known of a person, as far as the purpose and the actor's rights allow; unknown facts are absent.

    names: these only; one that is not allowed raises NotAllowed (without names it is left out). Somebody else's
    sensitive facts are recorded as opened. Raises NotFound for a person outside the scope.
    """
    raise NotImplementedError


def person_page(actor: Actor, person_id: UUID, *, purpose: Use = Use.VERIFICATION) -> tuple[GroupPage, ...]:
    """All groups of a person with source and date of each value, for the workbench and for herself (Use.SELF)."""
    raise NotImplementedError


def declarations(actor: Actor, person_id: UUID, *, name: str | None = None) -> tuple[Declaration, ...]:
    """What a person has said, the latest first, also what she has replaced since."""
    raise NotImplementedError


def declared_rows(by: Actor) -> pa.Table:
    """Declared values that count, to lay over the derived ones: person_id (text) and a typed column per askable fact.

    A column is null where the person said nothing or a source prevails: coalesce(declared, derived) is what counts.
    """
    raise NotImplementedError
