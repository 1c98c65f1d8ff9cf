"""Reads of posts and terms of office."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from django.db.models import Count, Q

from zhigong.kernel.actor import Actor
from zhigong.kernel.db import keyset
from zhigong.kernel.db.bulk import fetch
from zhigong.kernel.db.keyset import Paged
from zhigong.kernel.errors import NotFound
from zhigong.orgs.models import Post, Term, Union
from zhigong.orgs.policies import may_appoint, reminder_stage
from zhigong.orgs.queries.scoping import LIVING, within
from zhigong.orgs.types import Duty, Engagement, PostLine, TermLine


def terms_ending(
    actor: Actor,
    *,
    on: date,
    within_days: int,
    after: UUID | None = None,
    before: UUID | None = None,
    limit: int = 200,
) -> Paged[TermLine]:
    """Terms that end within some days or are overdue, the most urgent first; a page after or before a union."""
    ending = Union.objects.filter(
        status__in=LIVING, term_ends_on__isnull=False, term_ends_on__lte=on + timedelta(days=within_days)
    )
    order = ("term_ends_on", "name_sort", "id")
    found = keyset.page(within(ending, actor), order=order, after=after, before=before, limit=limit)
    ids = [union.id for union in found.rows]
    terms = Term.objects.filter(union_id__in=ids).order_by("union_id", "-number").distinct("union_id")
    latest = {term.union_id: term for term in terms}
    lines = tuple(_term_line(latest[union.id], union, on) for union in found.rows if union.id in latest)
    return Paged(lines, found.previous, found.following)


def term_counts(actor: Actor, *, on: date, stages: tuple[int, ...]) -> dict[int, int]:
    """How many terms stand at each reminder stage: stage -> unions, -1 for overdue; stages without any are left out.

    stages: days before the end, descending, as in policies.reminder_stage.
    """
    ends = within(Union.objects.filter(status__in=LIVING), actor).filter(
        term_ends_on__lte=on + timedelta(days=max(stages))
    )
    counts: dict[int, int] = {}
    for ends_on, count in ends.values_list("term_ends_on").annotate(Count("id")):
        stage = reminder_stage(days_left=(ends_on - on).days, stages=stages) if ends_on else None
        if stage is not None:
            counts[stage] = counts.get(stage, 0) + count
    return counts


def _term_line(term: Term, union: Union, on: date) -> TermLine:
    return TermLine(
        id=term.id,
        union_id=union.id,
        union_name=union.name,
        union_path=union.path_names,
        number=term.number,
        starts_on=term.starts_on,
        ends_on=term.ends_on,
        days_left=(term.ends_on - on).days,
    )


def terms_of(actor: Actor, union_id: UUID) -> list[TermLine]:
    """All terms of a union, the latest first."""
    rows = within(Term.objects.filter(union_id=union_id).select_related("union"), actor).order_by("-number")
    return [_term_line(term, term.union, actor.on) for term in rows]


def posts(  # noqa: PLR0913 — a list is narrowed by that many things, each named at the call
    actor: Actor,
    *,
    on: date,
    union_id: UUID | None = None,
    text: str = "",
    duty: str = "",
    after: UUID | None = None,
    before: UUID | None = None,
    limit: int = 200,
) -> Paged[PostLine]:
    """Posts held on a day, in one union or the whole scope, by union; a page after or before a post."""
    rows = within(Post.objects.filter(starts_on__lte=on).exclude(ends_on__lt=on), actor).select_related("union")
    rows = rows.filter(union_id=union_id) if union_id else rows
    rows = rows.filter(duty=duty) if duty else rows
    if text.strip():
        rows = rows.filter(Q(holder__startswith=text.strip()[:60]) | Q(union__name__contains=text.strip()[:60]))
    order = ("union__level", "union__name_sort", "id")
    return keyset.page(rows, order=order, after=after, before=before, limit=limit).lines(_post_line)


def post(actor: Actor, post_id: UUID) -> PostLine:
    """One post of the scope; raises NotFound."""
    actor.require("posts.read")
    found = within(Post.objects.filter(id=post_id).select_related("union"), actor).first()
    if found is None:
        raise NotFound("没有找到这个岗位。", why="它不在您的管辖范围内", do="请从干部列表中选择")
    return _post_line(found)


def _post_line(post: Post) -> PostLine:
    return PostLine(
        id=post.id,
        union_id=post.union_id,
        union_name=post.union.name,
        holder=post.holder,
        duty=Duty(post.duty),
        title=post.title,
        engagement=Engagement(post.engagement),
        starts_on=post.starts_on,
        ends_on=post.ends_on,
        has_account=post.account_id is not None,
        frontline=post.frontline,
    )


def duties_to_give(actor: Actor) -> list[Duty]:
    """The duties the actor may appoint others to."""
    return [duty for duty in Duty if may_appoint(rights=actor.rights, duty=duty)]


def holds_post(actor: Actor) -> bool:
    """Whether the signed-in account holds any post today, acted in or not."""
    rows = Post.objects.filter(account_id=actor.account_id, starts_on__lte=actor.on).exclude(ends_on__lt=actor.on)
    return actor.account_id is not None and rows.exists()


def own_posts(actor: Actor) -> list[tuple[UUID, str, str]]:
    """The posts the signed-in account may switch to: (post, union name, duty label)."""
    rows = Post.objects.filter(account_id=actor.account_id, starts_on__lte=actor.on).exclude(ends_on__lt=actor.on)
    names = dict(fetch("SELECT * FROM orgs_own_post_names(%(on)s)", {"on": actor.on}))
    return [(post.id, names.get(post.id, ""), Duty(post.duty).label) for post in rows.order_by("starts_on", "id")]
