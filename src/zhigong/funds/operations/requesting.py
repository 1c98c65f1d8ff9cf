"""Asking for payments: one, or thousands in one statement; cancelling one that is not on its way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from uuid import UUID

from django.db import transaction

from zhigong.audit import operations as audit
from zhigong.audit.types import Purpose
from zhigong.funds.models import Payable
from zhigong.funds.operations.ledger import speaking
from zhigong.funds.types import PayableState, PaymentRequest, Requested
from zhigong.kernel.actor import Actor
from zhigong.kernel.db.bulk import fetch
from zhigong.kernel.errors import Conflict, NotFound, Refused
from zhigong.kernel.ids import uuid7
from zhigong.kernel.money import MAX_FEN

CHUNK = 20_000
_REQUEST = """SELECT key, payable, made, state FROM funds_request(%(ids)s::uuid[], %(persons)s::uuid[],
    %(unions)s::uuid[],
    %(amounts)s::bigint[], %(services)s::text[], %(cases)s::uuid[], %(reasons)s::text[], %(keys)s::text[],
    %(may_wait)s, %(today)s, %(account)s)"""


def request_payment(  # noqa: PLR0913 — the parts of a decision, each named at the call
    by: Actor,
    *,
    person_id: UUID,
    union_id: UUID,
    amount_fen: int,
    service_id: str,
    case_id: UUID | None,
    reason: str,
    key: str,
) -> UUID:
    """Reserve money and promise it to a person; returns the payable. The same key again returns the same payable.

    union_id: the person's union, within the actor's scope. The nearest budget of the service and the year of `by.on` up
    the chain pays. Raises Refused with the numbers when it does not hold enough, NotFound when there is none, Conflict
    when the key was used for another person, amount or service.
    """
    one = PaymentRequest(
        person_id=person_id, union_id=union_id, amount_fen=amount_fen, service_id=service_id, case_id=case_id,
        reason=reason, key=key,
    )  # fmt: skip
    return request_payments(by, requests=[one]).ids[key]


@transaction.atomic
def request_payments(by: Actor, *, requests: Iterable[PaymentRequest], wait_for_budget: bool = False) -> Requested:
    """As request_payment for many: 20 000 at a time in one statement each, all or nothing.

    wait_for_budget: what the budget does not cover stays REQUESTED, in the order given, until money is allotted;
    without it the whole call is refused.
    """
    waiting, ids, states, made = iter(requests), {}, {}, 0
    while chunk := list(islice(waiting, CHUNK)):
        for key, payable, is_new, state in _request(by, chunk, may_wait=wait_for_budget):
            ids[key] = payable
            states[key] = PayableState(state)
            made += is_new
    counts = {state: sum(1 for one in states.values() if one is state) for state in set(states.values())}
    if made:
        only = next(iter(ids.values())) if len(ids) == 1 else None
        audit.record(
            by, action="funds.payment.requested", purpose=Purpose.BUSINESS, subject_kind="payable", subject_id=only,
            count=made,
        )  # fmt: skip
    return Requested(made=made, repeated=len(ids) - made, ids=ids, by_state=counts)


def _request(by: Actor, chunk: Sequence[PaymentRequest], *, may_wait: bool) -> Iterator[tuple[str, UUID, bool, int]]:
    for one in chunk:
        check_request(amount_fen=one.amount_fen, key=one.key, service_id=one.service_id)
    with speaking():
        rows = fetch(
            _REQUEST,
            {
                "ids": [uuid7() for _ in chunk],
                "persons": [one.person_id for one in chunk],
                "unions": [one.union_id for one in chunk],
                "amounts": [one.amount_fen for one in chunk],
                "services": [one.service_id for one in chunk],
                "cases": [one.case_id for one in chunk],
                "reasons": [one.reason.strip()[:200] for one in chunk],
                "keys": [one.key for one in chunk],
                "may_wait": may_wait,
                "today": by.on,
                "account": by.account_id,
            },
        )
    yield from rows


def check_request(*, amount_fen: int, key: str, service_id: str) -> None:
    """Raise Refused unless amount, key and service can be kept."""
    if not 0 < amount_fen <= MAX_FEN:
        raise Refused("金额必须大于零。", where=service_id, why=f"给出的是 {amount_fen} 分")
    if not key or len(key) > 120 or not service_id:
        raise Refused("款项缺少编号或服务。", where=key[:40], why="编号 1 到 120 个字符")


@transaction.atomic
def cancel_payment(by: Actor, *, payable_id: UUID, reason: str) -> None:
    """Take back a promise that is in no batch and not paid; the money is free again. Cancelling twice does nothing.

    Raises Conflict when it is on its way or paid (then `recover` is the way), NotFound outside the scope.
    """
    if not reason.strip():
        raise Refused("请填写取消原因。")
    with speaking():
        done = fetch(
            "SELECT funds_cancel(%(id)s, %(why)s, %(today)s, %(account)s)",
            {"id": payable_id, "why": reason.strip()[:200], "today": by.on, "account": by.account_id},
        )[0][0]
    if not done:
        state = Payable.objects.filter(id=payable_id).values_list("state", flat=True).first()
        if state is None:
            raise NotFound("没有这笔应付款。")
        if state != PayableState.CANCELLED:
            raise Conflict("这笔款项已不能取消。", why=PayableState(state).label, do="已支付的请办理追回。")
        return
    audit.record(
        by, action="funds.payment.cancelled", purpose=Purpose.BUSINESS, reason=reason, subject_kind="payable",
        subject_id=payable_id,
    )  # fmt: skip
