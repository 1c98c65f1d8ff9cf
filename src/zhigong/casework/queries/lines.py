"""Rows of tables into lines of pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from zhigong.casework.models import Case, Decision, Event, Objection, Publicity, Rating, Step, Supplement
from zhigong.casework.policies import BAD_SCORE, LEVEL_LABELS, SIGNER, canonical, content_hash
from zhigong.casework.types import (
    CaseLine,
    CaseOrigin,
    CaseState,
    ConditionLine,
    DecisionLine,
    FactLine,
    ObjectionKind,
    ObjectionLine,
    ObjectionState,
    PublicityLine,
    RatingLine,
    StepLine,
    StepState,
    SupplementLine,
    TimelineLine,
)
from zhigong.funds import queries as funds
from zhigong.kernel.actor import Actor
from zhigong.kernel.crypto.signing import verify
from zhigong.kernel.money import format_yuan
from zhigong.kernel.vault import vault


def case_lines(actor: Actor, cases: Iterable[Case]) -> list[CaseLine]:
    """Cases in a list, each with its open step and what of it was taken back; two queries for all of them."""
    cases = list(cases)
    steps = {one.case_id: one for one in Step.objects.filter(case__in=cases, state=StepState.OPEN)}
    paid = [case.id for case in cases if case.state in (CaseState.GRANTED, CaseState.PAID)]
    taken = funds.taken_back(actor, paid) if paid else {}
    return [case_line(case, steps.get(case.id), actor.on, taken=taken.get(case.id, (0, 0))) for case in cases]


def case_line(case: Case, step: Step | None, on: date, *, taken: tuple[int, int] = (0, 0)) -> CaseLine:
    """A case in a list. taken: what of its award is to be given back, and how much of that is back."""
    state = CaseState(case.state)
    return CaseLine(
        id=case.id,
        number=case.number,
        service_id=case.service_id,
        title=case.title,
        person_id=case.person_id,
        person_name=case.person_name,
        union_name=case.union_name,
        state=state,
        origin=CaseOrigin(case.origin),
        step_title=step.title if step else "",
        next_text=_taken_text(case, *taken) or next_text(case, step),
        submitted_on=case.submitted_on,
        due_on=case.due_on,
        days_left=(case.due_on - on).days if case.due_on else None,
        overdue=state is CaseState.RUNNING and case.due_on is not None and case.due_on < on,
        grade_label=case.grade_label,
        amount_fen=case.amount_fen,
        taken_fen=taken[0],
        owed_fen=taken[0] - taken[1],
    )


def _taken_text(case: Case, taken: int, back: int) -> str:
    """What became of an award that is taken back, in part or in whole; '' for all others."""
    if not taken or case.state not in (CaseState.GRANTED, CaseState.PAID):
        return ""
    what = "发放的金额" if taken >= (case.amount_fen or 0) else f"其中 {format_yuan(taken)}"
    if back >= taken:
        return f"{what}已按更正收回"
    return f"{what}须退回，还差 {format_yuan(taken - back)}，将从以后的补助中抵扣，或由工会联系您"


def next_text(case: Case, step: Step | None) -> str:
    """What happens next, at whom, until when, in one sentence."""
    state = CaseState(case.state)
    if state is CaseState.RUNNING and step is not None:
        until = f"，{case.due_on} 前办理" if case.due_on else ""
        return f"{LEVEL_LABELS[step.level]}正在办理：{step.title}{until}"
    return {
        CaseState.RUNNING: "等待办理",
        CaseState.SUPPLEMENT: "等您补充材料，补充之前不计办理时限",
        CaseState.PUBLICITY: f"正在公示，至 {case.due_on} 止",
        CaseState.HEIR: "等待基层工会确认继承人",
        CaseState.GRANTED: "等待发放" if case.amount_fen else "已办结",
        CaseState.PAID: "已发放，欢迎评价",
        CaseState.REFUSED: "可以查看理由，有不同意见可以提出异议",
        CaseState.WITHDRAWN: "您已撤回，可以重新申请",
    }[state]


def step_line(step: Step, union_names: Mapping[int, str], on: date) -> StepLine:
    """A step of the route. union_names: by level."""
    state = StepState(step.state)
    return StepLine(
        id=step.id,
        step_id=step.step_id,
        ordinal=step.ordinal,
        title=step.title,
        kind=step.kind,
        level=step.level,
        level_label=LEVEL_LABELS[step.level],
        union_name=union_names.get(step.level, LEVEL_LABELS[step.level]),
        state=state,
        opened_on=step.opened_on,
        due_on=step.due_on,
        done_on=step.done_on,
        done_by=step.done_name,
        action=step.action,
        note=step.note,
        overdue=state is StepState.OPEN and step.due_on is not None and step.due_on < on,
        escalated=step.escalated_on is not None,
        deadline=tuple(step.deadline),
    )


def timeline_line(event: Event) -> TimelineLine:
    """A line of the timeline."""
    return TimelineLine(event.at, event.on, event.title, event.text, event.who, event.tone)


def kept_facts(kept: Mapping[str, Any]) -> tuple[FactLine, ...]:
    """The facts as they were frozen with the case."""
    return tuple(
        FactLine(
            name=name,
            label=one["label"],
            value=one["value"],
            text=one["shown"],
            source_title=one["source_title"],
            as_of=date.fromisoformat(one["as_of"]),
            declared=one["declared"],
        )
        for name, one in sorted(kept.items())
    )


def decision_line(decision: Decision, case: Case, *, recheck: bool = False) -> DecisionLine:
    """A decision, with whether its signature still fits what lies in the case."""
    return DecisionLine(
        id=decision.id,
        granted=decision.granted,
        automatic=decision.automatic,
        grade_label=decision.grade_label,
        amount_fen=decision.amount_fen,
        reasons=tuple(ConditionLine(one["text"], one["holds"], one["kind"]) for one in decision.reasons),
        note=decision.note,
        decided_by=decision.decided_name,
        union_name=case.union_name,
        decided_on=decision.decided_on,
        service_version=case.service_version,
        content_hash=case.content_hash,
        signature=bytes(decision.signature).hex(),
        key_id=decision.key_id,
        sound=is_sound(decision, case),
        recheck=recheck,
    )


def is_sound(decision: Decision, case: Case) -> bool:
    """Whether content, version and decision are still what was signed."""
    import json

    signed = json.loads(decision.signed)
    agrees = (
        signed["case"] == str(case.id)
        and signed["content_hash"] == case.content_hash == content_hash(case.content)
        and signed["service_version"] == case.service_version
        and (signed["granted"], signed["amount_fen"]) == (decision.granted, decision.amount_fen)
        and canonical({"r": signed["reasons"]}) == canonical({"r": decision.reasons})
    )
    key = vault().signer(SIGNER).public_key
    return agrees and verify(key, decision.signed.encode(), bytes(decision.signature))


def supplement_line(one: Supplement) -> SupplementLine:
    """A request for supplements."""
    return SupplementLine(
        id=one.id,
        note=one.note,
        asked_by=one.asked_name,
        asked_on=one.asked_on,
        answered_on=one.answered_on,
        answer=one.answer,
    )


def publicity_line(one: Publicity, on: date, *, objections: int = 0) -> PublicityLine:
    """A notice on a case's own page."""
    return PublicityLine(
        id=one.id,
        case_id=one.case_id,
        masked_name=one.masked_name,
        union_name=one.union_name,
        category=one.category,
        amount_fen=one.amount_fen,
        starts_on=one.starts_on,
        ends_on=one.ends_on,
        days_left=(one.ends_on - on).days,
        objections=objections,
        may_object=False,
    )


def objection_line(one: Objection, *, may_answer: bool = False, reader: UUID | None = None) -> ObjectionLine:
    """An objection and its answer."""
    return ObjectionLine(
        id=one.id,
        case_id=one.case_id,
        kind=ObjectionKind(one.kind),
        state=ObjectionState(one.state),
        text=one.text,
        raised_on=one.raised_on,
        due_on=one.due_on,
        level_label=LEVEL_LABELS[one.level],
        answer=one.answer,
        answered_on=one.answered_on,
        answered_by=one.answered_name,
        may_answer=may_answer,
        mine=reader is not None and one.person_id == reader,
    )


def rating_line(one: Rating) -> RatingLine:
    """A mark."""
    return RatingLine(
        id=one.id,
        score=one.score,
        text=one.text,
        rated_on=one.rated_on,
        follow_up=one.score <= BAD_SCORE,
        followed_on=one.followed_on,
        follow_note=one.follow_note,
    )
