"""首页: who I am to the union, where I belong, what is going on."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from zhigong.kernel.actor import Actor
from zhigong.people.types import MembershipStatus, PersonCard
from zhigong.web.member.file import with_file


@with_file
def home(request: HttpRequest, actor: Actor, card: PersonCard) -> HttpResponse:
    """Greeting, card, my unions from the city down, and what will appear here."""
    unions = [part.strip() for part in card.union_path.split("/") if part.strip()]
    context = {"card": card, "unions": unions, "active": card.line.status is MembershipStatus.ACTIVE}
    return render(request, "member/home/home.html", context)
