"""Posts and terms of office."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.db import transaction

from zhigong.audit import operations as audit
from zhigong.audit.types import Purpose
from zhigong.kernel.actor import Actor
from zhigong.kernel.errors import Conflict, NotAllowed, NotFound, Refused
from zhigong.kernel.ids import uuid7
from zhigong.orgs.models import Post, Term, Union
from zhigong.orgs.policies import may_appoint, term_end
from zhigong.orgs.types import Duty, Engagement


def _union(union_id: UUID) -> Union:
    union = Union.objects.filter(id=union_id).first()
    if union is None:
        raise NotFound("没有找到这个工会。", why="它不在您的管辖范围内", do="请重新选择工会")
    return union


@transaction.atomic
def appoint(  # noqa: PLR0913 — keyword-only: each is named at the call
    *,
    by: Actor,
    union_id: UUID,
    holder: str,
    duty: Duty,
    starts_on: date,
    ends_on: date | None = None,
    title: str = "",
    engagement: Engagement = Engagement.PART_TIME,
    frontline: bool = False,
    account_id: UUID | None = None,
    person_id: UUID | None = None,
) -> UUID:
    """Appoint a cadre; with an account the post gives scope over the union from its first day.

    Nobody appoints herself (maker and checker differ). Raises Refused, NotFound, Conflict.
    """
    by.require("posts.write")
    if not may_appoint(rights=by.rights, duty=duty):
        raise NotAllowed(
            f"您不能任命{duty.label}。", why="审计与系统管理岗位由系统管理员任命，三员分立", do="请联系系统管理员"
        )
    union = _union(union_id)
    if not holder.strip():
        raise Refused("请填写姓名。", where="姓名")
    if ends_on is not None and ends_on < starts_on:
        raise Refused("任期结束不能早于开始。", where="任期", do="请更正日期")
    if account_id is not None and account_id == by.account_id:
        raise Refused("不能给自己任命岗位。", why="岗位须由他人任命", do="请上级工会或系统管理员办理")
    clash = Post.objects.filter(union=union, account_id=account_id, duty=duty).exclude(ends_on__lt=starts_on)
    if account_id is not None and (clash.filter(starts_on__lte=ends_on) if ends_on else clash).exists():
        raise Conflict(f"{holder}在这段时间已任「{union.name}」{duty.label}。", do="请先结束原任期")
    post = Post(
        id=uuid7(),
        union=union,
        holder=holder.strip(),
        duty=duty,
        title=title,
        engagement=engagement,
        frontline=frontline,
        starts_on=starts_on,
        ends_on=ends_on,
        account_id=account_id,
        person_id=person_id,
        appointed_by=by.account_id,
        l1=union.l1,
        l2=union.l2,
        l3=union.l3,
        l4=union.l4,
    )
    post.save(force_insert=True)
    audit.record(
        by,
        action="orgs.post.appointed",
        purpose=Purpose.BUSINESS,
        subject_kind="post",
        subject_id=post.id,
        detail={"duty": duty.value, "union": str(union_id)},
        union_chain=(union.l1, union.l2, union.l3, union.l4),
    )
    return post.id


@transaction.atomic
def end_post(*, by: Actor, post_id: UUID, on: date) -> None:
    """End a post on a day; its scope ends with that day, at the next request of its holder."""
    by.require("posts.write")
    post = Post.objects.select_for_update().filter(id=post_id).first()
    if post is None:
        raise NotFound("没有找到这个岗位。", why="它不在您的管辖范围内")
    if on < post.starts_on:
        raise Refused("结束日期不能早于任职开始。", where="结束日期", do=f"不早于 {post.starts_on}")
    Post.objects.filter(id=post_id).update(ends_on=on)
    audit.record(
        by,
        action="orgs.post.ended",
        purpose=Purpose.BUSINESS,
        subject_kind="post",
        subject_id=post_id,
        detail={"on": on.isoformat()},
        union_chain=(post.l1, post.l2, post.l3, post.l4),
    )


@transaction.atomic
def start_term(*, by: Actor, union_id: UUID, starts_on: date, years: int, document: str = "") -> UUID:
    """Begin a union's next term of 3 or 5 years. Raises Conflict when it would begin before the last one began."""
    by.require("unions.write")
    union = _union(union_id)
    last = Term.objects.select_for_update().filter(union=union).order_by("-number").first()
    if last is not None and starts_on <= last.starts_on:
        raise Conflict("新一届不能早于上一届开始。", where="开始日期", do=f"须晚于 {last.starts_on}")
    term = Term(
        id=uuid7(),
        union=union,
        number=last.number + 1 if last else 1,
        starts_on=starts_on,
        ends_on=term_end(starts_on=starts_on, years=years),
        document=document,
        l1=union.l1,
        l2=union.l2,
        l3=union.l3,
        l4=union.l4,
    )
    term.save(force_insert=True)
    Union.objects.filter(id=union_id).update(term_ends_on=term.ends_on)
    audit.record(
        by,
        action="orgs.term.started",
        purpose=Purpose.BUSINESS,
        subject_kind="union",
        subject_id=union_id,
        detail={"number": term.number},
        union_chain=(union.l1, union.l2, union.l3, union.l4),
    )
    return term.id
