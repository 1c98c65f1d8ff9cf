"""Bringing a department's batch into use: nothing enters PostgreSQL, the batch itself becomes part of what is in force.

What a comparison with the last batch finds holds it back until a person, by name, lets it pass.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models.functions import Now

from zhigong.audit import operations as audit
from zhigong.audit.types import Purpose
from zhigong.exchange.checking import load_source
from zhigong.exchange.comparing import findings, last_number
from zhigong.exchange.models import Batch
from zhigong.exchange.operations.intake import get_batch
from zhigong.exchange.types import BatchState
from zhigong.kernel.actor import Actor
from zhigong.kernel.errors import Conflict, Refused

NOTE_CHARS = 500


def settle(by: Actor, batch: Batch) -> None:
    """Compare a checked batch with what is in force: PUBLISHED when nothing speaks against it, else HELD.

    Inside the caller's transaction; batches of one source are settled one after the other.
    """
    _one_at_a_time(batch.source)
    found, compared = findings(load_source(batch.source), batch)
    comparison = {
        "cells": batch.comparison.get("cells", {}),
        "with": compared,
        "findings": [asdict(one) for one in found],
    }
    if found:
        Batch.objects.filter(id=batch.id).update(state=BatchState.HELD, comparison=comparison)
        _record(by, batch, "exchange.batch.held", {"findings": [one.code for one in found]})
        return
    _publish(by, batch, comparison)


@transaction.atomic
def accept_held(*, by: Actor, batch_id: UUID, note: str) -> None:
    """Let a batch that was held back pass; the note says why it is right as it is, and stays with the batch.

    Raises Conflict when another batch came into force since it was compared: it must be compared again first.
    """
    batch = get_batch(by, batch_id, states=(BatchState.HELD,))
    note = note.strip()[:NOTE_CHARS]
    if not note:
        raise Refused("请写明为什么可以放行。", where=f"批次 {batch.number}", do="写一句核对的结果，例如向谁核实过")
    _one_at_a_time(batch.source)
    if last_number(batch.source) != batch.comparison.get("with"):
        raise Conflict(
            "比对之后又有新的批次投入使用。", where=f"批次 {batch.number}", do="请重新比对，看过新的结果再放行"
        )
    passed = {"by": by.name, "note": note, "on": by.on.isoformat()}
    _publish(by, batch, batch.comparison | {"accepted": passed})
    codes = [one["code"] for one in batch.comparison.get("findings", ())]
    _record(by, batch, "exchange.batch.accepted", {"findings": codes})


def _one_at_a_time(source: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('exchange.settle'), hashtext(%s))", [source])


def _publish(by: Actor, batch: Batch, comparison: dict[str, Any]) -> None:
    Batch.objects.filter(id=batch.id).update(
        state=BatchState.PUBLISHED, published_at=Now(), comparison=comparison, error={}
    )
    _record(by, batch, "exchange.batch.published", {"delta": batch.delta})


def _record(by: Actor, batch: Batch, action: str, detail: dict[str, Any]) -> None:
    audit.record(
        by,
        action=action,
        purpose=Purpose.IMPORT_EXPORT,
        subject_kind="batch",
        subject_id=batch.id,
        count=batch.rows,
        detail=detail,
        union_chain=(batch.l1, batch.l2, batch.l3, batch.l4),
    )
