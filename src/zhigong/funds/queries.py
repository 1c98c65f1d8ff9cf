"""Reads of money; the first argument is the actor, whose scope the database enforces and the level filter repeats."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import pyarrow as pa

from zhigong.funds.models import Batch, Line, PassedFile, Payee
from zhigong.funds.policies import RETURNING
from zhigong.funds.types import (
    AccountLine,
    BatchState,
    BudgetLine,
    ClaimLine,
    ClaimState,
    FileKind,
    FileState,
    FileTask,
    LineState,
    MoneyAct,
    MoneyTodo,
    MoneyTodos,
    OffsetLine,
    PayableLine,
    PayableState,
    Payout,
    PayoutCard,
    PayoutLine,
    Unmatched,
)
from zhigong.kernel import jobs
from zhigong.kernel.actor import Actor
from zhigong.kernel.db.bulk import copy_out, fetch
from zhigong.kernel.errors import NotFound

_PAYABLE = """SELECT r.id, r.person_id, p.name, coalesce(u.name, ''), r.service_id, r.case_id, r.amount_fen,
    r.offset_fen, r.state,
        r.reason, r.requested_on, r.paid_on, r.problem, coalesce(y.number_masked, ''), coalesce(y.bank, '')
    FROM funds_payable r JOIN people_person p ON p.id = r.person_id LEFT JOIN orgs_union u ON u.id = r.union_id
    LEFT JOIN funds_payee y ON y.id = r.payee_id"""
_CLAIM = """SELECT c.id, c.person_id, p.name, coalesce(u.name, ''), c.service_id, c.case_id, c.amount_fen,
    c.regained_fen, c.state,
        c.reason, c.note, c.claimed_on
    FROM funds_claim c JOIN people_person p ON p.id = c.person_id LEFT JOIN orgs_union u ON u.id = c.union_id"""
_BUDGETS = """SELECT b.id, b.union_id, coalesce(u.name, ''), b.service_id, b.year, b.document,
        max(-a.balance) FILTER (WHERE a.purse = 1), max(a.balance) FILTER (WHERE a.purse = 2),
        max(a.balance) FILTER (WHERE a.purse = 3), max(a.balance) FILTER (WHERE a.purse = 4),
        max(a.balance) FILTER (WHERE a.purse = 5), max(a.balance) FILTER (WHERE a.purse = 6)
    FROM funds_budget b JOIN funds_account a ON a.budget_id = b.id LEFT JOIN orgs_union u ON u.id = b.union_id
    WHERE {scope} AND (%(year)s::int IS NULL OR b.year = %(year)s) GROUP BY b.id, u.name ORDER BY b.year DESC,
        b.service_id, b.id"""
_PAYOUTS = """SELECT b.id, b.number, b.title, b.service_id, b.state, count(l.id) FILTER (WHERE l.state <> 5 OR b.state
    = 5),
        coalesce(sum(l.fen), 0)::bigint, b.made_by, b.made_by_name, b.made_on, b.released_by, b.released_by_name,
            b.released_on,
        count(*) FILTER (WHERE l.state = 2), count(*) FILTER (WHERE l.state = 3), count(*) FILTER (WHERE l.state = 4),
            b.hash, count(*) FILTER (WHERE l.state = 6)
    FROM funds_batch b LEFT JOIN funds_line l ON l.batch_id = b.id
    WHERE {scope} AND (%(batch)s::uuid IS NULL OR b.id = %(batch)s) GROUP BY b.id ORDER BY b.number DESC LIMIT
        %(limit)s"""
_LINES = """SELECT l.id, l.number, l.serial, l.payable_id, r.person_id, y.holder, y.bank, y.number_masked, l.fen,
    l.state, l.problem
    FROM funds_line l JOIN funds_payable r ON r.id = l.payable_id JOIN funds_payee y ON y.id = l.payee_id
    WHERE l.batch_id = %(batch)s AND (%(state)s::int IS NULL OR l.state = %(state)s)
    ORDER BY l.number LIMIT %(limit)s OFFSET %(offset)s"""
_WAITING = """SELECT count(*) FILTER (WHERE r.state = 2), count(*) FILTER (WHERE r.state = 3), count(*) FILTER (WHERE
    r.state = 1)
    FROM funds_payable r WHERE {scope} AND r.state IN (1, 2, 3)"""
# What waits for one actor in one statement: acts of her own union's money by right, then payments that lack something.
_TODOS = """SELECT 'draft', 0, NULL::uuid, '', r.service_id, count(*), sum(r.amount_fen - r.offset_fen)::bigint,
        min(r.requested_on), ''
    FROM funds_payable r JOIN funds_budget g ON g.id = r.budget_id
    WHERE %(makes)s AND r.state = 4 AND g.union_id = %(union)s GROUP BY r.service_id
    UNION ALL SELECT CASE b.state WHEN 1 THEN 'freeze' WHEN 2 THEN 'release' ELSE 'post' END, 0, b.id, b.title,
        b.service_id, l.number, l.fen, coalesce(b.released_on, b.made_on), b.made_by_name
    FROM funds_batch b CROSS JOIN LATERAL (SELECT count(*) AS number, coalesce(sum(fen), 0)::bigint AS fen
        FROM funds_line WHERE batch_id = b.id AND state = 1) l
    WHERE b.union_id = %(union)s AND l.number > 0 AND ((%(makes)s AND b.state = 1) OR (%(posts)s AND b.state = 3)
        OR (%(releases)s AND b.state = 2 AND %(account)s::uuid NOT IN (b.made_by, b.frozen_by)))
    UNION ALL SELECT 'wait', r.state, NULL, '', '', count(*), 0, min(r.requested_on), ''
    FROM funds_payable r WHERE {scope} AND ((%(makes)s AND r.state IN (2, 3, 7, 8)) OR (%(budgets)s AND r.state = 1))
    GROUP BY r.state ORDER BY 8, 5, 3"""
# Granted in the calendar year of the day, whether or not it has arrived: what the bank sent back is still owed and
# would otherwise be granted twice. Cancelled payments and what was taken back count no more.
_PAID_THIS_YEAR = """SELECT person_id, greatest(sum(fen), 0)::bigint AS fen FROM (
        SELECT r.person_id, r.amount_fen AS fen FROM funds_payable r
            WHERE r.service_id = %(service)s AND r.year = %(year)s AND r.state <> 9 AND r.requested_on <= %(day)s
        UNION ALL SELECT c.person_id, -c.amount_fen FROM funds_claim c
            WHERE c.service_id = %(service)s AND c.year = %(year)s AND c.claimed_on <= %(day)s) s
    GROUP BY person_id ORDER BY person_id"""


def _scope(actor: Actor, alias: str) -> str:
    """The level filter that the planner can use; a member has none and is left to the policies."""
    return f"{alias}.{actor.level_column} = %(seq)s" if actor.level else "true"


def budgets(actor: Actor, *, year: int | None = None) -> tuple[BudgetLine, ...]:
    """Budgets within the scope and where their money stands."""
    rows = fetch(_BUDGETS.format(scope=_scope(actor, "b")), {"seq": actor.seq, "year": year})
    return tuple(BudgetLine(*row) for row in rows)


def payables_of_case(actor: Actor, case_id: UUID) -> tuple[PayableLine, ...]:
    """What a case led to, oldest first; a member sees her own."""
    return _payables(actor, "r.case_id = %(case)s", {"case": case_id})


def payables_of_person(actor: Actor, person_id: UUID) -> tuple[PayableLine, ...]:
    """What was promised to a person, newest last."""
    return _payables(actor, "r.person_id = %(person)s", {"person": person_id})


def payables(
    actor: Actor, *, state: PayableState, service_id: str = "", after: UUID | None = None, limit: int = 50
) -> tuple[PayableLine, ...]:
    """Payables in one state, in the order they were asked for; `after`: the last one already shown."""
    where = """r.state = %(state)s AND (%(service)s = '' OR r.service_id = %(service)s)
        AND (%(after)s::uuid IS NULL OR r.id > %(after)s)"""
    values = {"state": state.value, "service": service_id, "after": after, "limit": limit}
    return _payables(actor, where, values, order="r.id LIMIT %(limit)s")


def _payables(
    actor: Actor, where: str, values: dict[str, Any], *, order: str = "r.requested_on, r.id"
) -> tuple[PayableLine, ...]:
    query = f"{_PAYABLE} WHERE {_scope(actor, 'r')} AND {where} ORDER BY {order}"
    return tuple(_payable(row) for row in fetch(query, {"seq": actor.seq} | values))


def _payable(row: tuple[Any, ...]) -> PayableLine:
    return PayableLine(
        id=row[0], person_id=row[1], person_name=row[2], union_name=row[3], service_id=row[4], case_id=row[5],
        amount_fen=row[6], offset_fen=row[7], net_fen=row[6] - row[7], state=PayableState(row[8]), reason=row[9],
        requested_on=row[10], paid_on=row[11], problem=row[12], account_masked=row[13], bank=row[14],
    )  # fmt: skip


def claims(actor: Actor, *, person_id: UUID | None = None, limit: int = 200) -> tuple[ClaimLine, ...]:
    """Open claims within the scope, or all of one person; a member sees her own."""
    where = "c.person_id = %(person)s" if person_id else "c.state = 1"
    query = f"{_CLAIM} WHERE {_scope(actor, 'c')} AND {where} ORDER BY c.claimed_on, c.id LIMIT %(limit)s"
    return tuple(
        ClaimLine(
            id=row[0],
            person_id=row[1],
            person_name=row[2],
            union_name=row[3],
            service_id=row[4],
            case_id=row[5],
            amount_fen=row[6],
            regained_fen=row[7],
            open_fen=row[6] - row[7],
            state=ClaimState(row[8]),
            reason=row[9],
            note=row[10],
            claimed_on=row[11],
        )
        for row in fetch(query, {"seq": actor.seq, "person": person_id, "limit": limit})
    )


def taken_back(actor: Actor, case_ids: Sequence[UUID]) -> dict[UUID, tuple[int, int]]:
    """What is to be given back of each of these cases, and how much of it is back; what was written off counts no
    more. A member sees her own."""
    query = f"""SELECT c.case_id, sum(CASE c.state WHEN 3 THEN c.regained_fen ELSE c.amount_fen END)::bigint,
            sum(c.regained_fen)::bigint FROM funds_claim c
        WHERE {_scope(actor, "c")} AND c.case_id = ANY (%(cases)s::uuid[]) GROUP BY 1"""
    return {case: (taken, back) for case, taken, back in fetch(query, {"seq": actor.seq, "cases": list(case_ids)})}


def set_off(actor: Actor, case_ids: Sequence[UUID]) -> dict[UUID, tuple[OffsetLine, ...]]:
    """What was set against debts of what these cases led to, by case."""
    payables = fetch(
        "SELECT id, case_id FROM funds_payable WHERE case_id = ANY (%(cases)s::uuid[]) AND offset_fen > 0",
        {"cases": list(case_ids)},
    )
    case_of, found = dict(payables), dict[UUID, tuple[OffsetLine, ...]]()
    for payable, owing, reason, fen in fetch("SELECT * FROM funds_offsets(%(ids)s::uuid[])", {"ids": list(case_of)}):
        found[case_of[payable]] = (*found.get(case_of[payable], ()), OffsetLine(fen, reason, owing))
    return found


def account_of(actor: Actor, person_id: UUID) -> AccountLine | None:
    """The account a person is paid into, masked; None when none is registered or she is outside the scope."""
    found = Payee.objects.filter(person_id=person_id, current=True).order_by("heir").last()
    if found is None:
        return None
    return AccountLine(
        id=found.id, person_id=found.person_id, holder=found.holder, bank=found.bank,
        number_masked=found.number_masked, heir=found.heir, registered_on=found.registered_on,
    )  # fmt: skip


def payouts(actor: Actor, *, limit: int = 50) -> tuple[Payout, ...]:
    """Batches within the scope, newest first; needs one of the payout rights."""
    _allow(actor)
    rows = fetch(_PAYOUTS.format(scope=_scope(actor, "b")), {"seq": actor.seq, "batch": None, "limit": limit})
    return tuple(_payout(row) for row in rows)


def payout(
    actor: Actor, batch_id: UUID, *, limit: int = 200, offset: int = 0, state: LineState | None = None
) -> PayoutCard:
    """One batch with a page of its lines (of one state) and what the actor may do now; raises NotFound."""
    _allow(actor)
    rows = fetch(_PAYOUTS.format(scope=_scope(actor, "b")), {"seq": actor.seq, "batch": batch_id, "limit": 1})
    if not rows:
        raise NotFound("没有这个发放批次。")
    found = _payout(rows[0])
    wanted = {"batch": batch_id, "limit": limit, "offset": offset, "state": state.value if state else None}
    lines = fetch(_LINES, wanted)
    return PayoutCard(
        payout=found,
        lines=tuple(_line(row) for row in lines),
        may=_may(actor, found),
    )


def _line(row: tuple[Any, ...]) -> PayoutLine:
    return PayoutLine(
        id=row[0], number=row[1], serial=row[2], payable_id=row[3], person_id=row[4], holder=row[5], bank=row[6],
        account_masked=row[7], fen=row[8], state=LineState(row[9]), problem=row[10],
    )  # fmt: skip


def _payout(row: tuple[Any, ...]) -> Payout:
    return Payout(
        id=row[0], number=row[1], title=row[2], service_id=row[3], state=BatchState(row[4]), lines=row[5],
        total_fen=row[6], made_by=row[7], made_by_name=row[8], made_on=row[9], released_by=row[10],
        released_by_name=row[11], released_on=row[12], paid=row[13], rejected=row[14], unknown=row[15], hash=row[16],
        returned=row[17],
    )  # fmt: skip


def _may(actor: Actor, found: Payout) -> frozenset[str]:
    frozen_by = Batch.objects.filter(id=found.id).values_list("frozen_by", flat=True).first()
    second = actor.account_id is not None and actor.account_id not in (found.made_by, frozen_by)
    by_state = {
        BatchState.DRAFT: {"freeze": "payouts.make", "dissolve": "payouts.make"},
        BatchState.FROZEN: {"dissolve": "payouts.make"} | ({"release": "payouts.release"} if second else {}),
        BatchState.RELEASED: {"file": "payouts.post", "post": "payouts.post"}
        | ({"ask": "payouts.post"} if found.unknown else {}),
        BatchState.SETTLED: {"file": "payouts.post"},
    }
    late = found.state is BatchState.SETTLED and second and not actor.rights.isdisjoint(RETURNING)
    allowed = {act for act, right in by_state.get(found.state, {}).items() if right in actor.rights}
    return frozenset(allowed | ({"return"} if late else set()))


def unmatched(actor: Actor, *, limit: int = 200) -> Unmatched:
    """What waits for people: what the bank sent back or does not know, what lacks an account or money, open claims."""
    _allow(actor)
    awaiting, heirs, budget = fetch(_WAITING.format(scope=_scope(actor, "r")), {"seq": actor.seq})[0]
    return Unmatched(
        rejected=payables(actor, state=PayableState.REJECTED, limit=limit),
        unknown=payables(actor, state=PayableState.UNKNOWN, limit=limit),
        awaiting_account=awaiting,
        heirs=heirs,
        awaiting_budget=budget,
        claims=claims(actor, limit=limit),
    )


def todos(actor: Actor) -> MoneyTodos:
    """What the actor may do for the money of her own union now, what waited longest first, and what waits for people.

    Maker and checker differ: a frozen batch waits for neither who drafted nor who froze it.
    """
    rights = {"makes": "make", "releases": "release", "posts": "post"}
    values = {name: f"payouts.{right}" in actor.rights for name, right in rights.items()}
    values |= {"budgets": "budgets.write" in actor.rights}
    more = {"union": actor.union_id, "account": actor.account_id, "seq": actor.seq}
    rows = fetch(_TODOS.format(scope=_scope(actor, "r")), values | more)
    return MoneyTodos(
        acts=tuple(MoneyTodo(MoneyAct(row[0]), *row[2:]) for row in rows if row[0] != "wait"),
        waiting={PayableState(row[1]): row[5] for row in rows if row[0] == "wait"},
    )


def ready(actor: Actor) -> dict[str, tuple[int, int]]:
    """Payments ready for a batch of the actor's union, by service: how many and how much."""
    rows = fetch(
        """SELECT r.service_id, count(*), sum(r.amount_fen - r.offset_fen)::bigint FROM funds_payable r
        JOIN funds_budget b ON b.id = r.budget_id WHERE r.state = 4 AND b.union_id = %(union)s GROUP BY 1 ORDER BY 1""",
        {"union": actor.union_id},
    )
    return {service: (number, fen) for service, number, fen in rows}


def paid_this_year(actor: Actor, *, service_id: str, on: date) -> Iterator[pa.RecordBatch]:
    """person_id and fen granted by a service in the calendar year of `on`, up to that day, as Arrow batches.

    Counts what was granted and not cancelled, whether it has arrived, is on its way or came back from the bank (it is
    still owed), less what was claimed back. Only persons with such money appear; consume it within the scope.
    """
    kinds = {"person_id": pa.string(), "fen": pa.int64()}
    yield from copy_out(_PAID_THIS_YEAR, kinds, {"service": service_id, "year": on.year, "day": on})


_MART = {
    "person_id": pa.string(),
    **{f"l{level}": pa.int32() for level in (1, 2, 3, 4)},
    "service_id": pa.string(),
    "fen": pa.int64(),
}


def mart_payments(actor: Actor) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    """For the marts: what was paid to each person, and (negative) what she gave back; person, chain, service, fen.

    An amount set against a debt counts as paid and as given back, so the sums are those of the ledger.
    """
    query = f"""SELECT person_id, l1, l2, l3, l4, service_id, amount_fen FROM funds_payable
            WHERE {actor.level_column} = %(seq)s AND state = %(paid)s
        UNION ALL SELECT person_id, l1, l2, l3, l4, service_id, -regained_fen FROM funds_claim
            WHERE {actor.level_column} = %(seq)s AND regained_fen > 0"""
    return pa.schema(_MART), copy_out(query, _MART, {"seq": actor.seq, "paid": PayableState.PAID.value})


def file_tasks(actor: Actor, batch_id: UUID, *, limit: int = 4) -> tuple[FileTask, ...]:
    """Files of a batch that jobs work or worked on, the latest first."""
    _allow(actor)
    rows = PassedFile.objects.filter(batch_id=batch_id).order_by("-asked_at", "-id")[:limit]
    return tuple(_task(row) for row in rows)


def file_task(actor: Actor, file_id: UUID) -> tuple[UUID, FileTask]:
    """One such file with its batch; raises NotFound."""
    _allow(actor)
    row = PassedFile.objects.filter(id=file_id).first()
    if row is None:
        raise NotFound("没有这个文件。")
    return row.batch_id, _task(row)


def _task(row: PassedFile) -> FileTask:
    state = FileState(row.state)
    return FileTask(
        id=row.id, kind=FileKind(row.kind), file_name=row.file_name, state=state, error=row.error, result=row.result,
        asked_by_name=row.asked_by_name, asked_at=row.asked_at,
        stuck=state is FileState.WAITING and row.job is not None and not jobs.is_open(row.job),
    )  # fmt: skip


def batch_of_line(actor: Actor, serial: str) -> UUID | None:
    """The batch a serial number belongs to, for who holds a bank slip and no batch."""
    _allow(actor)
    return Line.objects.filter(serial=serial).values_list("batch_id", flat=True).first()


def _allow(actor: Actor) -> None:
    if actor.rights.isdisjoint({"payouts.make", "payouts.release", "payouts.post"}):
        actor.require("payouts.make")
