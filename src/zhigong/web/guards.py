"""Who may enter a view, and how a refusal is shown when no page could show it in place."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase

from zhigong.kernel.actor import Actor
from zhigong.kernel.errors import Refused
from zhigong.web import faults

P = ParamSpec("P")
ActorView = Callable[Concatenate[HttpRequest, Actor, P], HttpResponseBase]
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def as_cadre(*rights: str) -> Callable[[ActorView[P]], View[P]]:
    """Give the view its actor: somebody with a post in force that carries at least one of these rights."""

    def guard(view: ActorView[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            actor: Actor | None = getattr(request, "actor", None)
            if actor is None:
                return redirect_to_login(request.get_full_path())
            if not actor.post_id:
                return faults.no_scope(request)
            return _answer(request, actor, rights, view, *args, **kwargs)

        return cast("View[P]", guarded)

    return guard


def as_member(view: ActorView[P]) -> View[P]:
    """Give the view its actor: anybody signed in."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        actor: Actor | None = getattr(request, "actor", None)
        if actor is None:
            return redirect_to_login(request.get_full_path())
        return _answer(request, actor, (), view, *args, **kwargs)

    return cast("View[P]", guarded)


def _answer(
    request: HttpRequest, actor: Actor, rights: tuple[str, ...], view: ActorView[P], *args: P.args, **kwargs: P.kwargs
) -> HttpResponseBase:
    try:
        if rights and actor.rights.isdisjoint(rights):
            actor.require(rights[0])
        return view(request, actor, *args, **kwargs)
    except Refused as error:
        transaction.set_rollback(True)  # a refused act leaves nothing behind
        return faults.refused(request, error)
