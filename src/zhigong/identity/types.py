"""Words of accounts and sessions, and the rows that queries return."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from zhigong.kernel.errors import NotAllowed

# Keys of a session's content: the post acted in, and where and when it began.
POST_KEY = "post"
DEVICE_KEY = "device"
STARTED_KEY = "started_at"

DEMO_ACCOUNTS = (
    "demo-city",
    "demo-district",
    "demo-street",
    "demo-grassroots",
    "demo-data",
    "demo-finance",
    "demo-auditor",
    "demo-member",
    "demo-hardship",
    "demo-courier",
)


class StepUpNeeded(NotAllowed):
    """The person must prove again who she is before this act."""


@dataclass(frozen=True, slots=True)
class AccountLine:
    """One account; phone_masked shows the first three and the last four digits."""

    id: UUID
    username: str
    name: str
    is_active: bool
    person_id: UUID | None
    phone_masked: str
    has_password: bool
    last_login: datetime | None


@dataclass(frozen=True, slots=True)
class SessionLine:
    """One place an account is signed in; current: the one asking."""

    key: str
    device: str
    started_at: datetime | None
    expires_at: datetime
    strong: bool
    current: bool


@dataclass(frozen=True, slots=True)
class TextLine:
    """One text of the outbox, opened."""

    id: UUID
    phone_masked: str
    text: str
    created_at: datetime
    expires_at: datetime
