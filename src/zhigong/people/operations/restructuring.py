"""Restructuring unions together with their members: merge, split, dissolve."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.db import transaction

from zhigong.kernel.actor import Actor
from zhigong.kernel.db.bulk import execute, fetch
from zhigong.kernel.errors import Conflict
from zhigong.orgs import operations as orgs

# Members pass over as national change type 2 (转入) for reason 1 (labour relation changed); the old membership ends the
# same day. Who passes is fetched and sent back as arrays: a page may not make temporary tables.
_PASSING = """
SELECT coalesce(array_agg(m.person_id), '{}'), coalesce(array_agg(m.status), '{}')
FROM people_membership m JOIN people_person p ON p.id = m.person_id
WHERE m.union_id = %(from)s AND m.status IN (1, 2)
"""
_AT_EMPLOYERS = """ AND (p.employer_id = ANY (%(employers)s)
    OR p.employer_name IN (SELECT name FROM orgs_employer WHERE id = ANY (%(employers)s)))
"""
_END = """
UPDATE people_membership SET status = 3, ended_on = greatest(%(on)s, joined_on), change_type = 4, change_reason = '1',
       changed_on = %(on)s
WHERE union_id = %(from)s AND status IN (1, 2) AND person_id = ANY (%(persons)s)
"""
_BEGIN = """
INSERT INTO people_membership (id, person_id, union_id, l1, l2, l3, l4, status, joined_on, change_type, change_reason,
                               changed_on)
SELECT gen_random_uuid(), x.person_id, u.id, u.l1, u.l2, u.l3, u.l4, x.status, %(on)s, 2, '1', %(on)s
FROM unnest(%(persons)s::uuid[], %(standings)s::smallint[]) AS x (person_id, status)
JOIN orgs_union u ON u.id = %(to)s
"""
_FOLLOW = "UPDATE people_person SET union_id = %(to)s WHERE union_id = %(from)s AND id = ANY (%(persons)s)"


def _pass_members(*, source: UUID, target: UUID, on: date, employers: list[UUID] | None = None) -> int:
    values: dict[str, object] = {"from": source, "to": target, "on": on, "employers": employers or []}
    persons, standings = fetch(_PASSING + ("" if employers is None else _AT_EMPLOYERS), values)[0]
    values |= {"persons": persons, "standings": standings}
    execute(_END, values)
    moved = execute(_BEGIN, values)
    execute(_FOLLOW, values)
    recount_unions([source, target])
    return moved


def recount_unions(unions: list[UUID]) -> None:
    """Count the members of some unions again."""
    fetch("SELECT people_recount(%(unions)s::uuid[])", {"unions": unions})


@transaction.atomic
def merge_unions(*, by: Actor, union_id: UUID, successor_id: UUID, on: date, document: str = "") -> int:
    """Merge a union into another with its members, employers and the unions below; returns members passed over."""
    by.require("unions.write")
    moved = _pass_members(source=union_id, target=successor_id, on=on)
    execute(
        "UPDATE people_person SET union_id = %(to)s WHERE union_id = %(from)s", {"from": union_id, "to": successor_id}
    )
    orgs.merge_into(by=by, union_id=union_id, successor_id=successor_id, on=on, document=document)
    return moved


@transaction.atomic
def split_union(  # noqa: PLR0913 — keyword-only: each is named at the call
    *, by: Actor, union_id: UUID, code: str, name: str, employers: list[UUID], on: date, document: str = ""
) -> tuple[UUID, int]:
    """Split a new union off, with the named employers and the members who work there; returns it and the members
    passed over."""
    new = orgs.split_off(by=by, union_id=union_id, code=code, name=name, employers=employers, on=on, document=document)
    return new, _pass_members(source=union_id, target=new, on=on, employers=employers)


@transaction.atomic
def dissolve_union(*, by: Actor, union_id: UUID, on: date, document: str = "") -> None:
    """Dissolve a union. Raises Conflict while members remain: their membership must first be moved or kept above."""
    by.require("unions.write")
    left = fetch(
        "SELECT count(*) FROM people_membership WHERE union_id = %(id)s AND status IN (1, 2)", {"id": union_id}
    )[0][0]
    if left:
        raise Conflict(
            f"还有 {left} 名会员的会籍在这个工会。",
            why="撤销工会前须妥善安置会员会籍（《基层工会会员会籍管理办法》）",
            do="请先合并到其他工会，或办理转出",
        )
    orgs.dissolve(by=by, union_id=union_id, on=on, document=document)
