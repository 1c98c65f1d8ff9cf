"""Opening an account for the first time, or again after a lost password.

The upper union hands out an opening code on paper or by phone; only the owner chooses the password, and no
administrator ever knows one (ASVS 6.4.6). The code works once, within seven days, with five tries.
"""

from __future__ import annotations

import re
import secrets
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from zhigong.identity import policies
from zhigong.identity.models import Account, OneTimeCode
from zhigong.identity.operations.accounts import ADMINISTER, APPOINT, check_password_strength, locked, set_password
from zhigong.identity.operations.phone_codes import code_hash, take_try
from zhigong.identity.operations.recording import record_act
from zhigong.kernel.actor import Actor
from zhigong.kernel.errors import Refused
from zhigong.kernel.ids import uuid7

_LOCK_SPACE = 0x6F70  # "op"


@transaction.atomic
def issue_opening_code(*, by: Actor | None, account_id: UUID, now: datetime) -> str:
    """A fresh opening code such as K7QM-2XRA-9TBC; an earlier one no longer works. Show it once: it is not kept.

    Needs posts.write for an account that was never opened; for one in use it is a reset, and needs accounts.write.
    """
    account = locked(account_id)
    if by is not None:
        by.require(ADMINISTER if account.has_usable_password() else APPOINT)
    code = "".join(secrets.choice(policies.OPENING_ALPHABET) for _ in range(policies.OPENING_CHARACTERS))
    row = OneTimeCode(
        id=uuid7(),
        purpose=OneTimeCode.OPENING,
        account_id=account.id,
        created_at=now,
        expires_at=now + policies.OPENING_LIFE,
    )
    row.code_hash = code_hash(code, row.id)
    row.save(force_insert=True)
    record_act(by, "identity.opening_code.issued", account_id, now)
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def open_account(*, username: str, code: str, password: str, now: datetime) -> UUID:
    """Set the first password with an opening code; the account's id. Raises Refused.

    The password is checked before the code is touched, so that a weak one does not use the code up; a wrong code counts
    as a try, and that is committed before it is refused.
    """
    plain = re.sub(r"[\s\-]", "", code).upper()
    name = username.strip().lower()
    check_password_strength(password, Account(username=name))
    with transaction.atomic():
        account = Account.objects.filter(username=name, is_active=True).only("id").first()
        opened = _use_code(account.id if account else None, plain, now)
        if account is not None and opened:
            set_password(by=None, account_id=account.id, password=password, now=now)
    if account is None or not opened:
        raise Refused(
            "登录名或开通码不对，或开通码已失效。",
            where="开通码",
            do="请核对；开通码只能用一次、7 天内有效，可向上级工会重新领取。",
        )
    return account.id


def _use_code(account_id: UUID | None, code: str, now: datetime) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK_SPACE, account_id.int & 0x7FFFFFFF if account_id else 0]
        )
    codes = OneTimeCode.objects.select_for_update().filter(purpose=OneTimeCode.OPENING, account_id=account_id)
    return take_try(codes.order_by("-created_at", "-id").first(), code, now)
