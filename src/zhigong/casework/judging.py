"""The rule for one person on one day: her facts, what she declared, and what the service says of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from zhigong.casework.types import ConditionLine, FactLine
from zhigong.catalogue.types import Service
from zhigong.facts import queries as facts
from zhigong.facts.types import FactValue, Use
from zhigong.kernel.actor import Actor
from zhigong.rules import operations as rules
from zhigong.rules.types import Decision, Reason


@dataclass(frozen=True)
class Judgement:
    """What a service's rule says of a person, with the facts it was said of."""

    service: Service
    decision: Decision
    facts: Mapping[str, FactValue]

    @property
    def grade_label(self) -> str:
        """The grade as members read it."""
        return label_of_grade(self.service, self.decision.grade)

    @property
    def conditions(self) -> tuple[ConditionLine, ...]:
        """Each sentence with its verdict and the facts it reads."""
        return tuple(condition_line(reason, self.facts) for reason in self.decision.reasons)

    @property
    def lines(self) -> tuple[FactLine, ...]:
        """The facts as pages show them."""
        return tuple(fact_line(value) for value in self.facts.values())


def judge(
    actor: Actor, person_id: UUID, service: Service, *, presume: bool = False, on: date | None = None
) -> Judgement:
    """Decide for one person as things stand; presume: as screening does, taking for granted what nobody knows.

    What she said too long ago counts no more, and is asked again.
    """
    use = Use.SELF if actor.person_id == person_id else Use.ELIGIBILITY
    known = facts.of_person(actor, person_id, purpose=use, names=wanted_facts(service))
    counted = facts.for_rules(known)
    decision = rules.decide(
        service.rule,
        facts={name: counted.get(name) for name in service.rule.facts},
        parameters=service.parameters(on or actor.on),
        presume=service.screening.presume if presume else {},
    )
    return Judgement(service, decision, known)


def wanted_facts(service: Service) -> Iterable[str]:
    """The facts a service looks at: those of its rule and of its form, sorted."""
    return sorted(service.rule.facts | {field.fact for field in service.form if field.fact})


def label_of_grade(service: Service, grade: str | None) -> str:
    """The grade in words; '' without one."""
    return next((one.label for one in service.rule.grades if one.grade == grade), "")


def fact_line(value: FactValue) -> FactLine:
    """A fact as pages show it."""
    return FactLine(
        name=value.name,
        label=value.label,
        value=value.value,
        text=value.shown,
        source_title=value.source_title,
        as_of=value.as_of,
        declared=value.declared,
        stale=value.stale,
    )


def condition_line(reason: Reason, known: Mapping[str, FactValue]) -> ConditionLine:
    """A sentence as pages show it, with the sources of its facts."""
    lines = tuple(fact_line(known[name]) for name in reason.facts if name in known)
    return ConditionLine(text=reason.text, holds=reason.holds, kind=reason.kind, facts=lines)


def reason_rows(reasons: Iterable[Reason]) -> list[dict[str, Any]]:
    """Reasons as they are kept and signed: the sentence, whether it held, the facts it was said of."""
    return [
        {
            "text": one.text,
            "holds": one.holds,
            "kind": one.kind,
            "facts": {name: plain(value) for name, value in sorted(one.facts.items())},
        }
        for one in reasons
    ]


def plain(value: object) -> Any:  # noqa: ANN401 — whatever JSON holds
    """A value as JSON keeps it exactly: whole numbers, texts and truths; everything else as text."""
    if isinstance(value, Decimal | Fraction | date | UUID):
        return str(value)
    if isinstance(value, tuple):
        return [plain(one) for one in value]
    return value
