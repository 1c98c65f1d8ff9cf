"""Opening a budget, adding to one, taking back what is still free: each with its document, after proving who one is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from zhigong.funds import operations as funds
from zhigong.funds import queries as money
from zhigong.funds.types import BudgetLine
from zhigong.kernel.actor import Actor
from zhigong.kernel.errors import Conflict, NotFound, Refused
from zhigong.kernel.money import parse_fen
from zhigong.orgs import queries as unions
from zhigong.web.guards import as_cadre
from zhigong.web.stepup import step_up
from zhigong.web.templatetags.wording import yuan
from zhigong.web.workbench.payouts import wording

RIGHT = "budgets.write"
ADD, TAKE = "add", "take"


class FenField(forms.CharField):
    """Money as people write it, more than nothing; the value cleaned is fen."""

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401 — as Django's own
        widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "placeholder": "例如 500,000"})
        kwargs |= {"max_length": 30, "widget": widget, "error_messages": {"required": "请填写金额。"}}
        super().__init__(**kwargs)

    def clean(self, value: str) -> Any:  # noqa: ANN401 — as Django's own
        """Fen."""
        try:
            fen = parse_fen(super().clean(value))
        except Refused as error:
            raise forms.ValidationError(f"{error.what}{error.do}") from error
        if fen <= 0:
            raise forms.ValidationError("金额要大于 0。")
        return fen


class DocumentField(forms.CharField):
    """The number of the decision that moves the money."""

    def __init__(self) -> None:
        super().__init__(
            label="批准文号", max_length=100, help_text="批准这笔钱的文件或会议纪要的编号，随预算一起留存。",
            error_messages={"required": "请填写批准文号。"},
        )  # fmt: skip


class OpenForm(forms.Form):
    """A service, a year, the first money."""

    service = forms.ChoiceField(
        label="事项", error_messages=dict.fromkeys(("required", "invalid_choice"), "请选择事项。")
    )
    year = forms.TypedChoiceField(label="年度", coerce=int, error_messages={"invalid_choice": "请选择年度。"})
    amount = FenField(label="金额（元）", help_text="也可以写成 50万。以后可以追加，没有用掉的可以收回。")
    document = DocumentField()
    key = forms.CharField(widget=forms.HiddenInput, max_length=60)

    def __init__(self, *args: Any, actor: Actor, names: Mapping[str, str], **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        this = actor.on.year
        for name, choices in (
            ("service", [("", "请选择"), *names.items()]),
            ("year", [(this, f"{this} 年"), (this + 1, f"{this + 1} 年")]),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 — narrows the type
            field.choices = choices


class ChangeForm(forms.Form):
    """More, or less, of a budget."""

    direction = forms.ChoiceField(
        label="怎么调整", widget=forms.RadioSelect, choices=[(ADD, "追加"), (TAKE, "收回还没有用的")],
        error_messages={"required": "请选择追加还是收回。"},
    )  # fmt: skip
    amount = FenField(label="金额（元）")
    document = DocumentField()
    key = forms.CharField(widget=forms.HiddenInput, max_length=60)


@require_http_methods(["GET", "POST"])
@as_cadre(RIGHT)
@step_up
def open_budget(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Open the budget of the actor's union for a service and a year."""
    names = wording.paying_titles()
    initial = {"key": str(uuid4()), "service": request.GET.get("service", "")}
    form = OpenForm(request.POST or None, actor=actor, names=names, initial=initial)
    own = unions.own_union(actor)
    refused = existing = None
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        label = f"{names[given['service']]}，{given['year']} 年"
        try:
            funds.open_budget(
                actor, union_id=own.id, service_id=given["service"], year=given["year"], fen=given["amount"],
                document=given["document"], key=f"web:{given['key']}",
            )  # fmt: skip
        except Refused as error:
            existing = _standing(actor, own.id, given["service"], given["year"], error)
            if existing:
                form.add_error("service", f"{given['year']} 年的这项预算已经设立，请在原预算上追加。")
            else:
                refused = _named(error, label)
        else:
            messages.success(request, f"已设立预算：{label}，{yuan(given['amount'])}。等预算的款项已按申请先后安排。")
            return redirect("workbench:payout-budgets")
    context = {
        "form": form, "refused": refused, "existing": existing, "title": "设立预算", "submit": "设立预算",
        "sub": f"{own.name}的一项服务在一个年度里能用多少钱。批准的补助从这里支出。", "crumbs": _crumbs("设立预算"),
    }  # fmt: skip
    return render(request, "workbench/payouts/budget.html", context, status=422 if request.method == "POST" else 200)


@require_http_methods(["GET", "POST"])
@as_cadre(RIGHT)
@step_up
def change_budget(request: HttpRequest, actor: Actor, budget_id: UUID) -> HttpResponse:
    """Add to a budget, or take back what nobody was promised yet."""
    line = _line(actor, budget_id)
    label = f"{wording.service_name(wording.titles(), line.service_id)}，{line.year} 年"
    form = ChangeForm(request.POST or None, initial={"key": str(uuid4()), "direction": ADD})
    refused = None
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        more = given["direction"] == ADD
        fen = given["amount"] if more else -given["amount"]
        try:
            funds.allot(actor, budget_id=budget_id, fen=fen, document=given["document"], key=f"web:{given['key']}")
        except Refused as error:
            line = _line(actor, budget_id)  # as it is now: somebody may have been promised money meanwhile
            if -fen > line.available:
                form.add_error("amount", _too_much(line))
            else:
                refused = _named(error, label)
        else:
            done = "追加" if more else "收回"
            messages.success(request, f"已{done} {yuan(given['amount'])}：{label}。")
            return redirect("workbench:payout-budgets")
    context = {
        "form": form, "refused": refused, "title": "调整预算", "submit": "保存调整", "line": line, "sub": label,
        "promised": line.allotted - line.available, "crumbs": _crumbs("调整预算"),
    }  # fmt: skip
    return render(request, "workbench/payouts/budget.html", context, status=422 if request.method == "POST" else 200)


def _line(actor: Actor, budget_id: UUID) -> BudgetLine:
    found = next((one for one in money.budgets(actor) if one.id == budget_id), None)
    if found is None:
        raise NotFound("没有这项预算。")
    return found


def _standing(actor: Actor, union_id: UUID, service_id: str, year: int, error: Refused) -> BudgetLine | None:
    """The budget that stands in the way of another one, if that is what was refused."""
    lines = money.budgets(actor, year=year) if isinstance(error, Conflict) else ()
    return next((one for one in lines if (one.union_id, one.service_id) == (union_id, service_id)), None)


def _named(error: Refused, label: str) -> Refused:
    """The same refusal with the service as people call it."""
    return type(error)(error.what, where=label, why=error.why, do=error.do)


def _too_much(line: BudgetLine) -> str:
    if not line.available:
        return "没有可以收回的：这项预算都已经许给人或发出去了。"
    return f"收回的比可用的多：可用 {yuan(line.available)}，其余的已经许给人或发出去了。请改到可用以内。"


def _crumbs(here: str) -> list[tuple[str, str]]:
    return [("发放", reverse("workbench:payouts")), ("预算", reverse("workbench:payout-budgets")), (here, "")]
