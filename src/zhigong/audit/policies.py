"""Pure decisions about the audit record: what a detail may hold, and when sealing counts as late or stopped."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from uuid import UUID

from zhigong.audit.types import Detail, DetailValue, SealingState

LATE_AFTER = timedelta(minutes=5)
STOPPED_AFTER = timedelta(hours=4)

_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
_CODE = re.compile(r"[A-Za-z0-9._:/+-]{0,64}\Z")
_PERSONAL = re.compile(r"[0-9]{11,}[0-9Xx]?\Z|[0-9]{17}[Xx]\Z")
_NUMBER_BOUND = 10**10
_MOST_ITEMS = 100


def sealing_state(*, oldest_pending_at: datetime | None, now: datetime) -> SealingState:
    """FRESH below 5 minutes of waiting, STOPPED from 4 hours on (X-Road's limit), LATE between."""
    if oldest_pending_at is None or now - oldest_pending_at < LATE_AFTER:
        return SealingState.FRESH
    return SealingState.LATE if now - oldest_pending_at < STOPPED_AFTER else SealingState.STOPPED


def clean_detail(detail: Detail) -> dict[str, object]:
    """The detail as JSON values; raises ValueError for anything that could be a personal value.

    Allowed: whole numbers below ten milliard (a mobile number is above), truth values, identifiers and short codes of
    Latin letters, lists of these. The table's CHECK says the same, so that no writer can pass it by.
    """
    for key in detail:
        if not _KEY.match(key):
            raise ValueError(f"audit detail: {key!r} is not a lower-case name")
    return {key: _clean_value(key, value) for key, value in detail.items()}


def _clean_value(key: str, value: DetailValue) -> object:
    if isinstance(value, list | tuple):
        if len(value) > _MOST_ITEMS:
            raise ValueError(f"audit detail: the list of {key!r} is too long")
        return [_clean_scalar(key, item) for item in value]
    return _clean_scalar(key, value)


def _clean_scalar(key: str, value: object) -> object:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        if abs(value) >= _NUMBER_BOUND:
            raise ValueError(f"audit detail: the number of {key!r} is too large to be a count")
        return value
    if not isinstance(value, str | UUID | date):
        raise ValueError(
            f"audit detail: {key!r} holds a {type(value).__name__}; only numbers, ids and codes may lie there"
        )
    text = str(value)
    if not _CODE.match(text) or _PERSONAL.match(text):
        raise ValueError(f"audit detail: the text of {key!r} is no identifier or code")
    return text
