"""What waits for me: a list to tick, one decision with one note for all that is ticked, and how each ended."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from zhigong.casework import operations as operations
from zhigong.casework import queries as casework
from zhigong.casework.types import Action, ActOutcome, TodoKind
from zhigong.kernel.actor import Actor
from zhigong.kernel.errors import Refused
from zhigong.kernel.ids import uuid7
from zhigong.web.components import address
from zhigong.web.guards import as_cadre
from zhigong.web.workbench.asking import choice_asked
from zhigong.web.workbench.cases.tabs import services, tabs

SHOWN = 100
MANY = (Action.PASS, Action.PUBLISH, Action.REFUSE)
# Re-checks in which nothing changed, kept for another round.
KEEP, UNCHANGED = "keep", "本人确认没有变化，按现有数据仍符合条件"
HANDLING = ("cases.check", "cases.review", "cases.publish", "cases.decide", "cases.objection")
# Results of the last few batches stay with the session, so that the page after a decision can be read again.
KEPT, RESULTS = 5, "case_batches"


@require_GET
@as_cadre(*HANDLING)
def mine(request: HttpRequest, actor: Actor) -> HttpResponse:
    """What this post has to do, the soonest due first; steps can be ticked."""
    return render(request, "workbench/cases/mine.html", _context(request, actor))


def _context(request: HttpRequest, actor: Actor) -> dict[str, Any]:
    kind = TodoKind(choice_asked(request, "kind", tuple(one.value for one in TodoKind)))
    service = choice_asked(request, "service", ("", *(one for one, _ in services() if one)))
    lines = casework.todos(actor, kind=kind, service_id=service, limit=SHOWN)
    tallies = casework.todo_tallies(actor)
    offered = {action for line in lines for action in line.actions}
    return {
        "tabs": tabs(actor),
        "tab_url": reverse("workbench:cases-mine"),
        "kind": kind,
        "lines": lines,
        "ticks": (kind is TodoKind.STEP and bool(offered))
        or (kind is TodoKind.RECHECK and any(line.step for line in lines)),
        "actions": [one for one in MANY if one in offered],
        "kinds": [
            (one.label, address(request.GET, kind=one.value), tallies.get(one, (0, 0))[0], one is kind)
            for one in TodoKind
            if one is kind or tallies.get(one, (0, 0))[0]
        ],
        "services": [(label, address(request.GET, service=one), one == service) for one, label in services()],
        "more": max(tallies.get(kind, (0, 0))[0] - len(lines), 0) if not service else 0,
        "key": uuid7().hex,
    }


@require_POST
@as_cadre(*HANDLING)
def decide(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The same act on all that is ticked; each ends for itself. The same form sent again does nothing twice."""
    key, action = request.POST.get("key", "")[:32], request.POST.get("action", "")
    steps = dict(_picked(one) for one in request.POST.getlist("pick"))
    if not steps or not key.isalnum() or action not in {KEEP, *(one.value for one in MANY)}:
        missing = "勾选要办理的办件" if not steps else "选择办理意见"
        messages.error(request, f"没有办理：请先{missing}。")
        return redirect("workbench:cases-mine")
    note = request.POST.get("note", "").strip()[:500]
    if action == KEEP:
        outcomes = operations.confirm_rechecks(by=actor, case_ids=list(steps), note=note or UNCHANGED, key=key)
    else:
        outcomes = operations.act_many(by=actor, steps=steps, action=action, note=note, key=key)
    _keep(request, key, action, outcomes)
    return redirect("workbench:cases-decided", key=key)


def _picked(text: str) -> tuple[UUID, str]:
    """case id and step id of one tick."""
    case_id, _, step = text.partition(":")
    try:
        return UUID(case_id), step
    except ValueError as error:
        raise Refused("勾选的办件看不懂。", do="请返回列表刷新后重新勾选。") from error


def _keep(request: HttpRequest, key: str, action: str, outcomes: tuple[ActOutcome, ...]) -> None:
    kept = dict(list(request.session.get(RESULTS, {}).items())[-KEPT + 1 :])
    rows = [[str(one.case_id), one.done, one.refused] for one in outcomes]
    kept[key] = {"action": action, "rows": rows}
    request.session[RESULTS] = kept


@require_GET
@as_cadre("cases.read")
def done(request: HttpRequest, actor: Actor, key: str) -> HttpResponse:
    """How each case of a batch ended: done, or why not."""
    kept = request.session.get(RESULTS, {}).get(key)
    if kept is None:
        raise Http404
    lines = casework.cases_of(actor, [UUID(row[0]) for row in kept["rows"]])
    ended = [(lines.get(UUID(row[0])), row[1], row[2].split("\n")) for row in kept["rows"]]
    rechecks, back = kept["action"] == KEEP, reverse("workbench:cases-mine")
    context = {
        "tabs": tabs(actor),
        "tab_url": back,
        "back": f"{back}?kind={TodoKind.RECHECK.value}" if rechecks else back,
        "title": "年度复核，继续享受" if rechecks else Action(kept["action"]).label,
        "ended": sorted(ended, key=lambda one: one[1]),
        "good": sum(1 for one in ended if one[1]),
        "bad": sum(1 for one in ended if not one[1]),
    }
    return render(request, "workbench/cases/done.html", context)
