"""Where one arrives, enrols a second factor, confirms a sensitive act, looks after one's account."""

from __future__ import annotations

from uuid import UUID

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import get_next_redirect_url
from allauth.mfa.totp.views import ActivateTOTPView
from allauth.mfa.webauthn.views import AddWebAuthnView
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from zhigong.identity import operations as identity
from zhigong.identity import queries as identities
from zhigong.identity.types import POST_KEY
from zhigong.kernel.clock import now
from zhigong.kernel.errors import Refused
from zhigong.orgs import queries as orgs
from zhigong.web import faults
from zhigong.web.context import TYPE_COOKIE
from zhigong.web.navigation import url_or_none
from zhigong.web.signin.forms import OpeningForm
from zhigong.web.signin.gate import has_password, needs_second_factor

_YEAR = 365 * 24 * 3600


@require_GET
def front(request: HttpRequest) -> HttpResponse:
    """The root address: to one's own face, or to the door."""
    if not request.user.is_authenticated:
        return redirect("signin:demo" if settings.DEMO else "account_login")
    actor = getattr(request, "actor", None)
    if actor is not None and actor.post_id:
        return redirect(url_or_none("workbench:home") or "signin:security")
    if has_password(request) and (actor is None or actor.person_id is None):
        return faults.no_scope(request)
    return redirect(url_or_none("member:home") or "signin:security")


@login_required
def enrol(request: HttpRequest) -> HttpResponse:
    """First sign-in of a cadre: choose a second factor. Afterwards there is nothing to do here."""
    return render(request, "signin/enrol.html") if needs_second_factor(request) else redirect("/")


class ActivateApp(ActivateTOTPView):  # type: ignore[misc]
    """Adding an authenticator app proves that one has it: the session becomes strong."""

    def form_valid(self, form: Form) -> HttpResponse:
        """Record the proof."""
        response: HttpResponse = super().form_valid(form)
        record_authentication(self.request, self.request.user, "mfa", type="totp")
        return response


class AddPasskey(AddWebAuthnView):  # type: ignore[misc]
    """The same for a passkey."""

    def form_valid(self, form: Form) -> HttpResponse:
        """Record the proof."""
        response: HttpResponse = super().form_valid(form)
        record_authentication(self.request, self.request.user, "mfa", type="webauthn")
        return response


@login_required
def confirm(request: HttpRequest) -> HttpResponse:
    """Ways to prove who one is before a sensitive act; with one way only, straight to it."""
    target = get_next_redirect_url(request) or "/"
    ways = get_adapter().get_reauthentication_methods(request.user)
    if not ways and settings.DEMO:
        if request.method == "POST":
            record_authentication(request, request.user, "demo", reauthenticated=True)
            return redirect(target)
        return render(request, "signin/confirm.html", {"next": target})
    if not ways:
        return redirect(f"{reverse('signin:phone')}?{urlencode({'next': target})}")
    return redirect(f"{ways[0]['url']}?{urlencode({'next': target})}")


@sensitive_post_parameters("code", "password", "again")
def opening(request: HttpRequest) -> HttpResponse:
    """First sign-in with an opening code: the owner chooses her password, then signs in with it."""
    form = OpeningForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            identity.open_account(username=data["username"], code=data["code"], password=data["password"], now=now())
        except Refused as refused:
            field = "code" if refused.where == "开通码" else "password"
            form.add_error(field, f"{refused.what}{refused.why}{refused.do}")
        else:
            messages.success(request, "密码已设好，请用新密码登录。")
            return redirect("account_login")
    return render(request, "signin/opening.html", {"form": form})


@login_required
def security(request: HttpRequest) -> HttpResponse:
    """One's own account: name, phone, second factors, and where one is signed in."""
    account = identities.account(_account_id(request))
    lines = identities.sessions_of(_account_id(request), now=now(), current_key=request.session.session_key or "")
    actor = getattr(request, "actor", None)
    context = {
        "account": account,
        "sessions": lines,
        "others": sum(not line.current for line in lines),
        "factors": get_adapter().get_reauthentication_methods(request.user),
        "frame": "workbench/base.html" if actor is not None and actor.post_id else "member/base.html",
    }
    return render(request, "signin/security.html", context)


@require_POST
@login_required
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    """Sign out everywhere else."""
    ended = identity.end_sessions(account_id=_account_id(request), keep=request.session.session_key or "")
    messages.success(request, f"已退出其他 {ended} 处登录。" if ended else "没有其他登录。")
    return redirect("signin:security")


@require_POST
@login_required
def choose_post(request: HttpRequest) -> HttpResponse:
    """Act in another of one's own posts."""
    actor = getattr(request, "actor", None)
    wanted = request.POST.get("post", "")
    own = {str(post[0]) for post in orgs.own_posts(actor)} if actor else set()
    if wanted in own:
        request.session[POST_KEY] = str(UUID(wanted))
    return redirect(_safe_next(request))


@require_POST
def type_size(request: HttpRequest) -> HttpResponse:
    """Large type or normal; kept in a cookie that says nothing else."""
    response = redirect(_safe_next(request))
    if request.POST.get("size") == "large":
        response.set_cookie(
            TYPE_COOKIE, "large", max_age=_YEAR, samesite="Lax", secure=settings.SECURE_TLS, httponly=True
        )
    else:
        response.delete_cookie(TYPE_COOKIE, samesite="Lax")
    return response


def _account_id(request: HttpRequest) -> UUID:
    if request.user.pk is None:
        raise PermissionDenied
    return request.user.pk


def _safe_next(request: HttpRequest) -> str:
    target = request.POST.get("next", "/")
    safe = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return resolve_url(target) if safe else "/"
