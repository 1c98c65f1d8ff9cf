"""Yearly re-checks: what a member is asked, and what a cadre who is to act on one has to know."""

from __future__ import annotations

from uuid import UUID

from zhigong.casework.answers import as_typed, question_line, restated
from zhigong.casework.judging import Judgement, judge, label_of_grade
from zhigong.casework.models import Case, Entitlement, Recheck
from zhigong.casework.moving import chain_of, deciding_level
from zhigong.casework.policies import LEVEL_LABELS, recheck_outcome
from zhigong.casework.types import RecheckLine, RecheckOutcome, RecheckPanel, RecheckState
from zhigong.catalogue import queries as catalogue
from zhigong.kernel.actor import Actor
from zhigong.orgs.queries import within

WAITING = (RecheckState.ASKED, RecheckState.SILENT)


def rechecks_asked(actor: Actor) -> tuple[RecheckLine, ...]:
    """The yearly re-checks the member has not answered yet, the soonest due first."""
    if actor.person_id is None:
        return ()
    rows = Recheck.objects.select_related("case").filter(person_id=actor.person_id, state__in=WAITING)
    return tuple(_line(row, row.case.title, may_answer=True) for row in rows.order_by("due_on", "id"))


def recheck_of(actor: Actor, found: Case, *, own: bool) -> RecheckLine | None:
    """The latest re-check of a case; with the questions and her last answers where she is to answer."""
    row = Recheck.objects.filter(case=found).order_by("-round").first()
    if row is None:
        return None
    if not own or row.state not in WAITING:
        return _line(row, found.title)
    return _asking(row, found, judge(actor, found.person_id, catalogue.service(found.service_id)))


def recheck(actor: Actor, case_id: UUID) -> RecheckPanel | None:
    """The open re-check of a case within the scope, for a desk: what she said, what the rule says today."""
    row = within(Recheck.objects.select_related("case").filter(case_id=case_id, state__lt=RecheckState.CLOSED), actor)
    found = row.first()
    if found is None or actor.person_id == found.person_id:
        return None
    judged = judge(actor, found.person_id, catalogue.service(found.case.service_id))
    before = Entitlement.objects.values_list("grade", flat=True).get(id=found.entitlement_id)
    outcome = recheck_outcome(verdict=judged.decision.verdict, grade=judged.decision.grade, before=before)
    right = "cases.decide" if found.state == RecheckState.PROPOSED else "cases.check"
    hers = actor.level == found.level and chain_of(found)[actor.level - 1] == actor.seq and right in actor.rights
    words = {name: value.label for name, value in judged.facts.items()}
    return RecheckPanel(
        line=_asking(found, found.case, judged) if hers and found.state in WAITING else _line(found, found.case.title),
        outcome=outcome,
        grade_before=label_of_grade(judged.service, before),
        grade_now=judged.grade_label if outcome is not RecheckOutcome.ENDED else "",
        reasons=judged.conditions,
        missing=tuple(words.get(name, name) for name in judged.decision.missing),
        note=found.note,
        proposed_by=found.proposed_name,
        deciding=found.state == RecheckState.PROPOSED,
        decider=LEVEL_LABELS[deciding_level(found.case)],
        hers=hers,
    )


def _asking(row: Recheck, found: Case, judged: Judgement) -> RecheckLine:
    asked = tuple(question_line(one) for one in restated(judged))
    said = {one.fact: as_typed(judged.facts[one.fact].value, one.kind) for one in asked if one.fact in judged.facts}
    return _line(row, found.title, may_answer=True, questions=asked, said=said)


def _line(row: Recheck, title: str, **more: object) -> RecheckLine:
    return RecheckLine(
        id=row.id,
        case_id=row.case_id,
        title=title,
        state=RecheckState(row.state),
        due_on=row.due_on,
        answer_by=row.answer_by,
        answered_on=row.answered_on,
        changed=row.changed,
        answer=row.answer,
        outcome=RecheckOutcome(row.outcome) if row.outcome else None,
        closed_on=row.closed_on,
        **{"may_answer": False} | more,  # type: ignore[arg-type]
    )
