"""Undoing a published batch."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from zhigong.audit import operations as audit
from zhigong.audit.types import Purpose
from zhigong.exchange.models import Batch
from zhigong.exchange.operations.intake import get_batch
from zhigong.exchange.publishing import PUBLISHERS
from zhigong.exchange.types import BatchState
from zhigong.kernel.actor import Actor
from zhigong.kernel.errors import Refused
from zhigong.people import operations as people

UNDOABLE = (BatchState.PUBLISHED, BatchState.UNDOING)


@transaction.atomic
def request_undo(*, by: Actor, batch_id: UUID) -> None:
    """Mark a published batch as to be taken back; the job that does it is asked for in the same transaction.

    A department's batch leaves what is in force; the next refresh derives the facts without it. Unions and employers
    are corrected by a newer file, not taken back: other rows hang on them.
    """
    batch = get_batch(by, batch_id, states=UNDOABLE)
    _not_organisations(batch)
    Batch.objects.filter(id=batch.id).update(state=BatchState.UNDOING, error={})


@transaction.atomic
def undo(*, by: Actor, batch_id: UUID) -> dict[str, int]:
    """Take back what a batch brought; of a roster returns removed, restored and kept, of a department's file the rows
    that are no longer in force. A second call is refused.

    Needs temporary tables, so it runs as the job role.
    """
    batch = get_batch(by, batch_id, states=UNDOABLE)
    _not_organisations(batch)
    roster = batch.source == "roster"
    counts = people.undo_admission(by=by, batch_id=batch_id) if roster else {"withdrawn": batch.rows}
    layout = dict(batch.layout) | {"undone": counts}
    Batch.objects.filter(id=batch_id).update(state=BatchState.UNDONE, undone_at=Now(), layout=layout)
    audit.record(
        by,
        action="exchange.batch.undone",
        purpose=Purpose.IMPORT_EXPORT,
        subject_kind="batch",
        subject_id=batch_id,
        detail=dict(counts),
        union_chain=(batch.l1, batch.l2, batch.l3, batch.l4),
    )
    return counts


@transaction.atomic
def keep_published(*, by: Actor, batch_id: UUID, refused: Refused) -> None:
    """An undo that was refused leaves the batch as it was, with the reason beside it."""
    rows = Batch.objects.filter(id=batch_id, state=BatchState.UNDOING)
    rows.update(state=BatchState.PUBLISHED, error=refused.as_dict())


def _not_organisations(batch: Batch) -> None:
    if batch.source in PUBLISHERS and batch.source != "roster":
        raise Refused(
            "这类批次不能撤销。",
            where=f"批次 {batch.number}",
            why="工会和单位下面已经挂有会员与业务",
            do="请导入更正后的文件",
        )
