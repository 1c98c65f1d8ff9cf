"""Registering a member, correcting plain fields."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from zhigong.kernel.actor import Actor
from zhigong.kernel.errors import Refused
from zhigong.orgs import queries as orgs
from zhigong.orgs.types import Level, UnionLine
from zhigong.people import operations as people
from zhigong.people import queries as persons
from zhigong.web.guards import as_cadre
from zhigong.web.workbench.asking import id_asked
from zhigong.web.workbench.members.forms import CorrectForm, RegisterForm
from zhigong.web.workbench.widgets import JOINT

FIELDS = {"姓名": "name", "证件号码": "id_number", "移动电话": "phone"}


def _own(request: HttpRequest, actor: Actor) -> UnionLine | None:
    """The union members are registered in when there is nothing to choose: the actor's own grassroots union."""
    return orgs.own_union(actor) if actor.level == Level.GRASSROOTS else None


@require_http_methods(["GET", "POST"])
@as_cadre("members.write")
def register(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Five fields; the answer at once."""
    own = _own(request, actor)
    initial: dict[str, Any] = {"id_type": "111"}
    asked = id_asked(request, "union")
    if asked and own is None:
        line = orgs.union_page(actor, asked).line
        initial["union"] = f"{line.code}{JOINT}{line.name}"
    form = RegisterForm(request.POST or None, actor=actor, own=own, initial=initial)
    refused = None
    if request.method == "POST" and form.is_valid():
        try:
            return _registered(request, actor, form)
        except Refused as error:
            refused = None if _beside(form, error) else error
    context = {
        "form": form,
        "own": own,
        "refused": refused,
        "crumbs": [("会员", reverse("workbench:members")), ("登记会员", "")],
    }
    return render(request, "workbench/members/register.html", context, status=422 if request.method == "POST" else 200)


def _registered(request: HttpRequest, actor: Actor, form: RegisterForm) -> HttpResponse:
    given = form.cleaned_data
    fields = {name: given[name] for name in ("name", "id_type", "id_number", "phone", "employer_name")}
    person_id = people.register(by=actor, union_id=form.target.id, on=actor.on, **fields)
    messages.success(request, f"已登记 {given['name']} 为「{form.target.name}」会员。")
    if "again" in request.POST:
        return redirect(f"{reverse('workbench:register')}?union={form.target.id}")
    return redirect("workbench:person", person_id=person_id)


def _beside(form: RegisterForm, error: Refused) -> bool:
    """Show a refusal beside its field, when it names one of the form."""
    name = FIELDS.get(error.where)
    if name is None:
        return False
    text = error.what + (f"{error.why}。" if error.why else "") + (f"{error.do}。" if error.do else "")
    form.add_error(name, text.replace("。。", "。"))
    return True


@require_http_methods(["GET", "POST"])
@as_cadre("members.write")
def correct(request: HttpRequest, actor: Actor, person_id: UUID) -> HttpResponse:
    """Correct what is plain; only changed fields are written."""
    card = persons.person_page(actor, person_id)
    form = CorrectForm(request.POST or None, actor=actor, card=card)
    if request.method == "POST" and form.is_valid():
        values = form.changed()
        if values:
            people.correct(by=actor, person_id=person_id, values=values)
            messages.success(request, f"已更正 {len(values)} 项。")
        return redirect("workbench:person", person_id=person_id)
    crumbs = [
        ("会员", reverse("workbench:members")),
        (card.line.name, reverse("workbench:person", args=[person_id])),
        ("更正资料", ""),
    ]
    context = {"form": form, "person": card.line, "crumbs": crumbs}
    return render(request, "workbench/members/correct.html", context, status=422 if request.method == "POST" else 200)
