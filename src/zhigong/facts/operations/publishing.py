"""Facts derived elsewhere enter PostgreSQL: set-based, only what changed is written."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

from zhigong.facts.types import Published
from zhigong.kernel.actor import Actor


def publish(*, by: Actor, group: str, rows: Iterable[pa.RecordBatch | pa.Table], full: bool = False) -> Published:
    """Publish the facts of one group inside `orgs.city_scope` (job role).

    rows: person_id (text or uuid), one column per fact of the group (integer -> int64, amounts fen; null = not known),
    `source` (ids of the group's sources joined by "+"), `as_of` (date), `batch` (uuid as text, null allowed); a person
    once. full: rows are everybody, who is missing loses the group; otherwise only persons in rows are touched, and a
    row whose facts are all null removes the person's.
    Raises Refused: unknown or missing column, wrong type, unlisted value or source, a future as_of, a repeated person.
    """
    raise NotImplementedError
