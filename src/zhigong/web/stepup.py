"""Decorator for sensitive acts: the person must have proved who she is within five minutes."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse

from zhigong.identity import operations as identity
from zhigong.identity.types import StepUpNeeded
from zhigong.kernel.clock import now

View = Callable[..., HttpResponseBase]


def step_up(view: View) -> View:
    """Lead to a confirmation and back. Put it on the page that shows the act as well as on the act itself.

    A POST that comes too late returns to the page it came from; its input is not stored, for it may hold personal data.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        try:
            identity.require_step_up(session=request.session, now=now())
        except StepUpNeeded:
            return HttpResponseRedirect(f"{reverse('signin:confirm')}?{urlencode({'next': _way_back(request)})}")
        return view(request, *args, **kwargs)

    return guarded


def _way_back(request: HttpRequest) -> str:
    if request.method == "GET":
        return request.get_full_path()
    came_from = urlsplit(request.headers.get("Referer", ""))
    same_place = came_from.netloc == request.get_host() and came_from.path
    return came_from.path + (f"?{came_from.query}" if came_from.query else "") if same_place else "/"
