"""Acts on one case; a refusal comes back on the page of the case, with what was typed."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from zhigong.casework import operations
from zhigong.casework import queries as casework
from zhigong.casework.types import Action, ObjectionState
from zhigong.kernel.actor import Actor
from zhigong.kernel.errors import NotAllowed, NotFound, Refused
from zhigong.web.guards import as_cadre
from zhigong.web.workbench.cases.batch import HANDLING
from zhigong.web.workbench.cases.forms import AnswerForm, HeirForm, NoteForm
from zhigong.web.workbench.cases.page import act_form, shown

SAID = {
    Action.PASS: "已通过。",
    Action.RETURN: "已退回上一步。",
    Action.REFUSE: "已决定不予通过，理由已告知申请人。",
    Action.SUPPLEMENT: "已请申请人补充，补充之前不计办理时限。",
    Action.PUBLISH: "已开始公示。",
}
FORBIDDEN, CONFLICT, WRONG = 403, 409, 422


@require_POST
@as_cadre(*HANDLING)
def act(request: HttpRequest, actor: Actor, case_id: UUID) -> HttpResponse:
    """Pass, send back, refuse, ask for supplements, or publish: what the open step allows this actor."""
    page = casework.case(actor, case_id)
    given, form = request.POST, None
    # A form made for another step than the one now open goes to the domain, which says what has happened since, or
    # finds that this very form was sent before.
    if page.actions and given.get("step", "") == page.step_id:
        form = act_form(page, given)
        if not form.is_valid():
            return shown(request, actor, case_id, status=WRONG, act=form)
    action = given.get("action", "")

    def run() -> None:
        operations.act(
            by=actor,
            case_id=case_id,
            step=given.get("step", "")[:40],
            action=action,
            note=given.get("note", "").strip()[:500],
            key=given.get("key", "")[:32],
            ask=given.getlist("ask"),
        )

    return done(request, actor, case_id, run, SAID[Action(action)] if action in set(Action) else "", act=form)


@require_POST
@as_cadre("cases.objection")
def objection(request: HttpRequest, actor: Actor, case_id: UUID, objection_id: UUID) -> HttpResponse:
    """Answer an objection."""
    form = AnswerForm(request.POST, auto_id="answer_%s")
    if not form.is_valid():
        return shown(request, actor, case_id, status=WRONG, answer=form)
    given = form.cleaned_data

    def run() -> None:
        operations.answer_objection(
            by=actor,
            objection_id=objection_id,
            state=ObjectionState(given["state"]),
            answer=given["answer"],
            key=given["key"],
        )

    return done(request, actor, case_id, run, "已答复，提出异议的人会看到。", answer=form)


@require_POST
@as_cadre("cases.decide")
def heir(request: HttpRequest, actor: Actor, case_id: UUID) -> HttpResponse:
    """Name the heir of a member who has died."""
    form = HeirForm(request.POST, auto_id="heir_%s")
    if not form.is_valid():
        return shown(request, actor, case_id, status=WRONG, heir=form)

    def run() -> None:
        operations.name_heir(by=actor, case_id=case_id, **form.cleaned_data)

    return done(request, actor, case_id, run, "已确认继承人，补助将汇入继承人的账户。", heir=form)


@require_POST
@as_cadre("cases.check")
def follow(request: HttpRequest, actor: Actor, case_id: UUID, rating_id: UUID) -> HttpResponse:
    """Record the follow-up of a bad mark."""
    form = NoteForm(request.POST, auto_id="follow_%s")
    if not form.is_valid():
        return shown(request, actor, case_id, status=WRONG, follow=form)

    def run() -> None:
        operations.follow_up(by=actor, rating_id=rating_id, **form.cleaned_data)

    return done(request, actor, case_id, run, "已记录回访。", follow=form)


def done(
    request: HttpRequest,
    actor: Actor,
    case_id: UUID,
    run: Callable[[], None],
    said: str | Callable[[], str],
    **forms: Form | None,
) -> HttpResponse:
    """Do it and go back to the case; refused, the page says why and keeps what was typed."""
    try:
        run()
    except NotFound:
        raise
    except Refused as error:
        kept = {name: form for name, form in forms.items() if form is not None}
        status = FORBIDDEN if isinstance(error, NotAllowed) else CONFLICT
        return shown(request, actor, case_id, refused=error, status=status, **kept)
    messages.success(request, said if isinstance(said, str) else said())
    return redirect("workbench:case", case_id=case_id)
