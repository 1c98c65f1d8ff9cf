"""Accounts: opening, closing, phone, password, second factors, and the person behind.

by is who acts; None stands for the system itself (set-up, a member joining), which its caller has already checked.
Whether the account lies within the actor's scope is checked by the package that knows posts, before it calls.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from zhigong.identity.models import Account
from zhigong.identity.operations.recording import record_act
from zhigong.identity.operations.sessions import end_sessions
from zhigong.identity.policies import PHONE_BLIND, PHONE_FIELD, clean_phone
from zhigong.kernel.actor import Actor
from zhigong.kernel.errors import Conflict, NotFound, Refused
from zhigong.kernel.ids import uuid7
from zhigong.kernel.vault import vault

APPOINT = "posts.write"
ADMINISTER = "accounts.write"


@transaction.atomic
def create_account(
    *, by: Actor | None, username: str, name: str, phone: str = "", person_id: UUID | None = None, now: datetime
) -> UUID:
    """A new account without password: its owner signs in by phone code, or sets a password with an opening code.

    Needs posts.write. Raises Refused for a bad phone, Conflict when username, phone or person already has an account.
    """
    _require(by, APPOINT)
    username = username.strip().lower()
    if not username or not name.strip():
        raise Refused("登录名和姓名不能为空。", where="登录名、姓名", do="请补齐后再保存。")
    if Account.objects.filter(username=username).exists():
        raise Conflict("这个登录名已有人使用。", where="登录名", do="请换一个。")
    if person_id and Account.objects.filter(person_id=person_id).exists():
        raise Conflict("这个人已有账号。", do="请直接使用已有账号。")
    account = Account(id=uuid7(), username=username, name=name.strip(), person_id=person_id, created_at=now)
    account.set_unusable_password()
    if phone:
        _give_phone(account, phone)
    account.save(force_insert=True)
    record_act(by, "identity.account.created", account.id, now)
    return account.id


@transaction.atomic
def set_phone(*, by: Actor | None, account_id: UUID, phone: str, now: datetime) -> None:
    """Give an account a phone: whoever holds it can sign in. One's own, or with accounts.write.

    Raises Refused for a bad number, Conflict when another account has it.
    """
    if by is None or by.account_id != account_id:
        _require(by, ADMINISTER)
    account = locked(account_id)
    _give_phone(account, phone)
    account.save(update_fields=["phone_cipher", "phone_index", "phone_verified"])
    record_act(by, "identity.account.phone_set", account_id, now)


@transaction.atomic
def set_password(*, by: Actor | None, account_id: UUID, password: str, keep_session: str = "", now: datetime) -> None:
    """Set the password its owner has chosen and end her other sessions; raises Refused with what is wrong with it."""
    account = locked(account_id)
    check_password_strength(password, account)
    account.set_password(password)
    account.save(update_fields=["password"])
    end_sessions(account_id=account_id, keep=keep_session)
    record_act(by, "identity.account.password_set", account_id, now)


@transaction.atomic
def link_person(*, by: Actor | None, account_id: UUID, person_id: UUID, now: datetime) -> None:
    """Say which person of the real-name base an account belongs to. Needs accounts.write.

    Raises Conflict when account or person is linked otherwise.
    """
    _require(by, ADMINISTER)
    account = locked(account_id)
    if account.person_id not in (None, person_id):
        raise Conflict("账号已关联到另一位会员。", do="请先核实身份，再由数据专员更正。")
    if Account.objects.filter(person_id=person_id).exclude(id=account_id).exists():
        raise Conflict("这位会员已有账号。", do="请使用原账号登录。")
    account.person_id = person_id
    account.save(update_fields=["person_id"])
    record_act(by, "identity.account.linked", account_id, now)


@transaction.atomic
def disable_account(*, by: Actor | None, account_id: UUID, now: datetime) -> int:
    """Close an account and end its sessions at once (ASVS 7.4.2); how many sessions ended. Needs accounts.write."""
    _require(by, ADMINISTER)
    account = locked(account_id)
    account.is_active = False
    account.save(update_fields=["is_active"])
    record_act(by, "identity.account.disabled", account_id, now)
    return end_sessions(account_id=account_id)


@transaction.atomic
def enable_account(*, by: Actor | None, account_id: UUID, now: datetime) -> None:
    """Open a closed account again. Needs accounts.write."""
    _require(by, ADMINISTER)
    account = locked(account_id)
    account.is_active = True
    account.save(update_fields=["is_active"])
    record_act(by, "identity.account.enabled", account_id, now)


@transaction.atomic
def remove_second_factors(*, by: Actor | None, account_id: UUID, now: datetime) -> int:
    """For a cadre who lost phone and recovery codes: she enrols anew at her next sign-in. Needs accounts.write.

    Ends her sessions; how many factors went.
    """
    _require(by, ADMINISTER)
    locked(account_id)
    removed, _ = Authenticator.objects.filter(user_id=account_id).delete()
    end_sessions(account_id=account_id)
    record_act(by, "identity.account.factors_removed", account_id, now)
    return int(removed)


def check_password_strength(password: str, account: Account) -> None:
    """Raise Refused with what is wrong with a password."""
    try:
        validate_password(password, user=account)
    except ValidationError as error:
        why = "".join(error.messages)
        raise Refused("这个密码不够安全。", where="密码", why=why, do="请换一个更长、不易猜到的密码。") from error


def locked(account_id: UUID) -> Account:
    """The account's row, locked; raises NotFound."""
    account = Account.objects.select_for_update().filter(id=account_id).first()
    if account is None:
        raise NotFound("没有这个账号。", do="请刷新页面后重试。")
    return account


def _require(by: Actor | None, right: str) -> None:
    if by is not None:
        by.require(right)


def _give_phone(account: Account, phone: str) -> None:
    number = clean_phone(phone)
    index = vault().blind(PHONE_BLIND).index(number)
    if Account.objects.filter(phone_index=index).exclude(id=account.id).exists():
        raise Conflict("这个手机号已用于另一个账号。", where="手机号", do="请换一个手机号，或用该手机号登录原账号。")
    account.phone_index = index
    account.phone_cipher = vault().field(PHONE_FIELD).seal(number, account.id)
    account.phone_verified = False
