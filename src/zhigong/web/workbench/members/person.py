"""The page of one person, and the opening of what is sealed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from zhigong.audit.types import Purpose
from zhigong.kernel.actor import Actor
from zhigong.kernel.clock import now
from zhigong.people import operations as people
from zhigong.people.types import MembershipStatus, PersonCard
from zhigong.web.guards import as_cadre
from zhigong.web.workbench.fragments import wants_part

PURPOSES = (Purpose.BUSINESS, Purpose.CHECKING, Purpose.CONTACT, Purpose.APPLICATION)
FIELDS = {"id_number": "证件号码", "phone": "手机号码"}


@require_GET
@as_cadre("members.read")
def person(request: HttpRequest, actor: Actor, person_id: UUID) -> HttpResponse:
    """Who she is, her memberships, her household."""
    card = people.view_person(by=actor, person_id=person_id)
    return render(request, "workbench/members/person.html", _context(actor, card))


def _context(actor: Actor, card: PersonCard) -> dict[str, Any]:
    line = card.line
    living = line.status in (MembershipStatus.ACTIVE, MembershipStatus.RETAINED)
    has_id = card.id_masked.startswith("已登记")
    return {
        "card": card,
        "person": line,
        "crumbs": [("会员", reverse("workbench:members")), (line.name, "")],
        "tabs": tabs(actor, line.id),
        "tab_url": reverse("workbench:person", args=[line.id]),
        "sees_all": actor.level == 1,
        "may_write": "members.write" in actor.rights,
        "may_transfer": "members.write" in actor.rights and living and card.transfer is None,
        "has_id": has_id,
        "may_open": "members.open" in actor.rights,
        "purposes": [(purpose.value, purpose.label) for purpose in PURPOSES],
        "days_to_answer": (card.transfer.due_on - actor.on).days if card.transfer else None,
    }


def tabs(actor: Actor, person_id: UUID) -> list[tuple[str, str, int | None]]:
    """The person's tabs, as far as the actor's rights go."""
    cases = (
        [("办件", reverse("workbench:person-cases", args=[person_id]), None)] if "cases.read" in actor.rights else []
    )
    return [
        ("档案", reverse("workbench:person", args=[person_id]), None),
        ("事实", reverse("workbench:person-facts", args=[person_id]), None),
        ("数据来源", reverse("workbench:person-sources", args=[person_id]), None),
        *cases,
        ("谁看过", reverse("workbench:person-looked", args=[person_id]), None),
    ]


@require_POST
@as_cadre("members.open")
def open_field(request: HttpRequest, actor: Actor, person_id: UUID, field: str) -> HttpResponse:
    """Open a number for a stated purpose; recorded, and shown to the person."""
    if field not in FIELDS:
        raise Http404
    chosen = request.POST.get("purpose", "")
    allowed = {purpose.value: purpose for purpose in PURPOSES}
    opened = {}
    if chosen in allowed:
        opened = people.open_fields(by=actor, person_id=person_id, fields=(field,), purpose=allowed[chosen], now=now())
    if wants_part(request):
        context = {"value": opened.get(field, ""), "label": FIELDS[field], "asked": bool(opened)}
        return render(request, "workbench/members/opened.html", context)
    card = people.view_person(by=actor, person_id=person_id)
    context = _context(actor, card) | {"opened": opened, "no_purpose": not opened}
    return render(request, "workbench/members/person.html", context, status=200 if opened else 422)
