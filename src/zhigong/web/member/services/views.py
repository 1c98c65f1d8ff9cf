"""The list of services, and the page of one: what it asks of me, what I'd get, how it goes."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from zhigong.casework import queries as casework
from zhigong.catalogue import queries as catalogue
from zhigong.kernel.actor import Actor
from zhigong.people import queries as people
from zhigong.web.guards import as_member
from zhigong.web.member.posting import new_key
from zhigong.web.member.services import wording
from zhigong.web.member.services.forms import QuestionsForm

LONGEST_QUERY = 40


@require_safe
@as_member
def services(request: HttpRequest, actor: Actor) -> HttpResponse:
    """All services by kind; narrowed by words and kind."""
    words = request.GET.get("q", "").replace("\0", "").strip()[:LONGEST_QUERY]
    chosen = request.GET.get("kind", "")
    found = {line.service_id for line in casework.found_for(actor)} if actor.person_id else set()
    all_ = catalogue.services()
    kinds = sorted({one.kind for one in all_}, key=wording.kind_label)
    wanted = [one for one in all_ if wording.matches(one, words) and chosen in ("", one.kind)]
    groups = [
        (wording.kind_label(kind), [wording.tile(one, found=one.id in found) for one in wanted if one.kind == kind])
        for kind in kinds
    ]
    context = {
        "groups": [(label, tiles) for label, tiles in groups if tiles],
        "kinds": [("全部", "", not chosen), *((wording.kind_label(kind), kind, kind == chosen) for kind in kinds)],
        "words": words,
        "kind": chosen,
        "joined": actor.person_id is not None,
    }
    return render(request, "member/services/list.html", context)


@require_safe
@as_member
def service(request: HttpRequest, actor: Actor, kind: str, name: str) -> HttpResponse:
    """One service: each condition for me with its sources, and only the questions nobody could answer."""
    page = casework.service_page(actor, f"{kind}/{name}")
    context: dict[str, Any] = about(page)
    if page.may_apply:
        context |= {
            "form": QuestionsForm(questions=page.questions),
            "key": new_key(),
            "must": sum(one.required and one.kind != "consent" for one in page.questions),
            "may": sum(not one.required for one in page.questions),
            "holder": people.own_persons(actor)["card"].line.name,
        }
    return render(request, "member/services/page.html", context)


def about(page: Any) -> dict[str, Any]:  # noqa: ANN401 — a ServicePage
    """What the pages of a service share."""
    kind, _, name = page.service_id.partition("/")
    return {
        "page": page,
        "kind": kind,
        "name": name,
        "icon": wording.icon(page.icon),
        "kind_label": wording.kind_label(page.kind),
        "conditions": wording.conditions(page.conditions),
        "grades": wording.grades(page.conditions),
        "standing": wording.standing(page),
        "workdays": sum(line.workdays for line in page.route),
    }
