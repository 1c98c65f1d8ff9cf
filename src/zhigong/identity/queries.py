"""Reads of identity. Accounts lie below posts: who may see whose account is decided by the package that asks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings

from zhigong.identity import policies
from zhigong.identity.models import Account, Outbox, Session
from zhigong.identity.policies import PHONE_FIELD, TEXT_FIELD, mask_phone
from zhigong.identity.types import AccountLine, SessionLine, TextLine
from zhigong.kernel.vault import vault


def is_strong(session: Mapping[str, Any]) -> bool:
    """Whether a second factor was shown in this session (its content is asked); in demo mode one click is enough."""
    return policies.is_strong(session, demo=settings.DEMO)


def is_stepped_up(session: Mapping[str, Any], *, now: datetime) -> bool:
    """Whether the person of this session proved who she is within the last five minutes."""
    return policies.is_stepped_up(session, now=now)


def account(account_id: UUID) -> AccountLine | None:
    """One account, None when there is none."""
    found = Account.objects.filter(id=account_id).first()
    return _line(found) if found else None


def accounts_by_username(usernames: Iterable[str]) -> dict[str, AccountLine]:
    """Accounts that exist among these usernames."""
    return {found.username: _line(found) for found in Account.objects.filter(username__in=list(usernames))}


def account_of_person(person_id: UUID) -> AccountLine | None:
    """The account of a person of the real-name base."""
    found = Account.objects.filter(person_id=person_id).first()
    return _line(found) if found else None


def phone_of(account_id: UUID) -> str:
    """An account's own phone in the clear, empty when it has none; for its owner and for sending."""
    found = Account.objects.filter(id=account_id).only("id", "phone_cipher").first()
    if found is None or found.phone_cipher is None:
        return ""
    return vault().field(PHONE_FIELD).open(bytes(found.phone_cipher), found.id)


def sessions_of(account_id: UUID, *, now: datetime, current_key: str = "") -> list[SessionLine]:
    """Where an account is signed in, the latest first."""
    rows = Session.objects.filter(account_id=account_id, expire_date__gt=now).order_by("-started_at", "session_key")
    return [
        SessionLine(r.session_key, r.device, r.started_at, r.expire_date, r.strong, r.session_key == current_key)
        for r in rows.defer("session_data")[:50]
    ]


def texts(*, limit: int = 30) -> list[TextLine]:
    """The newest texts of the outbox, opened: for the demo's page and for the sender."""
    opened = vault().field(TEXT_FIELD)
    return [
        TextLine(r.id, r.phone_masked, opened.open(bytes(r.text_cipher), r.id), r.created_at, r.expires_at)
        for r in Outbox.objects.order_by("-created_at", "-id")[:limit]
    ]


def _line(found: Account) -> AccountLine:
    phone = vault().field(PHONE_FIELD).open(bytes(found.phone_cipher), found.id) if found.phone_cipher else ""
    return AccountLine(
        id=found.id,
        username=found.username,
        name=found.name,
        is_active=found.is_active,
        person_id=found.person_id,
        phone_masked=mask_phone(phone) if phone else "",
        has_password=found.has_usable_password(),
        last_login=found.last_login,
    )
