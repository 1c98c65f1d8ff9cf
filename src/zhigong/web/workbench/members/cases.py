"""The cases of a person, what the data found for her, and what she was paid."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from zhigong.casework import queries as casework
from zhigong.funds import queries as funds
from zhigong.funds.types import PayableState
from zhigong.kernel.actor import Actor
from zhigong.people import operations as people
from zhigong.web.components import Column, heads
from zhigong.web.guards import as_cadre
from zhigong.web.workbench.members.person import tabs

PAID_COLUMNS = (
    Column("日期"),
    Column("事由"),
    Column("金额", numeric=True),
    Column("状态"),
)


@require_GET
@as_cadre("cases.read")
def cases(request: HttpRequest, actor: Actor, person_id: UUID) -> HttpResponse:
    """Her cases, offers with why, and benefits."""
    person = people.view_person(by=actor, person_id=person_id).line
    payments = funds.payables_of_person(actor, person_id)
    context = {
        "person": person,
        "crumbs": [("会员", reverse("workbench:members")), (person.name, "")],
        "tabs": tabs(actor, person_id),
        "tab_url": reverse("workbench:person-cases", args=[person_id]),
        "lines": casework.of_person(actor, person_id),
        "offers": casework.found_for(actor, person_id),
        "payments": payments,
        "paid_fen": sum(one.net_fen for one in payments if one.state is PayableState.PAID),
        "columns": heads(PAID_COLUMNS, request.GET),
    }
    return render(request, "workbench/members/cases.html", context)
