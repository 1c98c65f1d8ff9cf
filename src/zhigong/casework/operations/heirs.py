"""The heirs' path: what a dead person was granted is paid to an heir named by the grassroots chair."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from zhigong.casework.keys import once
from zhigong.casework.moving import chain_of, lock_case, log, move, note_act
from zhigong.casework.policies import level_for
from zhigong.casework.types import CaseState
from zhigong.funds import operations as funds
from zhigong.kernel.actor import Actor
from zhigong.kernel.errors import Conflict, NotAllowed, Refused

GRASSROOTS = 4


@transaction.atomic
def name_heir(  # noqa: PLR0913 — an heir and an account
    *, by: Actor, case_id: UUID, holder: str, relation: str, bank: str, number: str, key: str, passbook: bool = False
) -> None:
    """Name the heir of a dead person's grant with the account to be paid to; the payment goes on.

    By a chair of her grassroots union (or the next level above that the chain has), who has seen the documents.
    """
    arguments = {"case": case_id, "holder": holder, "relation": relation, "bank": bank, "number": number}
    arguments |= {"passbook": passbook} if passbook else {}
    act = once(by, key=key, act="name_heir", arguments=arguments)
    if act.replayed:
        return
    by.require("cases.decide")
    case = lock_case(by, case_id)
    if by.level != level_for(chain_of(case), GRASSROOTS) or chain_of(case)[by.level - 1] != by.seq:
        raise NotAllowed("继承人由会员所在基层工会的主席确认。", why=case.union_name)
    if case.state != CaseState.HEIR:
        raise Conflict("这个办件不需要确认继承人。", why=f"办件{CaseState(case.state).label}")
    if not holder.strip() or not relation.strip():
        raise Refused("请填写继承人姓名和与会员的关系。", where="继承人")
    funds.register_account(
        by,
        person_id=case.person_id,
        holder=holder,
        bank=bank,
        number=number,
        key=f"{key}:heir",
        heir=True,
        passbook=passbook,
    )
    move(case, CaseState.GRANTED, on=by.on)
    log(
        by,
        case,
        "heir.named",
        "已确认继承人",
        f"与会员的关系：{relation.strip()[:20]}。补助将汇入继承人的账户。",
        tone="good",
    )
    note_act(by, case, "heir_named")
    act.keep()
