"""What every page needs to draw its frame."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from zhigong.kernel.actor import Actor
from zhigong.web.navigation import MEMBER, WORKBENCH, Entry, Link, links, url_or_none

TYPE_COOKIE = "zg_type"


def shell(request: HttpRequest) -> dict[str, Any]:
    """Template context of the frame; everything costly is lazy, so that fragments do not pay for it."""
    actor: Actor | None = getattr(request, "actor", None)

    def frame(entries: tuple[Entry, ...]) -> SimpleLazyObject:
        def build() -> list[Link]:
            return links(entries, actor=actor, path=request.path)

        return SimpleLazyObject(build)

    return {
        "actor": actor,
        "posts": getattr(request, "posts", ()),
        "nav": frame(WORKBENCH),
        "member_nav": frame(MEMBER),
        "search_url": SimpleLazyObject(lambda: url_or_none("workbench:search") or ""),
        "demo": settings.DEMO,
        "large_type": request.COOKIES.get(TYPE_COOKIE) == "large",
    }
