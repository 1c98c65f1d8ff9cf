"""Calls of the owner's functions, and their refusals as sentences."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from django.db import DatabaseError, transaction

from zhigong.funds.types import Movement, Purse
from zhigong.kernel.actor import Actor
from zhigong.kernel.db.bulk import fetch
from zhigong.kernel.errors import Conflict, NotAllowed, NotFound, Refused, ZhigongError
from zhigong.kernel.money import format_yuan

_POST = """SELECT funds_post(%(movements)s::smallint[], %(budgets)s::uuid[], %(amounts)s::bigint[],
    %(payables)s::uuid[],
    %(claims)s::uuid[], %(keys)s::text[], %(today)s, %(account)s)"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One movement of one budget; key makes it happen once."""

    movement: Movement
    budget_id: UUID
    fen: int
    key: str
    payable_id: UUID | None = None
    claim_id: UUID | None = None


@contextmanager
def speaking() -> Iterator[None]:
    """A savepoint in which what the database refuses becomes a sentence; what it does not know stays an error."""
    try:
        with transaction.atomic():
            yield
    except DatabaseError as error:
        refusal = _refusal(error)
        if refusal is None:
            raise
        raise refusal from error


def _refusal(error: DatabaseError) -> ZhigongError | None:
    cause = error.__cause__
    state = getattr(cause, "sqlstate", None)
    if state == "42501":
        return NotAllowed("这笔款项不在您的管辖范围内。", do="请由有管辖权的工会办理。")
    if state is None or not state.startswith("ZG"):
        return None
    if state not in _SAID or not isinstance(cause, psycopg.Error):
        return None
    return _SAID[state](json.loads(cause.diag.message_detail or "{}"))


def _short(told: dict[str, Any]) -> Refused:
    where = f"{told['service']}，{told['year']} 年"
    left, wanted = format_yuan(int(told["left"])), format_yuan(int(told["wanted"]))
    if told["purse"] == Purse.AVAILABLE:
        return Refused(
            "预算不足，未办理。",
            where=where,
            why=f"可用余额 {left}，本次需要 {wanted}",
            do="请先追加预算，或减少金额。",
        )
    name = Purse(told["purse"]).label
    return Refused(
        "账上金额不足，未办理。",
        where=where,
        why=f"「{name}」只有 {left}，本次需要 {wanted}",
        do="请核对金额；追回不能超过已支出的金额。",
    )


_SAID: dict[str, Callable[[dict[str, Any]], ZhigongError]] = {
    "ZG402": _short,
    "ZG404": lambda told: NotFound(
        "没有可用的预算。", where=f"{told['service']}，{told['year']} 年", do="请由财务先设立这项服务的年度预算。"
    ),
    "ZG409": lambda told: Conflict(
        "同一编号已用于另一笔款项。", where=str(told["key"]), why="人员、金额或服务不同", do="请核对后用新的编号办理。"
    ),
    "ZG413": lambda told: Refused(
        "追回金额超过发放金额。",
        why=f"该事项共发放 {format_yuan(int(told['granted']))}，累计追回 {format_yuan(int(told['claimed']))}",
        do="请核对金额。",
    ),
}


def post(by: Actor, entries: Sequence[Entry]) -> None:
    """Move money within the actor's scope; raises Refused with numbers when a purse does not hold enough."""
    if not entries:
        return
    with speaking():
        fetch(
            _POST,
            {
                "movements": [entry.movement.value for entry in entries],
                "budgets": [entry.budget_id for entry in entries],
                "amounts": [entry.fen for entry in entries],
                "payables": [entry.payable_id for entry in entries],
                "claims": [entry.claim_id for entry in entries],
                "keys": [entry.key for entry in entries],
                "today": by.on,
                "account": by.account_id,
            },
        )
