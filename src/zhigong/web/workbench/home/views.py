"""The home page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from zhigong.kernel.actor import Actor
from zhigong.web.guards import as_cadre
from zhigong.web.workbench.home import todos


@require_GET
@as_cadre()
def home(request: HttpRequest, actor: Actor) -> HttpResponse:
    """My to-dos across all modules; a kind chosen by `?kind=` shows that one alone."""
    desk = todos.desk(actor, kind=request.GET.get("kind", ""))
    return render(request, "workbench/home/page.html", {"desk": desk})
