"""Rows of tables into lines of pages."""

from __future__ import annotations

from collections.abc import Mapping
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
from zhigong.kernel.crypto.signing import verify
from zhigong.kernel.vault import vault


def case_line(case: Case, step: Step | None, on: date) -> CaseLine:
    """A case in a list."""
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
        next_text=next_text(case, step),
        submitted_on=case.submitted_on,
        due_on=case.due_on,
        days_left=(case.due_on - on).days if case.due_on else None,
        overdue=state is CaseState.RUNNING and case.due_on is not None and case.due_on < on,
        grade_label=case.grade_label,
        amount_fen=case.amount_fen,
    )


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


def decision_line(decision: Decision, case: Case) -> DecisionLine:
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
