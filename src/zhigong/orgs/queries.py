"""Reads of the organisation; the actor comes first and her level is a literal filter beside row-level security."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TypeVar
from uuid import UUID

from django.db.models import Count, Exists, Model, OuterRef, Q, QuerySet

from zhigong.kernel.actor import Actor
from zhigong.kernel.db import keyset
from zhigong.kernel.db.bulk import fetch
from zhigong.kernel.db.keyset import Paged
from zhigong.kernel.errors import NotFound
from zhigong.kernel.names import sort_key
from zhigong.orgs.models import Coverage, Employer, Post, Term, Union
from zhigong.orgs.policies import may_appoint, reminder_stage
from zhigong.orgs.types import (
    Duty,
    EmployerLine,
    EmployerStatus,
    Engagement,
    Level,
    PostLine,
    TermLine,
    UnionCard,
    UnionKind,
    UnionLine,
    UnionStatus,
    UnionVersionLine,
)

PAGE = 50
M = TypeVar("M", bound=Model)
LIVING = (UnionStatus.ACTIVE, UnionStatus.PREPARING)


def within(rows: QuerySet[M], actor: Actor) -> QuerySet[M]:
    """The literal filter: the planner sees it, row-level security alone would hide it (security.md §6)."""
    return rows.filter(**{actor.level_column: actor.seq})


def union_line(union: Union, *, children: int = 0, members: int = 0) -> UnionLine:
    """A union as a list shows it."""
    return UnionLine(
        id=union.id,
        code=union.code,
        name=union.name,
        level=Level(union.level),
        kind=UnionKind(union.kind),
        status=UnionStatus(union.status),
        parent_id=union.parent_id,
        path=union.path_names,
        children=children,
        members=members,
        term_ends_on=union.term_ends_on,
    )


def has_city(_actor: Actor) -> bool:
    """Whether the base has its city union yet; everybody may know."""
    return bool(fetch("SELECT 1 FROM orgs_root LIMIT 1"))


def own_union(actor: Actor) -> UnionLine:
    """The union of the post acted in, the root of her tree. Raises NotFound without one."""
    union = within(Union.objects.filter(level=actor.level or 0), actor).first() if actor.level else None
    if union is None:
        raise NotFound("您当前没有管辖的工会。", do="请换用一个在任的岗位")
    return union_line(union, children=_children_counts([union.id]).get(union.id, 0))


def children(actor: Actor, union_id: UUID, *, limit: int = 500, after: UUID | None = None) -> Paged[UnionLine]:
    """The living unions directly below one, by level and name, each with how many lie below it."""
    rows = within(Union.objects.filter(parent_id=union_id, status__in=LIVING), actor)
    found = keyset.page(rows, order=("level", "name_sort", "id"), after=after, limit=limit)
    below = _children_counts([union.id for union in found.rows])
    return found.lines(lambda union: union_line(union, children=below.get(union.id, 0)))


def unions_below(actor: Actor, union_id: UUID) -> int:
    """How many living unions lie below one, at any depth. Raises NotFound outside the scope."""
    union = within(Union.objects.filter(id=union_id), actor).first()
    if union is None:
        raise NotFound("没有找到这个工会。", why="它不在您的管辖范围内", do="请从工会组织树中选择")
    column = f"l{union.level}"
    return Union.objects.filter(**{column: union.seq}, status__in=LIVING).exclude(id=union_id).count()


def scope_counts(actor: Actor) -> dict[str, int]:
    """Living unions, employers and employers with a union, of the whole scope."""
    row = fetch(
        f"""SELECT (SELECT count(*) FROM orgs_union WHERE {actor.level_column} = %(seq)s AND status IN (1, 2)),
                   count(*), count(*) FILTER (WHERE unionised) FROM orgs_employer
            WHERE {actor.level_column} = %(seq)s""",
        {"seq": actor.seq},
    )[0]
    return dict(zip(("unions", "employers", "unionised"), row, strict=True))


def addressed_by_code(_actor: Actor, code: str) -> tuple[UUID, str] | None:
    """A living grassroots union anywhere in the city by its code: id and name, no more; None when there is none."""
    found = fetch("SELECT id, name FROM orgs_find_by_code(%(code)s)", {"code": code.strip()[:32]})
    return (found[0][0], found[0][1]) if found else None


def _children_counts(ids: Sequence[UUID]) -> dict[UUID, int]:
    rows = fetch(
        "SELECT parent_id, count(*) FROM orgs_union WHERE parent_id = ANY (%(ids)s) AND status IN (1, 2) GROUP BY 1",
        {"ids": list(ids)},
    )
    return dict(rows)


def union_page(actor: Actor, union_id: UUID, *, on: date | None = None) -> UnionCard:
    """A union with its ancestors and versions, as of a date (default: today). Raises NotFound outside the scope."""
    union = within(Union.objects.filter(id=union_id), actor).first()
    if union is None:
        raise NotFound("没有找到这个工会。", why="它不在您的管辖范围内，或已被撤销", do="请从工会组织树中选择")
    history = _history(union_id)
    shown = next((v for v in history if _covers(v, on)), None) if on else (history[0] if history else None)
    line = union_line(union, children=_children_counts([union.id]).get(union.id, 0))
    ancestors = Union.objects.filter(
        seq__in=[key for key in (union.l1, union.l2, union.l3, union.l4) if key and key != union.seq]
    )
    return UnionCard(
        line=line,
        short_name=union.short_name,
        division_code=union.division_code,
        credit_code=union.credit_code,
        founded_on=union.founded_on,
        ancestors=tuple(union_line(a) for a in ancestors.order_by("level")),
        version_from=shown.valid_from if shown else None,
        version_to=shown.valid_to if shown else None,
        history=tuple(history),
    )


def _covers(version: UnionVersionLine, on: date) -> bool:
    return version.valid_from <= on and (version.valid_to is None or on < version.valid_to)


def _history(union_id: UUID) -> list[UnionVersionLine]:
    rows = fetch(
        """SELECT lower(v.valid), upper(v.valid), v.name, coalesce(p.name, ''), v.change, v.document
           FROM orgs_unionversion v LEFT JOIN orgs_union p ON p.id = v.parent_id
           WHERE v.union_id = %(id)s ORDER BY lower(v.valid) DESC""",
        {"id": union_id},
    )
    return [UnionVersionLine(*row) for row in rows]


def tree_as_of(actor: Actor, *, on: date, root_id: UUID | None = None) -> list[tuple[UUID, UUID | None, str, Level]]:
    """The tree below a union (default: the actor's) as it stood on a date: (id, parent, name, level), parents first.

    Follows the dated versions' parents, so that later moves, mergers and new names do not change the answer.
    """
    start = root_id or own_union(actor).id
    rows = fetch(
        """WITH RECURSIVE tree AS (
               SELECT v.union_id, v.parent_id, v.name, v.level FROM orgs_unionversion v
               WHERE v.union_id = %(root)s AND v.valid @> %(on)s::date AND v.status IN (1, 2)
               UNION ALL
               SELECT v.union_id, v.parent_id, v.name, v.level
               FROM orgs_unionversion v JOIN tree t ON v.parent_id = t.union_id
               WHERE v.valid @> %(on)s::date AND v.status IN (1, 2)
           ) SELECT union_id, parent_id, name, level FROM tree ORDER BY level, name, union_id""",
        {"root": start, "on": on},
    )
    return [(union_id, parent_id, name, Level(level)) for union_id, parent_id, name, level in rows]


def children_as_of(actor: Actor, union_id: UUID, *, on: date) -> list[UnionLine]:
    """The unions directly below one as they stood on a date, by level and name, each with how many stood below it.

    Follows the dated versions; code and path are not shown, for they are today's.
    """
    rows = fetch(
        f"""SELECT v.union_id, v.name, v.level, v.kind, v.status, v.parent_id,
                   (SELECT count(*) FROM orgs_unionversion c
                    WHERE c.parent_id = v.union_id AND c.valid @> %(on)s::date AND c.status IN (1, 2))
            FROM orgs_unionversion v
            WHERE v.parent_id = %(parent)s AND v.valid @> %(on)s::date AND v.status IN (1, 2)
              AND v.{actor.level_column} = %(seq)s
            ORDER BY v.level, v.name, v.union_id""",
        {"parent": union_id, "on": on, "seq": actor.seq},
    )
    return [
        UnionLine(
            id=key,
            code="",
            name=name,
            level=Level(level),
            kind=UnionKind(kind),
            status=UnionStatus(status),
            parent_id=parent,
            children=below,
        )
        for key, name, level, kind, status, parent, below in rows
    ]


def search_unions(actor: Actor, text: str, *, limit: int = 20) -> list[UnionLine]:
    """Unions of the scope by name prefix, pinyin initials, code or a part of the name; always shown with their path."""
    text = text.strip()[:60]
    if not text:
        return []
    rows = within(Union.objects.filter(status__in=LIVING), actor)
    key = sort_key(text).split("|")[0].strip()
    match = Q(name_sort__gte=key, name_sort__lt=key + "\U0010ffff", name__startswith=text) | Q(code=text)
    if text.isascii() and text.isalpha():
        match |= Q(initials__gte=text.lower(), initials__lt=text.lower() + "\U0010ffff")
    found = list(rows.filter(match).order_by("level", "name_sort")[:limit])
    if len(found) < limit and len(text) >= 2:
        seen = {union.id for union in found}
        found += [
            u for u in rows.filter(name__contains=text).order_by("level", "name_sort")[:limit] if u.id not in seen
        ]
    return [union_line(union) for union in found[:limit]]


def terms_ending(actor: Actor, *, on: date, within_days: int, limit: int = 200) -> list[TermLine]:
    """Terms that end within some days or are overdue, the most urgent first."""
    rows = within(
        Union.objects.filter(
            status__in=LIVING, term_ends_on__isnull=False, term_ends_on__lte=on + timedelta(days=within_days)
        ),
        actor,
    ).order_by("term_ends_on", "name_sort")[:limit]
    unions = {union.id: union for union in rows}
    terms = Term.objects.filter(union_id__in=unions).order_by("union_id", "-number").distinct("union_id")
    lines = [_term_line(term, unions[term.union_id], on) for term in terms]
    return sorted(lines, key=lambda line: (line.days_left, line.union_name))


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


def own_posts(actor: Actor) -> list[tuple[UUID, str, str]]:
    """The posts the signed-in account may switch to: (post, union name, duty label)."""
    rows = Post.objects.filter(account_id=actor.account_id, starts_on__lte=actor.on).exclude(ends_on__lt=actor.on)
    names = dict(fetch("SELECT * FROM orgs_own_post_names(%(on)s)", {"on": actor.on}))
    return [(post.id, names.get(post.id, ""), Duty(post.duty).label) for post in rows.order_by("starts_on", "id")]


def employers(  # noqa: PLR0913 — as above
    actor: Actor,
    *,
    text: str = "",
    unionised: bool | None = None,
    status: int | None = None,
    union_id: UUID | None = None,
    after: UUID | None = None,
    before: UUID | None = None,
    limit: int = PAGE,
) -> Paged[EmployerLine]:
    """Employers of the scope by name, all or those a union covers today; a page after or before one of them."""
    rows = within(Employer.objects.all(), actor)
    rows = rows if unionised is None else rows.filter(unionised=unionised)
    rows = rows if status is None else rows.filter(status=status)
    if union_id is not None:
        rows = rows.filter(
            Exists(Coverage.objects.filter(union_id=union_id, employer=OuterRef("pk"), valid__endswith=None))
        )
    if text.strip():
        rows = rows.filter(Q(name__contains=text.strip()[:60]) | Q(credit_code=text.strip().upper()[:18]))
    return keyset.page(rows, order=("name_sort", "id"), after=after, before=before, limit=limit).lines(employer_line)


def employer_line(employer: Employer, unions: tuple[str, ...] = ()) -> EmployerLine:
    """An employer as a list shows it."""
    return EmployerLine(
        id=employer.id,
        credit_code=employer.credit_code or "",
        name=employer.name,
        industry=employer.industry,
        status=EmployerStatus(employer.status),
        division_code=employer.division_code,
        union_names=unions,
        unionised=employer.unionised,
        address=employer.address,
        registration_type=employer.registration_type,
        founded_on=employer.founded_on,
    )


def employer_page(actor: Actor, employer_id: UUID) -> tuple[EmployerLine, list[UnionLine]]:
    """An employer and the unions that cover it today. Raises NotFound outside the scope."""
    employer = within(Employer.objects.filter(id=employer_id), actor).first()
    if employer is None:
        raise NotFound("没有找到这个单位。", why="它不在您的管辖范围内", do="请在单位列表中重新查找")
    rows = Union.objects.filter(coverages__employer=employer, coverages__valid__endswith=None).order_by("name_sort")
    lines = [union_line(union) for union in rows]
    return employer_line(employer, tuple(line.name for line in lines)), lines
