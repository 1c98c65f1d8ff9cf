"""Pure decisions about codes and sessions. Limits follow security.md, section 2 (ASVS 6.3.1, 6.5.1, 6.6.3, 7.5.3)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from zhigong.kernel.errors import Refused

# Names under which the key ring knows our sealed columns and blind indexes.
PHONE_FIELD = "identity_account.phone"
TEXT_FIELD = "identity_outbox.text"
PHONE_BLIND = "phone"

CODE_DIGITS = 6
CODE_LIFE = timedelta(minutes=5)
CODE_TRIES = 5
OPENING_LIFE = timedelta(days=7)
OPENING_CHARACTERS = 12
# Without letters and digits that look alike on paper.
OPENING_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
STEP_UP_AGE = timedelta(minutes=5)
KEPT = timedelta(days=1)

# (how many, within) per phone: an SMS costs money and annoys; per address: a whole village may share one.
PHONE_LIMITS = ((1, timedelta(minutes=1)), (5, timedelta(hours=1)), (10, timedelta(days=1)))
ADDRESS_LIMITS = ((30, timedelta(hours=1)), (200, timedelta(days=1)))

# Where allauth keeps what the person of this session has shown: a list of {"method", "at", …}.
RECORDS_KEY = "account_authentication_methods"
RECORDS_OF_KEY = "account_authentication_methods_user"
ACCOUNT_KEY = "_auth_user_id"
DEMO_METHOD = "demo"

_MOBILE = re.compile(r"1[3-9]\d{9}")


def clean_phone(text: str) -> str:
    """A mainland mobile number as eleven digits; raises Refused for anything else."""
    digits = re.sub(r"[\s\-()（）\u3000]", "", text.translate(str.maketrans("０１２３４５６７８９＋", "0123456789+")))
    digits = re.sub(r"^(\+86|0086)", "", digits)
    if not _MOBILE.fullmatch(digits):
        raise Refused("手机号不对。", where="手机号", why="应为 1 开头的 11 位数字", do="请检查后重新输入。")
    return digits


def mask_phone(phone: str) -> str:
    """First three and last four digits."""
    return f"{phone[:3]}****{phone[-4:]}"


def wait_until(sent: Sequence[datetime], limits: Sequence[tuple[int, timedelta]], now: datetime) -> datetime | None:
    """When the next code may be sent: None when at once. sent: newest first, at least as many as the largest limit."""
    waits = [sent[count - 1] + span for count, span in limits if len(sent) >= count and sent[count - 1] + span > now]
    return max(waits, default=None)


def records(session: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What the signed-in account has shown in this session; nothing when the records are another account's."""
    account = session.get(ACCOUNT_KEY)
    if not account or session.get(RECORDS_OF_KEY) != account:
        return []
    found = session.get(RECORDS_KEY)
    return [r for r in found if isinstance(r, dict)] if isinstance(found, list) else []


def is_strong(session: Mapping[str, Any], *, demo: bool) -> bool:
    """Whether a second factor was shown in this session; the demo's one-click sign-in counts only in demo mode."""
    methods = {record.get("method") for record in records(session)}
    return "mfa" in methods or (demo and DEMO_METHOD in methods)


def proved_at(session: Mapping[str, Any]) -> float:
    """Unix time of the latest proof of who is there; 0 for none."""
    return max((float(record.get("at", 0)) for record in records(session)), default=0.0)


def is_stepped_up(session: Mapping[str, Any], *, now: datetime) -> bool:
    """Whether the person proved who she is within the last five minutes; a proof from the future is none."""
    age = now.timestamp() - proved_at(session)
    return -5 <= age <= STEP_UP_AGE.total_seconds()
