"""Session store whose rows name the account, the post acted in, and how sure we are who is there."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore

from zhigong.identity.models import Session
from zhigong.identity.policies import is_strong
from zhigong.identity.types import DEVICE_KEY, POST_KEY, STARTED_KEY

__all__ = ["POST_KEY", "SessionStore"]


class SessionStore(DatabaseStore):
    """Database sessions with more columns, read by the database function that opens the scope."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        """Our session table."""
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """Copy account, post and strength from the session's content into their columns.

        Without a second factor no post is named: such a session can never act as a cadre.
        """
        session: Session = super().create_model_instance(data)  # type: ignore[assignment]
        session.account_id = UUID(data[SESSION_KEY]) if data.get(SESSION_KEY) else None
        session.strong = is_strong(data, demo=settings.DEMO)
        session.post_id = UUID(data[POST_KEY]) if session.strong and data.get(POST_KEY) else None
        session.device = str(data.get(DEVICE_KEY, ""))[:80]
        session.started_at = datetime.fromisoformat(data[STARTED_KEY]) if data.get(STARTED_KEY) else None
        return session
