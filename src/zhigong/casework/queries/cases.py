"""For cadres: lists of cases, to-dos, and counts. Her level is a literal filter beside row-level security."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from zhigong.casework.models import Case
from zhigong.casework.policies import BAD_SCORE
from zhigong.casework.queries.lines import case_lines
from zhigong.casework.types import (
    Action,
    CaseCounts,
    CaseFilter,
    CasePageList,
    CaseState,
    TodoKind,
    TodoLine,
)
from zhigong.kernel.actor import Actor
from zhigong.kernel.db import keyset
from zhigong.kernel.db.bulk import fetch
from zhigong.orgs.queries import within

PAGE = 50
MOST = 1000


def cases(
    actor: Actor, wanted: CaseFilter, *, after: UUID | None = None, before: UUID | None = None, limit: int = PAGE
) -> CasePageList:
    """One page of cases of the scope, the latest first; totals are capped at 1 000."""
    actor.require("cases.read")
    rows = _narrow(within(Case.objects.all(), actor), wanted, actor)
    found = keyset.page(rows, order=("-id",), after=after, before=before, limit=limit)
    return CasePageList(
        lines=tuple(case_lines(actor, found.rows)),
        previous=found.previous,
        following=found.following,
        total=rows.order_by()[:MOST].count(),
    )


def _narrow(rows: QuerySet[Case], wanted: CaseFilter, actor: Actor) -> QuerySet[Case]:
    rows = rows.filter(service_id=wanted.service_id) if wanted.service_id else rows
    rows = rows if wanted.state is None else rows.filter(state=wanted.state)
    rows = rows.filter(number__startswith=wanted.number.strip()[:24]) if wanted.number.strip() else rows
    rows = rows.filter(**under(wanted.union_id)) if wanted.union_id else rows
    return rows.filter(state=CaseState.RUNNING, due_on__lt=actor.on) if wanted.overdue else rows


def under(union_id: UUID) -> dict[str, int]:
    """The level column of a union and its key; nothing matches a union one may not see."""
    found = fetch("SELECT level, seq FROM orgs_union WHERE id = %(id)s", {"id": union_id})
    level, seq = found[0] if found else (1, -1)
    return {f"l{level}": seq}


# Steps and re-checks at exactly this level; objections to answer; heirs to name and bad marks to follow at the lowest
# level the chain has. One statement, so that a home page costs one round trip.
_LOWEST = "(CASE WHEN {a}.l4 <> 0 THEN 4 WHEN {a}.l3 <> 0 THEN 3 WHEN {a}.l2 <> 0 THEN 2 ELSE 1 END)"
_CASE = "c.id AS case_id, c.number, c.service_id, c.title, c.person_name, c.union_name"
_TODOS = f"""
SELECT * FROM (
SELECT 'step' AS kind, s.id, {_CASE}, s.title AS what, s.due_on,
       s.actions::text AS actions, c.amount_fen, s.escalated_on IS NOT NULL AS escalated, s.step_id
FROM casework_step s JOIN casework_case c ON c.id = s.case_id
WHERE s.{{level}} = %(seq)s AND s.level = %(level)s AND s.state = 2 AND c.state = 1 AND s.right = ANY (%(rights)s)
UNION ALL
SELECT 'objection', o.id, {_CASE}, '复核异议', o.due_on, '[]',
       c.amount_fen, false, ''
FROM casework_objection o JOIN casework_case c ON c.id = o.case_id
WHERE o.{{level}} = %(seq)s AND o.level = %(level)s AND o.state = 1 AND 'cases.objection' = ANY (%(rights)s)
UNION ALL
SELECT 'heir', c.id, {_CASE}, '确认继承人', NULL, '[]',
       c.amount_fen, false, ''
FROM casework_case c WHERE c.{{level}} = %(seq)s AND c.state = 4 AND {_LOWEST.format(a="c")} = %(level)s
  AND 'cases.decide' = ANY (%(rights)s)
UNION ALL
SELECT 'follow_up', r.id, {_CASE}, '回访差评', NULL, '[]',
       c.amount_fen, false, ''
FROM casework_rating r JOIN casework_case c ON c.id = r.case_id
WHERE r.{{level}} = %(seq)s AND r.score <= {BAD_SCORE} AND r.followed_on IS NULL AND {_LOWEST.format(a="r")} = %(level)s
  AND 'cases.check' = ANY (%(rights)s)
UNION ALL
SELECT 'recheck', r.id, {_CASE}, '年度复核：' || CASE r.state WHEN 4 THEN '情况有变化，请决定' WHEN 3 THEN
           '本人没有答复，请联系' ELSE CASE WHEN r.changed THEN '本人申报有变化' ELSE '本人确认没有变化' END END,
       r.due_on, '[]', c.amount_fen, false, CASE WHEN r.state = 2 AND NOT r.changed THEN 'recheck' ELSE '' END
FROM casework_recheck r JOIN casework_case c ON c.id = r.case_id
WHERE r.{{level}} = %(seq)s AND r.level = %(level)s AND (r.state IN (2, 3) AND 'cases.check' = ANY (%(rights)s)
  OR r.state = 4 AND 'cases.decide' = ANY (%(rights)s))
) todo
"""
# One's own case is others' to do.
_OTHERS = """(%(person)s::uuid IS NULL OR NOT EXISTS (
    SELECT 1 FROM casework_case o WHERE o.id = todo.case_id AND o.person_id = %(person)s))"""


def todos(
    actor: Actor, *, kind: TodoKind | None = None, service_id: str = "", limit: int = 100
) -> tuple[TodoLine, ...]:
    """What this post has to do now, the soonest due first; cases of the actor herself are others' to do."""
    if not actor.level:
        return ()
    query = (
        _TODOS.format(level=actor.level_column)
        + f"""WHERE {_OTHERS} AND (%(kind)s = '' OR kind = %(kind)s)
        AND (%(service)s = '' OR service_id = %(service)s)
        ORDER BY due_on NULLS LAST, number LIMIT %(limit)s"""
    )
    values = _values(actor) | {"kind": kind.value if kind else "", "service": service_id, "limit": limit}
    return tuple(_todo(row, actor) for row in fetch(query, values))


def _values(actor: Actor) -> dict[str, Any]:
    return {
        "seq": actor.seq,
        "level": actor.level,
        "rights": sorted(actor.rights),
        "on": actor.on,
        "person": actor.person_id,
    }


def _todo(row: tuple[Any, ...], actor: Actor) -> TodoLine:
    import json

    kind, id_, case_id, number, service_id, title, person, union, what, due, actions, amount, escalated, step = row
    left = (due - actor.on).days if due else None
    return TodoLine(
        kind=TodoKind(kind),
        id=id_,
        case_id=case_id,
        number=number,
        service_id=service_id,
        title=title,
        person_name=person,
        union_name=union,
        what=what,
        due_on=due,
        days_left=left,
        overdue=left is not None and left < 0,
        actions=tuple(Action(one) for one in json.loads(actions)),
        amount_fen=amount,
        escalated=escalated,
        step=step,
    )


_COUNTS = """
SELECT count(*) FILTER (WHERE state IN (1, 2, 3)), count(*) FILTER (WHERE state = 1 AND due_on < %(on)s),
       count(*) FILTER (WHERE state = 2), count(*) FILTER (WHERE state = 3), count(*) FILTER (WHERE state IN (4, 5, 6)),
       count(*) FILTER (WHERE state = 7), count(*) FILTER (WHERE state = 6),
       (SELECT count(*) FROM casework_entitlement e WHERE e.{level} = %(seq)s AND e.state = 1)
FROM casework_case c WHERE c.{level} = %(seq)s
"""


def counts(actor: Actor) -> CaseCounts:
    """Cases of the scope by state, offers nobody has taken up yet, and the post's own to-dos."""
    actor.require("cases.read")
    row = fetch(_COUNTS.format(level=actor.level_column), _values(actor))[0]
    opened, overdue, supplement, publicity, granted, refused, paid, offered = (int(one) for one in row)
    return CaseCounts(opened, overdue, supplement, publicity, granted, refused, paid, offered, todo_count(actor))


def todo_count(actor: Actor) -> int:
    """How many to-dos this post has."""
    return sum(count for count, _ in todo_tallies(actor).values())


def todo_tallies(actor: Actor) -> dict[TodoKind, tuple[int, int]]:
    """How many to-dos of each kind this post has, and how many of them are overdue."""
    if not actor.level:
        return {}
    query = f"""SELECT kind, count(*), count(*) FILTER (WHERE due_on < %(on)s)
        FROM ({_TODOS.format(level=actor.level_column)} WHERE {_OTHERS}) counted GROUP BY kind"""
    return {TodoKind(kind): (int(count), int(over)) for kind, count, over in fetch(query, _values(actor))}
