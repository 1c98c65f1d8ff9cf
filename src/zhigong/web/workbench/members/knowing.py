"""What departments know of a person, group by group; sensitive facts are opened for a stated purpose."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from zhigong.facts import queries as facts
from zhigong.facts.types import Fact, GroupPage, Sensitivity, Use
from zhigong.kernel.actor import Actor
from zhigong.people import operations as people
from zhigong.web.guards import as_cadre
from zhigong.web.workbench.members.person import tabs

# What a cadre may open sensitive facts for; screening, payment and statistics are not hers to look at one person for.
PURPOSES = (Use.ELIGIBILITY, Use.VERIFICATION, Use.CARE)
PLAIN_USE = Use.VERIFICATION


@require_GET
@as_cadre("members.read")
def known(request: HttpRequest, actor: Actor, person_id: UUID) -> HttpResponse:
    """Facts with sources and dates; sensitive ones stay closed until a purpose is given."""
    context = _context(actor, person_id) | {"groups": _with_uses(_plain(actor, person_id))}
    return render(request, "workbench/members/facts.html", context)


@require_POST
@as_cadre("members.open", "cases.read")
def open_facts(request: HttpRequest, actor: Actor, person_id: UUID) -> HttpResponse:
    """The same page with what the purpose allows, sensitive facts too; recorded, and shown to the person."""
    chosen = next((one for one in PURPOSES if one.value == request.POST.get("purpose")), None)
    context = _context(actor, person_id)
    if chosen is None:
        context |= {"groups": _with_uses(_plain(actor, person_id)), "no_purpose": True}
        return render(request, "workbench/members/facts.html", context, status=422)
    context |= {"groups": _with_uses(facts.person_page(actor, person_id, purpose=chosen)), "opened": chosen}
    return render(request, "workbench/members/facts.html", context)


def _context(actor: Actor, person_id: UUID) -> dict[str, Any]:
    person = people.view_person(by=actor, person_id=person_id).line
    return {
        "person": person,
        "crumbs": [("会员", reverse("workbench:members")), (person.name, "")],
        "tabs": tabs(actor, person_id),
        "tab_url": reverse("workbench:person-facts", args=[person_id]),
        "purposes": [(one.value, one.label) for one in PURPOSES],
        "may_open": not actor.rights.isdisjoint(("members.open", "cases.read")),
    }


def _with_uses(pages: tuple[GroupPage, ...]) -> list[tuple[GroupPage, str]]:
    """Each group with what its facts may be used for, in words."""
    made = []
    for page in pages:
        allowed = {use for one in facts.groups()[page.name].facts for use in one.purposes}
        made.append((page, "、".join(use.label for use in Use if use in allowed)))
    return made


def _plain(actor: Actor, person_id: UUID) -> tuple[GroupPage, ...]:
    """The groups without their sensitive facts, of which only the number is told."""
    groups = facts.groups().values()
    names = [one.name for group in groups for one in group.facts if _is_plain(one)]
    found = facts.of_person(actor, person_id, purpose=PLAIN_USE, names=names)
    pages = []
    for group in groups:
        shown = [one for one in group.facts if _is_plain(one)]
        pages.append(
            GroupPage(
                name=group.name,
                title=group.title,
                facts=tuple(found[one.name] for one in shown if one.name in found),
                missing=tuple(one.label for one in shown if one.name not in found),
                withheld=len(group.facts) - len(shown),
            )
        )
    return tuple(pages)


def _is_plain(one: Fact) -> bool:
    return one.sensitivity is not Sensitivity.SENSITIVE and PLAIN_USE in one.purposes
