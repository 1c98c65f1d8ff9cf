"""How a case moves: locked, logged, its steps opened and closed. Used by every operation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from zhigong.audit import operations as audit
from zhigong.audit.types import Purpose
from zhigong.casework.models import Case, Decision, Event, Notice, Step, Supplement
from zhigong.casework.policies import (
    LEVEL_LABELS,
    Chain,
    OpenStep,
    actions_of,
    check_move,
    due_of,
    level_for,
    pause_between,
    resolve_route,
)
from zhigong.casework.types import CaseState, StepState
from zhigong.catalogue import queries as catalogue
from zhigong.catalogue.types import Service
from zhigong.kernel.actor import Actor
from zhigong.kernel.deadlines import Pause
from zhigong.kernel.errors import Conflict, NotFound
from zhigong.kernel.ids import uuid7
from zhigong.kernel.workdays import work_calendar

CLOSING = (CaseState.GRANTED, CaseState.PAID, CaseState.REFUSED, CaseState.WITHDRAWN)


def chain_of(row: Any) -> Chain:  # noqa: ANN401 — any scoped row
    """The chain of a scoped row."""
    return (row.l1, row.l2, row.l3, row.l4)


def scoped(case: Case) -> dict[str, Any]:
    """The columns a row shares with its case."""
    return {
        "case": case,
        "person_id": case.person_id,
        "union_id": case.union_id,
        "l1": case.l1,
        "l2": case.l2,
        "l3": case.l3,
        "l4": case.l4,
    }


def lock_case(by: Actor, case_id: UUID, *, own: bool = False) -> Case:
    """The case, locked until the end of the transaction; own: it must be the actor's. Raises NotFound."""
    case = Case.objects.select_for_update().filter(id=case_id).first()
    if case is None or (own and (by.person_id is None or case.person_id != by.person_id)):
        raise NotFound("没有找到这个办件。", why="它不在您的范围内，或编号有误", do="请从列表重新打开。")
    return case


def service_of(case: Case) -> Service:
    """The service as it was when the case was submitted."""
    return catalogue.version(case.service_version)


def said_by(by: Actor) -> str:
    """Who acted, as the timeline names them."""
    if by.union_name:
        return f"{by.union_name} {by.name}"[:120]
    return "本人" if by.person_id else by.name


def log(by: Actor, case: Case, kind: str, title: str, text: str = "", *, tone: str = "info") -> None:
    """Add a line to the timeline."""
    Event(
        **scoped(case),
        on=by.on,
        kind=kind,
        title=title[:80],
        text=text[:600],
        who=said_by(by),
        account_id=by.account_id,
        tone=tone,
    ).save(force_insert=True)


def note_act(by: Actor, case: Case, act: str, *, purpose: Purpose = Purpose.BUSINESS, **detail: str | int) -> None:
    """Record an act on a case in the audit trail."""
    audit.record(
        by,
        action=f"casework.case.{act}",
        purpose=purpose,
        subject_kind="person",
        subject_id=case.person_id,
        detail={"case": str(case.id), **detail},
        union_chain=chain_of(case),
    )


def tell(by: Actor, case: Case, kind: str, title: str, text: str, *, key: str) -> None:
    """Leave the member a notice; the same key twice is one notice."""
    Notice.objects.bulk_create(
        [
            Notice(
                **{name: value for name, value in scoped(case).items() if name != "case"},
                case_id=case.id,
                service_id=case.service_id,
                kind=kind,
                title=title[:80],
                text=text[:600],
                on=by.on,
                key=key,
            )
        ],
        ignore_conflicts=True,
    )


def move(case: Case, state: CaseState, *, on: date, **changes: object) -> None:
    """Bring a case to a state, by the machine; dates follow the state."""
    before = CaseState(case.state)
    if state is not before:
        check_move(before, state)
    case.state = state
    case.closed_on = (case.closed_on or on) if state in CLOSING else None
    case.paid_on = (case.paid_on or on) if state is CaseState.PAID else None
    for name, value in changes.items():
        setattr(case, name, value)
    case.save(update_fields=["state", "closed_on", "paid_on", *changes])


def lay_steps(case: Case, service: Service, *, round_: int, first: int = 1) -> list[Step]:
    """Write the steps of a round from ordinal `first` on, all waiting."""
    steps = [
        Step(
            id=uuid7(),
            **scoped(case),
            round=round_,
            ordinal=ordinal,
            step_id=step.id,
            title=step.title,
            kind=step.kind.value,
            right=step.right,
            actions=list(actions_of(step)),
            home_level=level,
            level=level,
            workdays=step.workdays,
        )
        for ordinal, (step, level) in enumerate(resolve_route(service.route, chain_of(case)), 1)
        if ordinal >= first
    ]
    Step.objects.bulk_create(steps)
    return steps


def open_step(by: Actor, case: Case, step: Step) -> None:
    """Hand the case to a step; its clock starts today."""
    due = due_of(start=by.on, workdays=step.workdays, pauses=(), calendar=work_calendar())
    step.state, step.opened_on, step.due_on, step.deadline = StepState.OPEN, by.on, due.due, list(due.steps)
    step.save(update_fields=["state", "opened_on", "due_on", "deadline"])
    case.step, case.due_on = step.ordinal, due.due
    case.save(update_fields=["step", "due_on"])
    until = f"，{due.due} 前办理" if due.due else ""
    log(
        by,
        case,
        "step.opened",
        f"送{LEVEL_LABELS[step.level]}：{step.title}",
        f"时限 {step.workdays} 个工作日{until}。",
    )


def current_step(case: Case) -> Step:
    """The open step; raises Conflict when none is open."""
    step = Step.objects.select_for_update().filter(case=case, state=StepState.OPEN).first()
    if step is None:
        raise Conflict("这个办件没有待办的步骤。", why=f"办件现在{CaseState(case.state).label}")
    return step


def deciding_level(case: Case) -> int:
    """The level that decided about the case last, as far as its chain has it."""
    last = Decision.objects.filter(case=case).order_by("-ordinal").values_list("level", flat=True).first()
    return level_for(chain_of(case), last or 1)


def as_open(case: Case, step: Step) -> OpenStep:
    """What the policies ask about the open step."""
    return OpenStep(
        step_id=step.step_id,
        level=step.level,
        right=step.right,
        state=StepState(step.state),
        case_state=CaseState(case.state),
        chain=chain_of(case),
        actions=tuple(step.actions),
        person_id=case.person_id,
    )


def finish_step(
    by: Actor, step: Step, *, state: StepState, action: str, note: str = "", by_clock: bool = False
) -> None:
    """Close a step as done or returned, with who and when."""
    step.state, step.done_on, step.action, step.note = state, by.on, action, note.strip()[:500]
    step.done_by = None if by_clock else by.account_id
    step.done_name = "系统" if by_clock else said_by(by)[:80]
    step.save(update_fields=["state", "done_on", "done_by", "done_name", "action", "note"])


def close_steps(case: Case) -> None:
    """No step of the case waits any more."""
    Step.objects.filter(case=case, state__in=[StepState.WAITING, StepState.OPEN]).update(state=StepState.CLOSED)
    case.step, case.due_on = 0, None
    case.save(update_fields=["step", "due_on"])


def next_step(case: Case, after: Step) -> Step | None:
    """The step that follows in this round, None after the last."""
    return Step.objects.filter(case=case, round=after.round, ordinal=after.ordinal + 1).first()


def pauses_of(step: Step) -> Sequence[Pause]:
    """The spans in which this step's clock stood still."""
    asked = Supplement.objects.filter(step=step).order_by("asked_on", "id")
    found = (pause_between(one.asked_on, one.answered_on, "等待申请人补充材料") for one in asked)
    return [pause for pause in found if pause is not None]


def reckon(step: Step, case: Case) -> None:
    """Compute the due date of the open step anew, pauses included; none while the case waits for the applicant.

    Not even a day that has passed before the asking is due then: nobody is late while the clock stands still. Raises
    Conflict for a step nobody has been given yet.
    """
    begun = step.escalated_on or step.opened_on
    if begun is None:
        raise Conflict("这一步还没有开始办理。", where=step.title, do="请刷新页面后查看最新状态。")
    due = due_of(
        start=begun,
        workdays=step.workdays,
        pauses=pauses_of(step),
        calendar=work_calendar(),
    )
    step.due_on = case.due_on = None if case.state == CaseState.SUPPLEMENT else due.due
    step.deadline = list(due.steps)
    step.save(update_fields=["due_on", "deadline"])
    case.save(update_fields=["due_on"])
