"""What a source is, and what a check says about a row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pyarrow as pa

from zhigong.exchange.reading import Column
from zhigong.exchange.reading.types import Severity

Verdict = Literal["accepted", "unverified", "rejected"]

PROBLEM = pa.struct([("column", pa.string()), ("code", pa.string()), ("severity", pa.string()), ("text", pa.string())])
"""One problem of one cell: `column` is the source's header (Chinese), "" for the row as a whole.

severity: reject (the row can't be kept), unverify (an identity field is missing or damaged) or warn.
"""

PLACE_COLUMNS = ("sheet", "row", "data_row", "receipt_ref")


REPEATS = ("duplicate_same", "duplicate_differs", "duplicate_conflict")
"""Codes of rows that repeat an earlier one of their file: the first one counts."""

Arrives = Literal["full", "delta"]
PURPOSES = ("screening", "eligibility", "payment", "verification", "care", "statistics")


@dataclass(frozen=True, kw_only=True)
class Unique:
    """Which rows of one file are the same thing: equal `key` fields; the same person or unit when `identity` agrees
    too."""

    key: tuple[str, ...]
    identity: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class OwnProblem:
    """A source's own sentence for a problem that its conform model finds."""

    text: str
    severity: Severity = "warn"


@dataclass(frozen=True, kw_only=True)
class Source:
    """One folder of catalogue/…/sources: columns, its conform model, and its own sentences for problems.

    entity: person, employer or union.  conform_sql: a SELECT over `typed`, which has every raw column by its header
    and every typed field; it must give all of them on, row for row, and may add columns `problem:<header>` with
    problem codes.  derived: further fields that it adds.

    arrives: whether a file replaces the last one (full) or adds to it (delta).  identity: the fields that make a row
    the same thing in two files.  unchanging: fields that such a row cannot change without somebody saying so; more than
    the share `contradictions_tolerated` of the rows in common hold a batch back.  purposes: what its facts may be used
    for.  freshness_days: how old it may be before it counts as stale.  fewer_rows_tolerated: the share of rows that may
    be missing from one file to the next; None when sizes say nothing.
    """

    name: str
    title: str
    department: str
    entity: str
    columns: tuple[Column, ...]
    conform_sql: str
    unique: Unique | None = None
    derived: tuple[str, ...] = ()
    problems: Mapping[str, OwnProblem] = field(default_factory=dict)
    note: str = ""
    arrives: Arrives = "full"
    identity: tuple[str, ...] = ()
    unchanging: tuple[str, ...] = ()
    contradictions_tolerated: float = 0.0
    purposes: tuple[str, ...] = ()
    freshness_days: int | None = None
    fewer_rows_tolerated: float | None = None

    @property
    def tables(self) -> tuple[str, ...]:
        """Code tables named by `code:<table>` columns, each once."""
        return tuple(dict.fromkeys(c.kind.removeprefix("code:") for c in self.columns if c.kind.startswith("code:")))

    @property
    def fields(self) -> tuple[str, ...]:
        """Names of the typed fields in order, derived ones last."""
        return (*(column.field for column in self.columns), *self.derived)


@dataclass(frozen=True, kw_only=True)
class Tally:
    """Counts over all chunks checked so far; `codes` counts problems by code."""

    rows: int
    accepted: int
    unverified: int
    rejected: int
    codes: Mapping[str, int]
