"""公示: whom the union is about to help, names partly hidden; anybody of the base may object."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from zhigong.casework import operations, queries
from zhigong.casework.types import PublicityLine
from zhigong.kernel.actor import Actor
from zhigong.kernel.errors import NotFound, Refused
from zhigong.people.types import PersonCard
from zhigong.web.member.cases.forms import ObjectForm
from zhigong.web.member.file import with_file, with_file_to_write
from zhigong.web.member.posting import key_of, new_key, show_refusal

SHOWN = 200


@with_file
def board(request: HttpRequest, actor: Actor, card: PersonCard) -> HttpResponse:
    """Open notices of my union, or of the whole city."""
    own = request.GET.get("of") == "union"
    lines = queries.publicity_board(actor, union_id=card.line.union_id if own else None, limit=SHOWN)
    tabs = [("全市", "?of=city", None), ("我的工会", "?of=union", None)]
    context = {"lines": lines, "tabs": tabs, "tab": f"?of={'union' if own else 'city'}", "full": len(lines) == SHOWN}
    return render(request, "member/publicity/board.html", context)


@with_file_to_write
def object_(request: HttpRequest, actor: Actor, card: PersonCard, publicity_id: UUID) -> HttpResponse:
    """Object to one notice; who objected is told to those who answer only."""
    line = _line(actor, publicity_id)
    form = ObjectForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            text = form.cleaned_data["text"]
            operations.object_publicity(by=actor, publicity_id=publicity_id, text=text, key=key_of(request))
        except Refused as error:
            show_refusal(form, error)
        else:
            messages.success(request, "已经收到您的异议，工会会核实。您的身份不会公开。")
            return redirect("member:publicity")
    context: dict[str, Any] = {"line": line, "form": form, "key": new_key()}
    return render(request, "member/publicity/object.html", context, status=422 if request.method == "POST" else 200)


def _line(actor: Actor, publicity_id: UUID) -> PublicityLine:
    found = next((one for one in queries.publicity_board(actor, limit=10_000) if one.id == publicity_id), None)
    if found is None or not found.may_object:
        raise NotFound("这项公示已经结束，或不能由您提出异议。", do="请回到公示栏查看。")
    return found
