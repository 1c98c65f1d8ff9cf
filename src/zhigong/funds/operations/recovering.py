"""Taking benefits back: offset against what is still to be paid, else claimed; repaid, or written off."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from uuid import UUID

from django.db import transaction

from zhigong.audit import operations as audit
from zhigong.audit.types import Purpose
from zhigong.funds.models import Claim, Transfer
from zhigong.funds.operations.ledger import Entry, post, speaking
from zhigong.funds.operations.requesting import CHUNK, check_request
from zhigong.funds.types import ClaimState, Movement, Recovered, RecoveryRequest
from zhigong.kernel.actor import Actor
from zhigong.kernel.db.bulk import fetch
from zhigong.kernel.errors import Conflict, NotFound, Refused
from zhigong.kernel.ids import uuid7
from zhigong.kernel.money import format_yuan

_RECOVER = """SELECT key, claim, made, open_fen FROM funds_recover(%(ids)s::uuid[], %(persons)s::uuid[],
    %(unions)s::uuid[], %(amounts)s::bigint[], %(services)s::text[], %(cases)s::uuid[], %(reasons)s::text[],
    %(notes)s::text[], %(keys)s::text[],
    %(today)s, %(account)s)"""


def recover(  # noqa: PLR0913 — the parts of a decision, each named at the call
    by: Actor,
    *,
    person_id: UUID,
    union_id: UUID,
    amount_fen: int,
    service_id: str,
    case_id: UUID | None,
    reason: str,
    key: str,
    note: str = "",
) -> UUID:
    """Take back part or all of what a case granted; returns the claim. The same key again returns the same claim.

    It is set against payments of the person that are not yet on their way, oldest first; what remains is set against
    the next ones, or repaid. A payment never becomes negative. note: how instalments were agreed. Raises Refused when
    it exceeds what the case was granted.
    """
    one = RecoveryRequest(
        person_id=person_id, union_id=union_id, amount_fen=amount_fen, service_id=service_id, case_id=case_id,
        reason=reason, key=key, note=note,
    )  # fmt: skip
    return recoveries(by, requests=[one]).ids[key]


@transaction.atomic
def recoveries(by: Actor, *, requests: Iterable[RecoveryRequest]) -> Recovered:
    """As recover for many: 20 000 at a time in one statement each, all or nothing."""
    waiting, ids, made, claimed, asked = iter(requests), {}, 0, 0, 0
    while chunk := list(islice(waiting, CHUNK)):
        amounts = {one.key: one.amount_fen for one in chunk}
        for key, claim, is_new, open_fen in _recover(by, chunk):
            ids[key] = claim
            made += is_new
            claimed += open_fen if is_new else 0
            asked += amounts[key] if is_new else 0
    if made:
        only = next(iter(ids.values())) if len(ids) == 1 else None
        audit.record(
            by, action="funds.recovery.claimed", purpose=Purpose.BUSINESS, subject_kind="claim", subject_id=only,
            count=made,
        )  # fmt: skip
    return Recovered(
        made=made, repeated=len(ids) - made, ids=ids, offset_fen=asked - claimed, claimed_fen=claimed
    )  # fmt: skip


def _recover(by: Actor, chunk: list[RecoveryRequest]) -> list[tuple[str, UUID, bool, int]]:
    for one in chunk:
        check_request(amount_fen=one.amount_fen, key=one.key, service_id=one.service_id)
    with speaking():
        rows = fetch(
            _RECOVER,
            {
                "ids": [uuid7() for _ in chunk],
                "persons": [one.person_id for one in chunk],
                "unions": [one.union_id for one in chunk],
                "amounts": [one.amount_fen for one in chunk],
                "services": [one.service_id for one in chunk],
                "cases": [one.case_id for one in chunk],
                "reasons": [one.reason.strip()[:200] for one in chunk],
                "notes": [one.note.strip()[:200] for one in chunk],
                "keys": [one.key for one in chunk],
                "today": by.on,
                "account": by.account_id,
            },
        )
    return [(key, claim, bool(made), int(open_fen)) for key, claim, made, open_fen in rows]


@transaction.atomic
def repay(by: Actor, *, claim_id: UUID, fen: int, key: str) -> int:
    """Note that a person paid back (an instalment, or all); needs `payouts.post`. Returns what is still open.

    The money is available in the budget again. The same key again does nothing.
    """
    by.require("payouts.post")
    claim = _open_claim(claim_id)
    if Transfer.objects.filter(key=f"repay:{key}").exists():
        return claim.amount_fen - claim.regained_fen
    left = claim.amount_fen - claim.regained_fen
    if claim.state != ClaimState.OPEN or not 0 < fen <= left:
        raise Refused(
            "还款金额不对。", why=f"尚需追回 {format_yuan(left)}，填写的是 {format_yuan(fen)}", do="请核对金额。"
        )
    post(by, [_entry(Movement.REGAIN, claim, fen, f"repay:{key}")])
    claim.regained_fen += fen
    claim.state = ClaimState.SETTLED if fen == left else ClaimState.OPEN
    claim.save(update_fields=["regained_fen", "state"])
    audit.record(
        by, action="funds.claim.repaid", purpose=Purpose.BUSINESS, subject_kind="claim", subject_id=claim_id
    )  # fmt: skip
    return left - fen


@transaction.atomic
def write_off(by: Actor, *, claim_id: UUID, document: str) -> None:
    """Give up what is still open of a claim, by a decision with a number; needs `payouts.release`."""
    by.require("payouts.release")
    if not document.strip():
        raise Refused("核销要有批准文号。")
    claim = _open_claim(claim_id)
    if claim.state == ClaimState.WRITTEN_OFF:
        return
    if claim.state != ClaimState.OPEN:
        raise Conflict("这笔追回已经结清。")
    post(by, [_entry(Movement.FORGIVE, claim, claim.amount_fen - claim.regained_fen, f"forgive:{claim.id}")])
    claim.state, claim.note = ClaimState.WRITTEN_OFF, f"{claim.note} 核销文号：{document.strip()}".strip()[:200]
    claim.save(update_fields=["state", "note"])
    audit.record(
        by, action="funds.claim.written-off", purpose=Purpose.BUSINESS, subject_kind="claim", subject_id=claim_id
    )  # fmt: skip


def _open_claim(claim_id: UUID) -> Claim:
    claim = Claim.objects.select_for_update().filter(id=claim_id).first()
    if claim is None:
        raise NotFound("没有这笔追回款。")
    return claim


def _entry(movement: Movement, claim: Claim, fen: int, key: str) -> Entry:
    if claim.budget_id is None:  # a claim in the ledger always has one; without it no money can move
        raise Conflict("这笔追回款没有对应的预算。")
    return Entry(movement=movement, budget_id=claim.budget_id, fen=fen, key=key, claim_id=claim.id)
