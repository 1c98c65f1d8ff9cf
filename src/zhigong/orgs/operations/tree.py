"""The union tree: found, rename, move, merge, split, dissolve. Each change closes a dated version and opens the
next."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.db import connection, transaction

from zhigong.audit import operations as audit
from zhigong.audit.types import Detail, Purpose
from zhigong.kernel.actor import Actor
from zhigong.kernel.db.bulk import execute, fetch
from zhigong.kernel.errors import Conflict, NotFound, Refused
from zhigong.kernel.ids import uuid7
from zhigong.kernel.names import initials, sort_key
from zhigong.orgs.models import Union, UnionVersion
from zhigong.orgs.policies import check_parent
from zhigong.orgs.types import Level, UnionKind, UnionStatus


def lock_tree() -> None:
    """One change of the tree at a time; readers are not held up."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('orgs.tree'))")


def _get(union_id: UUID, *, verb: str) -> Union:
    union = Union.objects.select_for_update().filter(id=union_id).first()
    if union is None:
        raise NotFound("没有找到这个工会。", why="它不在您的管辖范围内，或编码有误", do=f"请核对后再{verb}")
    if union.status not in (UnionStatus.ACTIVE, UnionStatus.PREPARING):
        raise Conflict(f"「{union.name}」{UnionStatus(union.status).label}，不能再{verb}。")
    return union


def _new_version(union: Union, *, on: date, change: str, document: str) -> None:
    """Close the open version the day before and open one from this day; a second change on one day corrects the
    first."""
    current = UnionVersion.objects.select_for_update().filter(union=union, valid__endswith=None).first()
    if current is not None and current.valid.lower and current.valid.lower > on:
        raise Conflict(
            f"「{union.name}」在 {current.valid.lower} 已有更新的变更。",
            why="组织变更须按日期先后登记",
            do="把生效日期改到该日或之后",
        )
    if current is not None and current.valid.lower == on:
        current.delete()
    elif current is not None:
        execute(
            "UPDATE orgs_unionversion SET valid = daterange(lower(valid), %(on)s) WHERE id = %(id)s",
            {"on": on, "id": current.id},
        )
    execute(
        """INSERT INTO orgs_unionversion (id, union_id, valid, name, parent_id, level, kind, status, division_code,
            change, document,
                                          l1, l2, l3, l4)
           SELECT %(id)s, u.id, daterange(%(on)s, NULL), u.name, u.parent_id, u.level, u.kind, u.status,
               u.division_code,
                  %(change)s, %(document)s, u.l1, u.l2, u.l3, u.l4 FROM orgs_union u WHERE u.id = %(union)s""",
        {"id": uuid7(), "on": on, "change": change, "document": document, "union": union.id},
    )


def _record(by: Actor, union: Union, change: str, detail: Detail | None = None) -> None:
    chain = fetch("SELECT l1, l2, l3, l4 FROM orgs_union WHERE id = %(id)s", {"id": union.id})
    audit.record(
        by,
        action=f"orgs.union.{change}",
        purpose=Purpose.BUSINESS,
        subject_kind="union",
        subject_id=union.id,
        detail=detail or {},
        union_chain=chain[0] if chain else None,
    )


@transaction.atomic
def found(  # noqa: PLR0913 — keyword-only: each is named at the call
    *,
    by: Actor,
    code: str,
    name: str,
    level: Level,
    kind: UnionKind,
    parent_id: UUID,
    on: date,
    division_code: str = "",
    document: str = "",
) -> UUID:
    """Found a union below another. Raises Refused for a wrong level, Conflict for a code already used."""
    by.require("unions.write")
    lock_tree()
    parent = _get(parent_id, verb="下设工会")
    check_parent(level=level, parent=Level(parent.level), name=name)
    if fetch("SELECT 1 FROM orgs_code_taken(%(code)s) t WHERE t", {"code": code}):
        raise Conflict("工会编码已被使用。", where=f"工会编码 {code}", do="请核对编码，或向上级工会申请新编码")
    union = Union(
        id=uuid7(),
        code=code,
        name=name,
        name_sort=sort_key(name),
        initials=initials(name),
        level=level,
        kind=kind,
        division_code=division_code or parent.division_code,
        parent=parent,
        path_names=f"{parent.path_names} / {parent.name}".strip(" /"),
        founded_on=on,
    )
    union.seq = fetch("SELECT nextval('orgs_union_seq')")[0][0]
    union.l1, union.l2, union.l3, union.l4 = _chain_below(parent, level=level, seq=union.seq)
    union.save(force_insert=True)
    _new_version(union, on=on, change="founded", document=document)
    _record(by, union, "founded")
    return union.id


def _chain_below(parent: Union, *, level: int, seq: int) -> tuple[int, int, int, int]:
    chain = [parent.l1, parent.l2, parent.l3, 0]
    chain[level - 1] = seq
    return chain[0], chain[1], chain[2], chain[3]


@transaction.atomic
def found_city(*, by: Actor, code: str, name: str, on: date, division_code: str = "") -> UUID:
    """Found the city's own union in an empty base; every other union hangs below it. Raises Conflict when there is
    one."""
    by.require("sources.import")
    lock_tree()
    if fetch("SELECT 1 FROM orgs_root"):
        raise Conflict("库里已经有市级工会。", do="其他工会请作为下级导入")
    seq = fetch("SELECT nextval('orgs_union_seq')")[0][0]
    city_id = uuid7()
    # No RETURNING: the row may be written but not yet read, since no scope covers it.
    execute(
        """INSERT INTO orgs_union (id, seq, code, name, short_name, name_sort, initials, level, kind, status,
            division_code, credit_code,
                                   path_names, founded_on, l1, l2, l3, l4)
           VALUES (%(id)s, %(seq)s, %(code)s, %(name)s, '', %(sort)s, %(initials)s, 1, 1, 2, %(division)s, '', '',
               %(on)s,
                   %(seq)s, 0, 0, 0)""",
        {
            "id": city_id,
            "seq": seq,
            "code": code,
            "name": name,
            "sort": sort_key(name),
            "initials": initials(name),
            "division": division_code,
            "on": on,
        },
    )
    # The city becomes visible only to a scope opened after it exists.
    fetch("SELECT orgs_open_city()")
    union = Union.objects.get(id=city_id)
    _new_version(union, on=on, change="founded", document="")
    _record(by, union, "founded")
    return union.id


@transaction.atomic
def rename(*, by: Actor, union_id: UUID, name: str, on: date, document: str = "") -> None:
    """Give a union a new name from a date on; the paths shown below it follow."""
    by.require("unions.write")
    lock_tree()
    union = _get(union_id, verb="更名")
    if not name.strip() or name == union.name:
        raise Refused("新名称与现名称相同或为空。", where="新名称", do="请填写新的规范全称")
    Union.objects.filter(id=union_id).update(name=name, name_sort=sort_key(name), initials=initials(name))
    _refresh_paths(union.level, union.seq)
    _new_version(union, on=on, change="renamed", document=document)
    _record(by, union, "renamed")


@transaction.atomic
def move(*, by: Actor, union_id: UUID, to_parent: UUID, on: date, document: str = "") -> int:
    """Hang a union, with all below it, under another parent; returns the unions moved.

    Every scoped row follows through its foreign key, so old cadres lose and new ones gain sight at commit.
    Raises Refused for a wrong level, NotFound when either side is outside the actor's scope.
    """
    by.require("unions.write")
    lock_tree()
    union, parent = _get(union_id, verb="划转"), _get(to_parent, verb="接收")
    check_parent(level=Level(union.level), parent=Level(parent.level), name=union.name)
    if union.parent_id == parent.id:
        raise Conflict(f"「{union.name}」已经隶属于「{parent.name}」。")
    above = _chain_below(parent, level=union.level, seq=union.seq)
    keep = ", ".join(f"l{n} = {above[n - 1]}" for n in range(1, union.level))
    Union.objects.filter(id=union_id).update(parent=parent)
    moved = execute(f"UPDATE orgs_union SET {keep} WHERE l{union.level} = %(seq)s", {"seq": union.seq})
    _refresh_paths(union.level, union.seq)
    _new_version(union, on=on, change="moved", document=document)
    _record(by, union, "moved", {"to_parent": str(to_parent), "unions": moved})
    return moved


def _refresh_paths(level: int, seq: int) -> None:
    """Rewrite path_names of a subtree, level by level from above."""
    for below in range(level, 5):
        execute(
            f"""UPDATE orgs_union u SET path_names = ltrim(p.path_names || ' / ' || p.name, ' /') FROM orgs_union p
                WHERE p.id = u.parent_id AND u.level = {below} AND u.l{level} = %(seq)s""",
            {"seq": seq},
        )


@transaction.atomic
def dissolve(*, by: Actor, union_id: UUID, on: date, document: str = "", successor_id: UUID | None = None) -> None:
    """Dissolve a union without unions below it; ends its posts, terms of coverage. Members must have been placed
    (people)."""
    by.require("unions.write")
    lock_tree()
    union = _get(union_id, verb="撤销")
    below = Union.objects.filter(parent=union, status__in=(UnionStatus.ACTIVE, UnionStatus.PREPARING)).count()
    if below:
        raise Conflict(f"「{union.name}」下面还有 {below} 个工会。", do="请先划转或撤销下级工会")
    status = UnionStatus.MERGED if successor_id else UnionStatus.DISSOLVED
    Union.objects.filter(id=union_id).update(status=status, successor_id=successor_id, term_ends_on=None)
    values = {"union": union_id, "on": on}
    execute(
        "UPDATE orgs_post SET ends_on = greatest(starts_on, %(on)s::date - 1) "
        "WHERE union_id = %(union)s AND (ends_on IS NULL OR ends_on >= %(on)s)",
        values,
    )
    execute(
        "UPDATE orgs_coverage SET valid = daterange(lower(valid), greatest(lower(valid) + 1, %(on)s)) "
        "WHERE union_id = %(union)s AND upper_inf(valid)",
        values,
    )
    union.refresh_from_db()
    _new_version(union, on=on, change="merged" if successor_id else "dissolved", document=document)
    _record(by, union, "merged" if successor_id else "dissolved", {"successor": str(successor_id or "")})


@transaction.atomic
def merge_into(*, by: Actor, union_id: UUID, successor_id: UUID, on: date, document: str = "") -> None:
    """Merge one union into another of its level: unions below and employers covered pass over, then it ends.

    Members pass over by people.operations.merge_unions, which calls this.
    """
    by.require("unions.write")
    lock_tree()
    union, successor = _get(union_id, verb="合并"), _get(successor_id, verb="接收合并")
    if union.id == successor.id or union.level != successor.level:
        raise Refused("只能并入同一级别的另一个工会。", where=f"「{union.name}」并入「{successor.name}」")
    for child in Union.objects.filter(parent=union, status__in=(UnionStatus.ACTIVE, UnionStatus.PREPARING)).values_list(
        "id", flat=True
    ):
        move(by=by, union_id=child, to_parent=successor_id, on=on, document=document)
    _pass_coverage(union_id, successor_id, on)
    dissolve(by=by, union_id=union_id, on=on, document=document, successor_id=successor_id)


def _pass_coverage(union_id: UUID, successor_id: UUID, on: date) -> None:
    values = {"from": union_id, "to": successor_id, "on": on}
    execute(
        """INSERT INTO orgs_coverage (id, union_id, employer_id, valid, l1, l2, l3, l4)
           SELECT gen_random_uuid(), t.id, c.employer_id, daterange(%(on)s, NULL), t.l1, t.l2, t.l3, t.l4
           FROM orgs_coverage c JOIN orgs_union t ON t.id = %(to)s
           WHERE c.union_id = %(from)s AND upper_inf(c.valid)
             AND NOT EXISTS (SELECT 1 FROM orgs_coverage o WHERE o.union_id = t.id AND o.employer_id = c.employer_id
                 AND upper_inf(o.valid))""",
        values,
    )
    execute("UPDATE orgs_employer SET union_id = %(to)s WHERE union_id = %(from)s", values)


@transaction.atomic
def split_off(  # noqa: PLR0913 — keyword-only: each is named at the call
    *, by: Actor, union_id: UUID, code: str, name: str, employers: list[UUID], on: date, document: str = ""
) -> UUID:
    """Split a new union off a grassroots union, taking the named employers along; returns its id.

    Members of those employers pass over by people.operations.split_union, which calls this.
    """
    by.require("unions.write")
    union = _get(union_id, verb="拆分")
    if union.level != Level.GRASSROOTS or union.parent_id is None:
        raise Refused("只能拆分基层工会。", where=union.name)
    new = found(
        by=by,
        code=code,
        name=name,
        level=Level.GRASSROOTS,
        kind=UnionKind.ENTERPRISE,
        parent_id=union.parent_id,
        on=on,
        division_code=union.division_code,
        document=document,
    )
    values = {"from": union_id, "to": new, "on": on, "employers": employers}
    execute(
        """INSERT INTO orgs_coverage (id, union_id, employer_id, valid, l1, l2, l3, l4)
           SELECT gen_random_uuid(), t.id, c.employer_id, daterange(%(on)s, NULL), t.l1, t.l2, t.l3, t.l4
           FROM orgs_coverage c JOIN orgs_union t ON t.id = %(to)s
           WHERE c.union_id = %(from)s AND upper_inf(c.valid) AND c.employer_id = ANY (%(employers)s)""",
        values,
    )
    execute(
        "UPDATE orgs_coverage SET valid = daterange(lower(valid), greatest(lower(valid) + 1, %(on)s)) "
        "WHERE union_id = %(from)s AND upper_inf(valid) AND employer_id = ANY (%(employers)s)",
        values,
    )
    execute("UPDATE orgs_employer SET union_id = %(to)s WHERE union_id = %(from)s AND id = ANY (%(employers)s)", values)
    return new
