"""Words of insight: measures, and the figures that a dashboard shows. Amounts are fen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure of a metric; of: the measure it is a part of, '' when of none."""

    name: str
    label: str
    unit: str
    note: str
    of: str = ""


@dataclass(frozen=True, slots=True)
class Metric:
    """A folder of `metrics/`: its measures and the SQL model that makes them, one row per union and service."""

    name: str
    title: str
    note: str
    measures: tuple[Measure, ...]
    sql: str


@dataclass(frozen=True, slots=True)
class MartReport:
    """One refresh of the marts: rows written, whether any differ from before, seconds."""

    rows: int
    changed: int
    seconds: float


@dataclass(frozen=True, slots=True)
class StageLine:
    """What one stage of a refresh did."""

    name: str
    label: str
    rows: int
    changed: int
    seconds: float


@dataclass(frozen=True, slots=True)
class RunLine:
    """One refresh: how far it is, what its stages did. stuck: its work has ended without finishing."""

    id: UUID
    asked_by_name: str
    asked_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    stage: str
    stages: tuple[StageLine, ...]
    error: Mapping[str, str]
    stuck: bool = False

    @property
    def running(self) -> bool:
        """Waits or works."""
        return self.finished_at is None and not self.stuck


@dataclass(frozen=True, slots=True)
class FigureLine:
    """The measures of one union with all below it, or of one service; union_id is None for a service."""

    name: str
    union_id: UUID | None
    figures: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Overview:
    """A dashboard of one scope. lines: the unions directly below, own rows first; services: each service alone.

    as_of: the day the facts were derived for; made_at: when the figures were counted. Both None before the first time.
    """

    title: str
    note: str
    measures: tuple[Measure, ...]
    total: Mapping[str, int] = field(default_factory=dict)
    lines: tuple[FigureLine, ...] = ()
    services: tuple[FigureLine, ...] = ()
    below: str = ""
    as_of: date | None = None
    made_at: datetime | None = None
