"""Publicity: masked names for so many workdays; objections hold the case until they are answered."""

from __future__ import annotations

from uuid import UUID

from django.db import IntegrityError, transaction

from zhigong.audit import operations as audit
from zhigong.audit.types import Purpose
from zhigong.casework.keys import once
from zhigong.casework.models import Case, Publicity, Step
from zhigong.casework.moving import log, move, scoped, service_of
from zhigong.casework.types import CaseState
from zhigong.kernel import parameters
from zhigong.kernel.actor import Actor
from zhigong.kernel.db.bulk import fetch
from zhigong.kernel.errors import Conflict, NotAllowed, NotFound, Refused
from zhigong.kernel.ids import uuid7
from zhigong.kernel.masking import mask_name
from zhigong.kernel.workdays import work_calendar


def publish(by: Actor, case: Case, step: Step) -> None:
    """Publish the masked name, union, category and amount, for the workdays the service says (PIPL §25)."""
    service = service_of(case)
    workdays = service.publicity.workdays if service.publicity else step.workdays
    ends_on = work_calendar().add_workdays(by.on, workdays, allow_estimate=True)
    shows = service.publicity.shows if service.publicity else ("masked_name", "union")
    grade = case.grade_label if "grade" in shows else ""
    Publicity(
        **scoped(case),
        masked_name=mask_name(case.person_name),
        union_name=case.union_name,
        category=f"{case.title}（{grade}）" if grade else case.title,
        amount_fen=case.amount_fen if "amount" in shows else None,
        starts_on=by.on,
        ends_on=ends_on,
        published_by=by.account_id,
    ).save(force_insert=True)
    step.due_on, step.deadline = ends_on, [f"公示 {workdays} 个工作日，至 {ends_on} 止"]
    step.save(update_fields=["due_on", "deadline"])
    move(case, CaseState.PUBLICITY, on=by.on, due_on=ends_on)
    log(by, case, "published", "开始公示", f"隐去姓名公示 {workdays} 个工作日，至 {ends_on} 止。", tone="wait")


@transaction.atomic
def object_publicity(*, by: Actor, publicity_id: UUID, text: str, key: str) -> UUID:
    """Anybody of the base objects to an open notice; who it was is shown to those who answer only."""
    act = once(by, key=key, act="object_publicity", arguments={"publicity": publicity_id, "text": text})
    if act.replayed:
        return UUID(act.result)
    if by.person_id is None:
        raise NotAllowed("请先完成实名入会。", why="异议须实名提出，对外保密")
    if len(text.strip()) < 5:
        raise Refused("请写明情况。", where="异议内容", do="至少写五个字，便于工会核实。")
    made = _object(by, publicity_id, text.strip()[:1000])
    audit.record(
        by,
        action="casework.publicity.objected",
        purpose=Purpose.APPLICATION,
        subject_kind="publicity",
        subject_id=publicity_id,
        detail={"objection": str(made)},
    )
    act.keep(str(made))
    return made


def _object(by: Actor, publicity_id: UUID, text: str) -> UUID:
    workdays = parameters.integer("publicity_objection_workdays", on=by.on)
    answer_by = work_calendar().add_workdays(by.on, workdays, allow_estimate=True)
    try:
        with transaction.atomic():
            found = fetch(
                "SELECT casework_object_publicity(%(id)s, %(notice)s, %(text)s, %(on)s, %(due)s)",
                {"id": uuid7(), "notice": publicity_id, "text": text, "on": by.on, "due": answer_by},
            )[0][0]
    except IntegrityError as error:
        raise Conflict("您已对这项公示提出过异议。", do="请等待工会核实答复。") from error
    if found is None:
        raise NotFound("这项公示已经结束，或不存在。", do="请刷新公示栏。")
    return UUID(str(found))
