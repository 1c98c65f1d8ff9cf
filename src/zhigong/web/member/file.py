"""The member's own file, or the page that says how to get one."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from zhigong.kernel.actor import Actor
from zhigong.kernel.errors import NotFound
from zhigong.people import queries as people
from zhigong.people.types import PersonCard
from zhigong.web.guards import View, as_member

FileView = Callable[[HttpRequest, Actor, PersonCard], HttpResponse]


def with_file(view: FileView) -> View[[]]:
    """Give the view the member's own card; whoever has none is told how to join."""

    @require_GET
    @as_member
    @wraps(view)
    def opened(request: HttpRequest, actor: Actor) -> HttpResponse:
        try:
            own: dict[str, Any] = people.own_persons(actor)
        except NotFound:
            return render(request, "member/home/join.html")
        return view(request, actor, own["card"])

    return opened
