"""Pure decisions of casework: the state machine, whose step it is, when it is due, what is signed.

The machine is declared here and nowhere else; the migration copies TRANSITIONS into the table by which the database
itself refuses other moves.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from zhigong.casework.types import Action, CaseState, ObjectionState, RecheckOutcome, RecheckState, StepState
from zhigong.catalogue.types import Route, Step, StepKind
from zhigong.kernel.actor import Actor
from zhigong.kernel.deadlines import Deadline, Due, Pause
from zhigong.kernel.errors import Conflict, NotAllowed, NotFound, Refused
from zhigong.kernel.workdays import WorkCalendar

Chain = tuple[int, int, int, int]

S = CaseState
# From state -> states it may go to, with the reason. A case never leaves WITHDRAWN, nor PAID except backwards by the
# bank: a line it first confirmed and then returned.
TRANSITIONS: Mapping[CaseState, Mapping[CaseState, str]] = {
    S.RUNNING: {
        S.SUPPLEMENT: "materials are asked for",
        S.PUBLICITY: "the names are published",
        S.GRANTED: "decided in favour",
        S.REFUSED: "decided against",
        S.WITHDRAWN: "taken back by the member",
        S.HEIR: "decided in favour of a person who has died",
    },
    S.SUPPLEMENT: {S.RUNNING: "materials were supplied", S.WITHDRAWN: "taken back by the member"},
    S.PUBLICITY: {S.RUNNING: "publicity is over or was stopped", S.WITHDRAWN: "taken back by the member"},
    S.HEIR: {S.GRANTED: "an heir was named", S.REFUSED: "decided against"},
    S.GRANTED: {S.PAID: "the bank paid", S.RUNNING: "reopened by an objection"},
    S.PAID: {S.GRANTED: "the bank returned the money", S.RUNNING: "reopened by an objection"},
    S.REFUSED: {S.GRANTED: "reversed by an objection", S.RUNNING: "reopened by an objection"},
    S.WITHDRAWN: {},
}

STEP_TRANSITIONS: Mapping[StepState, frozenset[StepState]] = {
    StepState.WAITING: frozenset({StepState.OPEN, StepState.CLOSED}),
    StepState.OPEN: frozenset({StepState.DONE, StepState.RETURNED, StepState.CLOSED}),
    StepState.DONE: frozenset(),
    StepState.RETURNED: frozenset(),
    StepState.CLOSED: frozenset(),
}

R = RecheckState
# A cadre who knows may close it before she answers; it never ends by itself.
RECHECK_TRANSITIONS: Mapping[RecheckState, frozenset[RecheckState]] = {
    R.ASKED: frozenset({R.ANSWERED, R.SILENT, R.PROPOSED, R.CLOSED}),
    R.ANSWERED: frozenset({R.PROPOSED, R.CLOSED}),
    R.SILENT: frozenset({R.ANSWERED, R.PROPOSED, R.CLOSED}),
    R.PROPOSED: frozenset({R.ANSWERED, R.SILENT, R.CLOSED}),
    R.CLOSED: frozenset(),
}

# What each action needs beside the right of the step.
BAD_SCORE = 2
SIGNER = "casework.decision"
NEEDS_NOTE = frozenset({Action.RETURN, Action.SUPPLEMENT})
LEVEL_LABELS = {1: "市总工会", 2: "区县总工会", 3: "乡镇街道工会", 4: "基层工会"}


def check_move(before: CaseState, after: CaseState) -> None:
    """Raise Conflict unless the machine has this move."""
    if after not in TRANSITIONS[before]:
        raise Conflict(
            f"办件{before.label}，不能变为{after.label}。", why="办件状态已经变化", do="请刷新页面后查看最新状态。"
        )


def level_for(chain: Chain, level: int) -> int:
    """The level that does what `level` would do: itself, or the next one above that the chain has.

    chain: short keys of city, district, street, grassroots; 0 where the chain lacks a level. The city always exists.
    """
    return next(n for n in range(level, 0, -1) if chain[n - 1] or n == 1)


def level_above(chain: Chain, level: int) -> int | None:
    """The next level above that the chain has; None above the city."""
    return next((n for n in range(level - 1, 0, -1) if chain[n - 1]), None)


def resolve_route(route: Route, chain: Chain) -> tuple[tuple[Step, int], ...]:
    """The steps in order, each with the level that acts for this chain; missing levels fall upward."""
    return tuple((step, level_for(chain, step.level.number)) for step in route.steps)


def actions_of(step: Step) -> tuple[str, ...]:
    """What may be done at a step, in the order of the buttons; names are published before a notice can end."""
    if step.kind is StepKind.PUBLICITY:
        extra = [action.value for action in step.actions if action.value not in (Action.PASS, Action.PUBLISH)]
        return (Action.PUBLISH.value, *extra)
    return tuple(action.value for action in step.actions)


def due_of(*, start: date, workdays: int, pauses: Sequence[Pause], calendar: WorkCalendar) -> Due:
    """When a step is due, explained; days past the calendar's horizon are estimated and said to be so."""
    return Deadline(start=start, workdays=workdays, pauses=tuple(pauses)).resolve(calendar, allow_estimate=True)


def promised_on(*, start: date, days: int, calendar: WorkCalendar) -> date:
    """The day by which a service promises an answer, in calendar days."""
    due = Deadline(start=start, days=days).resolve(calendar, allow_estimate=True).due
    return due or start + timedelta(days=days)


def pause_between(asked: date, answered: date | None, why: str) -> Pause | None:
    """The clock stands still from the day of asking to the day of the answer; None when both are one day.

    The day of asking does not count either: who asks on the last day has that day again after the answer.
    """
    if answered is not None and answered <= asked:
        return None
    return Pause(asked, answered, why)


@dataclass(frozen=True, slots=True)
class OpenStep:
    """What a decision about acting needs to know of the open step and its case."""

    step_id: str
    level: int
    right: str
    state: StepState
    case_state: CaseState
    chain: Chain
    actions: tuple[str, ...]
    person_id: UUID


def check_actor(by: Actor, step: OpenStep) -> None:
    """Raise unless this actor's post may act on the step: right, level, union, and not her own case."""
    by.require(step.right)
    if step.chain[by.level - 1 if by.level else 0] != by.seq or by.level < 1:
        raise NotFound("没有找到这个办件。", why="它不在您的管辖范围内")
    if by.level != step.level:
        raise NotAllowed(
            "这一步不由您所在的层级办理。",
            why=f"现在由{LEVEL_LABELS[step.level]}办理",
            do="请等待对方办理；超过期限会自动提交上一级。",
        )
    if by.person_id is not None and by.person_id == step.person_id:
        raise NotAllowed("不能办理本人的办件。", why="经办人须回避", do="请由同级其他经办人或上级工会办理。")


def check_act(step: OpenStep, *, step_id: str, action: Action, note: str) -> None:
    """Raise unless the action is one of the open step, with the note it needs."""
    if step.case_state is not CaseState.RUNNING or step.state is not StepState.OPEN or step.step_id != step_id:
        raise Conflict("这一步已经办过了。", why=f"办件现在{step.case_state.label}", do="请刷新页面后查看最新状态。")
    if action.value not in step.actions:
        raise Refused(f"这一步不能「{action.label}」。", why="服务的办理流程没有这项操作")
    if action in NEEDS_NOTE and len(note.strip()) < 2:
        raise Refused("请写明原因。", where=action.label, why="申请人和经办人会看到这句话")


def check_answerer(by: Actor, *, level: int, chain: Chain, decided_by: UUID | None, person_id: UUID) -> None:
    """Raise unless this actor may answer an objection: the level above the decision, and nobody who made it."""
    check_actor(
        by,
        OpenStep("", level, "cases.objection", StepState.OPEN, CaseState.RUNNING, chain, (), person_id),
    )
    if by.account_id is not None and by.account_id == decided_by:
        raise NotAllowed("不能复核自己作出的决定。", why="复核须由未参与原决定的人办理", do="请由其他负责人复核。")


def objection_level(chain: Chain, *, wanted: int, decided: int) -> int:
    """Who answers: the level the service names, but never below, nor the same as, the one that decided if one is
    above."""
    level = level_for(chain, wanted)
    if level >= decided:
        return level_above(chain, decided) or level_for(chain, decided)
    return level


def outcome_of_answer(state: ObjectionState) -> str:
    """Raise unless an answer ends the objection."""
    if state is ObjectionState.OPEN:
        raise Refused("请选择复核结论。", do="维持原决定，或改变原决定。")
    return state.label


def reminder_stage(*, days_left: int, stages: Sequence[int]) -> int | None:
    """The smallest stage (days before the due date) that is reached; None when it is too early."""
    reached = [stage for stage in stages if days_left <= stage]
    return min(reached) if reached else None


def canonical(content: Mapping[str, Any]) -> bytes:
    """The bytes that are hashed and signed: JSON with sorted keys, no blanks, UTF-8; dates and ids as text."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str).encode()


def content_hash(content: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of the canonical content."""
    return hashlib.sha256(canonical(content)).hexdigest()


def due_total(*, amount: int, recover: int, already: int) -> int:
    """What a person is due in all by the rule, in fen: the rule's amount counts from what the fact says was paid."""
    return max(already + amount - recover, 0)


def award_key(*, service_id: str, person_id: UUID, period: int, ordinal: int, total: int) -> str:
    """Names one automatic award: the n-th of a person in a period, which brings her total to this sum."""
    return f"{service_id}:{person_id}:{period}:{ordinal}:{total}"


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or the last day of that month."""
    month = day.month - 1 + months
    first = date(day.year + month // 12, month % 12 + 1, 1)
    last = (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return first.replace(day=min(day.day, last.day))


def recheck_outcome(*, verdict: bool | None, grade: str | None, before: str) -> RecheckOutcome | None:
    """What the rule's word of today means for what was granted; None while it is not known."""
    if verdict is None:
        return None
    if not verdict:
        return RecheckOutcome.ENDED
    return RecheckOutcome.KEPT if (grade or "") == before else RecheckOutcome.REGRADED
