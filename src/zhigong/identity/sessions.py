"""Session store whose rows name the account and the post acted in."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore

from zhigong.identity.models import Session

POST_KEY = "post"


class SessionStore(DatabaseStore):
    """Database sessions with two more columns, read by the database function that opens the scope."""

    @classmethod
    def get_model_class(cls) -> type[Session]:  # type: ignore[override]
        """Our session table."""
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:  # type: ignore[override]
        """Copy account and post from the session's content into their columns."""
        session = super().create_model_instance(data)
        session.account_id = UUID(data[SESSION_KEY]) if data.get(SESSION_KEY) else None  # type: ignore[attr-defined]
        session.post_id = UUID(data[POST_KEY]) if data.get(POST_KEY) else None  # type: ignore[attr-defined]
        return session  # type: ignore[return-value]
