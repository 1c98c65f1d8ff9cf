"""The list of transfers and its acts; asking shows first who will get the member and until when they answer."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhigong.kernel import parameters
from zhigong.kernel.actor import Actor
from zhigong.kernel.deadlines import Deadline, Due
from zhigong.kernel.errors import Refused
from zhigong.kernel.workdays import work_calendar
from zhigong.orgs import queries as orgs
from zhigong.people import operations as people
from zhigong.people import queries as persons
from zhigong.people.types import TransferState
from zhigong.web.components import Column, heads
from zhigong.web.guards import as_cadre
from zhigong.web.workbench.asking import choice_asked

SIDES = ("in", "out", "done")
LIMIT = 200
COLUMNS = (Column("会员"), Column("从"), Column("到"), Column("申请日期"), Column("期限"), Column("状态"), Column(""))


@require_GET
@as_cadre("members.read")
def transfers(request: HttpRequest, actor: Actor) -> HttpResponse:
    """What waits for us, what waits for others, what is done."""
    side = choice_asked(request, "side", SIDES)
    open_ones = TransferState.REQUESTED
    if side == "done":
        lines = [one for one in persons.transfers(actor, limit=LIMIT, latest=True) if one.state is not open_ones]
    else:
        lines = persons.transfers(actor, state=open_ones, incoming=side == "in", limit=LIMIT)
    tabs = [
        ("待我方接收", "?side=in", persons.transfers_waiting(actor)),
        ("我方转出", "?side=out", None),
        ("已办结", "?side=done", None),
    ]
    context = {
        "side": side,
        "tabs": tabs,
        "tab_url": f"?side={side}",
        "columns": heads(COLUMNS, request.GET),
        "lines": [(line, (line.due_on - actor.on).days) for line in lines],
        "may_write": "members.write" in actor.rights,
    }
    return render(request, "workbench/transfers/page.html", context)


class AskForm(forms.Form):
    """Where to."""

    code = forms.CharField(
        label="转入工会的编码",
        max_length=32,
        help_text="向会员的新单位要来工会编码；全市任何一个基层工会都可以。",
        error_messages={"required": "请填写工会编码。"},
    )
    note = forms.CharField(label="给对方的话", required=False, max_length=200, widget=forms.Textarea(attrs={"rows": 2}))


@require_http_methods(["GET", "POST"])
@as_cadre("members.write")
def ask(request: HttpRequest, actor: Actor, person_id: UUID) -> HttpResponse:
    """Ask another union to take a member over: where to, then the consequence, then done."""
    card = persons.person_page(actor, person_id)
    form = AskForm(request.POST or None)
    step = request.POST.get("step", "")
    context: dict[str, Any] = {
        "card": card,
        "person": card.line,
        "form": form,
        "crumbs": _crumbs(card.line.name, person_id),
    }
    if request.method == "POST" and step != "back" and form.is_valid():
        try:
            found = orgs.addressed_by_code(actor, form.cleaned_data["code"])
            if found is None:
                form.add_error("code", "全市没有这个编码的基层工会，请核对。")
            elif step == "sure":
                return _asked(request, actor, person_id, form)
            else:
                context |= {"target": found[1], "due": _due(actor)}
        except Refused as error:
            context["refused"] = error
    wrong = request.method == "POST" and step != "back" and "target" not in context
    return render(request, "workbench/transfers/ask.html", context, status=422 if wrong else 200)


def _due(actor: Actor) -> Due:
    """The last day to answer, by the catalogue's parameter, with its explanation."""
    workdays = parameters.integer("transfer_answer_workdays", on=actor.on)
    return Deadline(start=actor.on, workdays=workdays).resolve(work_calendar(), allow_estimate=True)


def _asked(request: HttpRequest, actor: Actor, person_id: UUID, form: AskForm) -> HttpResponse:
    given, due = form.cleaned_data, _due(actor).due
    assert due is not None  # noqa: S101 — without pauses there is always a day
    people.request_transfer(
        by=actor, person_id=person_id, to_union_code=given["code"], on=actor.on, due_on=due, note=given["note"]
    )
    messages.success(request, f"已向对方发出接转申请，对方须在 {due} 前答复。")
    return redirect("workbench:person", person_id=person_id)


def _crumbs(name: str, person_id: UUID) -> list[tuple[str, str]]:
    return [("会员", reverse("workbench:members")), (name, reverse("workbench:person", args=[person_id])), ("转出", "")]


@require_POST
@as_cadre("members.write")
def accept(request: HttpRequest, actor: Actor, transfer_id: UUID) -> HttpResponse:
    """Take the member over."""
    people.accept_transfer(by=actor, transfer_id=transfer_id, on=actor.on)
    messages.success(request, "已接收，会籍今天转入，档案一并过来。")
    return redirect("workbench:transfers")


@require_POST
@as_cadre("members.write")
def refuse(request: HttpRequest, actor: Actor, transfer_id: UUID) -> HttpResponse:
    """Send it back with a reason."""
    try:
        people.refuse_transfer(by=actor, transfer_id=transfer_id, on=actor.on, note=request.POST.get("note", ""))
        messages.success(request, "已退回，会籍留在原工会。")
    except Refused as error:
        messages.error(request, f"没有退回：{error.what}{error.do}")
    return redirect("workbench:transfers")


@require_POST
@as_cadre("members.write")
def withdraw(request: HttpRequest, actor: Actor, transfer_id: UUID) -> HttpResponse:
    """Take our own request back."""
    people.withdraw_transfer(by=actor, transfer_id=transfer_id, on=actor.on)
    messages.success(request, "已撤回，会籍没有变化。")
    return redirect(f"{reverse('workbench:transfers')}?side=out")
