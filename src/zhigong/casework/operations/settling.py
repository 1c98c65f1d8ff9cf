"""What was set against debts in full is settled: its case moves on as if paid, and says what became of the money."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from zhigong.casework.models import Case
from zhigong.casework.moving import log, move, tell
from zhigong.casework.types import CaseState
from zhigong.funds import queries as funds
from zhigong.funds.types import OffsetLine
from zhigong.kernel.actor import Actor
from zhigong.kernel.db.bulk import fetch
from zhigong.kernel.money import format_yuan

# Granted cases of which nothing is left to be sent and something was set off; what the bank pays is told by its answer.
_SETTLED = """
SELECT c.id FROM casework_case c JOIN funds_payable r ON r.case_id = c.id
WHERE c.state = 5 AND (%(persons)s::uuid[] IS NULL OR c.person_id = ANY (%(persons)s::uuid[]))
GROUP BY c.id HAVING bool_and(r.state IN (6, 9)) AND bool_or(r.state = 6 AND r.amount_fen = r.offset_fen)
"""


def settle(by: Actor, *, persons: Iterable[UUID] | None = None) -> int:
    """Move on the granted cases (of these persons) whose payments were wholly set off; how many.

    Called wherever casework asks for money or takes it back; what finance itself sets off, by adding to a budget or
    cancelling, is found by the clock. A second call changes nothing.
    """
    wanted = sorted({*persons}, key=str) if persons is not None else None
    found = [row[0] for row in fetch(_SETTLED, {"persons": wanted})]
    if not found:
        return 0
    offsets = funds.set_off(by, found)
    cases = list(Case.objects.select_for_update().filter(id__in=found, state=CaseState.GRANTED).order_by("id"))
    for case in cases:
        parts = offsets.get(case.id, ())
        title, text = _said(case, parts)
        move(case, CaseState.PAID, on=by.on)
        log(by, case, "payment.offset", title, text)
        tell(by, case, "offset", f"{case.title}：{title}", text, key=f"{case.id}:offset:{by.on}")
    return len(cases)


def _said(case: Case, parts: Sequence[OffsetLine]) -> tuple[str, str]:
    sum_ = format_yuan(sum(one.fen for one in parts))
    if parts and all(one.case_id == case.id for one in parts):
        return "没有汇出，已收回", f"应发的 {sum_} 还没有汇出，按更正全部收回（{parts[0].reason}）。"
    reasons = "；".join(f"{one.reason}，{format_yuan(one.fen)}" for one in parts)
    return "已全部抵扣", f"应发的 {sum_} 全部用于抵扣应退回的款项，没有汇款（{reasons}）。"
