"""Checking and publishing at once: rows enter the base while later ones are still read and checked.

For a file that nobody wants to look at between the two: the command line, the demo. The check runs in a thread of its
own and touches no table of ours; everything it found is committed with what it found it for.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from queue import Queue
from threading import Event
from types import TracebackType
from typing import Self
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc

from zhigong.exchange.models import Batch
from zhigong.exchange.operations.checks import CHECKABLE, Checked, note_checked, read_and_check
from zhigong.exchange.operations.intake import get_batch
from zhigong.exchange.operations.publishing import CHUNK_ROWS, bring_in
from zhigong.exchange.progress import ProgressWriter
from zhigong.exchange.types import BatchState
from zhigong.kernel.actor import ScopeOpener
from zhigong.kernel.errors import Refused

# Chunks that may wait between the two: the memory this costs stays flat whatever the file's size.
WAITING_CHUNKS = 2


def check_and_publish(*, scope: ScopeOpener, batch_id: UUID, at_ms: int) -> None:
    """Bring a received batch into the base, checked on the way; afterwards it is PUBLISHED, or FAILED with the reason.

    As `check` and then `publish`, in one transaction. Raises Refused as they do; nothing is in the base then.
    """
    with scope() as by:
        batch = get_batch(by, batch_id, states=CHECKABLE, lock=False)
    with _Handover(batch) as handed:
        try:
            with scope() as by, ProgressWriter(batch_id) as progress:

                def settled() -> Batch:
                    note_checked(get_batch(by, batch_id, states=CHECKABLE), handed.outcome())
                    return get_batch(by, batch_id, states=(BatchState.CHECKED,))

                bring_in(by, batch, at_ms=at_ms, chunks=handed.rows(), progress=progress, settled=settled)
        except Refused as refused:
            _fail(scope, batch_id, handed, refused)
            raise


def _fail(scope: ScopeOpener, batch_id: UUID, handed: _Handover, refused: Refused) -> None:
    """Keep what the check found, if it came to an end, and why the batch is not in."""
    try:
        checked = handed.outcome()
    except Refused:
        checked = None
    with scope():
        batch = Batch.objects.select_for_update().get(id=batch_id)
        if batch.state not in CHECKABLE:
            return
        if checked is not None:
            note_checked(batch, checked)
        Batch.objects.filter(id=batch_id).update(state=BatchState.FAILED, error=refused.as_dict())


class _Abandoned(Exception):
    """Nobody takes the rows any more."""


class _Handover:
    """The check in its thread, and the few chunks on their way from it."""

    def __init__(self, batch: Batch) -> None:
        self._chunks: Queue[pa.Table | None] = Queue(WAITING_CHUNKS)
        self._abandoned = Event()
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="check")
        self._checked: Future[Checked] = self._pool.submit(self._run, batch)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._abandoned.set()
        self._drain()
        self._pool.shutdown()

    def rows(self) -> Iterator[pa.Table]:
        """The usable rows, chunk by chunk; raises what ended the check early."""
        while (chunk := self._chunks.get()) is not None:
            yield chunk
        self._chunks.put(None)
        self._checked.result()

    def outcome(self) -> Checked:
        """What the check found, once it has ended; rows nobody took are passed over. Raises Refused as it did."""
        self._drain()
        return self._checked.result()

    def _drain(self) -> None:
        while self._chunks.get() is not None:
            pass
        self._chunks.put(None)

    def _run(self, batch: Batch) -> Checked:
        try:
            return read_and_check(batch, self._take)
        finally:
            self._chunks.put(None)

    def _take(self, rows: pa.Table) -> None:
        for start in range(0, rows.num_rows, CHUNK_ROWS):
            if self._abandoned.is_set():
                raise _Abandoned
            part = rows.slice(start, CHUNK_ROWS)
            self._chunks.put(part.filter(pc.not_equal(part["verdict"], "rejected")))
