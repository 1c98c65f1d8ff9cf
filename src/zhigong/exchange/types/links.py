"""Words of links: what people say of them, and the frozen rows that queries return."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum
from uuid import UUID


class Verdict(IntEnum):
    """What somebody says of a row and a person; WITHDRAWN: as if nobody had ever said anything."""

    SAME = 1
    DIFFERENT = 2
    UNSURE = 3
    WITHDRAWN = 4

    @property
    def label(self) -> str:
        """What cadres read."""
        return ("是同一人", "不是同一人", "不确定", "已撤回")[self - 1]


@dataclass(frozen=True, slots=True)
class RulingLine:
    """A ruling in force on a pair."""

    id: UUID
    source: str
    source_title: str
    token: str
    person_id: UUID
    verdict: Verdict
    note: str
    ruled_by: str
    ruled_at: datetime


@dataclass(frozen=True, slots=True)
class DoubtLine:
    """A row of a source and a person it may be about; rows that name the same one are one pair.

    token: whom the row names, in hex. unit: employers, as either side has them. hangs: facts that this source tells of
    her. method, reason: as linking has them; score from 0 to 1.
    """

    source: str
    source_title: str
    token: str
    person_id: UUID
    name: str
    person_name: str
    unit: str
    person_unit: str
    score: float
    method: str
    reason: str
    rows: int
    hangs: int
    ruling: RulingLine | None = None


@dataclass(frozen=True, slots=True)
class Side:
    """What one side of a pair says; number: masked unless opened."""

    name: str
    number: str = ""
    birth_date: date | None = None
    sex: str = ""
    employer_name: str = ""
    more: str = ""


@dataclass(frozen=True, slots=True)
class DoubtPair:
    """A pair side by side. alone: a ruling on it can be told again next month. previous, following: its neighbours
    in the queue as (source, token, person). history: rulings on it, the latest first."""

    line: DoubtLine
    batch_id: UUID
    batch_number: int
    as_of: date
    row: int
    alone: bool
    file: Side
    base: Side
    union_name: str
    agreements: Mapping[str, str]
    history: tuple[RulingLine, ...] = ()
    previous: tuple[str, str, UUID] | None = None
    following: tuple[str, str, UUID] | None = None


@dataclass(frozen=True, slots=True)
class DoubtPage:
    """A page of the queue. counts: pairs by state (open, unsure, ruled); sources: (name, title, open pairs)."""

    lines: tuple[DoubtLine, ...]
    counts: Mapping[str, int]
    sources: tuple[tuple[str, str, int], ...]
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class PersonLink:
    """What one batch in force knows of a person. row: the first of its rows about her; batch_number: where the actor
    may see batches. outcome: linked or doubtful; high: certain, or nearly so; ruling: what somebody said of it."""

    source: str
    source_title: str
    department: str
    batch_id: UUID
    batch_number: int | None
    as_of: date
    row: int
    rows: int
    method: str
    reason: str
    outcome: str
    high: bool
    ruling: RulingLine | None = None
