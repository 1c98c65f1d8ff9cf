"""A payout batch: drafted by one person, frozen, released by another, or dissolved before that."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from zhigong.audit import operations as audit
from zhigong.audit.types import Purpose
from zhigong.funds import formats
from zhigong.funds.models import Batch, Line
from zhigong.funds.operations.ledger import Entry, post
from zhigong.funds.types import BatchState, Movement
from zhigong.kernel.actor import Actor
from zhigong.kernel.db.bulk import execute, fetch
from zhigong.kernel.errors import Conflict, NotAllowed, NotFound, Refused
from zhigong.kernel.ids import uuid7

MAX_LINES = 20_000
# Those who died meanwhile: their payments are their heirs'.
_DEAD = """UPDATE funds_payable r SET state = 3, payee_id = NULL FROM people_person o, funds_payee y
    WHERE o.id = r.person_id AND y.id = r.payee_id AND r.state = 4 AND o.deceased_on IS NOT NULL AND NOT y.heir"""
_TAKE = """UPDATE funds_payable r SET state = 5 FROM (
        SELECT p.id FROM funds_payable p JOIN funds_budget b ON b.id = p.budget_id
        WHERE p.state = 4 AND b.union_id = %(union)s AND (%(service)s = '' OR p.service_id = %(service)s)
        ORDER BY p.requested_on, p.id LIMIT %(most)s FOR UPDATE OF p SKIP LOCKED) ready
    WHERE r.id = ready.id RETURNING r.id, r.payee_id, r.amount_fen - r.offset_fen, r.requested_on"""
# What the hash covers: order, number, who, where to, how much. In one statement, so that no page of it can be missed.
_HASH = """SELECT count(*), coalesce(sum(l.fen), 0)::bigint,
        encode(sha256(convert_to(string_agg(concat_ws('|', l.number, l.serial, l.payable_id, l.payee_id, y.holder,
            y.bank,
            encode(y.number_index, 'hex'), l.fen), E'\\n' ORDER BY l.number), 'UTF8')), 'hex'),
        count(*) FILTER (WHERE r.state <> 5 OR r.amount_fen - r.offset_fen <> l.fen OR r.payee_id IS DISTINCT FROM
            l.payee_id)
    FROM funds_line l JOIN funds_payee y ON y.id = l.payee_id JOIN funds_payable r ON r.id = l.payable_id
    WHERE l.batch_id = %(batch)s"""
_SENT = """SELECT r.budget_id, l.fen, l.id, r.id FROM funds_line l JOIN funds_payable r ON r.id = l.payable_id
    WHERE l.batch_id = %(batch)s ORDER BY l.number"""


@transaction.atomic
def draft_batch(by: Actor, *, title: str, service_id: str | None = None, key: str) -> UUID:
    """Gather what is ready to be paid from the actor's union's budgets (of one service), oldest first, at most 20 000.

    Needs `payouts.make` and an account: the maker is a person. The same key again returns the same batch. Raises
    Refused when nothing is ready.
    """
    by.require("payouts.make")
    if by.account_id is None or by.union_id is None:
        raise NotAllowed("发放批次须由在任的财务人员起草。")
    known = Batch.objects.filter(key=key).values_list("id", flat=True).first()
    if known is not None:
        return known
    execute(_DEAD)
    taken = fetch(_TAKE, {"union": by.union_id, "service": service_id or "", "most": MAX_LINES})
    if not taken:
        raise Refused("没有待发放的款项。", where=service_id or "", do="请先处理待登记账户、退回和待查的款项。")
    batch = Batch(
        id=uuid7(), union_id=by.union_id, number=fetch("SELECT nextval('funds_batch_no')")[0][0], key=key,
        title=title.strip()[:80] or "发放", service_id=service_id or "", made_by=by.account_id,
        made_by_name=by.name[:64], made_on=by.on,
    )  # fmt: skip
    batch.save(force_insert=True)
    Line.objects.bulk_create(_lines(batch, sorted(taken, key=lambda row: (row[3], row[0]))))
    _record(by, batch, "funds.batch.drafted", count=len(taken))
    return batch.id


def _lines(batch: Batch, taken: list[tuple[Any, ...]]) -> list[Line]:
    day = f"{batch.made_on:%Y%m%d}"
    return [
        Line(
            id=uuid7(),
            batch_id=batch.id,
            payable_id=payable,
            payee_id=payee,
            number=place,
            fen=fen,
            serial=formats.serial(number=batch.number, line=place, day=day),
        )
        for place, (payable, payee, fen, _) in enumerate(taken, 1)
    ]


@transaction.atomic
def freeze_batch(by: Actor, *, batch_id: UUID) -> str:
    """Fix a draft: its lines, count, sum and their SHA-256, which is returned. Needs `payouts.make`."""
    by.require("payouts.make")
    batch = locked(batch_id)
    if batch.state in (BatchState.FROZEN, BatchState.RELEASED, BatchState.SETTLED):
        return batch.hash  # the answer was lost on the way, the freezing was not
    _must_be(batch, BatchState.DRAFT)
    if by.account_id is None:
        raise NotAllowed("发放批次须由在任的财务人员锁定。")
    count, fen, digest, changed = fetch(_HASH, {"batch": batch_id})[0]
    if changed or not count:
        raise Conflict("批次中的款项已有变化。", why=f"{changed} 笔的状态、金额或账户变了", do="请撤销批次后重新起草。")
    batch.state, batch.line_count, batch.sum_fen, batch.hash = BatchState.FROZEN, count, fen, digest
    batch.frozen_by = by.account_id
    batch.save(update_fields=["state", "line_count", "sum_fen", "hash", "frozen_by"])
    _record(by, batch, "funds.batch.frozen", count=count)
    return batch.hash


@transaction.atomic
def dissolve_batch(by: Actor, *, batch_id: UUID) -> None:
    """Take a draft or frozen batch apart; its payments are ready again. Needs `payouts.make`."""
    by.require("payouts.make")
    batch = locked(batch_id)
    if batch.state == BatchState.DISSOLVED:
        return
    _must_be(batch, BatchState.DRAFT, BatchState.FROZEN)
    values = {"batch": batch_id}
    execute(
        "UPDATE funds_payable SET state = 4 WHERE id IN (SELECT payable_id FROM funds_line WHERE batch_id = %(batch)s)",
        values,
    )
    execute("UPDATE funds_line SET state = 5 WHERE batch_id = %(batch)s", values)
    batch.state = BatchState.DISSOLVED
    batch.save(update_fields=["state"])
    _record(by, batch, "funds.batch.dissolved", count=1)


@transaction.atomic
def release_batch(by: Actor, *, batch_id: UUID) -> None:
    """Let a frozen batch go to the bank; needs `payouts.release` and another person than who drafted or froze it.

    The lines are hashed again: a difference to what was frozen is refused. The money is in transit from now on.
    """
    by.require("payouts.release")
    batch = locked(batch_id)
    if batch.state in (BatchState.RELEASED, BatchState.SETTLED):
        return
    _must_be(batch, BatchState.FROZEN)
    if by.account_id is None:
        raise NotAllowed("放款须由在任的复核人员办理。")
    check_hash(batch)
    batch.state, batch.released_by, batch.released_by_name = BatchState.RELEASED, by.account_id, by.name[:64]
    batch.released_on = by.on
    try:
        with transaction.atomic():
            batch.save(update_fields=["state", "released_by", "released_by_name", "released_on"])
    except IntegrityError as error:
        if "funds_batch_two_persons" not in str(error):
            raise
        raise NotAllowed(
            "复核人不能是制单人。", why="制单与复核须由两人办理", do="请由另一位有放款权限的同事复核。"
        ) from error
    sent = fetch(_SENT, {"batch": batch_id})
    post(
        by,
        [
            Entry(movement=Movement.SEND, budget_id=budget, fen=fen, key=f"send:{line}", payable_id=payable)
            for budget, fen, line, payable in sent
        ],
    )
    _record(by, batch, "funds.batch.released", count=len(sent))


def locked(batch_id: UUID) -> Batch:
    """The batch, held until the end of the transaction; raises NotFound."""
    batch = Batch.objects.select_for_update().filter(id=batch_id).first()
    if batch is None:
        raise NotFound("没有这个发放批次。")
    return batch


def check_hash(batch: Batch) -> None:
    """Raise Conflict when the lines are no longer what was frozen."""
    count, fen, digest, _ = fetch(_HASH, {"batch": batch.id})[0]
    if (count, fen, digest) != (batch.line_count, batch.sum_fen, batch.hash):
        raise Conflict(
            "批次内容与锁定时不一致，已停止办理。",
            where=formats.batch_code(batch.number),
            why="明细的笔数、金额或校验值变了",
            do="请立即联系系统管理员和审计人员核查。",
        )


def _must_be(batch: Batch, *states: BatchState) -> None:
    if batch.state not in states:
        raise Conflict(
            "这个批次现在不能这样办理。", where=formats.batch_code(batch.number), why=BatchState(batch.state).label
        )


def _record(by: Actor, batch: Batch, action: str, *, count: int) -> None:
    audit.record(
        by, action=action, purpose=Purpose.BUSINESS, subject_kind="batch", subject_id=batch.id, count=count,
        detail={"number": batch.number, "hash": batch.hash[:16]},
    )  # fmt: skip
