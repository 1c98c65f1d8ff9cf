"""The file for the bank: built from what was frozen, hashed again, every opened account recorded."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from zhigong.audit import operations as audit
from zhigong.audit.types import Purpose, Subject
from zhigong.funds import formats
from zhigong.funds.models import Batch, Line, Payable
from zhigong.funds.operations.batching import check_hash, locked
from zhigong.funds.operations.registering import FIELD
from zhigong.funds.types import BatchState, Format, LineState
from zhigong.kernel.actor import Actor
from zhigong.kernel.errors import Conflict, Refused
from zhigong.kernel.vault import vault


@transaction.atomic
def bank_file(by: Actor, *, batch_id: UUID, layout: Format = Format.CSV, only_unknown: bool = False) -> bytes:
    """The payout list of a released batch; needs `payouts.post`. The same batch gives the same bytes, always.

    only_unknown: the lines whose result the bank still owes, to ask again (an enquiry, not an order to pay: the serials
    are those of the first list). Refused before the release, and when the lines are no longer what was frozen.
    """
    by.require("payouts.post")
    batch = locked(batch_id)
    if batch.state not in (BatchState.RELEASED, BatchState.SETTLED):
        raise Conflict("放款复核后才能生成银行文件。", why=BatchState(batch.state).label)
    check_hash(batch)
    lines = Line.objects.filter(batch_id=batch_id).select_related("payee", "payable").order_by("number")
    if only_unknown:
        lines = lines.filter(state=LineState.UNKNOWN)
    rows = list(lines)
    if not rows:
        raise Refused("没有待查的款项。")
    made = formats.bank_file(
        _opened(batch, rows), code=formats.batch_code(batch.number), digest=batch.hash, layout=layout
    )
    audit.record_openings(
        by,
        persons=[_subject(line.payable) for line in rows],
        fields=("account",),
        purpose=Purpose.BUSINESS,
        reason="生成银行发放文件",
    )  # fmt: skip
    return made


def _subject(payable: Payable) -> Subject:
    return Subject(id=payable.person_id, union_chain=(payable.l1, payable.l2, payable.l3, payable.l4))


def _opened(batch: Batch, rows: list[Line]) -> list[formats.FileLine]:
    numbers = vault().field(FIELD).open_many(
        [bytes(line.payee.number_cipher) for line in rows], [line.payee_id for line in rows]
    )  # fmt: skip
    return [
        formats.FileLine(
            number=line.number,
            holder=line.payee.holder,
            account=account or "",
            bank=line.payee.bank,
            fen=line.fen,
            purpose=_purpose(batch),
            serial=line.serial,
        )
        for line, account in zip(rows, numbers, strict=True)
    ]


def _purpose(batch: Batch) -> str:
    """摘要: the batch's title without what a sheet or the bank's line format would misread."""
    return batch.title.translate(str.maketrans(',"\t', "   ")).lstrip("=+-@ ")[:30] or "工会补助"
