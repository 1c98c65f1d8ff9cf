"""The demo's front door and its outbox of texts. In any other mode these addresses do not exist (see urls.py)."""

from __future__ import annotations

from typing import Any

from allauth.account.utils import perform_login
from django.conf import settings
from django.contrib.auth import get_user_model, logout
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from zhigong.identity import queries as identity
from zhigong.web.signin.roles import CADRES, MEMBERS, USERNAMES, Role


@require_http_methods(["GET", "POST"])
def roles(request: HttpRequest) -> HttpResponse:
    """One card per role; POST signs in."""
    _only_in_demo()
    if request.method == "POST":
        return _sign_in(request)
    ready = identity.accounts_by_username(USERNAMES)

    def cards(group: tuple[Role, ...]) -> list[dict[str, Any]]:
        return [{"role": role, "account": ready.get(role.username)} for role in group]

    return render(request, "signin/demo.html", {"cadres": cards(CADRES), "members": cards(MEMBERS), "empty": not ready})


def _sign_in(request: HttpRequest) -> HttpResponse:
    username = request.POST.get("role", "")
    if username not in USERNAMES:
        raise Http404
    user = get_user_model().objects.filter(username=username, is_active=True).first()
    if user is None:
        return redirect("signin:demo")
    logout(request)
    response: HttpResponse = perform_login(request, user, redirect_url="/")
    return response


def outbox(request: HttpRequest) -> HttpResponse:
    """The texts that a real installation would send by SMS."""
    _only_in_demo()
    return render(request, "signin/outbox.html", {"texts": identity.texts()})


def _only_in_demo() -> None:
    if not settings.DEMO:
        raise Http404
