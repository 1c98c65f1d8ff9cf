"""My cases, and one case: where it stands, who has it until when, what was decided and why."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from zhigong.casework import queries as casework
from zhigong.casework.types import CasePage
from zhigong.kernel.actor import Actor
from zhigong.kernel.errors import NotFound
from zhigong.people.types import PersonCard
from zhigong.web.member.cases import wording
from zhigong.web.member.cases.forms import ObjectForm, RateForm, RecheckForm, SupplyForm, open_supplement
from zhigong.web.member.file import with_file
from zhigong.web.member.posting import new_key


@with_file
def cases(request: HttpRequest, actor: Actor, card: PersonCard) -> HttpResponse:
    """All my cases: those under way first."""
    lines = [wording.line(one) for one in casework.my_cases(actor)]
    context = {
        "running": [one for one in lines if one.case.state.is_open],
        "done": [one for one in lines if not one.case.state.is_open],
    }
    return render(request, "member/cases/list.html", context)


@with_file
def case(request: HttpRequest, actor: Actor, card: PersonCard, case_id: UUID) -> HttpResponse:
    """One of my cases."""
    return show(request, actor, own_case(actor, case_id), {})


@with_file
def sent(request: HttpRequest, actor: Actor, card: PersonCard, case_id: UUID) -> HttpResponse:
    """Right after sending: number, day, who has it, what comes next."""
    page = own_case(actor, case_id)
    return render(request, "member/cases/sent.html", {"page": page, "who": wording.who_has_it(page)})


def own_case(actor: Actor, case_id: UUID) -> CasePage:
    """The case, if it is the reader's own; anybody else's does not exist on this face."""
    page = casework.case(actor, case_id)
    if page.line.person_id != actor.person_id:
        raise NotFound("没有找到这个办件。", why="它不是您的办件，或编号有误", do="请从“我的办件”重新打开。")
    return page


def show(
    request: HttpRequest, actor: Actor, page: CasePage, wrong: dict[str, forms.Form], *, status: int = 200
) -> HttpResponse:
    """The page of a case. wrong: forms that were sent and refused, with their errors and what was typed."""
    asked = open_supplement(page.supplements) if page.may_supply else None
    grounds = casework.grounds(actor, page.line.id) if page.decisions else ()
    context: dict[str, Any] = {
        "page": page,
        "line": wording.line(page.line),
        "who": wording.who_has_it(page),
        "way": wording.way(page),
        "events": wording.events(page.timeline),
        "payments": wording.payments(page.payments),
        "wanting": [one for one in wording.payments(page.payments) if one[0].state_label in wording.NEEDS_ACCOUNT],
        "decision": page.decision,
        "outcome": wording.outcome(page.decision) if page.decision else "",
        "reasons": [(one, *REASON[one.holds]) for one in wording.telling(grounds, page.decision)],
        "asked": asked,
        "recheck": page.recheck,
        "recheck_form": wrong.get("recheck") or _recheck_form(page),
        "recheck_open": "recheck" in wrong,
        "key": new_key(),
        "supply_form": wrong.get("supply") or (SupplyForm(questions=asked.questions) if asked else None),
        "object_form": wrong.get("object") or ObjectForm(auto_id="object_%s"),
        "rate_form": wrong.get("rate") or RateForm(auto_id="rate_%s"),
        "object_open": "object" in wrong,
        "withdraw_refused": wrong.get("withdraw"),
    }
    return render(request, "member/cases/page.html", context, status=status)


def _recheck_form(page: CasePage) -> RecheckForm | None:
    return RecheckForm(recheck=page.recheck) if page.recheck and page.recheck.may_answer else None


REASON = {
    True: ("good", "check-lg", "符合"),
    False: ("bad", "x-lg", "不符合"),
    None: ("open", "question-lg", "不能确定"),
}
