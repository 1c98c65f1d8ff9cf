"""Sessions: ending them, and asking for a fresh proof of who is there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from zhigong.identity.models import Session
from zhigong.identity.policies import is_stepped_up
from zhigong.identity.types import StepUpNeeded
from zhigong.kernel.errors import Refused
from zhigong.kernel.ids import uuid7
from zhigong.kernel.vault import vault


def end_sessions(*, account_id: UUID, keep: str = "") -> int:
    """End every session of an account except the one whose key is kept; how many ended."""
    ended, _ = Session.objects.filter(account_id=account_id).exclude(session_key=keep).delete()
    return ended


def require_step_up(*, session: Mapping[str, Any], now: datetime) -> None:
    """Raise StepUpNeeded unless the person proved who she is within five minutes (ASVS 7.5.3). session: its content."""
    if not is_stepped_up(session, now=now):
        raise StepUpNeeded("请先确认是您本人。", why="这是敏感操作，需要在 5 分钟内验证过身份", do="请重新验证后继续。")


def seal_for_session(*, phone: str) -> str:
    """A phone as a session may carry it between two pages: sessions are signed, not sealed, and lie in the database."""
    row_id = uuid7()
    return f"{row_id.hex}{vault().field('identity_session.phone').seal(phone, row_id).hex()}"


def open_from_session(*, sealed: str) -> str:
    """The phone of `seal_for_session`; '' for anything else."""
    try:
        row_id, blob = UUID(sealed[:32]), bytes.fromhex(sealed[32:])
        return vault().field("identity_session.phone").open(blob, row_id)
    except (ValueError, Refused):
        return ""
