"""Which departments' data know a person, how her rows were found, and the way to say that they are not hers."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from zhigong.exchange import operations as exchange
from zhigong.exchange import queries as links_of
from zhigong.exchange.types import Verdict
from zhigong.kernel.actor import Actor
from zhigong.kernel.errors import Refused
from zhigong.people import operations as people
from zhigong.web.guards import as_cadre
from zhigong.web.link_words import TONES, how
from zhigong.web.workbench.members.person import tabs

PARTING = frozenset({"id", "id-near-name", "model", "alias", "digits", "name"})
"""Ways of finding that a ruling can answer here; doubts are judged in the queue, rulings withdrawn below."""


@require_GET
@as_cadre("members.read")
def known_by(request: HttpRequest, actor: Actor, person_id: UUID) -> HttpResponse:
    """One line per source, batch and way of finding; rulings below for those who judge."""
    return render(request, "workbench/members/sources.html", _context(actor, person_id))


@require_POST
@as_cadre("links.review")
def not_hers(request: HttpRequest, actor: Actor, person_id: UUID) -> HttpResponseBase:
    """Say that a row is not about this person; obeyed by the next refresh."""
    try:
        note = request.POST.get("note", "").strip()
        if not note:
            raise Refused("请写明为什么不是这个人。", where="说明", do="写一句核对的结果，例如向谁核实过")
        exchange.rule_link(
            by=actor,
            source=request.POST.get("source", ""),
            batch_id=UUID(request.POST.get("batch", "")),
            row=int(request.POST.get("row", "")),
            person_id=person_id,
            verdict=Verdict.DIFFERENT,
            note=note,
            seen=UUID(seen) if (seen := request.POST.get("seen", "")) else None,
            key=UUID(request.POST.get("key", "")),
        )
    except ValueError:
        return _again(request, actor, person_id, Refused("这一行没有说清楚。", do="请刷新页面，重新点一次"))
    except Refused as error:
        return _again(request, actor, person_id, error)
    messages.success(request, "记下了：这不是同一个人。下次刷新起，这一行不再算这个人的。")
    return redirect("workbench:person-sources", person_id=person_id)


def _again(request: HttpRequest, actor: Actor, person_id: UUID, error: Refused) -> HttpResponse:
    context = _context(actor, person_id) | {"refused": error}
    return render(request, "workbench/members/sources.html", context, status=422)


def _context(actor: Actor, person_id: UUID) -> dict[str, Any]:
    person = people.view_person(by=actor, person_id=person_id).line
    may = "links.review" in actor.rights and actor.level == 1
    links = links_of.person_links(actor, person_id)
    rulings = links_of.person_rulings(actor, person_id) if may else ()
    return {
        "person": person,
        "crumbs": [("会员", reverse("workbench:members")), (person.name, "")],
        "tabs": tabs(actor, person_id),
        "tab_url": reverse("workbench:person-sources", args=[person_id]),
        "links": [(one, how(one.method, one.reason), uuid4()) for one in links],
        "rulings": [(one, TONES[one.verdict], uuid4()) for one in rulings],
        "may_judge": may,
        "parting": PARTING,
    }
