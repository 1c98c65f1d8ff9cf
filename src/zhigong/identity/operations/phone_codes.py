"""Signing in by phone: a six-digit code, usable once, for five minutes, with five tries.

The answer never tells whether a phone is known: limits count requests, not accounts, and a wrong code, an old one and
an unknown phone are one and the same refusal.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F

from zhigong.identity import policies
from zhigong.identity.models import Account, OneTimeCode, Outbox
from zhigong.kernel.errors import Refused
from zhigong.kernel.ids import uuid7
from zhigong.kernel.vault import vault

_LOCK_SPACE = 0x6964  # "id"


@transaction.atomic
def request_phone_code(*, phone: str, address: str, now: datetime) -> None:
    """Send a code to a phone that has an account, and do as much for one that has none.

    address: where the request comes from, for its limit. Raises Refused for a bad number and when asked too often.
    """
    number = policies.clean_phone(phone)
    index = vault().blind(policies.PHONE_BLIND).index(number)
    place = vault().blind("address").index(address or "?")
    _one_at_a_time(index)
    _check_limits(index, place, now)
    account_id = Account.objects.filter(phone_index=index, is_active=True).values_list("id", flat=True).first()
    code = f"{secrets.randbelow(10**policies.CODE_DIGITS):0{policies.CODE_DIGITS}d}"
    row = OneTimeCode(
        id=uuid7(),
        purpose=OneTimeCode.SIGN_IN,
        account_id=account_id,
        phone_index=index,
        address_index=place,
        created_at=now,
        expires_at=now + policies.CODE_LIFE,
    )
    row.code_hash = code_hash(code, row.id)
    row.save(force_insert=True)
    _write_text(account_id, number, code, now)


def sign_in_by_code(*, phone: str, code: str, now: datetime) -> UUID:
    """The account a phone and its latest code open; raises Refused, always with the same words.

    Each call uses up one try, and that is committed before anything is refused: do not call it inside a transaction
    that the refusal would roll back.
    """
    index = vault().blind(policies.PHONE_BLIND).index(policies.clean_phone(phone))
    with transaction.atomic():
        _one_at_a_time(index)
        account_id = _use_code(index, code.strip(), now)
        if account_id is not None:
            Account.objects.filter(id=account_id).update(phone_verified=True)
    if account_id is None:
        raise Refused("验证码不对，或已过期。", where="验证码", do="请检查短信中的 6 位数字；过期请重新获取。")
    return account_id


def forget_codes(*, before: datetime) -> int:
    """Delete codes and texts older than a moment; how many rows went."""
    codes, _ = OneTimeCode.objects.filter(created_at__lt=before, expires_at__lt=before).delete()
    texts, _ = Outbox.objects.filter(expires_at__lt=before).delete()
    return codes + texts


def code_hash(code: str, row_id: UUID) -> bytes:
    """Keyed, and bound to its row: a million codes are soon tried against a plain hash."""
    key = vault().derive("identity one-time codes")
    return hmac.digest(key, row_id.bytes + code.encode(), hashlib.sha256)


def take_try(row: OneTimeCode | None, code: str, now: datetime) -> bool:
    """Count a try against a code that still lives, then compare; True uses the code up.

    With no living code the same comparison is made against nothing: the time taken tells no more than the answer.
    """
    living = row is not None and row.used_at is None and row.expires_at > now and row.tries < policies.CODE_TRIES
    stored = bytes(row.code_hash) if row is not None else bytes(32)
    matches = hmac.compare_digest(stored, code_hash(code, row.id if row is not None else UUID(int=0)))
    if row is None or not living:
        return False
    OneTimeCode.objects.filter(id=row.id).update(tries=F("tries") + 1, used_at=now if matches else None)
    return matches


def _use_code(index: bytes, code: str, now: datetime) -> UUID | None:
    codes = OneTimeCode.objects.select_for_update().filter(purpose=OneTimeCode.SIGN_IN, phone_index=index)
    latest = codes.order_by("-created_at", "-id").first()
    if not take_try(latest, code, now) or latest is None or latest.account_id is None:
        return None
    active = Account.objects.filter(id=latest.account_id, phone_index=index, is_active=True)
    return active.values_list("id", flat=True).first()


def _one_at_a_time(index: bytes) -> None:
    """Requests for one phone queue up until commit, so that limits and tries cannot be outrun in parallel."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK_SPACE, int.from_bytes(index[:4], signed=True)])


def _check_limits(index: bytes, place: bytes, now: datetime) -> None:
    codes = OneTimeCode.objects.filter(purpose=OneTimeCode.SIGN_IN, created_at__gt=now - policies.KEPT)
    moments = codes.order_by("-created_at").values_list("created_at", flat=True)
    waits = (
        policies.wait_until(list(moments.filter(phone_index=index)[:10]), policies.PHONE_LIMITS, now),
        policies.wait_until(list(moments.filter(address_index=place)[:200]), policies.ADDRESS_LIMITS, now),
    )
    until = max((wait for wait in waits if wait is not None), default=None)
    if until is not None:
        raise Refused(
            "验证码要得太频繁了。",
            where="手机号",
            why="为防止短信骚扰，发送次数有限制",
            do=f"请在{_span(until, now)}后再试。",
        )


def _span(until: datetime, now: datetime) -> str:
    seconds = max(1, int((until - now).total_seconds()) + 1)
    if seconds < 60:
        return f" {seconds} 秒"
    return f" {-(-seconds // 60)} 分钟" if seconds < 3600 else f" {-(-seconds // 3600)} 小时"


def _write_text(account_id: UUID | None, number: str, code: str, now: datetime) -> None:
    """Seal in either case, so that both take the same time; an unknown phone gets no text."""
    row_id = uuid7()
    text = f"【智工】您的验证码是 {code}，5 分钟内有效。工作人员不会向您索要验证码。"
    sealed = vault().field(policies.TEXT_FIELD).seal(text, row_id)
    if account_id is not None:
        Outbox.objects.create(
            id=row_id,
            account_id=account_id,
            phone_masked=policies.mask_phone(number),
            text_cipher=sealed,
            created_at=now,
            expires_at=now + policies.CODE_LIFE,
        )
