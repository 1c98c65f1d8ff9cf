"""What identity writes into the audit record: acts on accounts, and every sign-in, whether it went well or not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from zhigong.audit import operations as audit
from zhigong.audit.types import Outcome, Purpose
from zhigong.kernel.actor import Actor
from zhigong.kernel.clock import SHANGHAI


def record_act(
    by: Actor | None, action: str, account_id: UUID | None, now: datetime, *, methods: Sequence[str] = ()
) -> None:
    """One act on an account; the account is the subject, no value is recorded."""
    audit.record(
        by or _nobody(now),
        action=action,
        purpose=Purpose.SECURITY,
        subject_kind="account",
        subject_id=account_id,
        detail={"methods": list(methods)} if methods else None,
        outcome=Outcome.REFUSED if action.endswith(".refused") else Outcome.DONE,
    )


def record_sign_in(
    *, by: Actor | None, account_id: UUID | None, methods: Sequence[str], refused: bool = False, now: datetime
) -> None:
    """A sign-in and what was shown for it (password, mfa, phone, demo); account_id None when no account was recognised.

    by: who was signed in before, if anybody: the record is kept in the name the scope was opened for.
    """
    record_act(by, f"identity.sign_in.{'refused' if refused else 'accepted'}", account_id, now, methods=methods)


def _nobody(now: datetime) -> Actor:
    return Actor(account_id=None, name="系统", on=now.astimezone(SHANGHAI).date())
