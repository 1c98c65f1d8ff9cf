"""Ratings: the member marks how she was served; a bad mark opens a follow-up."""

from __future__ import annotations

from uuid import UUID

from django.db import IntegrityError, transaction

from zhigong.casework.keys import once
from zhigong.casework.models import Case, Rating
from zhigong.casework.moving import lock_case, log, note_act, scoped, service_of
from zhigong.casework.policies import BAD_SCORE
from zhigong.casework.types import CaseState
from zhigong.kernel.actor import Actor
from zhigong.kernel.errors import Conflict, NotAllowed, NotFound, Refused

RATED_STATES = (CaseState.GRANTED, CaseState.PAID, CaseState.REFUSED)


@transaction.atomic
def rate(*, by: Actor, case_id: UUID, score: int, text: str = "", key: str) -> None:
    """The member rates a decided case, once, from 1 to 5; 1 and 2 open a follow-up at her grassroots union."""
    act = once(by, key=key, act="rate", arguments={"case": case_id, "score": score, "text": text})
    if act.replayed:
        return
    case = lock_case(by, case_id, own=True)
    if case.state not in RATED_STATES or not service_of(case).rating:
        raise Conflict("这个办件现在不能评价。", why=f"办件{CaseState(case.state).label}", do="请在办结后评价。")
    if isinstance(score, bool) or score not in range(1, 6):
        raise Refused("评分是一到五颗星。", where="评分")
    try:
        with transaction.atomic():
            Rating(**scoped(case), score=score, text=text.strip()[:500], rated_on=by.on).save(force_insert=True)
    except IntegrityError as error:
        raise Conflict("您已经评价过这个办件。") from error
    log(by, case, "rated", f"已评价：{score} 星", text.strip(), tone="good" if score > BAD_SCORE else "bad")
    note_act(by, case, "rated", score=score)
    act.keep()


@transaction.atomic
def follow_up(*, by: Actor, rating_id: UUID, note: str, key: str) -> None:
    """A cadre of the member's grassroots union (or the next level its chain has) records the follow-up of a bad
    mark."""
    act = once(by, key=key, act="follow_up", arguments={"rating": rating_id, "note": note})
    if act.replayed:
        return
    by.require("cases.check")
    if len(note.strip()) < 5:
        raise Refused("请写明回访情况。", where="回访记录", do="至少写五个字。")
    rating = Rating.objects.select_for_update().filter(id=rating_id, **{by.level_column: by.seq}).first()
    if rating is None:
        raise NotFound("没有找到这条评价。", why="它不在您的管辖范围内")
    if rating.person_id == by.person_id:
        raise NotAllowed("不能回访本人的评价。", why="经办人须回避")
    if rating.score > BAD_SCORE or rating.followed_on is not None:
        raise Conflict("这条评价不需要回访，或已经回访。")
    rating.followed_on, rating.followed_by, rating.follow_note = by.on, by.account_id, note.strip()[:500]
    rating.save(update_fields=["followed_on", "followed_by", "follow_note"])
    case = Case.objects.get(id=rating.case_id)
    log(by, case, "followed_up", "工会已回访", note.strip())
    note_act(by, case, "followed_up")
    act.keep()
