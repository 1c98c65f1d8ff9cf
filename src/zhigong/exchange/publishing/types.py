"""What a publisher takes and gives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

import pyarrow as pa

from zhigong.exchange.models import Batch
from zhigong.kernel.actor import Actor


@dataclass(frozen=True, slots=True)
class Published:
    """Rows by what became of them; links yields (row, person_id, outcome) batches; notes are rows that could not go
    in, with why."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    elsewhere: int = 0
    links: Iterable[pa.RecordBatch] = ()
    notes: list[dict[str, object]] = field(default_factory=list)


class Publisher(Protocol):
    """Brings the usable rows of one source into the base, inside the caller's transaction."""

    def __call__(self, *, by: Actor, batch: Batch, chunks: Iterator[pa.Table], at_ms: int) -> Published:
        """Write the rows; raise Refused to leave everything as it was."""
        ...
