"""What is done about single payments and claims: an account, another try, an end; repaid, or given up."""

from __future__ import annotations

from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST

from zhigong.funds import operations as funds
from zhigong.funds import queries as money
from zhigong.kernel.actor import Actor
from zhigong.kernel.errors import NotFound, Refused
from zhigong.kernel.money import format_yuan, parse_fen
from zhigong.web.guards import as_cadre
from zhigong.web.stepup import step_up
from zhigong.web.workbench.payouts.wording import WAITS


class AccountForm(forms.Form):
    """A payee account."""

    holder = forms.CharField(label="户名", max_length=60, error_messages={"required": "请填写户名。"})
    bank = forms.CharField(
        label="开户行", max_length=40, help_text="写到支行，如：中国工商银行云泽支行。",
        error_messages={"required": "请填写开户行。"},
    )  # fmt: skip
    number = forms.CharField(
        label="银行账号", max_length=40, help_text="照银行卡或存折填写；保存后只显示后四位。",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"required": "请填写银行账号。"},
    )  # fmt: skip
    passbook = forms.BooleanField(label="这是存折或其他账户，不是银行卡", required=False)
    key = forms.CharField(widget=forms.HiddenInput, max_length=60)


def _kind(request: HttpRequest) -> str:
    return request.POST.get("kind") or request.GET.get("kind") or ""


def _back(request: HttpRequest) -> str:
    kind = _kind(request)
    return f"{reverse('workbench:payout-waiting')}?{urlencode({'kind': kind})}" if kind in WAITS else reverse(
        "workbench:payout-waiting"
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@as_cadre("payouts.make")
def account(request: HttpRequest, actor: Actor, person_id: UUID) -> HttpResponse:
    """Register the account a person, or the heir of a dead one, is paid into."""
    heir = (request.POST.get("heir") or request.GET.get("heir")) == "1"
    payables = money.payables_of_person(actor, person_id)
    if not payables:
        raise NotFound("没有这个人的款项。")
    name = payables[-1].person_name
    initial = {"holder": "" if heir else name, "key": str(uuid4())}
    form = AccountForm(request.POST if request.method == "POST" else None, initial=initial)
    refused = None
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        key = f"web:{given.pop('key')}"
        try:
            funds.register_account(actor, person_id=person_id, key=key, heir=heir, **given)
            messages.success(request, f"已登记{name}{'的继承人' if heir else ''}的账户，等账户的款项转为待发放。")
            return redirect(_back(request))
        except Refused as error:
            refused = error
    context = {
        "form": form,
        "refused": refused,
        "name": name,
        "heir": heir,
        "known": money.account_of(actor, person_id),
        "back": _back(request),
        "kind": _kind(request),
        "crumbs": [("发放", reverse("workbench:payouts")), ("待处理", _back(request)), ("登记账户", "")],
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "workbench/payouts/account.html", context, status=status)


@require_POST
@as_cadre("payouts.make")
def retry(request: HttpRequest, actor: Actor, payable_id: UUID) -> HttpResponse:
    """Try a rejected payment again with the same account."""
    funds.retry_payment(actor, payable_id=payable_id)
    messages.success(request, "已转回待发放，会收进下一个批次。")
    return redirect(_back(request))


@require_POST
@step_up
@as_cadre("payouts.make")
def cancel(request: HttpRequest, actor: Actor, payable_id: UUID) -> HttpResponse:
    """Take a promise back; says why."""
    funds.cancel_payment(actor, payable_id=payable_id, reason=request.POST.get("reason", ""))
    messages.success(request, "这笔款项已取消，预留的预算已放回。")
    return redirect(_back(request))


@require_POST
@step_up
@as_cadre("payouts.post")
def repay(request: HttpRequest, actor: Actor, claim_id: UUID) -> HttpResponse:
    """Note that money came back."""
    fen = parse_fen(request.POST.get("amount", ""), where="还款金额")
    key = request.POST.get("key", "")
    if not key:
        raise Refused("表单不完整。", do="请返回追回页面重新登记。")
    left = funds.repay(actor, claim_id=claim_id, fen=fen, key=f"web:{key[:60]}")
    messages.success(request, "已登记还款，这笔追回已结清。" if not left else f"已登记还款，还差 {format_yuan(left)}。")
    return redirect("workbench:payout-claims")


@require_POST
@step_up
@as_cadre("payouts.release")
def write_off(request: HttpRequest, actor: Actor, claim_id: UUID) -> HttpResponse:
    """Give up what is still open, by a numbered decision."""
    funds.write_off(actor, claim_id=claim_id, document=request.POST.get("document", ""))
    messages.success(request, "已核销。")
    return redirect("workbench:payout-claims")
