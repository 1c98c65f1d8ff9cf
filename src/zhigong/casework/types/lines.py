"""The frozen lines that pages are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypedDict
from uuid import UUID

from zhigong.casework.types.words import (
    Action,
    CaseOrigin,
    CaseState,
    EntitlementState,
    RecheckOutcome,
    RecheckState,
    StepState,
    TodoKind,
)


@dataclass(frozen=True, slots=True)
class FactLine:
    """A fact used by a case or a condition: value in words, where it comes from and of which day."""

    name: str
    label: str
    value: Any
    text: str
    source_title: str
    as_of: date | None
    declared: bool = False
    stale: bool = False


@dataclass(frozen=True, slots=True)
class ConditionLine:
    """One sentence of the rule; holds is None when it is not known yet. facts: those the sentence reads."""

    text: str
    holds: bool | None
    kind: str = "condition"
    facts: tuple[FactLine, ...] = ()


@dataclass(frozen=True, slots=True)
class QuestionLine:
    """A question the member still has to answer; fact is '' for free fields, whose name is then `field`."""

    fact: str
    field: str
    label: str
    help: str
    kind: str
    choices: tuple[tuple[str, str], ...] = ()
    required: bool = True
    unit: str = ""


@dataclass(frozen=True, slots=True)
class RouteLine:
    """One step of a service's route as it will go for a person: who decides, within how many workdays."""

    step_id: str
    title: str
    level: int
    level_label: str
    workdays: int


@dataclass(frozen=True, slots=True)
class EntitlementLine:
    """Something the data found for a person; why: sentences of the rule that hold for her."""

    id: UUID
    person_id: UUID
    service_id: str
    title: str
    summary: str
    state: EntitlementState
    grade_label: str
    amount_fen: int | None
    found_on: date
    why: tuple[str, ...]
    questions: int
    case_id: UUID | None
    person_name: str = ""
    union_name: str = ""


@dataclass(frozen=True, slots=True)
class ServicePage:
    """A service as one member sees it: each condition with its verdict for her, and what is still missing."""

    service_id: str
    title: str
    summary: str
    kind: str
    icon: str
    audience: str
    what_you_get: str
    days_promised: int
    legal_basis: tuple[str, ...]
    automatic: bool
    verdict: bool | None
    grade_label: str
    amount_fen: int | None
    conditions: tuple[ConditionLine, ...]
    known: tuple[FactLine, ...]
    questions: tuple[QuestionLine, ...]
    account_masked: str
    route: tuple[RouteLine, ...]
    entitlement: EntitlementLine | None
    open_case_id: UUID | None
    may_apply: bool
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class CaseLine:
    """A case in a list; next_text says in one sentence what happens next and at whom.

    taken_fen: what of its award is to be given back; owed_fen: what of that is still owed.
    """

    id: UUID
    number: str
    service_id: str
    title: str
    person_id: UUID
    person_name: str
    union_name: str
    state: CaseState
    origin: CaseOrigin
    step_title: str
    next_text: str
    submitted_on: date
    due_on: date | None
    days_left: int | None
    overdue: bool
    grade_label: str
    amount_fen: int | None
    taken_fen: int = 0
    owed_fen: int = 0

    @property
    def is_recovered(self) -> bool:
        """Whether all she was granted is taken back: paid is then no longer the word for it."""
        return self.state in (CaseState.GRANTED, CaseState.PAID) and 0 < (self.amount_fen or 0) <= self.taken_fen

    @property
    def label(self) -> str:
        """Where it stands, as members and cadres read it."""
        if not self.is_recovered:
            return self.state.label
        return "待退回" if self.owed_fen else "已收回"


@dataclass(frozen=True, slots=True)
class TodoLine:
    """One thing a cadre has to do; id is the step's, objection's, rating's or case's, by kind."""

    kind: TodoKind
    id: UUID
    case_id: UUID
    number: str
    service_id: str
    title: str
    person_name: str
    union_name: str
    what: str
    due_on: date | None
    days_left: int | None
    overdue: bool
    actions: tuple[Action, ...] = ()
    amount_fen: int | None = None
    escalated: bool = False
    step: str = ""


@dataclass(frozen=True, slots=True)
class StepLine:
    """One step of a case's route; deadline explains the due date step by step."""

    id: UUID
    step_id: str
    ordinal: int
    title: str
    kind: str
    level: int
    level_label: str
    union_name: str
    state: StepState
    opened_on: date | None
    due_on: date | None
    done_on: date | None
    done_by: str
    action: str
    note: str
    overdue: bool
    escalated: bool
    deadline: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TimelineLine:
    """One event of a case in plain words; tone: info, good, bad, wait."""

    at: datetime
    on: date
    title: str
    text: str
    who: str
    tone: str = "info"


@dataclass(frozen=True, slots=True)
class SupplementLine:
    """A request for supplements; answered_on is None while the clock stands still."""

    id: UUID
    note: str
    asked_by: str
    asked_on: date
    answered_on: date | None
    questions: tuple[QuestionLine, ...] = ()
    answer: str = ""


@dataclass(frozen=True, slots=True)
class PublicityLine:
    """A public notice: masked name, union, category, amount, and nothing else about the person (PIPL §25)."""

    id: UUID
    case_id: UUID | None
    masked_name: str
    union_name: str
    category: str
    amount_fen: int | None
    starts_on: date
    ends_on: date
    days_left: int
    objections: int
    may_object: bool = True


class Stage(TypedDict):
    """One stage of a refresh: rows looked at, rows whose result changed, seconds it took."""

    rows: int
    changed: int
    seconds: float


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """A message to the member; is_new until she has opened the list."""

    id: UUID
    title: str
    text: str
    on: date
    kind: str
    case_id: UUID | None
    is_new: bool


@dataclass(frozen=True, slots=True)
class RecheckLine:
    """A yearly re-check as the member sees it. questions: what nobody knows but she; said: her last answers as texts,
    by name; answer_by: the day until which she is asked."""

    id: UUID
    case_id: UUID
    title: str
    state: RecheckState
    due_on: date
    answer_by: date
    answered_on: date | None
    changed: bool | None
    answer: str
    outcome: RecheckOutcome | None
    closed_on: date | None
    may_answer: bool
    questions: tuple[QuestionLine, ...] = ()
    said: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RecheckPanel:
    """A yearly re-check for whoever is to act on it: what she answered, what the rule says today, what follows.

    outcome: None while facts are missing; deciding: a level below found the change and this actor decides it; hers:
    whether this actor may act now.
    """

    line: RecheckLine
    outcome: RecheckOutcome | None
    grade_before: str
    grade_now: str
    reasons: tuple[ConditionLine, ...]
    missing: tuple[str, ...]
    note: str
    proposed_by: str
    deciding: bool
    decider: str
    hers: bool
