"""Who looked at a person's data: for auditors; to others, where this can be seen."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from zhigong.audit import queries as audit
from zhigong.kernel.actor import Actor
from zhigong.people import queries as persons
from zhigong.web import record_words
from zhigong.web.guards import as_cadre
from zhigong.web.workbench.members.person import tabs


@require_GET
@as_cadre("audit.read", "members.read")
def looked(request: HttpRequest, actor: Actor, person_id: UUID) -> HttpResponse:
    """One line per day, cadre and purpose."""
    name = persons.name_of(actor, person_id)
    may = "audit.read" in actor.rights
    lines = [
        {
            "of": line,
            "what": "、".join(record_words.action(one) for one in line.actions),
            "fields": record_words.fields(line.fields),
            "duty": record_words.duty(line.duty),
        }
        for line in (audit.who_looked(actor, person_id) if may else ())
    ]
    context = {
        "name": name,
        "lines": lines,
        "may": may,
        "tabs": tabs(actor, person_id) if "members.read" in actor.rights else [],
        "tab_url": reverse("workbench:person-looked", args=[person_id]),
        "crumbs": [("会员", reverse("workbench:members")), (name, "")],
    }
    return render(request, "workbench/members/looked.html", context)
