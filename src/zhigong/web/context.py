"""What every page needs to draw its frame."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from zhigong.kernel.actor import Actor
from zhigong.orgs import queries as orgs
from zhigong.orgs.types import Duty
from zhigong.web.navigation import MEMBER, WORKBENCH, Entry, links, url_or_none

TYPE_COOKIE = "zg_type"


def shell(request: HttpRequest) -> dict[str, Any]:
    """Template context of the frame; everything costly is lazy, so that fragments do not pay for it."""
    actor: Actor | None = getattr(request, "actor", None)

    def frame(entries: tuple[Entry, ...]) -> Any:  # noqa: ANN401 - a lazy list of Link
        return SimpleLazyObject(lambda: links(entries, actor=actor, path=request.path))

    return {
        "actor": actor,
        "duty": Duty(actor.duty).label if actor is not None and actor.duty in set(Duty) else "",
        "posts": SimpleLazyObject(lambda: _posts(actor)),
        "nav": frame(WORKBENCH),
        "member_nav": frame(MEMBER),
        "search_url": SimpleLazyObject(lambda: url_or_none("workbench:search") or ""),
        "demo": settings.DEMO,
        "large_type": request.COOKIES.get(TYPE_COOKIE) == "large",
    }


def _posts(actor: Actor | None) -> list[dict[str, Any]]:
    """One's own posts for the switcher: id, union, duty in words."""
    if actor is None or actor.post_id is None:
        return []
    return [{"id": post_id, "union_name": union, "duty": duty} for post_id, union, duty in orgs.own_posts(actor)]
