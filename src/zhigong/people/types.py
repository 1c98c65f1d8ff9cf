"""Words of persons and memberships, and the frozen rows that queries return."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from enum import IntEnum, StrEnum
from uuid import UUID


class MembershipStatus(IntEnum):
    """Standing of a person as a member (会籍状态)."""

    NONE = 0
    ACTIVE = 1
    RETAINED = 2
    ENDED = 3

    @property
    def label(self) -> str:
        """What cadres call it."""
        return ("未入会", "在籍", "保留会籍", "已终止")[self]


class ChangeType(IntEnum):
    """National codes of membership changes (会籍变化类型, 总工办发〔2017〕14号)."""

    JOIN = 1
    TRANSFER_IN = 2
    RETAIN = 3
    TRANSFER_OUT = 4
    EXPEL = 5
    QUIT = 6

    @property
    def label(self) -> str:
        """What the member sheet calls it."""
        return ("入会", "转入", "保留", "转出", "除名", "退会")[self - 1]


class Verification(IntEnum):
    """How far a person's identity is established (实名状态)."""

    UNVERIFIED = 0
    CHECKED = 1
    CONFIRMED = 2

    @property
    def label(self) -> str:
        """What cadres call it."""
        return ("待核实", "已校验", "已比对")[self]


class TransferState(IntEnum):
    """Steps of a transfer between unions (会员接转)."""

    REQUESTED = 1
    ACCEPTED = 2
    REFUSED = 3
    WITHDRAWN = 4
    EXPIRED = 5

    @property
    def label(self) -> str:
        """What cadres call it."""
        return ("待接收", "已转入", "已退回", "已撤回", "已超时")[self - 1]


class Outcome(StrEnum):
    """What became of one row of a roster."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    ELSEWHERE = "elsewhere"
    UNKNOWN_UNION = "unknown_union"
    REPEATED = "repeated"


@dataclass(frozen=True, slots=True)
class MemberLine:
    """A person in a list; phone and id are masked, opening them is logged."""

    id: UUID
    name: str
    sex: str
    age: int | None
    union_id: UUID
    union_name: str
    employer_name: str
    phone_masked: str
    status: MembershipStatus
    verification: Verification
    joined_on: date | None
    member_no: str
    is_migrant: bool
    name_sort: str = ""


@dataclass(frozen=True, slots=True)
class MembershipLine:
    """One membership of a person, past or present."""

    id: UUID
    union_id: UUID
    union_name: str
    status: MembershipStatus
    joined_on: date | None
    ended_on: date | None
    change: str
    reason: str


@dataclass(frozen=True, slots=True)
class HouseholdLine:
    """Another person of the same household, in the viewer's scope; relation: to the head of the household."""

    person_id: UUID
    name: str
    relation: str
    age: int | None


HOME_SHOWN = 12
"""Relatives on a page: a family; of a dormitory that is registered as one household the rest is a number."""


@dataclass(frozen=True, slots=True)
class Home:
    """The household a person lives in, by the register. relation: her own to its head; lines: others the viewer may
    see, the first `HOME_SHOWN` of them; others: how many live there that are not among the lines, with a union or
    without."""

    relation: str
    size: int
    lines: tuple[HouseholdLine, ...] = ()

    @property
    def others(self) -> int:
        """How many more live there; whether they are members elsewhere is not told."""
        return max(self.size - 1 - len(self.lines), 0)

    @property
    def cut(self) -> bool:
        """Whether there may be more lines than are shown."""
        return len(self.lines) >= HOME_SHOWN


@dataclass(frozen=True, slots=True)
class HouseholdCounts:
    """What a publication of households wrote: persons added, changed (moved, other relation or size) and removed, and
    households. persons: rows about persons of the base; unknown: rows about whom the base does not know."""

    persons: int
    unknown: int
    added: int
    changed: int
    removed: int
    homes_added: int
    homes_renewed: int
    homes_removed: int

    @property
    def written(self) -> int:
        """Rows written or deleted."""
        return self.added + self.changed + self.removed + self.homes_added + self.homes_renewed + self.homes_removed

    def as_dict(self) -> dict[str, int]:
        """For the record."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class PersonCard:
    """One person with all that her page shows; sealed fields appear only as masks."""

    line: MemberLine
    birth_date: date | None
    ethnicity: str
    education: str
    skill: str
    political: str
    employment: str
    household_type: str
    household_place: str
    native_place: str
    id_type: str
    id_masked: str
    union_path: str
    memberships: tuple[MembershipLine, ...]
    home: Home | None = None
    transfer: TransferLine | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TransferLine:
    """A transfer between two unions."""

    id: UUID
    person_id: UUID
    name: str
    from_union: str
    to_union: str
    state: TransferState
    requested_on: date
    due_on: date
    incoming: bool
    outgoing: bool = False
    decided_on: date | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class MemberFilter:
    """What a member list is narrowed and sorted by; every field is checked, unknown values are refused.

    union_id: a union with all below it. sort: name, -name, joined, -joined.
    """

    text: str = ""
    status: MembershipStatus | None = MembershipStatus.ACTIVE
    verification: Verification | None = None
    sex: str = ""
    migrant: bool | None = None
    union_id: UUID | None = None
    age_from: int | None = None
    age_to: int | None = None
    sort: str = "name"


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list; previous and following are the persons to ask `before` and `after`, None at either end."""

    lines: tuple[MemberLine, ...]
    previous: UUID | None = None
    following: UUID | None = None
    total: int = 0
    total_is_capped: bool = False


@dataclass(frozen=True, slots=True)
class RowResult:
    """What became of a row of a roster, and to which person it is linked."""

    row: int
    outcome: Outcome
    person_id: UUID | None


@dataclass(frozen=True, slots=True)
class AdmissionCounts:
    """Rows of a roster by outcome."""

    by_outcome: dict[str, int] = field(default_factory=dict)

    def of(self, outcome: Outcome) -> int:
        """Rows with this outcome."""
        return self.by_outcome.get(outcome.value, 0)


@dataclass(frozen=True, slots=True)
class SavedViewLine:
    """A saved view of a list: its name and the query string that shows it."""

    id: UUID
    name: str
    query: str
