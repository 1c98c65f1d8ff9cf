"""What a person says about herself where no department knows it."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from zhigong.audit import operations as audit
from zhigong.audit.types import Purpose
from zhigong.facts import vocabulary as words
from zhigong.facts.models import Declared
from zhigong.facts.operations.settling import settle_person
from zhigong.facts.policies import DECLARE_RIGHTS, check_declared, to_json
from zhigong.facts.reading import chain_of, one_at_a_time
from zhigong.facts.types import Fact, Plain, Standing
from zhigong.kernel.actor import Actor
from zhigong.kernel.errors import Conflict, NotAllowed, Refused
from zhigong.kernel.ids import uuid7


@transaction.atomic
def declare(*, by: Actor, person_id: UUID, name: str, value: Plain, key: str, case_id: UUID | None = None) -> UUID:
    """Keep what a person says, by herself or by a cadre for her (代办); the same key again changes nothing.

    value: of the fact's kind, amounts in fen. Returns the declaration, which replaces an earlier one of the same fact.
    Raises NotFound, NotAllowed, Refused (not a fact one is asked for, wrong kind, beyond its
    limits), Conflict (the key was used for something else).
    """
    if by.person_id != person_id and DECLARE_RIGHTS.isdisjoint(by.rights):
        raise NotAllowed("您不能替这位会员填写。", why="需要会员资料或案件办理的权限")
    if not key.strip() or len(key) > 100:
        raise Refused("提交没有编号。", where="key", do="请刷新页面后重新提交")
    fact = words.load().fact(name)
    kept = to_json(check_declared(fact, value, on=by.on))
    chain = chain_of(person_id)
    one_at_a_time(person_id)
    known = Declared.objects.filter(person_id=person_id, name=name, key=key).values_list("id", "value").first()
    if known is not None:
        if known[1] != kept or type(known[1]) is not type(kept):
            raise Conflict("同一次提交的内容前后不一致。", where=fact.label, do="请刷新页面后重新提交")
        return known[0]
    made = _keep(by, person_id, fact, kept, key, case_id)
    audit.record(
        by,
        action="facts.declaration.made",
        purpose=Purpose.APPLICATION,
        subject_kind="person",
        subject_id=person_id,
        fields=(name,),
        union_chain=chain,
    )
    return made


def _keep(by: Actor, person_id: UUID, fact: Fact, kept: int | str | bool, key: str, case_id: UUID | None) -> UUID:  # noqa: FBT001 — a value that may be a yes or no
    earlier = Declared.objects.filter(person_id=person_id, name=fact.name).exclude(standing=Standing.REPLACED)
    earlier.update(standing=Standing.REPLACED, settled_on=by.on)
    made = Declared(
        id=uuid7(),
        person_id=person_id,
        name=fact.name,
        value=kept,
        declared_on=by.on,
        declared_by=by.account_id,
        by_self=by.person_id == person_id,
        case_id=case_id,
        key=key,
    )
    made.save(force_insert=True)
    settle_person(fact, person_id=person_id, on=by.on)
    return made.id
