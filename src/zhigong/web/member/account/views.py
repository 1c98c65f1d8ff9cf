"""My bank card: asked once, when something is due to me and nobody knows where to pay it."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from zhigong.funds import operations as operations
from zhigong.funds import queries as funds
from zhigong.funds.types import PayableState
from zhigong.kernel.actor import Actor
from zhigong.kernel.errors import Refused
from zhigong.people.types import PersonCard
from zhigong.web.member.file import with_file_to_write
from zhigong.web.member.posting import Words, key_of, show_refusal
from zhigong.web.member.services.forms import NO_CARD

FIELDS = (("账号", "number"), ("银行账号", "number"), ("卡号", "number"), ("开户行", "bank"))


class AccountForm(forms.Form):
    """The two things printed on the card; the holder is the member herself."""

    number = Words(
        label="银行卡号",
        longest=30,
        help_text="须是您本人的银行卡。空格可以不去掉。",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    bank = Words(label="开户行", longest=40, help_text="卡面上的银行名称，例如“中国工商银行云泽支行”。")
    passbook = forms.BooleanField(label=NO_CARD, required=False)


@with_file_to_write
def account(request: HttpRequest, actor: Actor, card: PersonCard) -> HttpResponse:
    """The card on file, masked, and a form for another one; what waits for it is paid with the next batch."""
    form = AccountForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            operations.register_account(
                by=actor, person_id=card.line.id, holder=card.line.name, key=key_of(request), **form.cleaned_data
            )
        except Refused as error:
            show_refusal(form, error, fields=FIELDS)
        else:
            messages.success(request, "收款银行卡已登记。等着发放的款项会在下一批汇入这张卡。")
            return redirect("member:account")
    waiting = [
        one
        for one in funds.payables_of_person(actor, card.line.id)
        if one.state in (PayableState.AWAITING_ACCOUNT, PayableState.REJECTED)
    ]
    context = {
        "form": form,
        "key": key_of(request),
        "known": funds.account_of(actor, card.line.id),
        "waiting": sum(one.net_fen for one in waiting),
        "returned": next((one.problem for one in waiting if one.state is PayableState.REJECTED), None),
    }
    wrong = request.method == "POST"
    return render(request, "member/account/page.html", context, status=422 if wrong else 200)
