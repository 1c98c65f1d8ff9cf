"""Words of batches: their states and the frozen rows that queries return."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import IntEnum
from typing import Any
from uuid import UUID


class BatchState(IntEnum):
    """Life of a batch."""

    RECEIVED = 1
    CHECKED = 2
    PUBLISHING = 3
    PUBLISHED = 4
    UNDONE = 5
    FAILED = 6
    DISCARDED = 7
    UNDOING = 8
    HELD = 9

    @property
    def label(self) -> str:
        """What cadres read."""
        words = (
            "已收到，正在检查",
            "已检查，待导入",
            "正在导入",
            "已导入",
            "已撤销",
            "未能处理",
            "已放弃",
            "正在撤销",
            "与上一批出入较大，待确认",
        )
        return words[self - 1]


@dataclass(frozen=True, slots=True)
class LiveBatch:
    """A published batch that is in force; delta: it adds to the ones before it.

    as_of: the day its file speaks of. rows counts all of its data rows, rejected ones too.
    """

    id: UUID
    number: int
    source: str
    as_of: date
    delta: bool
    rows: int
    published_at: datetime | None


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason to hold a batch back; codes: missing-column, unknown-column, retyped-column, emptied-column,
    fewer-rows, older, contradiction."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """The answer to an ingest; `duplicate_of` is the number of the batch that already holds the same file.

    held: why a department's batch waits for somebody to let it pass; empty otherwise.
    """

    batch: int
    batch_id: UUID
    source: str
    rows: int
    accepted: int
    unverified: int
    rejected: int
    duplicate_of: int | None = None
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    elsewhere: int = 0
    state: str = ""
    held: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The contract of commands.md, plus what became of the rows."""
        return {
            "batch": self.batch,
            "source": self.source,
            "rows": self.rows,
            "accepted": self.accepted,
            "unverified": self.unverified,
            "rejected": self.rejected,
            "duplicate_of": self.duplicate_of,
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "elsewhere": self.elsewhere,
            "state": self.state,
            "held": list(self.held),
        }


@dataclass(frozen=True, slots=True)
class BatchLine:
    """A batch in a list."""

    id: UUID
    number: int
    source: str
    source_title: str
    file_name: str
    union_name: str
    state: BatchState
    as_of: date
    rows: int
    accepted: int
    unverified: int
    rejected: int
    created: int
    updated: int
    unchanged: int
    elsewhere: int
    uploaded_by: str
    created_at: datetime
    error: dict[str, str] = field(default_factory=dict)
    default_union_code: str = ""
    published_at: datetime | None = None
    undone_at: datetime | None = None
    delta: bool = False
    findings: tuple[Finding, ...] = ()
    accepted_by: str = ""
    accepted_note: str = ""

    @property
    def usable(self) -> int:
        """Rows that importing would bring in."""
        return self.accepted + self.unverified


@dataclass(frozen=True, slots=True)
class PreviewCell:
    """One cell of the preview: the text as it came and, when bad, why."""

    text: str
    problem: str = ""
    severity: str = ""


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """One data row of the preview; row is the data row, line the row as Excel shows it."""

    row: int
    sheet: str
    line: int
    verdict: str
    cells: tuple[PreviewCell, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Preview:
    """What the wizard shows before importing: recognised columns, rows (bad ones first on demand), counts of
    problems."""

    batch: BatchLine
    columns: tuple[str, ...]
    recognised: tuple[tuple[str, str], ...]
    extra_columns: tuple[str, ...]
    missing_columns: tuple[str, ...]
    skipped: tuple[tuple[str, int], ...]
    rows: tuple[PreviewRow, ...]
    problems: tuple[tuple[str, str, int], ...]
    page: int = 1
    pages: int = 1
    notices: tuple[str, ...] = ()
    is_receipt: bool = False
    needs_union: bool = False


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A source that an actor may import; columns carry (header, needed)."""

    name: str
    title: str
    department: str
    columns: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class BatchPage:
    """One batch with how far its job is, and why rows of it stayed outside the base: (reason, rows).

    undone: persons removed, values restored, persons kept, once it was taken back. stuck: the job asked for has ended
    without finishing its work (a mistake of ours, a database gone for long); asking again is safe.
    """

    line: BatchLine
    progress: Progress | None = None
    stayed_out: tuple[tuple[str, int], ...] = ()
    problems: tuple[tuple[str, str, int], ...] = ()
    undone: Mapping[str, int] = field(default_factory=dict)
    stuck: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a long job is; rate in rows a second, seconds_left None until known."""

    stage: str
    done: int
    total: int
    seconds: float

    @property
    def rate(self) -> float:
        """Rows a second."""
        return self.done / self.seconds if self.seconds > 0 else 0.0

    @property
    def seconds_left(self) -> int | None:
        """Whole seconds to go at the present rate."""
        return int((self.total - self.done) / self.rate) if self.rate and self.total else None


@dataclass(frozen=True, slots=True)
class Funnel:
    """What became of the rows of a batch: those there, those that name somebody, and whom they were found to be.

    linked: a person or unit of the base; new: somebody who is not in the base; doubtful: waits for a person to decide.
    The last three are None until the batch was linked.
    """

    rows: int
    readable: int
    linked: int | None = None
    new: int | None = None
    doubtful: int | None = None


@dataclass(frozen=True, slots=True)
class SourceState:
    """A department's line on the board; days: age of what is in force, limit: days after which it counts as stale.

    as_of and days are None when nothing was ever brought in. held: batches that wait for somebody to let them pass.
    """

    name: str
    title: str
    department: str
    delta: bool
    as_of: date | None
    days: int | None
    limit: int | None
    rows: int
    batches: int
    held: int
    last: BatchLine | None
    funnel: Funnel | None

    @property
    def stale(self) -> bool:
        """Whether it is older than it may be; nothing at all is stale too."""
        return self.days is None or (self.limit is not None and self.days > self.limit)


@dataclass(frozen=True, slots=True)
class SourceBatch:
    """A batch on the page of its source."""

    line: BatchLine
    funnel: Funnel
    in_force: bool


@dataclass(frozen=True, slots=True)
class ProblemTrend:
    """One kind of problem over the batches of `SourcePage.trend_of`, oldest first: how many rows of ten thousand had
    it."""

    column: str
    text: str
    per_ten_thousand: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SourcePage:
    """A source with its batches, the latest first, and how its problems develop over the batches `trend_of`."""

    state: SourceState
    note: str
    purposes: tuple[str, ...]
    columns: tuple[tuple[str, bool], ...]
    batches: tuple[SourceBatch, ...]
    trend_of: tuple[int, ...]
    trend: tuple[ProblemTrend, ...]
