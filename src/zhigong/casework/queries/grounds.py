"""Why a case was decided as it was: each sentence with the facts it was said of, and where they come from."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from zhigong.casework.models import Case, Decision
from zhigong.casework.queries.lines import kept_facts
from zhigong.casework.types import ConditionLine, FactLine
from zhigong.facts import queries as facts
from zhigong.kernel.actor import Actor


def grounds(actor: Actor, case_id: UUID) -> tuple[ConditionLine, ...]:
    """The reasons of the decision in force with their facts; () for a case undecided or outside the scope.

    A fact that was still as submitted carries the source it had then; one that had changed by the day of the decision
    carries that day.
    """
    case = Case.objects.filter(id=case_id).first()
    decision = Decision.objects.filter(case_id=case_id).order_by("-ordinal").first()
    if case is None or decision is None or not _may_read(actor, case):
        return ()
    kept = {one.name: one for one in kept_facts(case.content.get("facts", {}))}
    return tuple(
        ConditionLine(
            one["text"],
            one["holds"],
            one["kind"],
            tuple(_line(kept.get(name), name, value, decision) for name, value in one["facts"].items()),
        )
        for one in decision.reasons
    )


def _may_read(actor: Actor, case: Case) -> bool:
    return case.person_id == actor.person_id or "cases.read" in actor.rights


def _line(kept: FactLine | None, name: str, value: Any, decision: Decision) -> FactLine:  # noqa: ANN401 — JSON
    if kept is not None and kept.value == value:
        return kept
    fact = facts.vocabulary().get(name)
    if fact is None or value is None:
        return FactLine(name, fact.label if fact else name, value, "没有资料", "", None)
    return FactLine(name, fact.label, value, facts.shown(name, value), "作出决定时的资料", decision.decided_on)
