"""我的事实: every value with source and date; what is wrong can be said, or is led to whoever can put it right."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from zhigong.facts import operations, queries
from zhigong.facts.types import Use
from zhigong.kernel.actor import Actor
from zhigong.kernel.errors import Refused
from zhigong.people.types import PersonCard
from zhigong.web.member.facts import wording
from zhigong.web.member.facts.forms import CorrectForm
from zhigong.web.member.file import with_file, with_file_to_write
from zhigong.web.member.posting import key_of, show_refusal


@with_file
def facts(request: HttpRequest, actor: Actor, card: PersonCard) -> HttpResponse:
    """What is known of me, by group."""
    pages = queries.person_page(actor, card.line.id, purpose=Use.SELF)
    context = {"blocks": wording.blocks(pages), "unknown": wording.unknown(pages)}
    return render(request, "member/facts/page.html", context)


@with_file_to_write
def correct(request: HttpRequest, actor: Actor, card: PersonCard, name: str) -> HttpResponse:
    """这条不对: what I may say myself is asked here; for the rest, whom to turn to."""
    fact = queries.fact(name)
    value = queries.of_person(actor, card.line.id, purpose=Use.SELF, names=[name]).get(name)
    form = CorrectForm(request.POST or None, fact=fact) if fact.ask else None
    if request.method == "POST" and form is not None and form.is_valid():
        try:
            operations.declare(
                by=actor, person_id=card.line.id, name=name, value=form.cleaned_data["value"], key=key_of(request)
            )
        except Refused as error:
            show_refusal(form, error, fields=((name, "value"),))
        else:
            messages.success(request, f"已经记下您说的「{fact.label}」。办理时以核实的为准。")
            return redirect("member:facts")
    context: dict[str, Any] = {
        "fact": fact,
        "value": value,
        "form": form,
        "key": key_of(request),
        "turn_to": wording.whom_to_turn_to(fact, value, queries.groups()),
    }
    wrong = request.method == "POST" and form is not None
    return render(request, "member/facts/correct.html", context, status=422 if wrong else 200)
