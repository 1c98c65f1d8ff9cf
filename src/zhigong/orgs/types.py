"""Words of the organisation: levels, kinds, duties, rights, and the frozen rows that queries return."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum, StrEnum
from uuid import UUID


class Level(IntEnum):
    """The four levels of a federation; also the number of the level column."""

    CITY = 1
    DISTRICT = 2
    STREET = 3
    GRASSROOTS = 4

    @property
    def label(self) -> str:
        """What cadres call it."""
        return ("市总工会", "区县总工会", "乡镇街道工会", "基层工会")[self - 1]

    @property
    def code(self) -> str:
        """Its code in the catalogue's table union_level."""
        return self.name.lower()


class UnionKind(IntEnum):
    """Kind of a union (工会类型)."""

    FEDERATION = 1
    INDUSTRIAL = 2
    ENTERPRISE = 3
    JOINT = 4
    REGIONAL = 5
    INSTITUTION = 6

    @property
    def label(self) -> str:
        """What cadres call it."""
        return (
            "地方总工会",
            "行业（产业）工会",
            "独立基层工会",
            "联合基层工会",
            "区域性工会联合会",
            "机关事业单位工会",
        )[self - 1]

    @property
    def code(self) -> str:
        """Its code in the catalogue's table union_kind."""
        return self.name.lower()


class UnionStatus(IntEnum):
    """Life of a union."""

    PREPARING = 1
    ACTIVE = 2
    DISSOLVED = 3
    MERGED = 4

    @property
    def label(self) -> str:
        """What cadres call it."""
        return ("筹建", "正常", "已撤销", "已合并")[self - 1]


class EmployerStatus(IntEnum):
    """Registration state of an employer (登记状态)."""

    ACTIVE = 1
    REVOKED = 2
    CANCELLED = 3
    OTHER = 9

    @property
    def label(self) -> str:
        """What the register calls it."""
        return {1: "存续", 2: "吊销", 3: "注销", 9: "其他"}[int(self)]


class Duty(StrEnum):
    """What a post is for; the value is stored, the label shown."""

    CHAIR = "chair"
    CLERK = "clerk"
    DATA_OFFICER = "data_officer"
    FINANCE = "finance"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"

    @property
    def label(self) -> str:
        """What cadres call it."""
        return {
            "chair": "主席",
            "clerk": "干事",
            "data_officer": "数据专员",
            "finance": "财务",
            "auditor": "审计",
            "administrator": "系统管理员",
        }[self.value]


class Engagement(IntEnum):
    """How a cadre holds a post (专职/兼职/挂职)."""

    FULL_TIME = 1
    PART_TIME = 2
    SECONDED = 3

    @property
    def label(self) -> str:
        """What cadres call it."""
        return ("专职", "兼职", "挂职")[self - 1]


@dataclass(frozen=True, slots=True)
class UnionLine:
    """A union in a list or the tree; path runs from the city down to the parent."""

    id: UUID
    code: str
    name: str
    level: Level
    kind: UnionKind
    status: UnionStatus
    parent_id: UUID | None
    path: str = ""
    children: int = 0
    members: int = 0
    term_ends_on: date | None = None


@dataclass(frozen=True, slots=True)
class UnionCard:
    """One union as of a date, with all that its page shows."""

    line: UnionLine
    short_name: str
    division_code: str
    credit_code: str
    founded_on: date | None
    ancestors: tuple[UnionLine, ...]
    version_from: date | None
    version_to: date | None
    history: tuple[UnionVersionLine, ...] = ()


@dataclass(frozen=True, slots=True)
class UnionVersionLine:
    """One dated version of a union; valid_to is None for the present one."""

    valid_from: date
    valid_to: date | None
    name: str
    parent_name: str
    change: str
    document: str


@dataclass(frozen=True, slots=True)
class TermLine:
    """A term of office (届次); days_left is negative when overdue."""

    id: UUID
    union_id: UUID
    union_name: str
    union_path: str
    number: int
    starts_on: date
    ends_on: date
    days_left: int


@dataclass(frozen=True, slots=True)
class PostLine:
    """A post held by a cadre."""

    id: UUID
    union_id: UUID
    union_name: str
    holder: str
    duty: Duty
    title: str
    engagement: Engagement
    starts_on: date
    ends_on: date | None
    has_account: bool
    frontline: bool


@dataclass(frozen=True, slots=True)
class EmployerLine:
    """An employer in a list."""

    id: UUID
    credit_code: str
    name: str
    industry: str
    status: EmployerStatus
    division_code: str
    union_names: tuple[str, ...] = ()
    unionised: bool = False
    address: str = ""
    registration_type: str = ""
    founded_on: date | None = None


@dataclass(frozen=True, slots=True)
class LoadCounts:
    """What a set-based load changed, in rows."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
