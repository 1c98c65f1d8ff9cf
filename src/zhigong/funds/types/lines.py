"""The frozen rows that funds takes and gives. Amounts are fen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from zhigong.funds.types.words import (
    AccountOutcome,
    BatchState,
    ClaimState,
    FileKind,
    FileState,
    LineState,
    MoneyAct,
    PayableState,
)


@dataclass(frozen=True, slots=True)
class PaymentRequest:
    """One benefit decided: whom, how much, of which service; key names the decision, so that it is paid once."""

    person_id: UUID
    union_id: UUID
    amount_fen: int
    service_id: str
    case_id: UUID | None
    reason: str
    key: str


@dataclass(frozen=True, slots=True)
class Requested:
    """What became of many requests. made: new payables; ids: payable by key, also of those made earlier."""

    made: int
    repeated: int
    ids: dict[str, UUID]
    by_state: dict[PayableState, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RecoveryRequest:
    """One benefit to be taken back; note: how instalments were agreed (分期约定)."""

    person_id: UUID
    union_id: UUID
    amount_fen: int
    service_id: str
    case_id: UUID | None
    reason: str
    key: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Recovered:
    """What became of many recoveries. offset_fen was set against payments not yet made, the rest is claimed back."""

    made: int
    repeated: int
    ids: dict[str, UUID]
    offset_fen: int = 0
    claimed_fen: int = 0


@dataclass(frozen=True, slots=True)
class AccountEntry:
    """One payee account as the card bank lists it; passbook: it is no card, its number has no check digit."""

    person_id: UUID
    holder: str
    bank: str
    number: str
    key: str
    passbook: bool = False


@dataclass(frozen=True, slots=True)
class Registered:
    """Bulk registration by outcome; outcomes by key."""

    outcomes: dict[str, AccountOutcome]

    def count(self, outcome: AccountOutcome) -> int:
        """Entries with this outcome."""
        return sum(1 for one in self.outcomes.values() if one is outcome)


@dataclass(frozen=True, slots=True)
class AccountLine:
    """A payee account as shown: the number is masked, opening it is recorded."""

    id: UUID
    person_id: UUID
    holder: str
    bank: str
    number_masked: str
    heir: bool
    registered_on: date


@dataclass(frozen=True, slots=True)
class BudgetLine:
    """A budget and where its money stands; allotted = available + reserved + transit + paid + owed."""

    id: UUID
    union_id: UUID
    union_name: str
    service_id: str
    year: int
    document: str
    allotted: int
    available: int
    reserved: int
    transit: int
    paid: int
    owed: int


@dataclass(frozen=True, slots=True)
class PayableLine:
    """One payable; net_fen = amount_fen - offset_fen goes to the bank."""

    id: UUID
    person_id: UUID
    person_name: str
    union_name: str
    service_id: str
    case_id: UUID | None
    amount_fen: int
    offset_fen: int
    net_fen: int
    state: PayableState
    reason: str
    requested_on: date
    paid_on: date | None
    problem: str
    account_masked: str = ""
    bank: str = ""


@dataclass(frozen=True, slots=True)
class Payout:
    """A payout batch in a list. made_by, released_by: accounts; they are never the same."""

    id: UUID
    number: int
    title: str
    service_id: str
    state: BatchState
    lines: int
    total_fen: int
    made_by: UUID | None
    made_by_name: str
    made_on: date
    released_by: UUID | None
    released_by_name: str
    released_on: date | None
    paid: int = 0
    rejected: int = 0
    unknown: int = 0
    hash: str = ""
    returned: int = 0


@dataclass(frozen=True, slots=True)
class MoneyTodo:
    """One thing of money an actor may do now. batch_id: None of payments to draft a batch of; since: when it began."""

    act: MoneyAct
    batch_id: UUID | None
    title: str
    service_id: str
    count: int
    fen: int
    since: date
    made_by_name: str = ""


@dataclass(frozen=True, slots=True)
class MoneyTodos:
    """All of it: acts, and how many payments wait for an account, an heir, an answer or money."""

    acts: tuple[MoneyTodo, ...]
    waiting: Mapping[PayableState, int]


@dataclass(frozen=True, slots=True)
class PayoutLine:
    """One line of a batch; the account number is masked."""

    id: UUID
    number: int
    serial: str
    payable_id: UUID
    person_id: UUID
    holder: str
    bank: str
    account_masked: str
    fen: int
    state: LineState
    problem: str


@dataclass(frozen=True, slots=True)
class PayoutCard:
    """A batch with its lines and what the actor may do now: freeze, dissolve, release, file, post, ask."""

    payout: Payout
    lines: tuple[PayoutLine, ...]
    may: frozenset[str]


@dataclass(frozen=True, slots=True)
class PostedLine:
    """A line the bank answered; casework moves the case by it. offset_fen: what was set off before it was sent."""

    payable_id: UUID
    case_id: UUID | None
    person_id: UUID
    state: LineState
    fen: int
    problem: str
    offset_fen: int = 0


@dataclass(frozen=True, slots=True)
class Posted:
    """What a return file did. repeated: the same file was posted before, nothing moved now. returned: paid lines that
    came back."""

    batch_id: UUID
    paid: int
    rejected: int
    unknown: int
    paid_fen: int
    lines: tuple[PostedLine, ...]
    repeated: bool = False
    settled: bool = False
    returned: int = 0


@dataclass(frozen=True, slots=True)
class FileTask:
    """A file of a batch on its way: a return file to be posted, or a large bank file to be built.

    error: what, where, why, do of a refusal; result: paid, rejected, unknown, returned, paid_fen, repeated.
    stuck: the work has ended without finishing; asking again is safe.
    """

    id: UUID
    kind: FileKind
    file_name: str
    state: FileState
    error: Mapping[str, str]
    result: Mapping[str, int]
    asked_by_name: str
    asked_at: datetime
    stuck: bool = False


@dataclass(frozen=True, slots=True)
class ClaimLine:
    """Money to be had back from a person; open_fen = amount_fen - regained_fen."""

    id: UUID
    person_id: UUID
    person_name: str
    union_name: str
    service_id: str
    case_id: UUID | None
    amount_fen: int
    regained_fen: int
    open_fen: int
    state: ClaimState
    reason: str
    note: str
    claimed_on: date


@dataclass(frozen=True, slots=True)
class OffsetLine:
    """A part of a payment that was set against a debt; case_id: the case the debt came from."""

    fen: int
    reason: str
    case_id: UUID | None


@dataclass(frozen=True, slots=True)
class Unmatched:
    """What waits for people: rejected and unknown lines, payables without account or budget, open claims."""

    rejected: tuple[PayableLine, ...]
    unknown: tuple[PayableLine, ...]
    awaiting_account: int
    heirs: int
    awaiting_budget: int
    claims: tuple[ClaimLine, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that does not add up: what, of which row, stored and recomputed fen."""

    what: str
    where: str
    stored: int
    counted: int


@dataclass(frozen=True, slots=True)
class Reconciled:
    """The nightly recomputation: what was looked at, and every difference (empty: all sound)."""

    accounts: int
    transfers: int
    batches: int
    differences: tuple[Difference, ...] = ()

    @property
    def sound(self) -> bool:
        """Whether everything adds up."""
        return not self.differences
