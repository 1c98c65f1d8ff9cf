"""What the union told me; opening the list reads it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from zhigong.casework import operations, queries
from zhigong.kernel.actor import Actor
from zhigong.people.types import PersonCard
from zhigong.web.member.file import with_file


@with_file
def notices(request: HttpRequest, actor: Actor, card: PersonCard) -> HttpResponse:
    """The latest first; what is new is marked once more and then read."""
    lines = queries.notices(actor)
    if request.method == "GET":
        operations.read_notices(by=actor)
    return render(request, "member/notices/list.html", {"notices": lines})
