"""Transfers between unions (会员接转): asked by the sending side, accepted within a deadline by the receiving one."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.db import IntegrityError, transaction

from zhigong.audit import operations as audit
from zhigong.audit.types import Purpose
from zhigong.kernel.actor import Actor
from zhigong.kernel.db.bulk import execute, fetch
from zhigong.kernel.errors import Conflict, NotFound, Refused
from zhigong.kernel.ids import uuid7
from zhigong.orgs.models import Union
from zhigong.people.models import Person, Transfer
from zhigong.people.types import MembershipStatus, TransferState

Chain = tuple[int, int, int, int]


@transaction.atomic
def request_transfer(*, by: Actor, person_id: UUID, to_union_code: str, on: date, due_on: date, note: str = "") -> UUID:
    """Ask another union to take a member over; her membership stays where it is until it does.

    to_union_code: code of a living grassroots union anywhere in the city. due_on: last workday to answer, by the
        catalogue's parameter.
    Raises NotFound, Refused for the own union, Conflict when a transfer is already open.
    """
    by.require("members.write")
    person = Person.objects.select_for_update().select_related("union").filter(id=person_id).first()
    if person is None:
        raise NotFound("没有找到这个人。", why="不在您的管辖范围内，或编号有误", do="请通过搜索重新查找")
    if person.membership_status not in (MembershipStatus.ACTIVE, MembershipStatus.RETAINED):
        raise Refused(
            "没有可以接转的会籍。",
            where=person.name,
            why=f"会籍状态为{MembershipStatus(person.membership_status).label}",
        )
    target = fetch("SELECT * FROM orgs_find_by_code(%(code)s)", {"code": to_union_code.strip()})
    if not target:
        raise NotFound("没有找到转入工会。", where=f"工会编码 {to_union_code}", do="请核对工会编码")
    union_id, name, *chain = target[0]
    if union_id == person.union_id:
        raise Refused("转入工会就是现在的工会。", where=name)
    transfer = Transfer(
        id=uuid7(),
        union_id=union_id,
        l1=chain[0],
        l2=chain[1],
        l3=chain[2],
        l4=chain[3],
        person_id=person.id,
        person_name=person.name,
        from_union_id=person.union_id,
        from_union_name=person.union.name,
        to_union_name=name,
        from_l1=person.l1,
        from_l2=person.l2,
        from_l3=person.l3,
        from_l4=person.l4,
        requested_by=by.account_id,
        requested_on=on,
        due_on=due_on,
        note=note.strip()[:200],
    )
    try:
        with transaction.atomic():
            transfer.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(
            "这名会员已有一项接转在办理。", where=person.name, do="请等待对方处理，或先撤回原申请"
        ) from error
    _record(by, transfer.id, person.id, "requested", (person.l1, person.l2, person.l3, person.l4))
    return transfer.id


def _record(by: Actor, transfer_id: UUID, person_id: UUID, step: str, chain: Chain) -> None:
    audit.record(
        by,
        action=f"people.transfer.{step}",
        purpose=Purpose.BUSINESS,
        subject_kind="person",
        subject_id=person_id,
        detail={"transfer": str(transfer_id)},
        union_chain=chain,
    )


def _open(transfer_id: UUID) -> Transfer:
    transfer = Transfer.objects.select_for_update().filter(id=transfer_id).first()
    if transfer is None:
        raise NotFound("没有找到这项接转。", why="它不在您的管辖范围内")
    if transfer.state != TransferState.REQUESTED:
        raise Conflict(f"这项接转{TransferState(transfer.state).label}，不能再处理。")
    return transfer


@transaction.atomic
def accept_transfer(*, by: Actor, transfer_id: UUID, on: date) -> None:
    """Take a member over: the old membership ends, the new begins the same day, her file follows. Receiving side
    only."""
    by.require("members.write")
    transfer = _open(transfer_id)
    if not Union.objects.filter(id=transfer.union_id).filter(**{by.level_column: by.seq}).exists():
        raise NotFound("只有转入工会能接收。", where=transfer.to_union_name)
    fetch(
        "SELECT people_complete_transfer(%(id)s, %(on)s, %(account)s)",
        {"id": transfer_id, "on": on, "account": by.account_id},
    )
    _record(by, transfer_id, transfer.person_id, "accepted", (transfer.l1, transfer.l2, transfer.l3, transfer.l4))


@transaction.atomic
def refuse_transfer(*, by: Actor, transfer_id: UUID, on: date, note: str) -> None:
    """Send a transfer back with a reason; the membership stays where it was."""
    by.require("members.write")
    if not note.strip():
        raise Refused("请写明退回原因。", where="退回原因", why="转出工会和会员会看到这句话")
    transfer = _open(transfer_id)
    changed = execute(
        f"UPDATE people_transfer SET state = 3, decided_on = %(on)s, decided_by = %(account)s, note = %(note)s "
        f"WHERE id = %(id)s AND state = 1 AND {by.level_column} = %(seq)s",
        {"on": on, "account": by.account_id, "note": note.strip()[:200], "id": transfer_id, "seq": by.seq},
    )
    if not changed:
        raise NotFound("只有转入工会能退回。", where=transfer.to_union_name)
    _record(by, transfer_id, transfer.person_id, "refused", (transfer.l1, transfer.l2, transfer.l3, transfer.l4))


@transaction.atomic
def withdraw_transfer(*, by: Actor, transfer_id: UUID, on: date) -> None:
    """Take a request back before it is answered. Sending side only."""
    by.require("members.write")
    transfer = _open(transfer_id)
    changed = execute(
        f"UPDATE people_transfer SET state = 4, decided_on = %(on)s, decided_by = %(account)s "
        f"WHERE id = %(id)s AND state = 1 AND from_{by.level_column} = %(seq)s",
        {"on": on, "account": by.account_id, "id": transfer_id, "seq": by.seq},
    )
    if not changed:
        raise NotFound("只有转出工会能撤回。", where=transfer.from_union_name)
    _record(
        by,
        transfer_id,
        transfer.person_id,
        "withdrawn",
        (transfer.from_l1, transfer.from_l2, transfer.from_l3, transfer.from_l4),
    )


@transaction.atomic
def expire_transfers(*, by: Actor, on: date) -> int:
    """Close transfers nobody answered in time; they return to the sending side's to-dos, the district sees them
    (job)."""
    expired = execute(
        "UPDATE people_transfer SET state = 5, decided_on = %(on)s WHERE state = 1 AND due_on < %(on)s", {"on": on}
    )
    if expired:
        audit.record(by, action="people.transfer.expired", purpose=Purpose.SYSTEM, count=expired)
    return expired
