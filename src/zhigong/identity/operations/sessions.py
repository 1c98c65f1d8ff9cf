"""Sessions: ending them, and asking for a fresh proof of who is there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from zhigong.identity.models import Session
from zhigong.identity.policies import is_stepped_up
from zhigong.identity.types import StepUpNeeded


def end_sessions(*, account_id: UUID, keep: str = "") -> int:
    """End every session of an account except the one whose key is kept; how many ended."""
    ended, _ = Session.objects.filter(account_id=account_id).exclude(session_key=keep).delete()
    return ended


def require_step_up(*, session: Mapping[str, Any], now: datetime) -> None:
    """Raise StepUpNeeded unless the person proved who she is within five minutes (ASVS 7.5.3). session: its content."""
    if not is_stepped_up(session, now=now):
        raise StepUpNeeded("请先确认是您本人。", why="这是敏感操作，需要在 5 分钟内验证过身份", do="请重新验证后继续。")
