"""Deciding: a signed decision with the rule's reasons, and what follows from it: money, notice, entitlement."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Max

from zhigong.casework.judging import Judgement, reason_rows
from zhigong.casework.models import Case, Decision, Entitlement
from zhigong.casework.moving import close_steps, log, move, said_by, scoped, tell
from zhigong.casework.operations.settling import settle
from zhigong.casework.policies import months_after
from zhigong.casework.sealing import seal
from zhigong.casework.types import CaseState, EntitlementState
from zhigong.catalogue.types import Service
from zhigong.funds import operations as funds
from zhigong.funds.types import PaymentRequest
from zhigong.kernel import parameters
from zhigong.kernel.actor import Actor
from zhigong.kernel.db.bulk import fetch
from zhigong.kernel.errors import Refused
from zhigong.kernel.ids import uuid7
from zhigong.kernel.money import format_yuan


def grant(by: Actor, case: Case, judged: Judgement, *, note: str, level: int) -> Decision:
    """Decide in favour, as the rule says; raises Refused when it does not say so."""
    decision = judged.decision
    if decision.verdict is not True:
        failing = [one.text for one in decision.reasons if one.holds is False]
        missing = "、".join(name for name in decision.missing)
        raise Refused(
            "规则没有得出“符合”的结论，不能通过。",
            where="；".join(failing) or f"尚缺：{missing}",
            why="决定必须与现行规则一致",
            do="请退回核实、请申请人补充，或不予通过并说明理由。",
        )
    made = _write(by, case, judged, granted=True, note=note, level=level)
    amount = decision.amount or 0
    paying = judged.service.payout is not None and amount > 0
    close_steps(case)
    state = CaseState.HEIR if paying and _died(case) else CaseState.GRANTED
    move(case, state, on=by.on, amount_fen=decision.amount, grade=made.grade, grade_label=made.grade_label)
    if paying:
        _request(by, case, judged.service, amount, made)
    _follow_up(by, case, judged.service, made)
    if paying and settle(by, persons=[case.person_id]):
        case.refresh_from_db()
    return made


def refuse(by: Actor, case: Case, judged: Judgement, *, note: str, level: int) -> Decision:
    """Decide against: the sentences of the rule that do not hold, and a note where the rule alone does not explain
    it. Raises Refused for a refusal without any reason (个人信息保护法 §24: reasons must be given)."""
    failing = [one for one in judged.decision.reasons if one.holds is False and one.kind == "condition"]
    if judged.decision.verdict is not False and len(note.strip()) < 5:
        raise Refused(
            "请写明不予通过的理由。",
            where="理由",
            why="规则没有得出“不符合”的结论，须由经办人说明理由，申请人会逐条看到",
            do="至少写五个字。",
        )
    made = _write(by, case, judged, granted=False, note=note, level=level)
    close_steps(case)
    move(case, CaseState.REFUSED, on=by.on)
    Entitlement.objects.filter(case_id=case.id).update(state=EntitlementState.WITHDRAWN, case_id=None, changed_on=by.on)
    text = "；".join([one.text for one in failing] + ([note.strip()] if note.strip() else []))
    days = judged.service.route.objection.days
    log(by, case, "decided.refused", "未通过", f"理由：{text}。您可以在 {days} 天内提出异议。", tone="bad")
    tell(by, case, "refused", f"{case.title}：未通过", f"理由：{text}。{days} 天内可以提出异议。", key=f"{made.id}")
    return made


def _write(by: Actor, case: Case, judged: Judgement, *, granted: bool, note: str, level: int) -> Decision:
    ordinal = (Decision.objects.filter(case=case).aggregate(last=Max("ordinal"))["last"] or 0) + 1
    said = judged.decision
    values: dict[str, Any] = {
        "ordinal": ordinal,
        "granted": granted,
        "grade": (said.grade or "") if granted else "",
        "grade_label": judged.grade_label if granted else "",
        "amount_fen": said.amount if granted else None,
        "reasons": reason_rows(said.reasons),
        "note": note.strip()[:500],
        "decided_name": said_by(by),
        "decided_by": by.account_id,
    }
    text, signature, key_id = seal(case, by.on, values)
    made = Decision(
        id=uuid7(),
        **scoped(case),
        **values,
        level=level,
        decided_on=by.on,
        signed=text,
        signature=signature,
        key_id=key_id,
    )
    made.save(force_insert=True)
    return made


def _died(case: Case) -> bool:
    return bool(
        fetch("SELECT 1 FROM people_person WHERE id = %(id)s AND deceased_on IS NOT NULL", {"id": case.person_id})
    )


def _request(by: Actor, case: Case, service: Service, amount: int, made: Decision) -> None:
    """Promise the payment; without budget it waits for one, and the decision stands."""
    wanted = PaymentRequest(
        person_id=case.person_id,
        union_id=case.union_id,
        amount_fen=amount,
        service_id=service.id,
        case_id=case.id,
        reason=service.payout.title if service.payout else service.title,
        key=f"case:{case.id}:{made.ordinal}",
    )
    funds.request_payments(by, requests=[wanted], wait_for_budget=True)


def _follow_up(by: Actor, case: Case, service: Service, made: Decision) -> None:
    """Tell the member, and keep the entitlement with the day of its yearly re-check."""
    grade = f"，{made.grade_label}" if made.grade_label else ""
    money = f"，金额 {format_yuan(made.amount_fen)}" if made.amount_fen else ""
    sum_ = f"{format_yuan(made.amount_fen)}。" if made.amount_fen else ""
    log(by, case, "decided.granted", f"已通过{grade}", f"{sum_}{service.what_you_get}"[:600], tone="good")
    if case.state == CaseState.HEIR:
        log(
            by,
            case,
            "heir.awaited",
            "等待确认继承人",
            "补助由继承人领取，请基层工会主席登记继承人和收款账户。",
            tone="wait",
        )
    tell(by, case, "granted", f"{case.title}：已通过{grade}", f"办件 {case.number} 已通过{money}。", key=f"{made.id}")
    _keep_entitlement(by, case, service, made)


def next_recheck(on: date) -> date:
    """The day by which what is granted, or kept, on a day is looked at again."""
    return months_after(on, parameters.integer("recheck_months", on=on))


def _keep_entitlement(by: Actor, case: Case, service: Service, made: Decision) -> None:
    """What she has now, found by data or applied for, and when it is looked at again."""
    values = {
        "service_version": case.service_version,
        "state": EntitlementState.GRANTED,
        "case_id": case.id,
        "grade": made.grade,
        "amount_fen": made.amount_fen,
        "changed_on": by.on,
        "recheck_on": next_recheck(by.on) if service.yearly_recheck else None,
    }
    row = Entitlement.objects.filter(person_id=case.person_id, service_id=service.id)
    if not row.update(**values):
        columns = {name: value for name, value in scoped(case).items() if name != "case"}
        Entitlement(**columns, service_id=service.id, digest="applied", found_on=by.on, **values).save(
            force_insert=True
        )
