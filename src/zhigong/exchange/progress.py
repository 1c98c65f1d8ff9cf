"""Progress of long jobs, written through a connection of its own so that it is seen before the job's transaction
ends."""

from __future__ import annotations

from types import TracebackType
from typing import Self
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections

_WRITE = """
INSERT INTO exchange_batchprogress (batch_id, stage, done, total) VALUES (%s, %s, %s, %s)
ON CONFLICT (batch_id) DO UPDATE SET stage = EXCLUDED.stage, done = EXCLUDED.done, total = EXCLUDED.total, updated_at
= now(),
    started_at = CASE WHEN exchange_batchprogress.stage = EXCLUDED.stage THEN exchange_batchprogress.started_at ELSE
    now() END
"""


class ProgressWriter:
    """Reports how far a batch is. Use as a context manager; numbers only, no names."""

    def __init__(self, batch_id: UUID) -> None:
        self._batch_id = batch_id
        self._connection = connections.create_connection(DEFAULT_DB_ALIAS)

    def __enter__(self) -> Self:
        with self._connection.cursor() as cursor:
            # Seen at once like everything committed; after a crash of the server the job begins anew anyway.
            cursor.execute("SET synchronous_commit = off")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def report(self, *, stage: str, done: int, total: int = 0) -> None:
        """Write the present state; the stage's clock starts at its first report."""
        with self._connection.cursor() as cursor:
            cursor.execute(_WRITE, [self._batch_id, stage, done, total])
