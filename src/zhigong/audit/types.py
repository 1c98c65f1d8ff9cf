"""Words of the audit record: purposes, outcomes, entries, seals, and the rows that queries return."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum, StrEnum
from uuid import UUID

UnionChain = tuple[int, int, int, int]
DetailValue = int | str | bool | UUID | date | None | Sequence[int | str | UUID]
Detail = Mapping[str, DetailValue]

OPENED = "audit.person.opened"


class Purpose(StrEnum):
    """Why data was used (个人信息保护法 §6); the value is stored, the label shown to the person concerned."""

    BUSINESS = "business"
    CHECKING = "checking"
    IMPORT_EXPORT = "import_export"
    APPLICATION = "application"
    AUDIT = "audit"
    SELF = "self"
    CONTACT = "contact"
    STATISTICS = "statistics"
    SECURITY = "security"
    SYSTEM = "system"

    @property
    def label(self) -> str:
        """What members and cadres read."""
        return {
            "business": "办理业务",
            "checking": "核对资料",
            "import_export": "导入导出",
            "application": "会员申请",
            "audit": "审计检查",
            "self": "本人查阅",
            "contact": "联系走访",
            "statistics": "统计分析",
            "security": "登录与安全",
            "system": "系统任务",
        }[self.value]


class Outcome(StrEnum):
    """How an act ended."""

    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"

    @property
    def label(self) -> str:
        """What auditors read."""
        return {"done": "完成", "refused": "被拒绝", "failed": "失败"}[self.value]


class SealingState(IntEnum):
    """Whether sealing keeps up; STOPPED ends privileged reads, never member services (security.md §4.10)."""

    FRESH = 1
    LATE = 2
    STOPPED = 3

    @property
    def label(self) -> str:
        """What operators read."""
        return ("正常", "滞后", "停止")[self - 1]


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing an act concerned, with the chain of the union it belonged to at that time."""

    id: UUID
    union_chain: UnionChain | None = None
    count: int = 1


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """What the audit view narrows by; an empty field narrows nothing. since is inclusive, until exclusive."""

    since: datetime | None = None
    until: datetime | None = None
    account_id: UUID | None = None
    actor_name: str = ""
    subject_id: UUID | None = None
    action: str = ""
    purpose: Purpose | None = None
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class PageKey:
    """Where the next page starts: the last row already shown."""

    at: datetime
    id: UUID


@dataclass(frozen=True, slots=True)
class EntryLine:
    """One entry in the audit view; seal is None while it waits for the next seal."""

    id: UUID
    at: datetime
    account_id: UUID | None
    actor_name: str
    duty: str
    union_name: str
    action: str
    purpose: Purpose
    reason: str
    subject_kind: str
    subject_id: UUID | None
    count: int
    fields: tuple[str, ...]
    detail: Mapping[str, object]
    outcome: Outcome
    request_id: str
    seal: int | None


@dataclass(frozen=True, slots=True)
class EntryPage:
    """One page of entries, newest first; following is None on the last page."""

    lines: tuple[EntryLine, ...]
    following: PageKey | None


@dataclass(frozen=True, slots=True)
class Looked:
    """One cadre's use of one person's data on one day for one purpose; times counts the single acts."""

    day: date
    by_self: bool
    actor_name: str
    duty: str
    union_name: str
    purpose: Purpose
    reason: str
    actions: tuple[str, ...]
    fields: tuple[str, ...]
    times: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class SealLine:
    """One seal: everything up to it is fixed. root commits to all earlier seals."""

    number: int
    count: int
    root: str
    previous: str
    sealed_at: datetime
    key_id: str
    signature: str


@dataclass(frozen=True, slots=True)
class SealCheck:
    """The newest seals looked at again: how many, from which to which, and what does not hold (empty: all sound)."""

    count: int
    first: int
    last: int
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SealStatus:
    """How sealing stands: the last seal, what waits (counted to 100 000), and since when (None when nothing waits)."""

    last: SealLine | None
    pending: int
    oldest_pending_at: datetime | None
