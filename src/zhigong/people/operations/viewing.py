"""Looking at persons, and how one likes to look at lists of them."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from zhigong.audit import operations as audit
from zhigong.audit.types import Purpose, Subject
from zhigong.kernel.actor import Actor
from zhigong.kernel.errors import NotAllowed, Refused
from zhigong.kernel.ids import uuid7
from zhigong.people import queries
from zhigong.people.models import Person, SavedView
from zhigong.people.types import MemberFilter, PersonCard

VIEWS_AT_MOST = 20
EXPORTED = ("name", "sex", "birth_date", "employer_name", "memberships")


@transaction.atomic
def view_person(*, by: Actor, person_id: UUID) -> PersonCard:
    """A person's page; that it was looked at is recorded and shown to her, and to whoever of her family stands on it.

    Raises NotAllowed, NotFound.
    """
    card = queries.person_page(by, person_id)
    if by.person_id != person_id:
        chain = Person.objects.values_list("l1", "l2", "l3", "l4").get(id=person_id)
        audit.record_opening(by, person_id=person_id, union_chain=chain, fields=("profile",), purpose=Purpose.BUSINESS)
        _record_family(by, card)
    return card


def _record_family(by: Actor, card: PersonCard) -> None:
    shown = [line.person_id for line in card.home.lines if line.person_id != by.person_id] if card.home else []
    if shown:
        rows = Person.objects.filter(id__in=shown).order_by("id").values_list("id", "l1", "l2", "l3", "l4")
        persons = [Subject(id=one, union_chain=(l1, l2, l3, l4)) for one, l1, l2, l3, l4 in rows]
        audit.record_openings(by, persons=persons, fields=("household",), purpose=Purpose.BUSINESS)


@transaction.atomic
def record_export(*, by: Actor, wanted: MemberFilter, reason: str) -> int:
    """Record that the persons of a filter leave as a file: once as an act, and once for each of them, who sees it.

    To be committed before the first row goes out; `queries.export` then gives the rows. Returns how many. Raises
    NotAllowed, Refused without a reason.
    """
    if not reason.strip():
        raise Refused("请写明导出用途。", where="用途")
    rows = queries.export_subjects(by, wanted)
    subjects = (Subject(id=person, union_chain=(l1, l2, l3, l4)) for person, l1, l2, l3, l4 in rows)
    count = audit.record_openings(by, persons=subjects, fields=EXPORTED, purpose=Purpose.IMPORT_EXPORT, reason=reason)
    audit.record(
        by,
        action="people.members.exported",
        purpose=Purpose.IMPORT_EXPORT,
        reason=reason,
        subject_kind="member_list",
        count=count,
    )
    return count


@transaction.atomic
def save_view(*, by: Actor, place: str, name: str, query: str) -> UUID:
    """Keep a view of a list under a name; the same name again replaces it. Raises Refused."""
    if by.account_id is None:
        raise NotAllowed("请先登录。")
    name = name.strip()
    if not name or len(name) > 40 or len(query) > 400:
        raise Refused("视图没有保存。", where="视图名称", why="名称为空或太长", do="请写一个 40 字以内的名称")
    mine = SavedView.objects.filter(account_id=by.account_id, place=place)
    found = mine.filter(name=name).first()
    if found is not None:
        mine.filter(id=found.id).update(query=query)
        return found.id
    if mine.count() >= VIEWS_AT_MOST:
        raise Refused(f"最多保存 {VIEWS_AT_MOST} 个视图。", do="请先删除不用的视图")
    view = SavedView(id=uuid7(), account_id=by.account_id, place=place, name=name, query=query)
    view.save(force_insert=True)
    return view.id


@transaction.atomic
def drop_view(*, by: Actor, view_id: UUID) -> None:
    """Forget a view; nothing happens to one that is not hers."""
    if by.account_id is not None:
        SavedView.objects.filter(id=view_id, account_id=by.account_id).delete()
