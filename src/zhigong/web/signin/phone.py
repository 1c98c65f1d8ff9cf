"""Members sign in by phone: ask for a code, type it in."""

from __future__ import annotations

from uuid import UUID

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import get_next_redirect_url, perform_login
from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters

from zhigong.identity import operations as identity
from zhigong.kernel.clock import now
from zhigong.kernel.errors import Refused
from zhigong.web.signin.forms import PhoneCodeForm, PhoneForm

PHONE_KEY = "signin_phone"
NEXT_KEY = "signin_next"
MEMBER_SESSION = 30 * 24 * 3600


@sensitive_post_parameters("phone")
def ask(request: HttpRequest) -> HttpResponse:
    """The number; then, whether it is known or not, the page for the code."""
    form = PhoneForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        address = get_adapter().get_client_ip(request)
        try:
            identity.request_phone_code(phone=form.cleaned_data["phone"], address=address, now=now())
        except Refused as refused:
            form.add_error("phone", f"{refused.what}{refused.do}")
        else:
            request.session[PHONE_KEY] = identity.seal_for_session(phone=form.cleaned_data["phone"])
            request.session[NEXT_KEY] = get_next_redirect_url(request) or "/"
            return redirect("signin:code")
    return render(request, "signin/phone.html", {"form": form, "next": get_next_redirect_url(request) or ""})


@sensitive_post_parameters("code")
def enter(request: HttpRequest) -> HttpResponse:
    """The code; right: signed in, with a second factor first where the account has one."""
    sealed = request.session.get(PHONE_KEY)
    phone = identity.open_from_session(sealed=sealed) if sealed else ""
    if not phone:
        return redirect("signin:phone")
    form = PhoneCodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            account_id = identity.sign_in_by_code(phone=phone, code=form.cleaned_data["code"], now=now())
        except Refused as refused:
            form.add_error("code", f"{refused.what}{refused.do}")
        else:
            return _sign_in(request, account_id)
    return render(request, "signin/code.html", {"form": form, "phone": f"{phone[:3]}****{phone[-4:]}"})


def _sign_in(request: HttpRequest, account_id: UUID) -> HttpResponse:
    account = get_user_model().objects.get(pk=account_id)
    request.session.pop(PHONE_KEY, None)
    target = request.session.pop(NEXT_KEY, "/")
    record_authentication(request, account, "phone")
    response: HttpResponse = perform_login(request, account, redirect_url=target)
    if request.user.is_authenticated and not account.has_usable_password():
        request.session.set_expiry(MEMBER_SESSION)
    return response
