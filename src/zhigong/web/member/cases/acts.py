"""What a member does about her case; a refusal comes back to the form with everything she typed."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from zhigong.casework import operations as casework
from zhigong.casework.types import CaseState
from zhigong.kernel.actor import Actor
from zhigong.kernel.errors import Conflict, Refused
from zhigong.people.types import PersonCard
from zhigong.web.member.cases.forms import ObjectForm, RateForm, RecheckForm, SupplyForm, open_supplement
from zhigong.web.member.cases.views import own_case, show
from zhigong.web.member.file import with_file_to_write
from zhigong.web.member.posting import key_of, show_refusal


@with_file_to_write
def supply(request: HttpRequest, actor: Actor, card: PersonCard, case_id: UUID) -> HttpResponse:
    """Answer a request for supplements."""
    page = own_case(actor, case_id)
    asked = open_supplement(page.supplements) if page.may_supply else None
    if request.method != "POST" or asked is None:  # answered already: the page shows it
        return redirect("member:case", case_id=case_id)
    form = SupplyForm(request.POST, questions=asked.questions)
    if form.is_valid():
        text = form.cleaned_data["supply_text"]
        try:
            casework.supply(by=actor, case_id=case_id, answers=form.answers(), text=text, key=key_of(request))
        except Refused as error:
            show_refusal(form, error, fields=form.places)
        else:
            messages.success(request, "已经收到您的补充，办理时限继续计算。")
            return redirect("member:case", case_id=case_id)
    return show(request, actor, page, {"supply": form}, status=422)


@with_file_to_write
def recheck(request: HttpRequest, actor: Actor, card: PersonCard, case_id: UUID) -> HttpResponse:
    """Answer the yearly re-check: nothing changed, or what did."""
    page = own_case(actor, case_id)
    asked = page.recheck
    if request.method != "POST" or asked is None or not asked.may_answer:  # answered already: the page shows it
        return redirect("member:case", case_id=case_id)
    changed = request.POST.get("changed") == "yes"
    form = RecheckForm(request.POST, recheck=asked)
    if not changed or form.is_valid():
        answers = form.answers() if changed else {}
        text = form.cleaned_data["recheck_text"] if changed else ""
        try:
            casework.answer_recheck(
                by=actor, case_id=case_id, changed=changed, answers=answers, text=text, key=key_of(request)
            )
        except Refused as error:
            form.is_valid()
            show_refusal(form, error, fields=form.places)
        else:
            messages.success(request, "已经收到。工会复核以后会告诉您结果，在此之前照旧享受。")
            return redirect("member:case", case_id=case_id)
    return show(request, actor, page, {"recheck": form}, status=422)


@with_file_to_write
def object_(request: HttpRequest, actor: Actor, card: PersonCard, case_id: UUID) -> HttpResponse:
    """Object to the decision; it goes to the level above."""
    page = own_case(actor, case_id)
    if request.method != "POST":
        return redirect("member:case", case_id=case_id)
    form = ObjectForm(request.POST, auto_id="object_%s")
    if form.is_valid():
        try:
            casework.object(by=actor, case_id=case_id, text=form.cleaned_data["text"], key=key_of(request))
        except Refused as error:
            show_refusal(form, error)
        else:
            messages.success(request, "已经收到您的异议，由上级工会复核，结果会通知您。")
            return redirect("member:case", case_id=case_id)
    return show(request, actor, page, {"object": form}, status=422)


@with_file_to_write
def rate(request: HttpRequest, actor: Actor, card: PersonCard, case_id: UUID) -> HttpResponse:
    """Say how it was handled."""
    page = own_case(actor, case_id)
    if request.method != "POST":
        return redirect("member:case", case_id=case_id)
    form = RateForm(request.POST, auto_id="rate_%s")
    if form.is_valid():
        given = form.cleaned_data
        try:
            casework.rate(by=actor, case_id=case_id, score=given["score"], text=given["text"], key=key_of(request))
        except Refused as error:
            show_refusal(form, error)
        else:
            messages.success(request, "谢谢您的评价。")
            return redirect("member:case", case_id=case_id)
    return show(request, actor, page, {"rate": form}, status=422)


@with_file_to_write
def withdraw(request: HttpRequest, actor: Actor, card: PersonCard, case_id: UUID) -> HttpResponse:
    """Take the case back."""
    page = own_case(actor, case_id)
    if request.method != "POST" or page.line.state is CaseState.WITHDRAWN:
        return redirect("member:case", case_id=case_id)
    try:
        if not page.may_withdraw:
            raise Conflict("这个办件已经有了决定，不能撤回。", do="对决定有不同意见的，可以提出异议。")
        casework.withdraw_case(by=actor, case_id=case_id, key=key_of(request))
    except Refused as error:
        form = forms.Form({})
        show_refusal(form, error)
        return show(request, actor, page, {"withdraw": form}, status=422)
    messages.success(request, "已经撤回。想办的时候可以重新申请。")
    return redirect("member:case", case_id=case_id)
