"""Undoing a published batch."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from zhigong.audit import operations as audit
from zhigong.audit.types import Purpose
from zhigong.exchange.models import Batch
from zhigong.exchange.operations.intake import get_batch
from zhigong.exchange.types import BatchState
from zhigong.kernel.actor import Actor
from zhigong.kernel.errors import Refused
from zhigong.people import operations as people


@transaction.atomic
def undo(*, by: Actor, batch_id: UUID) -> dict[str, int]:
    """Take back what a roster batch brought; returns removed, restored and kept. A second call is refused as already undone.

    Unions and employers are corrected by a newer file, not taken back: other rows hang on them.
    """
    batch = get_batch(by, batch_id, states=(BatchState.PUBLISHED,))
    if batch.source != "roster":
        raise Refused("这类批次不能撤销。", where=f"批次 {batch.number}", why="工会和单位下面已经挂有会员与业务", do="请导入更正后的文件")
    counts = people.undo_admission(by=by, batch_id=batch_id)
    Batch.objects.filter(id=batch_id).update(state=BatchState.UNDONE, undone_at=Now())
    audit.record(by, action="exchange.batch.undone", purpose=Purpose.IMPORT_EXPORT, subject_kind="batch", subject_id=batch_id,
                 detail=dict(counts), union_chain=(batch.l1, batch.l2, batch.l3, batch.l4))
    return counts
