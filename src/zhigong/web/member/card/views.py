"""会员码: a plain, honest card. It shows what is on file and claims no more."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from zhigong.kernel.actor import Actor
from zhigong.kernel.masking import mask_name
from zhigong.people.types import MembershipStatus, PersonCard
from zhigong.web.member.file import with_file

VALID = (MembershipStatus.ACTIVE, MembershipStatus.RETAINED)


@with_file
def card(request: HttpRequest, actor: Actor, card: PersonCard) -> HttpResponse:
    """The card, to be shown to a person; numbers in fours, so that they can be read out."""
    number = card.line.member_no
    context = {
        "line": card.line,
        "name": mask_name(card.line.name),
        "groups": [number[start : start + 4] for start in range(0, len(number), 4)],
        "valid": card.line.status in VALID,
        "on": actor.on,
    }
    return render(request, "member/card/card.html", context)
