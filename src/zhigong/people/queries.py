"""Reads of persons; the actor comes first, her level is a literal filter beside row-level security."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID

import pyarrow as pa
from django.db.models import Q, QuerySet

from zhigong.kernel.actor import Actor
from zhigong.kernel.db import keyset
from zhigong.kernel.db.bulk import copy_lines, copy_out, fetch
from zhigong.kernel.errors import NotFound, Refused
from zhigong.kernel.masking import mask_name
from zhigong.kernel.names import sort_key
from zhigong.kernel.vault import vault
from zhigong.orgs.queries import within
from zhigong.people.homes import age_on, home_of
from zhigong.people.homes import household_mark as household_mark
from zhigong.people.labels import label_of
from zhigong.people.models import Membership, Person, SavedView, Transfer
from zhigong.people.types import (
    ChangeType,
    MemberFilter,
    MemberLine,
    MembershipLine,
    MembershipStatus,
    Page,
    PersonCard,
    SavedViewLine,
    TransferLine,
    TransferState,
    Verification,
)

PAGE = 50
COUNT_CAP = 1000
HIGHEST = "\U0010ffff"
SORTS = {
    "name": ("name_sort", "id"),
    "-name": ("-name_sort", "-id"),
    "joined": ("joined_on", "id"),
    "-joined": ("-joined_on", "-id"),
}


def _line(person: Person, on: date) -> MemberLine:
    return MemberLine(
        id=person.id,
        name=person.name,
        sex=label_of("gender", str(person.sex)),
        age=age_on(person.birth_date, on),
        union_id=person.union_id,
        union_name=person.union.name,
        employer_name=person.employer_name,
        phone_masked=person.phone_masked,
        status=MembershipStatus(person.membership_status),
        verification=Verification(person.verification),
        joined_on=person.joined_on,
        member_no=person.member_no,
        is_migrant=person.is_migrant,
        name_sort=person.name_sort,
    )


def _narrow(rows: QuerySet[Person], wanted: MemberFilter, on: date) -> QuerySet[Person]:
    rows = rows if wanted.status is None else rows.filter(membership_status=wanted.status)
    rows = rows if wanted.verification is None else rows.filter(verification=wanted.verification)
    rows = rows if wanted.migrant is None else rows.filter(is_migrant=wanted.migrant)
    rows = rows.filter(**_under(wanted.union_id)) if wanted.union_id else rows
    rows = rows.filter(sex=int(wanted.sex)) if wanted.sex in ("1", "2") else rows
    if wanted.age_from is not None:
        rows = rows.filter(birth_date__lte=_years_before(on, wanted.age_from))
    if wanted.age_to is not None:
        rows = rows.filter(birth_date__gt=_years_before(on, wanted.age_to + 1))
    return rows.filter(_text_match(wanted.text)) if wanted.text.strip() else rows


def _under(union_id: UUID) -> dict[str, int]:
    """The level column of a union and its key; nothing matches a union one may not see."""
    found = fetch("SELECT level, seq FROM orgs_union WHERE id = %(id)s", {"id": union_id})
    return {f"l{level}": seq for level, seq in found} or {"l1": -1}


def _years_before(on: date, years: int) -> date:
    return on.replace(year=on.year - years, day=min(on.day, 28) if on.month == 2 else on.day)


def _text_match(text: str) -> Q:
    """Beginning of the name in hanzi or pinyin, initials, last four of phone or id, or a whole number."""
    text = text.strip()[:64]
    keys = vault()
    if text.isdigit() and len(text) == 4:
        return Q(phone_tail=keys.blind("person.phone_tail").tail(text)) | Q(
            id_tail=keys.blind("person.id_tail").tail(text)
        )
    if text.isdigit() and len(text) == 11:
        return Q(phone_index=keys.blind("phone").index(text))
    if len(text) == 17 and text.isdigit():
        return Q(member_no=text)
    if len(text) == 18 and text[:17].isdigit():
        return Q(id_index=keys.blind("person.id_number").index(text.upper()))
    if text.isascii() and text.isalpha():
        text = text.lower()
        whole = Q(name_sort__gte=text, name_sort__lt=text + HIGHEST)
        spelt = Q(initials__gte=text, initials__lt=text + HIGHEST)
        # The first initial is the first letter of the sort key (but 万俟: mq, wan si): the list is read in its
        # own order from that letter to the next and stops when the page is full, instead of sorting all who match.
        near = Q() if text.startswith("mq") else Q(name_sort__gte=text[0], name_sort__lt=chr(ord(text[0]) + 1))
        return near & (spelt | whole)
    key = sort_key(text).split("|")[0].rstrip()
    return Q(name_sort__gte=key, name_sort__lt=key + HIGHEST, name__startswith=text)


def members(
    actor: Actor, wanted: MemberFilter, *, after: UUID | None = None, before: UUID | None = None, limit: int = PAGE
) -> Page:
    """One page of persons of the scope, after or before a person; totals above 1 000 are capped when filtered."""
    actor.require("members.read")
    order = SORTS.get(wanted.sort)
    if order is None:
        raise Refused("不能按这一列排序。", where=wanted.sort, do="请按姓名或入会日期排序")
    base = _narrow(within(Person.objects.all(), actor), wanted, actor.on)
    found = keyset.page(base.select_related("union"), order=order, after=after, before=before, limit=limit)
    whole = len(found.rows) if after is None and before is None and found.following is None else None
    total, capped = _total(actor, base, wanted, whole=whole)
    return Page(
        lines=tuple(_line(person, actor.on) for person in found.rows),
        previous=found.previous,
        following=found.following,
        total=total,
        total_is_capped=capped,
    )


def _total(actor: Actor, rows: QuerySet[Person], wanted: MemberFilter, *, whole: int | None) -> tuple[int, bool]:
    """How many there are, and whether there are more. whole: the lines of the page where they are the whole list."""
    if wanted == MemberFilter(union_id=wanted.union_id, sort=wanted.sort):
        return tallies(actor, union_id=wanted.union_id)["members"], False
    counted = rows.order_by()[: COUNT_CAP + 1].count() if whole is None else whole
    return min(counted, COUNT_CAP), counted > COUNT_CAP


def member_count(actor: Actor) -> int:
    """Active members of the scope, from the tallies."""
    return tallies(actor)["members"]


def tallies(actor: Actor, *, union_id: UUID | None = None) -> dict[str, int]:
    """Members, women, migrants, unverified of the scope, or of one union with all below it."""
    if union_id is None:
        where, key = actor.level_column, actor.seq
    else:
        found = fetch("SELECT level, seq FROM orgs_union WHERE id = %(id)s", {"id": union_id})
        if not found:
            raise NotFound("没有找到这个工会。", why="它不在您的管辖范围内")
        where, key = f"l{found[0][0]}", found[0][1]
    row = fetch(
        "SELECT coalesce(sum(members), 0), coalesce(sum(women), 0), coalesce(sum(migrants), 0), "
        "coalesce(sum(unverified), 0) "
        f"FROM people_tally WHERE {where} = %(key)s AND {actor.level_column} = %(own)s",
        {"key": key, "own": actor.seq},
    )[0]
    return dict(zip(("members", "women", "migrants", "unverified"), map(int, row), strict=True))


def passing_over(actor: Actor, union_id: UUID, *, employers: list[UUID] | None = None) -> int:
    """How many memberships a merger (or, with employers, a split) of a union would pass over."""
    actor.require("members.read")
    where = "m.union_id = %(union)s AND m.status IN (1, 2)"
    if employers is not None:
        where += (
            " AND (p.employer_id = ANY (%(employers)s) OR p.employer_name IN "
            "(SELECT name FROM orgs_employer WHERE id = ANY (%(employers)s)))"
        )
    values = {"union": union_id, "employers": employers or []}
    found = fetch(
        f"SELECT count(*) FROM people_membership m JOIN people_person p ON p.id = m.person_id WHERE {where}", values
    )
    return int(found[0][0])


def members_below(actor: Actor, unions: list[UUID]) -> dict[UUID, int]:
    """Active members of each of these unions with all below it, from the tallies: for trees."""
    rows = fetch(
        """SELECT u.id, coalesce((SELECT sum(t.members) FROM people_tally t WHERE
               CASE u.level WHEN 1 THEN t.l1 WHEN 2 THEN t.l2 WHEN 3 THEN t.l3 ELSE t.l4 END = u.seq), 0)
           FROM orgs_union u WHERE u.id = ANY (%(ids)s)""",
        {"ids": unions},
    )
    return {union: int(count) for union, count in rows}


def search(actor: Actor, text: str, *, limit: int = 12) -> list[MemberLine]:
    """Persons for the search box, as one types: name, initials, id tail, phone tail, whole numbers. Any standing."""
    actor.require("members.read")
    if len(text.strip()) < 1 or (text.strip().isdigit() and len(text.strip()) < 4):
        return []
    rows = within(Person.objects.filter(_text_match(text)), actor).select_related("union").order_by("name_sort", "id")
    return [_line(person, actor.on) for person in rows[:limit]]


def person_page(actor: Actor, person_id: UUID) -> PersonCard:
    """One person of the scope, or the member herself; `operations.view_person` records the looking. Raises NotFound."""
    if actor.person_id != person_id:
        actor.require("members.read")
    rows = Person.objects.filter(id=person_id).select_related("union")
    rows = rows if actor.person_id == person_id else within(rows, actor)
    person = rows.first()
    if person is None:
        raise NotFound("没有找到这个人。", why="不在您的管辖范围内，或编号有误", do="请通过搜索重新查找")
    return PersonCard(
        line=_line(person, actor.on),
        birth_date=person.birth_date,
        ethnicity=label_of("ethnic_group", person.ethnicity),
        education=label_of("education", person.education),
        skill=label_of("skill_level", person.skill),
        political=label_of("political_status", person.political),
        employment=label_of("employment_status", person.employment),
        household_type=label_of("household_registration_type", person.household_type),
        household_place=person.household_place,
        native_place=person.native_place,
        id_type=label_of("id_document_type", person.id_type),
        id_masked="已登记，打开须说明用途" if person.id_index else "未登记或有误，待补充",
        union_path=f"{person.union.path_names} / {person.union.name}".strip(" /"),
        memberships=_memberships(person_id),
        home=home_of(person_id, actor.on),
        transfer=next(iter(transfers(actor, person_id=person_id, state=TransferState.REQUESTED)), None),
        updated_at=person.updated_at,
    )


def name_of(actor: Actor, person_id: UUID) -> str:
    """A person's name; masked for posts that may not read members. Raises NotFound outside the scope."""
    found = within(Person.objects.filter(id=person_id), actor).values_list("name", flat=True).first()
    if found is None:
        raise NotFound("没有找到这个人。", why="不在您的管辖范围内，或编号有误")
    return found if "members.read" in actor.rights else mask_name(found)


def _memberships(person_id: UUID) -> tuple[MembershipLine, ...]:
    rows = Membership.objects.filter(person_id=person_id).select_related("union")
    return tuple(
        MembershipLine(
            id=row.id,
            union_id=row.union_id,
            union_name=row.union.name,
            status=MembershipStatus(row.status),
            joined_on=row.joined_on,
            ended_on=row.ended_on,
            change=ChangeType(row.change_type).label,
            reason=label_of("membership_change_reason", row.change_reason),
        )
        for row in rows.order_by("status", "-joined_on", "-id")
    )


def transfers(
    actor: Actor,
    *,
    person_id: UUID | None = None,
    state: TransferState | None = None,
    incoming: bool | None = None,
    latest: bool = False,
    limit: int = 100,
) -> list[TransferLine]:
    """Transfers into and out of the actor's scope, the earliest deadline first; `incoming` asks for one side only.

    latest: those asked last come first.
    """
    rows = Transfer.objects.all() if actor.person_id and not actor.level else _either_side(actor, incoming=incoming)
    rows = rows.filter(person_id=person_id) if person_id else rows
    rows = rows.filter(state=state) if state is not None else rows
    return [
        TransferLine(
            id=row.id,
            person_id=row.person_id,
            name=row.person_name,
            from_union=row.from_union_name,
            to_union=row.to_union_name,
            state=TransferState(row.state),
            requested_on=row.requested_on,
            due_on=row.due_on,
            incoming=bool(actor.level) and getattr(row, actor.level_column) == actor.seq,
            outgoing=bool(actor.level) and getattr(row, f"from_{actor.level_column}") == actor.seq,
            decided_on=row.decided_on,
            note=row.note,
        )
        for row in rows.order_by(*(("-requested_on", "-id") if latest else ("due_on", "id")))[:limit]
    ]


def transfers_waiting(actor: Actor) -> int:
    """How many transfers wait for an answer of the actor's scope."""
    return _either_side(actor, incoming=True).filter(state=TransferState.REQUESTED).count()


def _either_side(actor: Actor, *, incoming: bool | None) -> QuerySet[Transfer]:
    column = actor.level_column
    into, out_of = Q(**{column: actor.seq}), Q(**{f"from_{column}": actor.seq})
    return Transfer.objects.filter(into | out_of if incoming is None else into if incoming else out_of)


EXPORT_COLUMNS: dict[str, str] = {
    "工会名称": "u.name",
    "姓名": "p.name",
    "性别": "CASE p.sex WHEN 1 THEN '男' WHEN 2 THEN '女' ELSE '' END",
    "出生日期": "p.birth_date",
    "会员编号": "p.member_no",
    "会籍状态": "(ARRAY['未入会', '在籍', '保留会籍', '已终止'])[p.membership_status + 1]",
    "入会日期": "p.joined_on",
    "移动电话": "p.phone_masked",
    "工作单位": "p.employer_name",
    "是否农民工会员": "CASE WHEN p.is_migrant THEN '是' ELSE '否' END",
    "实名状态": "CASE p.verification WHEN 0 THEN '待核实' WHEN 1 THEN '已校验' ELSE '已比对' END",
}


# What people typed; a spreadsheet takes such text for a formula when it begins like one (ASVS 1.2.10).
TYPED_COLUMNS = ("工会名称", "姓名", "工作单位")
_READ = (
    "id", "name_sort", "union_id", "name", "sex", "birth_date", "member_no", "membership_status", "joined_on",
    "phone_masked", "employer_name", "is_migrant", "verification",
)  # fmt: skip


def export(actor: Actor, wanted: MemberFilter) -> Iterator[pa.RecordBatch]:
    """The member list as filtered, streamed in list order with flat memory; numbers stay masked."""
    query, parameters = _export_query(actor, wanted, EXPORT_COLUMNS)
    return copy_out(query, {title: pa.string() for title in EXPORT_COLUMNS}, parameters)


def export_csv(actor: Actor, wanted: MemberFilter) -> Iterator[bytes]:
    """As `export`, as lines of CSV straight from the database; what would be a formula is led by an apostrophe."""
    columns = EXPORT_COLUMNS | {title: _harmless(EXPORT_COLUMNS[title]) for title in TYPED_COLUMNS}
    query, parameters = _export_query(actor, wanted, columns)
    return copy_lines(query, parameters)


def _harmless(value: str) -> str:
    # By the code of the first character (= + - @ tab, newline, return): a regular expression costs more than the rest.
    return f"CASE WHEN ascii({value}) IN (61, 43, 45, 64, 9, 10, 13) THEN chr(39) || {value} ELSE {value} END"


def _export_query(actor: Actor, wanted: MemberFilter, columns: dict[str, str]) -> tuple[str, Any]:
    actor.require("members.export")
    rows = _narrow(within(Person.objects.all(), actor), wanted, actor.on).order_by().values(*_READ)
    inner, parameters = rows.query.sql_with_params()
    shown = ", ".join(f'{value} AS "{title}"' for title, value in columns.items())
    query = f"SELECT {shown} FROM ({inner}) p JOIN orgs_union u ON u.id = p.union_id ORDER BY p.name_sort, p.id"
    return query, parameters


def export_subjects(actor: Actor, wanted: MemberFilter) -> Iterator[tuple[UUID, int, int, int, int]]:
    """The persons an export holds with their chains, for the record; fetched piece by piece."""
    actor.require("members.export")
    rows = _narrow(within(Person.objects.all(), actor), wanted, actor.on).order_by("id")
    return rows.values_list("id", "l1", "l2", "l3", "l4").iterator(chunk_size=20_000)


def count_for_export(actor: Actor, wanted: MemberFilter) -> int:
    """How many rows an export would hold: shown before it is asked for."""
    actor.require("members.export")
    return _narrow(within(Person.objects.all(), actor), wanted, actor.on).count()


def own_persons(actor: Actor) -> dict[str, Any]:
    """What a member sees of herself on her first screen."""
    if actor.person_id is None:
        raise NotFound("您的账号还没有关联会员档案。", do="请先入会，或联系所在单位工会")
    card = person_page(actor, actor.person_id)
    return {"card": card, "unions": [part.strip() for part in card.union_path.split("/")]}


def saved_views(actor: Actor, place: str) -> list[SavedViewLine]:
    """The actor's own views of a list, by name."""
    if actor.account_id is None:
        return []
    rows = SavedView.objects.filter(account_id=actor.account_id, place=place).order_by("name")
    return [SavedViewLine(id=row.id, name=row.name, query=row.query) for row in rows]
