"""Linking one batch of the lake against the base of this home, incrementally."""

from __future__ import annotations

from uuid import UUID

import pyarrow as pa

from zhigong.exchange.linking.types import LinkCounts
from zhigong.kernel.actor import Actor


def link(by: Actor, *, source: str, batch: UUID, at_ms: int) -> LinkCounts:
    """Link the rows of a conformed batch to the base as it is now; repeated, it does only what changed.

    Runs inside the scope of the whole city. Writes a dataset of the entity layer, nothing else.
    """
    raise NotImplementedError


def links_of(source: str, batch: UUID) -> pa.Table | None:
    """The latest links of a batch (columns of `LINKS`, by row), None when it was never linked."""
    raise NotImplementedError
