"""Nothing before the second factor: a cadre who has none is led to enrol, and a session left alone ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import resolve, reverse
from django.urls.exceptions import Resolver404

from zhigong.identity import queries as identity
from zhigong.kernel.actor import Actor
from zhigong.kernel.clock import now
from zhigong.orgs import queries as orgs

SEEN_KEY = "seen"
IDLE = timedelta(minutes=60)
_SEEN_STEP = 120  # seconds between notes, so that reading pages does not write a session each time

# What a cadre without second factor may open: the ways to get one, and the way out.
OPEN = frozenset(
    {
        "signin:enrol",
        "signin:type",
        "signin:confirm",
        "account_logout",
        "account_reauthenticate",
        "mfa_reauthenticate",
        "mfa_reauthenticate_webauthn",
        "mfa_activate_totp",
        "mfa_add_webauthn",
    }
)


class SecondFactorMiddleware:
    """Stands before every view. An account with a password is a cadre's; its sessions must be strong (ASVS 6.3.3)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Let through, end an idle session, or lead to enrolment."""
        return _whole_page(request, self._answer(request))

    def _answer(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.get_response(request)
        if _is_idle(request):
            logout(request)
            return HttpResponseRedirect(f"{reverse('account_login')}?idle=1")
        if needs_second_factor(request) and not _is_open(request.path_info):
            return HttpResponseRedirect(reverse("signin:enrol"))
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: object) -> HttpResponse | None:
        """Once the scope is open: no post without second factor, also for a cadre who signed in by phone alone."""
        if not request.user.is_authenticated:
            request.actor = None  # type: ignore[attr-defined]  # a session that Django no longer trusts acts for nobody
            return None
        weak = not identity.is_strong(request.session) and _holds_post(request)
        return HttpResponseRedirect(reverse("signin:enrol")) if weak and not _is_open(request.path_info) else None


def _whole_page(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """A fragment that would lead to the door takes the whole page there, else the door would be drawn inside it."""
    to_the_door = response.status_code == HTTPStatus.FOUND and response["Location"].startswith("/signin/")
    if not (to_the_door and request.headers.get("HX-Request")):
        return response
    instead = HttpResponse(status=HTTPStatus.NO_CONTENT)
    instead["HX-Redirect"] = response["Location"]
    instead.cookies = response.cookies
    return instead


def needs_second_factor(request: HttpRequest) -> bool:
    """Whether this session belongs to a cadre (a password, or a post) who has not shown a second factor."""
    if identity.is_strong(request.session):
        return False
    return has_password(request) or _holds_post(request)


def _holds_post(request: HttpRequest) -> bool:
    """Whether the account holds a post; the database opens none for a session without second factor, so it is asked."""
    actor: Actor | None = getattr(request, "actor", None)
    return actor is not None and (actor.post_id is not None or orgs.holds_post(actor))


def has_password(request: HttpRequest) -> bool:
    """Whether the signed-in account is a cadre's: members have no password."""
    return request.user.is_authenticated and request.user.has_usable_password()


def _is_idle(request: HttpRequest) -> bool:
    """Members stay signed in as long as their session lives; strong sessions end after an hour without a click."""
    moment = int(now().timestamp())
    seen = request.session.get(SEEN_KEY)
    if seen is None or moment - seen >= _SEEN_STEP:
        request.session[SEEN_KEY] = moment
    if seen is None or settings.DEMO:
        return False
    return moment - seen > IDLE.total_seconds() and has_password(request)


def _is_open(path: str) -> bool:
    try:
        return resolve(path).view_name in OPEN
    except Resolver404:
        return False
