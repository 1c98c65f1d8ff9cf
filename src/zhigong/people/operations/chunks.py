"""Writing staged chunks beside their preparation: PostgreSQL keeps one core busy, sealing and pinyin another."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any
from uuid import UUID

import psycopg
import pyarrow as pa
from django.db import connection

from zhigong.kernel.db.bulk import copy_into
from zhigong.people.operations import admission_sql as sql
from zhigong.people.operations.staging import STAGE
from zhigong.people.types import Outcome


class ChunkWriter:
    """Writes one chunk at a time on the transaction's own connection, in a thread.

    The connection has one user at any moment: the caller must `wait` before using it and may compute freely after
    `start_pending`. Every chunk has a table of its own below stage_people, so that inserting it never reads the others.
    """

    def __init__(self, batch_id: UUID) -> None:
        self._batch = batch_id
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="admission")
        self._running: Future[None] | None = None
        self._pending: pa.Table | None = None
        self._chunks = 0

    def pend(self, rows: pa.Table) -> None:
        """Keep a staged chunk until the connection is free for it."""
        self._pending = rows

    def start_pending(self) -> None:
        """Begin writing the chunk that waits, if any; nothing else may be running."""
        self.wait()
        if self._pending is not None:
            self._chunks += 1
            raw: psycopg.Connection[Any] = connection.connection
            self._running = self._pool.submit(self._write, raw, f"stage_people_{self._chunks}", self._pending)
            self._pending = None

    def wait(self) -> None:
        """Until the connection is free again; raises what went wrong with the chunk."""
        if self._running is not None:
            running, self._running = self._running, None
            running.result()

    def finish(self) -> None:
        """Write what waits and let the thread go."""
        self.start_pending()
        self.wait()
        self._pool.shutdown()

    def close(self) -> None:
        """Let go after a failure: no statement of ours may follow the caller's rollback."""
        self._pending = None
        if self._running is not None:
            self._running.exception()
        self._pool.shutdown()

    def _write(self, raw: psycopg.Connection[Any], table: str, rows: pa.Table) -> None:
        values = {"batch": self._batch, "outcome": Outcome.CREATED.value}
        with raw.cursor() as cursor:
            cursor.execute(f"CREATE TEMP TABLE {table} () INHERITS (stage_people) ON COMMIT DROP")
            copy_into(cursor, table, STAGE, [rows])
            cursor.execute(sql.INSERT_PERSONS.replace("{chunk}", table), values)
            cursor.execute(sql.INSERT_MEMBERSHIPS.replace("{chunk}", table), values)
