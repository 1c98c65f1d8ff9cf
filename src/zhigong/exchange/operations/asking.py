"""What the wizard asks for: a file taken in and its check begun, importing begun, a preview opened and recorded.

Work goes through the job queue, asked for in the transaction that makes it needed: both are kept or neither.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from django.db import transaction

from zhigong.audit import operations as audit
from zhigong.audit.types import Purpose
from zhigong.exchange import queries
from zhigong.exchange.checking import load_source
from zhigong.exchange.models import Batch
from zhigong.exchange.operations.checks import CHECKABLE
from zhigong.exchange.operations.intake import get_batch, receive
from zhigong.exchange.operations.publishing import request_publish
from zhigong.exchange.operations.undoing import request_undo
from zhigong.exchange.types import BatchState, Preview
from zhigong.kernel.actor import Actor
from zhigong.kernel.jobs import Job, enqueue


@transaction.atomic
def upload(  # noqa: PLR0913 — keyword-only: each is named at the call
    *,
    by: Actor,
    source: str,
    file: Path | BinaryIO,
    file_name: str,
    as_of: date,
    union_code: str = "",
    delta: bool | None = None,
) -> tuple[UUID, bool]:
    """Take a file in and ask for its check; returns the batch and whether the same file was there before."""
    batch_id, before = receive(
        by=by, source=source, file=file, file_name=file_name, as_of=as_of, union_code=union_code, delta=delta
    )
    if not before:
        _ask(by, "check", batch_id)
    return batch_id, before


@transaction.atomic
def ask_check(*, by: Actor, batch_id: UUID) -> None:
    """Check a batch again, after a failure of ours or with another union named."""
    batch = get_batch(by, batch_id, states=CHECKABLE)
    if batch.state != BatchState.RECEIVED:
        Batch.objects.filter(id=batch.id).update(state=BatchState.RECEIVED, error={})
    _ask(by, "check", batch_id)


@transaction.atomic
def ask_publish(*, by: Actor, batch_id: UUID) -> None:
    """Ask for the good rows of a checked batch to be imported; asking twice is asking once."""
    request_publish(by=by, batch_id=batch_id)
    _ask(by, "publish", batch_id)


@transaction.atomic
def open_preview(*, by: Actor, batch_id: UUID, page: int = 1, only_problems: bool = False) -> Preview:
    """One page of a checked batch; it shows personal data, so the opening is recorded. Raises NotFound, Conflict."""
    batch = get_batch(by, batch_id, states=OPENABLE, lock=False)
    preview = queries.preview(by, batch_id, page=page, only_problems=only_problems)
    shown = [column.field for column in load_source(batch.source).columns if column.name in preview.columns]
    audit.record(
        by,
        action="exchange.batch.opened",
        purpose=Purpose.IMPORT_EXPORT,
        subject_kind="batch",
        subject_id=batch_id,
        count=max(len(preview.rows), 1),
        fields=shown,
        detail={"page": page},
        union_chain=(batch.l1, batch.l2, batch.l3, batch.l4),
    )
    return preview


@transaction.atomic
def ask_undo(*, by: Actor, batch_id: UUID) -> None:
    """Ask for a published batch to be taken back; asking twice is asking once."""
    request_undo(by=by, batch_id=batch_id)
    _ask(by, "undo", batch_id)


OPENABLE = (BatchState.CHECKED, BatchState.PUBLISHING, BatchState.HELD, BatchState.PUBLISHED, BatchState.UNDONE)


def _ask(by: Actor, what: str, batch_id: UUID) -> None:
    from zhigong.exchange import jobs  # jobs call operations

    work: Job = getattr(jobs, what)
    number = enqueue(
        work, key=f"{work.name}:{batch_id}", batch_id=batch_id, account_id=by.account_id, post_id=by.post_id
    )
    Batch.objects.filter(id=batch_id).update(job=number)
