"""Asking for a service: the few questions, a look at all answers, sending; done once however often it is sent."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from zhigong.casework import operations as casework
from zhigong.casework import queries as cases
from zhigong.casework.queries import Review
from zhigong.casework.types import ServicePage
from zhigong.kernel.actor import Actor
from zhigong.kernel.errors import Refused
from zhigong.people.types import PersonCard
from zhigong.web.member.file import with_file_to_write
from zhigong.web.member.posting import key_of, show_refusal
from zhigong.web.member.services.forms import QuestionsForm
from zhigong.web.member.services.views import about


@with_file_to_write
def apply(request: HttpRequest, actor: Actor, card: PersonCard, kind: str, name: str) -> HttpResponse:
    """The form, the review of the answers, and sending them: one address, three steps, no input lost."""
    page = cases.service_page(actor, f"{kind}/{name}")
    if page.open_case_id:  # sent already, twice by one tap or from another phone: the same case
        return redirect("member:sent", case_id=page.open_case_id)
    if request.method != "POST" or not page.may_apply:
        return redirect("member:service", kind=kind, name=name)
    form, review = _read(request, actor, page)
    context = {**about(page), "form": form, "review": review, "key": key_of(request), "holder": card.line.name}
    if not form.is_valid():
        return render(request, "member/services/apply.html", context, status=422)
    step = request.POST.get("step", "")
    if step == "send":
        return _send(request, actor, context)
    return render(request, "member/services/apply.html" if step == "edit" else "member/services/review.html", context)


def _read(request: HttpRequest, actor: Actor, page: ServicePage) -> tuple[QuestionsForm, Review | None]:
    """The answers given, read as casework reads them; answers may raise further questions, which then stand there."""
    form = QuestionsForm(request.POST, questions=page.questions)
    form.is_valid()
    review = cases.review(actor, service_id=page.service_id, answers=form.answers())
    known = {one.fact or one.field for one in page.questions}
    further = [one for one in review.questions if (one.fact or one.field) not in known]
    if further:
        form = QuestionsForm(request.POST, questions=(*page.questions, *further))
        form.is_valid()
        review = cases.review(actor, service_id=page.service_id, answers=form.answers())
    form.show_errors(review.errors)
    return form, review


def _send(request: HttpRequest, actor: Actor, context: dict[str, Any]) -> HttpResponse:
    page, form = context["page"], context["form"]
    try:
        case_id = casework.apply(
            by=actor,
            service_id=page.service_id,
            answers=form.answers(),
            account=form.account(context["holder"]),
            key=context["key"],
        )
    except Refused as error:
        show_refusal(form, error, fields=form.places)
        return render(request, "member/services/apply.html", context, status=422)
    return redirect("member:sent", case_id=case_id)
