"""The yearly re-check: a granted entitlement is kept for another year, or ends because the rule no longer holds."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from zhigong.casework.judging import judge
from zhigong.casework.keys import once
from zhigong.casework.models import Case, Entitlement
from zhigong.casework.moving import chain_of, log, note_act, tell
from zhigong.casework.policies import level_for, year_after
from zhigong.casework.types import EntitlementState
from zhigong.catalogue import queries as catalogue
from zhigong.kernel.actor import Actor
from zhigong.kernel.errors import Conflict, NotAllowed, NotFound, Refused

LOWEST = 4


@transaction.atomic
def confirm_recheck(*, by: Actor, entitlement_id: UUID, note: str, key: str) -> bool:
    """Close a re-check that is due, by what the rule says with the facts of today; whether it goes on for a year.

    By a cadre of the member's grassroots union (or the next level its chain has), who writes what she found. Raises
    Refused while facts are missing, Conflict when no re-check is due.
    """
    act = once(by, key=key, act="recheck", arguments={"entitlement": entitlement_id, "note": note})
    if act.replayed:
        return bool(act.result)
    by.require("cases.check")
    if len(note.strip()) < 5:
        raise Refused("请写明复核情况。", where="复核记录", do="至少写五个字。")
    found = _lock(by, entitlement_id)
    judged = judge(by, found.person_id, catalogue.service(found.service_id))
    verdict = judged.decision.verdict
    if verdict is None:
        words = [judged.facts[name].label if name in judged.facts else name for name in judged.decision.missing]
        raise Refused("情况还不清楚，不能完成复核。", why=f"缺少：{'、'.join(words)}", do="请联系本人说明后再复核。")
    found.holds, found.changed_on = verdict, by.on
    found.recheck_on = year_after(by.on) if verdict else None
    found.state = EntitlementState.GRANTED if verdict else EntitlementState.WITHDRAWN
    found.save(update_fields=["holds", "changed_on", "recheck_on", "state"])
    assert found.case_id is not None  # noqa: S101 — a constraint: granted ones name their case
    case = Case.objects.get(id=found.case_id)
    title = "年度复核：继续享受" if verdict else "年度复核：条件已变化"
    log(by, case, "rechecked", title, note.strip(), tone="good" if verdict else "wait")
    failing = "；".join(one.text for one in judged.decision.reasons if one.holds is False)
    text = f"下次复核：{found.recheck_on}" if verdict else f"从今天起不再享受。{failing}"
    tell(by, case, "recheck", f"{case.title}：{title}", text, key=f"{found.id}:recheck:{by.on}")
    note_act(by, case, "rechecked", holds=int(verdict))
    act.keep("holds" if verdict else "")
    return verdict


def _lock(by: Actor, entitlement_id: UUID) -> Entitlement:
    found = Entitlement.objects.select_for_update().filter(id=entitlement_id, **{by.level_column: by.seq}).first()
    if found is None:
        raise NotFound("没有找到这项复核。", why="它不在您的管辖范围内")
    if by.level != level_for(chain_of(found), LOWEST):
        raise NotAllowed("年度复核由会员所在基层工会办理。")
    if found.person_id == by.person_id:
        raise NotAllowed("不能复核本人的事项。", why="经办人须回避", do="请由同级其他经办人办理。")
    if found.state != EntitlementState.GRANTED or found.recheck_on is None or found.recheck_on > by.on:
        raise Conflict("这项复核已经办过，或还没有到期。", do="请刷新页面后查看最新状态。")
    return found
