"""Payee accounts: sealed, found by a keyed token, shown by their last four digits, opened for the bank file only."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import transaction

from zhigong.audit import operations as audit
from zhigong.audit.types import Purpose
from zhigong.funds.models import Payee
from zhigong.funds.policies import mistyped
from zhigong.funds.types import AccountEntry, AccountOutcome, Registered
from zhigong.kernel.actor import Actor
from zhigong.kernel.db.bulk import execute, fetch
from zhigong.kernel.errors import Conflict, NotAllowed, NotFound, Refused
from zhigong.kernel.folding import fold_code
from zhigong.kernel.ids import uuid7
from zhigong.kernel.masking import mask_account
from zhigong.kernel.names import normal_name
from zhigong.kernel.vault import vault

CHUNK = 20_000
FIELD, INDEX = "funds_payee.number", "payee.number"
_NUMBER = re.compile(r"[0-9]{8,30}")
# The bank file separates by commas and lines; a sheet would run what begins with these signs.
_TEXT = re.compile(r"[^,\"'=+\-@\t\r\n\x00-\x1f][^,\"\t\r\n\x00-\x1f]*")
_RETIRE = "UPDATE funds_payee SET current = false WHERE current AND heir = %(heir)s AND person_id = ANY (%(persons)s)"
_KNOWN = """SELECT p.id, p.name, p.deceased_on IS NOT NULL, y.number_index FROM people_person p
    LEFT JOIN funds_payee y ON y.person_id = p.id AND y.current AND NOT y.heir WHERE p.id = ANY (%(persons)s)"""
_TAKEN = """SELECT number_index, person_id FROM funds_payee WHERE current AND NOT heir AND number_index = ANY
    (%(indexes)s)"""


@dataclass(frozen=True, slots=True)
class _Checked:
    """One entry whose number is sound, with its token."""

    entry: AccountEntry
    number: str
    index: bytes


def checked_number(number: str, *, passbook: bool = False) -> str:
    """The digits of an account number; raises Refused.

    A number of a card's length must pass the card's check digit, unless it is said to be a passbook or another account
    that is no card (passbook): those of some banks are as long and have none.
    """
    digits = re.sub(r"[\s-]", "", fold_code(number))
    if not _NUMBER.fullmatch(digits):
        raise Refused("银行账号有误。", where="银行账号", why="应为 8 到 30 位数字", do="请对照银行卡或存折重新填写。")
    if not passbook and mistyped(digits):
        raise Refused(
            "银行卡号有误。", where="银行账号", why="卡号的校验位对不上，可能输错了一位，或相邻两位颠倒了",
            do="请对照卡面重新填写；如果是存折等没有卡的账户，请注明不是银行卡。",
        )  # fmt: skip
    return digits


def _text(value: str, *, where: str, most: int) -> str:
    text = " ".join(value.split())
    if not _TEXT.fullmatch(text) or len(text) > most:
        raise Refused(f"{where}有误。", where=where, why=f"不能为空、超过 {most} 字，或含有逗号、引号等符号")
    return text


@transaction.atomic
def register_account(  # noqa: PLR0913 — the fields of the form
    by: Actor,
    *,
    person_id: UUID,
    holder: str,
    bank: str,
    number: str,
    key: str,
    heir: bool = False,
    passbook: bool = False,
) -> UUID:
    """Register the account a person is paid into; returns its id. What waits for an account is ready at once.

    A member does it for herself; for others it needs `members.write` or `payouts.make`. The holder is the person
    herself, unless `heir` (the account of the heir of a dead member, by a cadre only). passbook: the number is no
    card's. The same key again returns the same account. Raises Conflict when the account is somebody else's.
    """
    _allow(by, person_id, heir=heir)
    known = Payee.objects.filter(key=key).values_list("id", "person_id").first()
    if known is not None:
        if known[1] != person_id:
            raise Conflict("同一编号已用于另一人的账户。")
        return known[0]
    person = fetch(_KNOWN, {"persons": [person_id]})
    if not person:
        raise NotFound("没有这个人。")
    digits = checked_number(number, passbook=passbook)
    index = vault().blind(INDEX).index(digits)
    _check_holder(holder, name=person[0][1], dead=person[0][2], heir=heir)
    entry = AccountEntry(
        person_id=person_id, holder=_text(holder, where="户名", most=60), bank=_text(bank, where="开户行", most=40),
        number=digits, key=key,
    )  # fmt: skip
    taken = fetch("SELECT funds_account_taken(%(index)s, %(person)s)", {"index": index, "person": person_id})[0][0]
    if taken and not heir:
        raise Conflict("这个银行账号已登记在另一人名下。", do="请填写本人名下的账户。")
    made = _insert(by, [_Checked(entry, digits, index)], heir=heir)[0]
    audit.record(
        by, action="funds.account.registered", purpose=Purpose.APPLICATION, subject_kind="person",
        subject_id=person_id, fields=("account",),
    )  # fmt: skip
    return made


def _allow(by: Actor, person_id: UUID, *, heir: bool) -> None:
    if by.person_id == person_id and not heir:
        return
    if by.rights.isdisjoint({"members.write", "payouts.make"}):
        by.require("members.write")


def _check_holder(holder: str, *, name: str, dead: bool, heir: bool) -> None:
    if heir and not dead:
        raise Refused("本人健在，不能登记继承人账户。", where="户名")
    if not heir and normal_name(holder) != name:
        raise Refused(
            "户名与本人姓名不一致。", where="户名", why="补助只发放到本人名下的账户", do="请填写本人名下的账户。"
        )


def register_accounts(by: Actor, *, entries: Iterable[AccountEntry]) -> Registered:
    """Register many accounts, as a card bank lists them (工会会员卡); needs `payouts.make`, in bulk 20 000 at a time.

    Nothing is refused as a whole: each entry has its outcome. An account that is registered already is UNCHANGED.
    """
    by.require("payouts.make")
    waiting, outcomes = iter(entries), {}
    while chunk := list(islice(waiting, CHUNK)):
        with transaction.atomic():
            outcomes.update(_register(by, chunk))
    return Registered(outcomes)


def _register(by: Actor, chunk: Sequence[AccountEntry]) -> dict[str, AccountOutcome]:
    outcomes: dict[str, AccountOutcome] = {}
    good = []
    for entry in chunk:
        try:
            number = checked_number(entry.number, passbook=entry.passbook)
            _text(entry.holder, where="户名", most=60)
            _text(entry.bank, where="开户行", most=40)
        except Refused:
            outcomes[entry.key] = AccountOutcome.BAD_NUMBER
            continue
        good.append(_Checked(entry, number, vault().blind(INDEX).index(number)))
    known = {row[0]: row for row in fetch(_KNOWN, {"persons": [one.entry.person_id for one in good]})}
    owners = {bytes(i): p for i, p in fetch(_TAKEN, {"indexes": [one.index for one in good]})}
    persons, indexes = Counter(o.entry.person_id for o in good), Counter(o.index for o in good)
    fresh = []
    for one in good:
        outcome = _outcome(one, known.get(one.entry.person_id), owners.get(one.index))
        if persons[one.entry.person_id] > 1 or indexes[one.index] > 1:
            outcome = AccountOutcome.REPEATED
        outcomes[one.entry.key] = outcome
        if outcome is AccountOutcome.NEW:
            fresh.append(one)
    if fresh:
        _insert(by, fresh, heir=False)
        audit.record(
            by, action="funds.account.registered", purpose=Purpose.IMPORT_EXPORT, subject_kind="person",
            count=len(fresh), fields=("account",),
        )  # fmt: skip
    return outcomes


def _outcome(one: _Checked, person: tuple[Any, ...] | None, owner: UUID | None) -> AccountOutcome:
    if person is None:
        return AccountOutcome.NOT_FOUND
    if person[3] is not None and bytes(person[3]) == one.index:
        return AccountOutcome.UNCHANGED
    if normal_name(one.entry.holder) != person[1]:
        return AccountOutcome.NAME_DIFFERS
    return AccountOutcome.TAKEN if owner is not None else AccountOutcome.NEW


def _insert(by: Actor, accounts: Sequence[_Checked], *, heir: bool) -> list[UUID]:
    persons = [one.entry.person_id for one in accounts]
    execute(_RETIRE, {"heir": heir, "persons": persons})
    ids = [uuid7() for _ in accounts]
    sealed = vault().field(FIELD).seal_many([one.number for one in accounts], ids)
    Payee.objects.bulk_create(
        Payee(
            id=row,
            person_id=one.entry.person_id,
            heir=heir,
            holder=normal_name(one.entry.holder),
            bank=" ".join(one.entry.bank.split()),
            number_cipher=cipher,
            number_index=one.index,
            number_masked=mask_account(one.number),
            key=one.entry.key,
            registered_by=by.account_id,
            registered_on=by.on,
        )
        for row, one, cipher in zip(ids, accounts, sealed, strict=True)
    )
    fetch("SELECT funds_account_known(%(persons)s)", {"persons": persons})
    return ids


@transaction.atomic
def open_account_number(by: Actor, *, account_id: UUID, reason: str) -> str:
    """The whole number of one account; a member's own, or with `payouts.post` and a reason. Recorded; she sees it."""
    payee = Payee.objects.filter(id=account_id).first()
    if payee is None:
        raise NotFound("没有这个账户。")
    own = by.person_id == payee.person_id and not payee.heir
    if not own:
        by.require("payouts.post")
        if not reason.strip():
            raise NotAllowed("请填写查看账号的原因。")
    audit.record_opening(
        by, person_id=payee.person_id, union_chain=None, fields=("account",),
        purpose=Purpose.SELF if own else Purpose.BUSINESS, reason=reason,
    )  # fmt: skip
    return vault().field(FIELD).open(bytes(payee.number_cipher), payee.id)
