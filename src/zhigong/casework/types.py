"""Words of casework: states, actions, outcomes, and the frozen rows that queries return."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import IntEnum, StrEnum
from typing import Any, TypedDict
from uuid import UUID


class CaseState(IntEnum):
    """Where a case stands."""

    RUNNING = 1
    SUPPLEMENT = 2
    PUBLICITY = 3
    HEIR = 4
    GRANTED = 5
    PAID = 6
    REFUSED = 7
    WITHDRAWN = 8

    @property
    def label(self) -> str:
        """What members and cadres read."""
        return ("办理中", "待补充材料", "公示中", "待确认继承人", "已通过", "已发放", "未通过", "已撤回")[self - 1]

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to act before it is decided."""
        return self in OPEN_STATES


OPEN_STATES = (CaseState.RUNNING, CaseState.SUPPLEMENT, CaseState.PUBLICITY)


class CaseOrigin(IntEnum):
    """How a case came to be."""

    APPLIED = 1
    FOUND = 2
    AUTOMATIC = 3

    @property
    def label(self) -> str:
        """What members and cadres read."""
        return ("本人申请", "数据找人", "免申即享")[self - 1]


class StepState(IntEnum):
    """Where one step of a route stands."""

    WAITING = 1
    OPEN = 2
    DONE = 3
    RETURNED = 4
    CLOSED = 5

    @property
    def label(self) -> str:
        """What members and cadres read."""
        return ("未开始", "办理中", "已完成", "已退回", "不再办理")[self - 1]


class Action(StrEnum):
    """What a cadre does with the open step of a case; the value is stored, the label is the button."""

    PASS = "pass"  # noqa: S105 — a verb
    RETURN = "return"
    REFUSE = "refuse"
    SUPPLEMENT = "supplement"
    PUBLISH = "publish"

    @property
    def label(self) -> str:
        """The words on the button."""
        return {
            "pass": "通过",
            "return": "退回上一步",
            "refuse": "不予通过",
            "supplement": "请申请人补充",
            "publish": "开始公示",
        }[self.value]


class EntitlementState(IntEnum):
    """Where something the data found for a person stands."""

    OFFERED = 1
    ACCEPTED = 2
    GRANTED = 3
    WITHDRAWN = 4

    @property
    def label(self) -> str:
        """What members read."""
        return ("为您找到", "已申请", "已享受", "条件已变化")[self - 1]


class ObjectionKind(IntEnum):
    """Against what an objection is raised."""

    DECISION = 1
    PUBLICITY = 2

    @property
    def label(self) -> str:
        """What members and cadres read."""
        return ("对决定的异议", "对公示的异议")[self - 1]


class ObjectionState(IntEnum):
    """How an objection was answered. UPHELD: the decision stands. REVERSED: it does not."""

    OPEN = 1
    UPHELD = 2
    REVERSED = 3

    @property
    def label(self) -> str:
        """What members and cadres read."""
        return ("复核中", "维持原决定", "原决定已改变")[self - 1]


class TodoKind(StrEnum):
    """What a to-do asks for."""

    STEP = "step"
    OBJECTION = "objection"
    HEIR = "heir"
    FOLLOW_UP = "follow_up"
    RECHECK = "recheck"

    @property
    def label(self) -> str:
        """What cadres read."""
        return {
            "step": "办理",
            "objection": "复核异议",
            "heir": "确认继承人",
            "follow_up": "差评回访",
            "recheck": "年度复核",
        }[self.value]


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
    """A case in a list; next_text says in one sentence what happens next and at whom."""

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


@dataclass(frozen=True, slots=True)
class DecisionLine:
    """A decision with its reasons; sound: the signature still fits the content of the case."""

    id: UUID
    granted: bool
    automatic: bool
    grade_label: str
    amount_fen: int | None
    reasons: tuple[ConditionLine, ...]
    note: str
    decided_by: str
    union_name: str
    decided_on: date
    service_version: str
    content_hash: str
    signature: str
    key_id: str
    sound: bool


@dataclass(frozen=True, slots=True)
class ObjectionLine:
    """An objection and its answer."""

    id: UUID
    case_id: UUID
    kind: ObjectionKind
    state: ObjectionState
    text: str
    raised_on: date
    due_on: date | None
    level_label: str
    answer: str
    answered_on: date | None
    answered_by: str
    may_answer: bool = False
    mine: bool = False


@dataclass(frozen=True, slots=True)
class RatingLine:
    """A mark from 1 to 5; 1 and 2 open a follow-up, done when followed_on is set."""

    id: UUID
    score: int
    text: str
    rated_on: date
    follow_up: bool
    followed_on: date | None
    follow_note: str


@dataclass(frozen=True, slots=True)
class PaymentLine:
    """What was paid, or is on its way, for a case; the words are the ledger's."""

    id: UUID
    amount_fen: int
    state_label: str
    paid_on: date | None
    account_masked: str = ""


@dataclass(frozen=True, slots=True)
class PanelLine:
    """The decision panel: what the rule says now, with the reasons filled in; agrees: as when submitted."""

    verdict: bool | None
    grade_label: str
    amount_fen: int | None
    reasons: tuple[ConditionLine, ...]
    missing: tuple[str, ...]
    note: str
    agrees: bool


@dataclass(frozen=True, slots=True)
class CasePage:
    """One case with all its page shows; may: what this actor may do now (cadre), for herself (member: flags)."""

    line: CaseLine
    service_version: str
    content_hash: str
    facts: tuple[FactLine, ...]
    answers: tuple[FactLine, ...]
    steps: tuple[StepLine, ...]
    timeline: tuple[TimelineLine, ...]
    decisions: tuple[DecisionLine, ...]
    supplements: tuple[SupplementLine, ...]
    publicity: PublicityLine | None
    objections: tuple[ObjectionLine, ...]
    rating: RatingLine | None
    payments: tuple[PaymentLine, ...]
    panel: PanelLine | None
    actions: tuple[Action, ...]
    step_id: str
    promised_on: date | None
    may_supply: bool
    may_object: bool
    may_rate: bool
    may_withdraw: bool
    may_name_heir: bool
    changed_facts: tuple[str, ...] = ()

    @property
    def decision(self) -> DecisionLine | None:
        """The decision in force."""
        return self.decisions[-1] if self.decisions else None


@dataclass(frozen=True, slots=True)
class CasePageList:
    """One page of cases, with the keys of the neighbouring pages."""

    lines: tuple[CaseLine, ...]
    previous: UUID | None
    following: UUID | None
    total: int


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """What a list of cases is narrowed to."""

    service_id: str = ""
    state: CaseState | None = None
    overdue: bool = False
    number: str = ""
    union_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class CaseCounts:
    """Counts for home pages and dashboards, of the actor's scope."""

    open: int
    overdue: int
    supplement: int
    publicity: int
    granted: int
    refused: int
    paid: int
    offered: int
    todos: int


@dataclass(frozen=True, slots=True)
class ActOutcome:
    """How one act of a batch ended; refused holds the sentence why not."""

    case_id: UUID
    done: bool
    refused: str = ""


@dataclass(frozen=True, slots=True)
class ScreenCounts:
    """What screening one service found and changed; seconds per part."""

    service_id: str
    screened: int
    true: int
    false: int
    unknown: int
    offered: int
    withdrawn: int
    changed: int
    granted: int = 0
    granted_fen: int = 0
    recovered: int = 0
    recovered_fen: int = 0
    waiting_for_heirs: int = 0
    seconds: dict[str, float] = field(default_factory=dict)


class Stage(TypedDict):
    """One stage of a refresh: rows looked at, rows whose result changed, seconds it took."""

    rows: int
    changed: int
    seconds: float


@dataclass(frozen=True, slots=True)
class ClockCounts:
    """What one run of the clock did."""

    escalated: int
    reminded: int
    publicity_ended: int
    expired_entitlements: int
    rechecks: int


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
    """A granted entitlement whose yearly re-check is due."""

    entitlement_id: UUID
    case_id: UUID
    person_name: str
    title: str
    due_on: date
    holds: bool
