"""Words of facts: what one is, what it may be used for, and the frozen rows that queries return."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum, StrEnum
from types import MappingProxyType
from uuid import UUID

from zhigong.rules.types import Kind

Plain = int | bool | str | date
DECLARED_SOURCE = "declared"
DECLARED_TITLE = "本人说明"


class Entity(StrEnum):
    """Whom a fact is about; whoever it is about, it is kept with each person concerned."""

    PERSON = "person"
    HOUSEHOLD = "household"
    EMPLOYER = "employer"

    @property
    def label(self) -> str:
        """What cadres read."""
        return {"person": "本人", "household": "家庭", "employer": "单位"}[self.value]


class Sensitivity(StrEnum):
    """How much harm misuse does (个人信息保护法 §28)."""

    NONE = "none"
    PERSONAL = "personal"
    SENSITIVE = "sensitive"


class Use(StrEnum):
    """What a fact may be read for; SELF is the person's own look at it and needs no permission."""

    SCREENING = "screening"
    ELIGIBILITY = "eligibility"
    PAYMENT = "payment"
    VERIFICATION = "verification"
    CARE = "care"
    STATISTICS = "statistics"
    SELF = "self"

    @property
    def label(self) -> str:
        """What members and cadres read."""
        return {
            "screening": "主动发现应享未享",
            "eligibility": "办理服务",
            "payment": "资金发放",
            "verification": "核对资料",
            "care": "联系走访",
            "statistics": "统计分析",
            "self": "本人查阅",
        }[self.value]


class Model(StrEnum):
    """Where the values of a group come from."""

    LAKE = "lake"
    BASE = "base"
    LEDGER = "ledger"
    DECLARED = "declared"


class Settle(StrEnum):
    """Which value counts when a source and the person say different things.

    SOURCE: the source's. LARGER: the greater one (true before false): for losses and exclusions, of which a
    department may know less than the person.
    """

    SOURCE = "source"
    LARGER = "larger"


class Standing(IntEnum):
    """What became of a declared value. REPLACED: the person has said something else since."""

    DECLARED = 1
    CONFIRMED = 2
    CONTRADICTED = 3
    REPLACED = 4

    @property
    def label(self) -> str:
        """What members and cadres read."""
        return ("待核实", "与部门数据一致", "与部门数据不一致", "已更新")[self - 1]


@dataclass(frozen=True, slots=True)
class Ask:
    """How a member is asked for a fact; limits are inclusive and in the unit of the fact."""

    question: str
    help: str
    at_least: int | None = None
    at_most: int | None = None
    tolerance_percent: int = 0
    """How far a source may differ from the member's figure and still confirm it."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One named fact of the vocabulary. unit: fen, months, persons …; values: of a text, code -> label."""

    name: str
    group: str
    label: str
    kind: Kind
    entity: Entity
    sensitivity: Sensitivity
    purposes: frozenset[Use]
    freshness_days: int
    unit: str = ""
    values: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    settle: Settle = Settle.SOURCE
    ask: Ask | None = None
    note: str = ""

    @property
    def unit_label(self) -> str:
        """The unit as people say it; fen are shown in yuan."""
        return UNITS.get(self.unit, "")


UNITS: Mapping[str, str] = MappingProxyType(
    {"": "", "fen": "元", "months": "个月", "years": "岁", "persons": "人", "homes": "套", "times": "次"}
)


@dataclass(frozen=True, slots=True)
class Group:
    """Facts that are derived together. sources: code -> title; every row names one or more of them."""

    name: str
    title: str
    model: Model
    sources: Mapping[str, str]
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Rival:
    """The other value of a fact on which the person and a source disagree."""

    value: Plain
    shown: str
    source_title: str
    as_of: date
    declared: bool


@dataclass(frozen=True, slots=True)
class FactValue:
    """One fact of one person as it counts now. as_of: the day it was true of; shown: as people read it.

    stale: older than the fact's freshness on the day of reading. standing: of a declared value. conflict: the other
    value, when the person and a source disagree.
    """

    name: str
    label: str
    value: Plain
    shown: str
    source: str
    source_title: str
    as_of: date
    batch: UUID | None
    declared: bool
    stale: bool
    sensitive: bool
    standing: Standing | None = None
    conflict: Rival | None = None


@dataclass(frozen=True, slots=True)
class GroupPage:
    """The facts of one group as the page of a person shows them; missing: labels of facts nobody knows."""

    name: str
    title: str
    facts: tuple[FactValue, ...]
    missing: tuple[str, ...]
    withheld: int
    """How many the reader may not see for this purpose."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """One thing a person said, the latest first in a history."""

    id: UUID
    name: str
    label: str
    value: Plain
    shown: str
    declared_on: date
    by_self: bool
    standing: Standing
    settled_on: date | None
    case_id: UUID | None


@dataclass(frozen=True, slots=True)
class Published:
    """What a publication did. rows: persons given; changed: values or source new; renewed: only the date or batch;
    removed: persons who have nothing in the group any more; unknown: persons not (or no longer) in the base; settled:
    declared values whose standing changed."""

    rows: int
    changed: int
    renewed: int
    removed: int
    unknown: int
    settled: int


@dataclass(frozen=True, slots=True)
class ReleaseLine:
    """The last publication of a group. rows: persons with facts in it; as_of: the latest day it speaks of."""

    group: str
    title: str
    rows: int
    as_of: date | None
    published_on: date
