"""Reads of the union tree: as it is, as it was, by name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from django.db.models import Q

from zhigong.kernel.actor import Actor
from zhigong.kernel.db import keyset
from zhigong.kernel.db.bulk import fetch
from zhigong.kernel.db.keyset import Paged
from zhigong.kernel.errors import NotFound
from zhigong.kernel.names import sort_key
from zhigong.orgs.models import Union
from zhigong.orgs.queries.scoping import LIVING, within
from zhigong.orgs.types import Level, UnionCard, UnionKind, UnionLine, UnionStatus, UnionVersionLine


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


def keys_of(actor: Actor, union_ids: Sequence[UUID]) -> dict[UUID, tuple[int, int]]:
    """Level and short key of unions of the scope: where their rows are found in level columns."""
    rows = within(Union.objects.filter(id__in=union_ids), actor).values_list("id", "level", "seq")
    return {union: (level, seq) for union, level, seq in rows}


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


def search_unions(
    actor: Actor, text: str, *, limit: int = 20, levels: Sequence[Level] | None = None
) -> list[UnionLine]:
    """Unions of the scope by code, beginning of the name in hanzi or pinyin, initials, or a part of the name.

    levels: those wanted, where not all will do.
    """
    text = text.strip()[:60]
    if not text:
        return []
    rows = within(Union.objects.filter(status__in=LIVING), actor)
    rows = rows.filter(level__in=levels) if levels is not None else rows
    key = sort_key(text).split("|")[0].strip()
    match = Q(name_sort__gte=key, name_sort__lt=key + "\U0010ffff", name__startswith=text) | Q(code=text)
    if text.isascii() and text.isalpha():
        lower, upper = text.lower(), text.lower() + "\U0010ffff"
        match |= Q(initials__gte=lower, initials__lt=upper) | Q(name_sort__gte=lower, name_sort__lt=upper)
    found = list(rows.filter(match).order_by("level", "name_sort")[:limit])
    if len(found) < limit and len(text) >= 2:
        seen = {union.id for union in found}
        found += [
            u for u in rows.filter(name__contains=text).order_by("level", "name_sort")[:limit] if u.id not in seen
        ]
    return [union_line(union) for union in found[:limit]]
