"""Keeping one person: register, correct, open sealed fields, recount."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from zhigong.audit import operations as audit
from zhigong.audit import queries as audit_queries
from zhigong.audit.types import Outcome, Purpose, SealingState
from zhigong.kernel.actor import Actor
from zhigong.kernel.crypto import Keyring
from zhigong.kernel.db.bulk import fetch
from zhigong.kernel.errors import Conflict, NotAllowed, NotFound, Refused
from zhigong.kernel.identity_numbers import check_document
from zhigong.kernel.ids import uuid7
from zhigong.kernel.names import initials, normal_name, sort_key
from zhigong.kernel.phones import check_phone
from zhigong.kernel.vault import vault
from zhigong.orgs.models import Union
from zhigong.people.models import Membership, Person
from zhigong.people.operations.restructuring import recount_unions
from zhigong.people.operations.staging import member_numbers
from zhigong.people.types import ChangeType, MembershipStatus, Verification

EDITABLE = frozenset(
    {
        "education",
        "skill",
        "political",
        "employment",
        "household_type",
        "household_place",
        "native_place",
        "employer_name",
        "is_migrant",
        "ethnicity",
    }
)
OPENABLE = {"id_number": ("id_cipher", "people_person.id_number"), "phone": ("phone_cipher", "people_person.phone")}


@dataclass(frozen=True, slots=True)
class Identity:
    """A checked name, document and phone."""

    name: str
    id_number: str
    birth_date: date | None
    sex: int
    phone: str


def _identity(*, name: str, id_type: str, id_number: str, phone: str, on: date) -> Identity:
    name = normal_name(name)
    if not name:
        raise Refused("请填写姓名。", where="姓名")
    document = check_document(id_number, on=on, kind=id_type)
    if document.problem is not None or not document.value:
        raise Refused("证件号码有误。", where="证件号码", why="；".join(document.texts), do="请对照证件原件重新填写")
    checked = check_phone(phone) if phone.strip() else None
    if checked is not None and (checked.problem is not None or not checked.is_mobile):
        raise Refused("手机号码有误。", where="移动电话", why="；".join(checked.texts), do="请填写 11 位手机号码")
    return Identity(
        name=name,
        id_number=document.value,
        birth_date=document.birth,
        sex=int(document.sex or 0),
        phone=checked.value if checked else "",
    )


def _seal(person: Person, identity: Identity, keys: Keyring) -> None:
    person.name, person.name_sort, person.initials = identity.name, sort_key(identity.name), initials(identity.name)
    person.id_cipher = keys.field("people_person.id_number").seal(identity.id_number, person.id)
    person.id_index = keys.blind("person.id_number").index(identity.id_number)
    person.id_tail = keys.blind("person.id_tail").tail(identity.id_number)
    person.birth_date, person.sex = identity.birth_date, identity.sex
    person.verification = max(person.verification, Verification.CHECKED)
    if identity.phone:
        person.phone_cipher = keys.field("people_person.phone").seal(identity.phone, person.id)
        person.phone_index = keys.blind("phone").index(identity.phone)
        person.phone_tail = keys.blind("person.phone_tail").tail(identity.phone)
        person.phone_masked = f"{identity.phone[:3]}****{identity.phone[-4:]}"


def register(  # noqa: PLR0913 — keyword-only: each is named at the call
    *, by: Actor, union_id: UUID, name: str, id_type: str, id_number: str, phone: str, employer_name: str, on: date
) -> UUID:
    """Register one member of a union from the five fields of joining; returns the person.

    Raises Refused for a bad field, Conflict when the identity is already in the base (says so in the same words
        wherever it is).
    """
    by.require("members.write")
    identity = _identity(name=name, id_type=id_type, id_number=id_number, phone=phone, on=on)
    try:
        with transaction.atomic():
            return _register(by, union_id, identity, id_type=id_type, employer_name=employer_name, on=on)
    except Conflict:
        # Outside the act that failed: who tries numbers leaves a trace (existence oracle).
        audit.record(
            by,
            action="people.member.registered",
            purpose=Purpose.BUSINESS,
            subject_kind="person",
            outcome=Outcome.REFUSED,
        )
        raise


def _register(by: Actor, union_id: UUID, identity: Identity, *, id_type: str, employer_name: str, on: date) -> UUID:
    union = Union.objects.filter(id=union_id).first()
    if union is None:
        raise NotFound("没有找到这个工会。", why="它不在您的管辖范围内", do="请重新选择工会")
    person = _new_member(union, identity, id_type=id_type, employer_name=employer_name, on=on)
    chain = {"l1": union.l1, "l2": union.l2, "l3": union.l3, "l4": union.l4}
    Membership(
        id=uuid7(),
        person=person,
        union=union,
        status=MembershipStatus.ACTIVE,
        joined_on=on,
        change_type=ChangeType.JOIN,
        changed_on=on,
        **chain,
    ).save(force_insert=True)
    recount_unions([union_id])
    audit.record(
        by,
        action="people.member.registered",
        purpose=Purpose.BUSINESS,
        subject_kind="person",
        subject_id=person.id,
        union_chain=(union.l1, union.l2, union.l3, union.l4),
    )
    return person.id


def _new_member(union: Union, identity: Identity, *, id_type: str, employer_name: str, on: date) -> Person:
    """A person of this union, sealed and saved; raises Conflict when the identity is in the base already."""
    serial = fetch("SELECT nextval('people_member_no')")[0][0]
    person = Person(
        id=uuid7(),
        union=union,
        id_type=id_type,
        employer_name=employer_name.strip(),
        joined_on=on,
        membership_status=MembershipStatus.ACTIVE,
        member_no=member_numbers([union.division_code], [serial])[0],
        l1=union.l1,
        l2=union.l2,
        l3=union.l3,
        l4=union.l4,
    )
    _seal(person, identity, vault())
    try:
        with transaction.atomic():
            person.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(
            "这个证件号码已在实名库中。",
            where="证件号码",
            why="一人只能有一份档案、一处会籍",
            do="请在会员转入中发起接转，或联系上级工会核对",
        ) from error
    return person


def _person(person_id: UUID) -> Person:
    person = Person.objects.select_for_update().filter(id=person_id).first()
    if person is None:
        raise NotFound("没有找到这个人。", why="不在您的管辖范围内，或编号有误", do="请通过搜索重新查找")
    return person


@transaction.atomic
def correct(*, by: Actor, person_id: UUID, values: dict[str, object]) -> None:
    """Correct plain fields of a person. Raises Refused for a field that may not be edited here."""
    by.require("members.write")
    unknown = set(values) - EDITABLE
    if unknown:
        raise Refused(
            "这些字段不能在这里修改。", where="、".join(sorted(unknown)), do="身份信息请重新导入或由本人申请更正"
        )
    person = _person(person_id)
    Person.objects.filter(id=person_id).update(**values, updated_at=_database_now())
    audit.record(
        by,
        action="people.person.corrected",
        purpose=Purpose.BUSINESS,
        subject_kind="person",
        subject_id=person_id,
        fields=tuple(sorted(values)),
        union_chain=(person.l1, person.l2, person.l3, person.l4),
    )


def _database_now() -> object:
    from django.db.models.functions import Now

    return Now()


@transaction.atomic
def open_fields(
    *, by: Actor, person_id: UUID, fields: tuple[str, ...], purpose: Purpose, now: datetime
) -> dict[str, str]:
    """Open sealed fields of a person for a stated purpose; the opening is recorded and shown to that person.

    fields: of id_number, phone. A member may open her own. Raises NotAllowed, NotFound, Refused for an unknown field.
    """
    if by.person_id != person_id:
        by.require("members.open")
        if audit_queries.sealing(by, now=now) is SealingState.STOPPED:
            raise NotAllowed(
                "现在不能打开加密资料。", why="查阅记录已超过四小时没有封存", do="请系统管理员检查后台任务后再试"
            )
    if not fields or set(fields) - set(OPENABLE):
        raise Refused("没有这样的加密字段。", where="、".join(fields))
    person = Person.objects.filter(id=person_id).first()
    if person is None:
        raise NotFound("没有找到这个人。", why="不在您的管辖范围内，或编号有误", do="请通过搜索重新查找")
    keys = vault()
    opened = {}
    for field in fields:
        column, name = OPENABLE[field]
        blob = getattr(person, column)
        opened[field] = keys.field(name).open(bytes(blob), person.id) if blob is not None else ""
    audit.record_opening(
        by,
        person_id=person_id,
        union_chain=(person.l1, person.l2, person.l3, person.l4),
        fields=fields,
        purpose=purpose,
    )
    return opened


@transaction.atomic
def recount(*, by: Actor) -> int:
    """Count the members of every union of the scope again; returns unions counted."""
    ids = [row[0] for row in fetch(f"SELECT id FROM orgs_union WHERE {by.level_column} = %(seq)s", {"seq": by.seq})]
    recount_unions(ids)
    return len(ids)
