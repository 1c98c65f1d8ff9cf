"""Whole pages, filters and counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from zhigong.casework.types.lines import (
    CaseLine,
    ConditionLine,
    FactLine,
    PublicityLine,
    RecheckLine,
    StepLine,
    SupplementLine,
    TimelineLine,
)
from zhigong.casework.types.words import Action, CaseState, ObjectionKind, ObjectionState


@dataclass(frozen=True, slots=True)
class DecisionLine:
    """A decision with its reasons; sound: the signature still fits the content of the case; recheck: of a yearly
    re-check."""

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
    recheck: bool = False


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
    """What was paid, or is on its way, for a case; the words are the ledger's, but SET_OFF where nothing was sent.

    amount_fen: what goes to the bank; offset_fen: what was set against debts before.
    """

    id: UUID
    amount_fen: int
    state_label: str
    paid_on: date | None
    account_masked: str = ""
    offset_fen: int = 0


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
    recheck: RecheckLine | None = None

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


@dataclass(frozen=True, slots=True)
class ClockCounts:
    """What one run of the clock did. rechecks: yearly re-checks begun; unanswered: those a cadre has to ask about."""

    escalated: int
    reminded: int
    publicity_ended: int
    expired_entitlements: int
    rechecks: int
    settled: int = 0
    unanswered: int = 0
