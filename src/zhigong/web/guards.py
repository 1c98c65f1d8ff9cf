"""Who may enter a view, and how a refusal is shown when no page could show it in place."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast
from urllib.parse import urlsplit

from django.contrib.auth.views import redirect_to_login
from django.db import DataError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from zhigong.identity.types import StepUpNeeded
from zhigong.kernel.actor import Actor
from zhigong.kernel.errors import NotAllowed, Refused
from zhigong.web import faults

P = ParamSpec("P")
ActorView = Callable[Concatenate[HttpRequest, Actor, P], HttpResponseBase]
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]

WHOSE = {
    "audit.read": "查阅记录由审计岗位查看；业务岗位看不到，也改不了。",
    "members.import": "导入由工会主席、干事和数据专员办理。",
}


def as_cadre(*rights: str) -> Callable[[ActorView[P]], View[P]]:
    """Give the view its actor: somebody with a post in force that carries at least one of these rights."""

    def guard(view: ActorView[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            actor: Actor | None = getattr(request, "actor", None)
            if actor is None:
                return _to_the_door(request)
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
            return _to_the_door(request)
        return _answer(request, actor, (), view, *args, **kwargs)

    return cast("View[P]", guarded)


def _not_allowed(right: str) -> NotAllowed:
    return NotAllowed(
        "您的岗位没有这项权限",
        why=WHOSE.get(right, "这里不归您现在的岗位管。"),
        do="您若有另一个岗位，请在右上角切换；否则请联系上级工会。",
    )


def _to_the_door(request: HttpRequest) -> HttpResponseBase:
    """Sign in first; where htmx asks for a part, the whole page goes there instead of the part."""
    if getattr(request, "htmx", False):
        back = urlsplit(request.headers.get("HX-Current-URL", "")).path or "/"
        return HttpResponse(headers={"HX-Redirect": f"{reverse('account_login')}?{urlencode({'next': back})}"})
    return redirect_to_login(request.get_full_path())


def _answer(
    request: HttpRequest, actor: Actor, rights: tuple[str, ...], view: ActorView[P], *args: P.args, **kwargs: P.kwargs
) -> HttpResponseBase:
    try:
        if rights and actor.rights.isdisjoint(rights):
            raise _not_allowed(rights[0])
        return view(request, actor, *args, **kwargs)
    except StepUpNeeded:
        return redirect(f"{reverse('signin:confirm')}?{urlencode({'next': request.get_full_path()})}")
    except Refused as error:
        return _refused(request, error)
    except DataError:
        if not _has_nul(request):
            raise
        return _refused(request, Refused("填写的内容里有看不见的特殊字符。", do="请删去后重新输入，不要从别处粘贴。"))


def _refused(request: HttpRequest, error: Refused) -> HttpResponseBase:
    transaction.set_rollback(True)  # a refused act leaves nothing behind
    return faults.refused(request, error)


def _has_nul(request: HttpRequest) -> bool:
    """PostgreSQL has no NUL in texts; forms say so at the field, this is for what no form reads."""
    sent = (request.GET, request.POST)
    return any("\0" in value for fields in sent for _, values in fields.lists() for value in values)
