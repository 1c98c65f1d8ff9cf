"""Objections: raised by the member against a decision, or by anybody against a notice; answered a level above."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db import IntegrityError, transaction

from zhigong.casework.judging import judge
from zhigong.casework.keys import once
from zhigong.casework.models import Case, Decision, Objection, Publicity, Recheck, Step
from zhigong.casework.moving import chain_of, finish_step, lock_case, log, note_act, said_by, scoped, service_of, tell
from zhigong.casework.operations import deciding
from zhigong.casework.operations.acting import reopen
from zhigong.casework.operations.rechecking import begin_again
from zhigong.casework.operations.settling import settle
from zhigong.casework.policies import check_answerer, objection_level, outcome_of_answer
from zhigong.casework.types import Action, CaseState, ObjectionKind, ObjectionState, StepState
from zhigong.funds import operations as funds
from zhigong.funds import queries as funds_queries
from zhigong.funds.types import PayableState
from zhigong.kernel.actor import Actor
from zhigong.kernel.errors import Conflict, NotFound, Refused
from zhigong.kernel.ids import uuid7
from zhigong.kernel.workdays import work_calendar

BELOW_ALL = 5
DECIDED = (CaseState.GRANTED, CaseState.PAID, CaseState.REFUSED, CaseState.HEIR)


@transaction.atomic
def object(*, by: Actor, case_id: UUID, text: str, key: str) -> UUID:
    """The member objects to the decision on her case, within the days her service allows; the objection's id.

    It goes to the level the service names, or the next one above whoever decided. Raises Conflict when it is too late
    or already raised.
    """
    act = once(by, key=key, act="object", arguments={"case": case_id, "text": text})
    if act.replayed:
        return UUID(act.result)
    case = lock_case(by, case_id, own=True)
    if len(text.strip()) < 5:
        raise Refused("请写明异议的理由。", where="异议", do="至少写五个字；复核的人会看到。")
    decision = Decision.objects.filter(case=case).order_by("-ordinal").first()
    if decision is None or case.state not in DECIDED:
        raise Conflict("这个办件还没有决定，不能提出异议。", why=f"办件{CaseState(case.state).label}")
    route = service_of(case).route.objection
    last = decision.decided_on + timedelta(days=route.days)
    if by.on > last:
        raise Conflict("已超过提出异议的期限。", why=f"须在 {last} 前提出", do="情况有变化的，可以重新申请。")
    objection = Objection(
        id=uuid7(),
        **scoped(case),
        kind=ObjectionKind.DECISION,
        decision=decision,
        text=text.strip()[:1000],
        level=objection_level(chain_of(case), wanted=route.level.number, decided=_decided_at(decision)),
        raised_on=by.on,
        raised_by=by.account_id,
        due_on=work_calendar().add_workdays(by.on, route.workdays, allow_estimate=True),
    )
    try:
        with transaction.atomic():
            objection.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict("您已对这个决定提出过异议。", do="请等待复核结果。") from error
    log(by, case, "objected", "已提出异议", f"由上级工会复核，{objection.due_on} 前答复。", tone="wait")
    note_act(by, case, "objected", objection=str(objection.id))
    act.keep(str(objection.id))
    return objection.id


def _decided_at(decision: Decision) -> int:
    """The level that decided; below all of them where the rule did, so that the service's own level answers."""
    return BELOW_ALL if decision.automatic else decision.level


@transaction.atomic
def answer_objection(*, by: Actor, objection_id: UUID, state: ObjectionState | int, answer: str, key: str) -> None:
    """Answer an objection: UPHELD keeps the decision or lets the publicity go on, REVERSED undoes it.

    A refusal reversed is granted at once where the rule says yes with the facts of today, else the case starts anew at
    its first step; so does a grant. A notice reversed goes back to the step before. Whoever decided may not answer.
    """
    wanted = ObjectionState(state)
    arguments = {"objection": objection_id, "state": wanted.value, "answer": answer}
    act = once(by, key=key, act="answer_objection", arguments=arguments)
    if act.replayed:
        return
    outcome_of_answer(wanted)
    if len(answer.strip()) < 5:
        raise Refused("请写明复核的理由。", where="答复", do="至少写五个字；提出异议的人会看到。")
    case, objection = _lock(by, objection_id)
    decided_by = objection.decision.decided_by if objection.decision else None
    check_answerer(by, level=objection.level, chain=chain_of(case), decided_by=decided_by, person_id=case.person_id)
    objection.state, objection.answer, objection.answered_on = wanted, answer.strip()[:1000], by.on
    objection.answered_by, objection.answered_name = by.account_id, said_by(by)
    objection.save(update_fields=["state", "answer", "answered_on", "answered_by", "answered_name"])
    tone = "good" if wanted is ObjectionState.REVERSED else "info"
    log(by, case, "objection.answered", f"异议答复：{wanted.label}", answer.strip(), tone=tone)
    if wanted is ObjectionState.REVERSED:
        _reverse(by, case, objection, answer)
    if objection.kind == ObjectionKind.DECISION:
        tell(by, case, "objection", f"异议答复：{wanted.label}", answer.strip(), key=f"{objection.id}")
    note_act(by, case, "objection_answered", objection=str(objection_id), state=wanted.value)
    act.keep()


def _lock(by: Actor, objection_id: UUID) -> tuple[Case, Objection]:
    found = Objection.objects.filter(id=objection_id).first()
    if found is None:
        raise NotFound("没有找到这项异议。", why="它不在您的管辖范围内")
    case = lock_case(by, found.case_id)
    objection = Objection.objects.select_for_update(of=("self",)).select_related("decision").get(id=objection_id)
    if objection.state != ObjectionState.OPEN:
        raise Conflict("这项异议已经答复。", why=ObjectionState(objection.state).label)
    return case, objection


def _reverse(by: Actor, case: Case, objection: Objection, answer: str) -> None:
    if objection.kind == ObjectionKind.PUBLICITY:
        _stop_publicity(by, case, objection, answer)
        return
    recheck = Recheck.objects.filter(decision=objection.decision).first() if objection.decision else None
    if recheck is not None:
        begin_again(by, case, recheck)
        return
    judged = judge(by, case.person_id, service_of(case))
    if case.state == CaseState.REFUSED and judged.decision.verdict is True:
        deciding.grant(by, case, judged, note=answer, level=objection.level)
    elif case.state in (CaseState.REFUSED, CaseState.GRANTED):
        _call_back(by, case)
        reopen(by, case, first=1)
    else:
        raise Conflict(
            "已经发放的办件不能直接改变决定。", why=f"办件{CaseState(case.state).label}", do="请先由财务收回或补发。"
        )


def _call_back(by: Actor, case: Case) -> None:
    """What was asked of funds for the old decision is cancelled; funds refuses when it is on its way to the bank."""
    for payable in funds_queries.payables_of_case(by, case.id):
        if payable.state is not PayableState.CANCELLED:
            funds.cancel_payment(by, payable_id=payable.id, reason="复核改变了原决定")
    settle(by, persons=[case.person_id])


def _stop_publicity(by: Actor, case: Case, objection: Objection, answer: str) -> None:
    """The notice was wrong: it ends, and the case goes back to the step before it."""
    Publicity.objects.filter(case=case, ended_on=None).update(ended_on=by.on, stopped=True)
    step = Step.objects.select_for_update().filter(case=case, state=StepState.OPEN).first()
    if step is None or case.state != CaseState.PUBLICITY:
        raise Conflict("公示已经结束。", why=f"办件{CaseState(case.state).label}")
    finish_step(by, step, state=StepState.RETURNED, action=Action.RETURN.value, note=answer)
    reopen(by, case, first=max(step.ordinal - 1, 1))
