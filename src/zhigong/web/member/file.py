"""The member's own file, or the page that says how to get one."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from zhigong.kernel.actor import Actor
from zhigong.kernel.errors import NotFound
from zhigong.people import queries as people
from zhigong.people.types import PersonCard
from zhigong.web.guards import ActorView, View, as_member

P = ParamSpec("P")
FileView = Callable[Concatenate[HttpRequest, Actor, PersonCard, P], HttpResponseBase]


def with_file(view: FileView[P]) -> View[P]:
    """Give a page that is only read the member's own card; whoever has none is told how to join."""
    return _opened(view, ["GET", "HEAD"])


def with_file_to_write(view: FileView[P]) -> View[P]:
    """The same for a page that also takes a form."""
    return _opened(view, ["GET", "HEAD", "POST"])


def _opened(view: FileView[P], methods: list[str]) -> View[P]:
    @wraps(view)
    def opened(request: HttpRequest, actor: Actor, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        try:
            own: dict[str, Any] = people.own_persons(actor)
        except NotFound:
            return render(request, "member/home/join.html")
        return view(request, actor, own["card"], *args, **kwargs)

    guarded: View[P] = as_member(cast("ActorView[P]", opened))
    return require_http_methods(methods)(guarded)
