"""Whether a request wants a part of a page; every address answers a plain request with the whole."""

from __future__ import annotations

from django.http import HttpRequest


def wants_part(request: HttpRequest) -> bool:
    """Whether htmx asks, to replace a part of the page it already has."""
    return bool(getattr(request, "htmx", False))
