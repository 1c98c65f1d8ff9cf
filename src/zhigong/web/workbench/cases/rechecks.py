"""The yearly re-check at the desk: answering for a member who cannot, confirming, sending a change back."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from zhigong.casework import operations
from zhigong.casework import queries as casework
from zhigong.casework.types import RecheckState
from zhigong.kernel.actor import Actor
from zhigong.web.guards import as_cadre
from zhigong.web.workbench.cases.acts import WRONG, done
from zhigong.web.workbench.cases.forms import NoteForm, RestateForm
from zhigong.web.workbench.cases.page import shown

SAID = {
    RecheckState.CLOSED: "复核已完成，结果已告知本人。",
    RecheckState.PROPOSED: "情况有变化，已送上级决定；决定之前照旧享受。",
}


@require_POST
@as_cadre("cases.check", "cases.decide")
def confirm(request: HttpRequest, actor: Actor, case_id: UUID) -> HttpResponse:
    """What the rule says today is confirmed: another year, or a change for the level that decides."""
    form = NoteForm(request.POST, auto_id="recheck_%s")
    if not form.is_valid():
        return shown(request, actor, case_id, status=WRONG, recheck_form=form)
    stood: list[RecheckState] = []

    def run() -> None:
        stood.append(operations.confirm_recheck(by=actor, case_id=case_id, **form.cleaned_data))

    return done(request, actor, case_id, run, lambda: SAID[stood[0]], recheck_form=form)


@require_POST
@as_cadre("cases.decide")
def send_back(request: HttpRequest, actor: Actor, case_id: UUID) -> HttpResponse:
    """A proposed change is looked into again."""
    form = NoteForm(request.POST, auto_id="recheck_%s")
    if not form.is_valid():
        return shown(request, actor, case_id, status=WRONG, recheck_form=form)

    def run() -> None:
        operations.return_recheck(by=actor, case_id=case_id, **form.cleaned_data)

    return done(request, actor, case_id, run, "已退回基层工会核实。", recheck_form=form)


@require_POST
@as_cadre("cases.check")
def answer(request: HttpRequest, actor: Actor, case_id: UUID) -> HttpResponse:
    """What a member said by telephone or at the door is entered for her."""
    panel = casework.recheck(actor, case_id)
    form = RestateForm(panel.line.questions if panel else (), request.POST)
    if not form.is_valid():
        return shown(request, actor, case_id, status=WRONG, restate=form)
    given = form.cleaned_data

    def run() -> None:
        operations.answer_recheck(
            by=actor, case_id=case_id, changed=given["changed"] == "yes", answers=form.answers(), text=given["text"],
            key=given["key"],
        )  # fmt: skip

    return done(request, actor, case_id, run, "已代本人答复，请接着复核。", restate=form)
