"""One case: evidence and facts, the rule today, the route with its deadline, and what the reader may do now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from zhigong.casework import queries as casework
from zhigong.casework.types import (
    CasePage,
    CaseState,
    ConditionLine,
    FactLine,
    RecheckOutcome,
    RecheckPanel,
    StepLine,
    StepState,
)
from zhigong.kernel.actor import Actor
from zhigong.kernel.errors import Refused
from zhigong.kernel.ids import uuid7
from zhigong.web.guards import as_cadre
from zhigong.web.workbench.cases.forms import ActForm, AnswerForm, HeirForm, NoteForm, RestateForm, asked

TONES = {
    CaseState.RUNNING: "info",
    CaseState.SUPPLEMENT: "warn",
    CaseState.PUBLICITY: "info",
    CaseState.HEIR: "warn",
    CaseState.GRANTED: "good",
    CaseState.PAID: "good",
    CaseState.REFUSED: "bad",
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """A fact as it was submitted, and what has become of it since; now: what is known today where it differs."""

    fact: FactLine
    changed: bool
    stale: bool
    now: str


@require_GET
@as_cadre("cases.read")
def case(request: HttpRequest, actor: Actor, case_id: UUID) -> HttpResponse:
    """The page of one case."""
    return shown(request, actor, case_id)


def shown(
    request: HttpRequest,
    actor: Actor,
    case_id: UUID,
    *,
    refused: Refused | None = None,
    status: int = 200,
    **forms: Form,
) -> HttpResponse:
    """The page, also after an act that was refused: with the reason on top and what was typed still there."""
    page = casework.case(actor, case_id)
    context = _context(actor, page) | {"refused": refused} | forms
    return render(request, "workbench/cases/case.html", context, status=status)


def _context(actor: Actor, page: CasePage) -> dict[str, Any]:
    line = page.line
    recheck = casework.recheck(actor, line.id)
    follows = casework.may_follow_up(actor, line.id)
    answerable = any(one.may_answer for one in page.objections)
    return {
        "page": page,
        "line": line,
        "tone": TONES.get(line.state, ""),
        "crumbs": [("办件", reverse("workbench:cases")), (line.number, "")],
        "evidence": evidence(page),
        "open_step": open_step(page),
        "failing": failing(page),
        "blocked": None if page.actions else casework.why_not(actor, line.id),
        "act": act_form(page) if page.actions else None,
        "can_ask": bool(asked(page.service_version, page.actions)),
        "answer": AnswerForm(initial=_fresh(), auto_id="answer_%s") if answerable else None,
        "heir": HeirForm(initial=_fresh(), auto_id="heir_%s") if page.may_name_heir else None,
        "follow": NoteForm(initial=_fresh(), auto_id="follow_%s") if follows else None,
        "recheck": recheck,
        "weighed": weighed(recheck.reasons) if recheck and recheck.outcome is not RecheckOutcome.KEPT else [],
        "recheck_form": NoteForm(initial=_fresh(), auto_id="recheck_%s") if recheck and recheck.hers else None,
        "restate": restate_form(recheck) if recheck and recheck.line.may_answer else None,
        "may_see_person": "members.read" in actor.rights,
    }


def _fresh() -> dict[str, str]:
    return {"key": uuid7().hex}


def restate_form(panel: RecheckPanel) -> RestateForm:
    """What she said last, to be confirmed or changed for her."""
    return RestateForm(panel.line.questions, said=panel.line.said, initial=_fresh())


def act_form(page: CasePage, data: Any = None) -> ActForm:  # noqa: ANN401 — a request's data
    """The form of acting on the open step, fresh or as it was sent."""
    form = ActForm(page.actions, page.service_version, data)
    form.initial = {"step": page.step_id, **_fresh()}
    return form


def open_step(page: CasePage) -> StepLine | None:
    """The step that is being handled."""
    return next((one for one in page.steps if one.state is StepState.OPEN), None)


def failing(page: CasePage) -> list[str]:
    """The conditions that speak against, as a refusal will tell them; a grade not reached is no reason."""
    reasons = page.panel.reasons if page.panel else ()
    return [one.text for one in reasons if one.holds is False and one.kind == "condition"]


def weighed(reasons: tuple[ConditionLine, ...]) -> list[ConditionLine]:
    """What speaks for a change: conditions that don't hold, and the grades down to the first that does."""
    grades = [one for one in reasons if one.kind == "grade"]
    reached = next((place for place, one in enumerate(grades, 1) if one.holds), len(grades))
    return [one for one in reasons if one.kind == "condition" and one.holds is not True] + grades[:reached]


def evidence(page: CasePage) -> tuple[Evidence, ...]:
    """The frozen facts, each with whether it has changed since or grown too old, where the rule was asked again."""
    now = {fact.name: fact for reason in (page.panel.reasons if page.panel else ()) for fact in reason.facts}
    made = []
    for fact in page.facts:
        changed = fact.label in page.changed_facts
        today = now.get(fact.name)
        text = (today.text if today else "现在没有数据") if changed and now else ""
        made.append(Evidence(fact, changed, fact.stale or bool(today and today.stale), text))
    return tuple(sorted(made, key=lambda one: (not one.changed, not one.stale)))
