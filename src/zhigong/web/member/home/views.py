"""首页: what the data found for me, what is on its way, what is new, where I belong."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from zhigong.casework import queries as casework
from zhigong.casework.types import CaseLine
from zhigong.kernel.actor import Actor
from zhigong.people.types import MembershipStatus, PersonCard
from zhigong.web.member.cases import wording
from zhigong.web.member.file import with_file

RECENT = timedelta(days=60)
FEW = 3


@with_file
def home(request: HttpRequest, actor: Actor, card: PersonCard) -> HttpResponse:
    """Card, found for me, given without asking, my cases with the next step, notices, my unions."""
    unions = [part.strip() for part in card.union_path.split("/") if part.strip()]
    cases = casework.my_cases(actor)
    notices = casework.notices(actor)
    why = {notice.case_id: notice.text for notice in reversed(notices)}
    applied = [one for one in cases if not wording.is_given(one)]
    context = {
        "card": card,
        "unions": unions,
        "active": card.line.status is MembershipStatus.ACTIVE,
        "found": casework.found_for(actor),
        "rechecks": casework.rechecks_asked(actor),
        "given": [(one, why.get(one.id, "")) for one in _recent(cases, actor) if wording.is_given(one)][:FEW],
        "cases": [wording.line(one) for one in _recent(applied, actor)][:FEW],
        "more_cases": bool(cases),
        "notices": [one for one in notices if one.is_new][:FEW],
        "unread": casework.unread(actor),
    }
    return render(request, "member/home/home.html", context)


def _recent(cases: list[CaseLine] | tuple[CaseLine, ...], actor: Actor) -> list[CaseLine]:
    """Those under way, and the others of the last two months."""
    return [one for one in cases if one.state.is_open or one.submitted_on >= actor.on - RECENT]
