"""The clock: what happens because a day has come. Called daily with the day; deterministic; twice is once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import TypeVar

from django.db import transaction

from zhigong.audit import operations as audit
from zhigong.audit.types import Purpose
from zhigong.casework.models import Case, Objection, Publicity, Step
from zhigong.casework.moving import chain_of, log, move
from zhigong.casework.operations.acting import pass_on
from zhigong.casework.operations.asking_again import expire_offers, note_silence, open_rechecks
from zhigong.casework.operations.settling import settle
from zhigong.casework.policies import LEVEL_LABELS, due_of, level_above, reminder_stage
from zhigong.casework.types import CaseState, ClockCounts, ObjectionState, StepState
from zhigong.kernel import parameters
from zhigong.kernel.actor import Actor
from zhigong.kernel.errors import Refused
from zhigong.kernel.workdays import work_calendar

REMINDERS = "case_reminders"
T = TypeVar("T", Publicity, Step)
kept = logging.getLogger("zhigong.casework")


@transaction.atomic
def run_clock(*, by: Actor) -> ClockCounts:
    """Bring every case to the day `by.on`: end publicity that is over, escalate what is overdue, remind, settle what
    was set off, expire old offers, ask for yearly re-checks.

    A step whose clock stands still is left alone. The same day twice changes nothing the second time.
    """
    counts = ClockCounts(
        publicity_ended=_each(by, _over(by), _end_publicity),
        escalated=_each(by, _overdue(by), _escalate),
        reminded=_each(by, _nearly_due(by), _remind),
        expired_entitlements=expire_offers(by),
        settled=settle(by),
        unanswered=note_silence(by),
        rechecks=open_rechecks(by),
    )
    done = asdict(counts)
    if any(done.values()):
        audit.record(by, action="casework.clock.run", purpose=Purpose.SYSTEM, count=sum(done.values()), detail=done)
    return counts


def _each(by: Actor, rows: Sequence[T], deal: Callable[[Actor, T], int]) -> int:
    """Deal with each row in a savepoint: one that is refused waits for a person and stops no other."""
    done = 0
    for row in rows:
        try:
            with transaction.atomic():
                done += deal(by, row)
        except Refused as error:
            kept.warning("the clock could not go on with %s: %s", row.id, error.what)
    return done


def _over(by: Actor) -> list[Publicity]:
    """Notices whose last day has passed and against which nothing is open."""
    waiting = Objection.objects.filter(state=ObjectionState.OPEN, publicity__isnull=False).values("publicity_id")
    rows = Publicity.objects.filter(ended_on=None, ends_on__lt=by.on).exclude(id__in=waiting)
    return list(rows.order_by("ends_on", "id"))


def _end_publicity(by: Actor, notice: Publicity) -> int:
    case = Case.objects.select_for_update().get(id=notice.case_id)
    step = Step.objects.select_for_update().filter(case=case, state=StepState.OPEN).first()
    if case.state != CaseState.PUBLICITY or step is None:
        return 0
    notice.ended_on = by.on
    notice.save(update_fields=["ended_on"])
    move(case, CaseState.RUNNING, on=by.on)
    pass_on(by, case, step, "公示期满，没有未答复的异议", by_clock=True)
    return 1


def _overdue(by: Actor) -> list[Step]:
    """Open steps past their day whose case runs; the longest overdue first."""
    running = Case.objects.filter(state=CaseState.RUNNING).values("id")
    rows = Step.objects.select_for_update().filter(state=StepState.OPEN, due_on__lt=by.on, level__gt=1)
    return list(rows.filter(case_id__in=running).order_by("due_on", "id"))


def _escalate(by: Actor, step: Step) -> int:
    """Hand an overdue step to the next level the chain has, with a clock of its own."""
    above = level_above(chain_of(step), step.level)
    if above is None:
        return 0
    case = Case.objects.select_for_update().get(id=step.case_id)
    due = due_of(start=by.on, workdays=step.workdays, pauses=(), calendar=work_calendar())
    below, step.level, step.escalated_on, step.reminded = step.level, above, by.on, None
    step.due_on, step.deadline = due.due, [f"{LEVEL_LABELS[below]}超过期限未办，提交{LEVEL_LABELS[above]}", *due.steps]
    step.save(update_fields=["level", "escalated_on", "reminded", "due_on", "deadline"])
    case.due_on = due.due
    case.save(update_fields=["due_on"])
    log(
        by,
        case,
        "escalated",
        f"超期提交{LEVEL_LABELS[above]}",
        f"{LEVEL_LABELS[below]}未在期限内办理：{step.title}。",
        tone="wait",
    )
    return 1


def _nearly_due(by: Actor) -> list[Step]:
    stages = parameters.integers(REMINDERS, on=by.on)
    last = work_calendar().add_workdays(by.on, max(stages), allow_estimate=True)
    running = Case.objects.filter(state=CaseState.RUNNING).values("id")
    rows = Step.objects.select_for_update().filter(state=StepState.OPEN, due_on__lte=last)
    return list(rows.filter(case_id__in=running).order_by("due_on", "id"))


def _remind(by: Actor, step: Step) -> int:
    """Say once per stage that a step is nearly due, or overdue at the highest level."""
    if step.due_on is None:  # its clock stands still
        return 0
    calendar = work_calendar()
    left = calendar.workdays_between(by.on, step.due_on, allow_estimate=True)
    stage = (
        -1 if step.due_on < by.on else reminder_stage(days_left=left, stages=parameters.integers(REMINDERS, on=by.on))
    )
    if stage is None or step.reminded == stage:
        return 0
    step.reminded = stage
    step.save(update_fields=["reminded"])
    case = Case.objects.get(id=step.case_id)
    text = f"{step.due_on} 到期" if stage >= 0 else f"已于 {step.due_on} 到期"
    log(by, case, "reminded", f"提醒{LEVEL_LABELS[step.level]}：{step.title}", f"{text}，请尽快办理。", tone="wait")
    return 1
