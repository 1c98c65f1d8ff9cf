"""What a source is, and what a check says about a row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pyarrow as pa

from zhigong.exchange.reading import Column

Verdict = Literal["accepted", "unverified", "rejected"]

PROBLEM = pa.struct([("column", pa.string()), ("code", pa.string()), ("severity", pa.string()), ("text", pa.string())])
"""One problem of one cell: `column` is the source's header (Chinese), "" for the row as a whole."""


@dataclass(frozen=True, kw_only=True)
class Unique:
    """Which rows of one file are the same thing: equal `key`; the same person or unit when `identity` agrees too."""

    key: str
    identity: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Source:
    """One folder of catalogue/…/sources: columns, its conform model, and its own sentences for problems.

    entity: person, employer or union.  tables: names of the code tables its columns use.
    conform_sql: a SELECT over `typed` (every raw column, every typed field, `found`: problems so far).
    """

    name: str
    title: str
    department: str
    entity: str
    columns: tuple[Column, ...]
    conform_sql: str
    unique: Unique | None = None
    problems: Mapping[str, str] = field(default_factory=dict)

    @property
    def tables(self) -> tuple[str, ...]:
        """Code tables named by `code:<table>` columns, each once."""
        return tuple(dict.fromkeys(c.kind.removeprefix("code:") for c in self.columns if c.kind.startswith("code:")))


@dataclass(frozen=True, kw_only=True)
class Tally:
    """Counts over all chunks checked so far; `codes` counts problems by code."""

    rows: int
    accepted: int
    unverified: int
    rejected: int
    codes: Mapping[str, int]
