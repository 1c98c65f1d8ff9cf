"""Budgets: opened and changed with a document, never below what is promised already."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from zhigong.audit import operations as audit
from zhigong.audit.types import Purpose
from zhigong.funds.models import Budget, Transfer
from zhigong.funds.operations.ledger import Entry, post, speaking
from zhigong.funds.types import Movement
from zhigong.kernel.actor import Actor
from zhigong.kernel.db.bulk import fetch
from zhigong.kernel.errors import Conflict, NotFound, Refused
from zhigong.kernel.ids import uuid7

_WAITING = """SELECT coalesce(array_agg(p.id), '{}') FROM funds_payable p JOIN funds_budget b ON b.id = %(budget)s
    WHERE p.state = 1 AND p.service_id = b.service_id AND p.year = b.year"""


@transaction.atomic
def open_budget(  # noqa: PLR0913 — the parts of a decision, each named at the call
    by: Actor, *, union_id: UUID, service_id: str, year: int, fen: int, document: str, key: str
) -> UUID:
    """Open the budget of a union for a service and a year, with its first money; needs `budgets.write`.

    document: number of the decision. The same key again answers with the same budget; a second budget is refused.
    """
    by.require("budgets.write")
    if fen <= 0 or not document.strip():
        raise Refused("预算要有金额和批准文号。", where=service_id)
    known = Transfer.objects.filter(key=f"allot:{key}").values_list("debit__budget_id", flat=True).first()
    if known is not None:
        return known
    if Budget.objects.filter(union_id=union_id, service_id=service_id, year=year).exists():
        raise Conflict("这项服务的年度预算已经设立。", where=f"{service_id}，{year} 年", do="请在原预算上追加。")
    budget = Budget(
        id=uuid7(), union_id=union_id, service_id=service_id, year=year, document=document.strip(),
        opened_by=by.account_id, opened_on=by.on,
    )  # fmt: skip
    with speaking():
        budget.save(force_insert=True)
        fetch("SELECT funds_make_purses(%(id)s)", {"id": budget.id})
    _move(by, budget_id=budget.id, fen=fen, key=key, action="funds.budget.opened", document=document)
    return budget.id


@transaction.atomic
def allot(by: Actor, *, budget_id: UUID, fen: int, document: str, key: str) -> None:
    """Add money to a budget, or with a negative amount take back what is still available; needs `budgets.write`.

    Requests that waited for money are funded, oldest first. The same key again does nothing.
    """
    by.require("budgets.write")
    if fen == 0 or not document.strip():
        raise Refused("预算调整要有金额和批准文号。")
    if not Budget.objects.filter(id=budget_id).update(document=document.strip()):
        raise NotFound("没有这项预算。")
    if Transfer.objects.filter(key=f"allot:{key}").exists():
        return
    _move(by, budget_id=budget_id, fen=fen, key=key, action="funds.budget.changed", document=document)


def _move(by: Actor, *, budget_id: UUID, fen: int, key: str, action: str, document: str) -> None:
    """Post it and keep its document: the budget names only the latest one."""
    movement = Movement.ALLOT if fen > 0 else Movement.WITHDRAW
    post(by, [Entry(movement=movement, budget_id=budget_id, fen=abs(fen), key=f"allot:{key}")])
    waiting = fetch(_WAITING, {"budget": budget_id})[0][0] if fen > 0 else []
    if waiting:
        with speaking():
            fetch(
                "SELECT funds_fund(%(ids)s, true, %(today)s, %(account)s)",
                {"ids": waiting, "today": by.on, "account": by.account_id},
            )
    audit.record(
        by, action=action, purpose=Purpose.BUSINESS, reason=document.strip(), subject_kind="budget",
        subject_id=budget_id, detail={"yuan": abs(fen) // 100, "funded": len(waiting)},
    )  # fmt: skip
