"""Every request runs in one transaction whose scope the database opened from the session."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase

from zhigong.kernel.clock import today
from zhigong.kernel.ids import uuid7
from zhigong.orgs import operations as orgs

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class ScopeMiddleware:
    """Opens the scope, sets request.actor (None for nobody), and rolls back when the answer is a server error.

    Static files and health checks need no scope. Streamed answers outlive this transaction: they open their own.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer one request."""
        request.actor = None  # type: ignore[attr-defined]
        if request.path.startswith(settings.STATIC_URL):
            return self._get_response(request)
        with transaction.atomic():
            key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
            if key:
                request.actor = orgs.open_session(  # type: ignore[attr-defined]
                    session_key=key, on=today(), request_id=uuid7().hex
                )
            response = self._get_response(request)
            if response.status_code >= 500:
                transaction.set_rollback(True)
            return response
