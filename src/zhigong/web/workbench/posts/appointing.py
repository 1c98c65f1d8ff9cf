"""Appointing a cadre, with an account or without, and ending a post."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from zhigong.identity import operations as identity
from zhigong.identity import queries as accounts
from zhigong.kernel.actor import Actor
from zhigong.kernel.clock import now
from zhigong.kernel.errors import Conflict, Refused
from zhigong.orgs import operations as orgs
from zhigong.orgs import queries as unions
from zhigong.orgs.types import Duty, Engagement, Level, UnionLine
from zhigong.web.guards import as_cadre
from zhigong.web.workbench.asking import id_asked
from zhigong.web.workbench.widgets import JOINT, DayField, UnionField, union_named

DUTIES = {
    Duty.CHAIR: "看和办理本会及下级的全部事务，可以任命",
    Duty.CLERK: "看和办理本会及下级的事务，不能任命",
    Duty.DATA_OFFICER: "导入和核对数据，维护单位",
    Duty.FINANCE: "看会员和单位，办理经费",
    Duty.AUDITOR: "只看查阅记录，不看会员资料",
    Duty.ADMINISTRATOR: "管账号和任命，不看会员资料",
}


class AppointForm(forms.Form):
    """Who, where, for what, since when; and how she signs in."""

    union = UnionField(label="任职的工会", error_messages={"required": "请选择工会。"})
    holder = forms.CharField(label="姓名", max_length=64, error_messages={"required": "请填写姓名。"})
    duty = forms.ChoiceField(label="岗位", widget=forms.RadioSelect, error_messages={"required": "请选择岗位。"})
    title = forms.CharField(
        label="职务名称", required=False, max_length=60, help_text="例如：主席、常务副主席、组织委员。"
    )
    engagement = forms.TypedChoiceField(
        label="专兼职", coerce=int, choices=[(int(e), e.label) for e in Engagement], initial=int(Engagement.PART_TIME)
    )
    starts_on = DayField(label="任职开始")
    ends_on = DayField(label="任职到", required=False, help_text="不填就一直有效，直到结束任职。")
    username = forms.CharField(
        label="登录名",
        required=False,
        max_length=64,
        help_text="填了就开通账号，并给出一张开通码，由本人设密码；已有账号的填原来的登录名。",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    target: UnionLine

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self.actor = actor
        allowed = unions.duties_to_give(actor)
        field = self.fields["duty"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 — narrows the type
        field.choices = [(duty.value, f"{duty.label}：{DUTIES[duty]}") for duty in allowed]
        self.fields["starts_on"].initial = actor.on

    def clean_union(self) -> str:
        """One union of the scope."""
        self.target = union_named(self.actor, self.cleaned_data["union"])
        return str(self.cleaned_data["union"])

    def clean(self) -> dict[str, Any]:
        """Dates in order."""
        given = super().clean() or {}
        first, last = given.get("starts_on"), given.get("ends_on")
        if first and last and last < first:
            self.add_error("ends_on", "不能早于任职开始。")
        return given


@require_http_methods(["GET", "POST"])
@as_cadre("posts.write")
def appoint(request: HttpRequest, actor: Actor) -> HttpResponse:
    """One form; with an account, the opening code is shown once."""
    asked = id_asked(request, "union")
    line = unions.union_page(actor, asked).line if asked else None
    if line is None and actor.level == Level.GRASSROOTS:
        line = unions.own_union(actor)
    initial = {"union": f"{line.code}{JOINT}{line.name}"} if line else {}
    form = AppointForm(request.POST or None, actor=actor, initial=initial)
    context: dict[str, Any] = {"form": form, "crumbs": [("工会干部", reverse("workbench:posts")), ("任命", "")]}
    if request.method == "POST" and form.is_valid():
        try:
            code = _appoint(actor, form)
        except (Refused, ValidationError) as error:
            context["refused"] = error
        else:
            return _appointed(request, form, code)
    return render(request, "workbench/posts/appoint.html", context, status=422 if request.method == "POST" else 200)


@transaction.atomic
def _appoint(actor: Actor, form: AppointForm) -> str:
    """Account, post, opening code: all or nothing. Returns the code, empty when none was made."""
    given = form.cleaned_data
    account_id, is_new = _account(actor, given["username"].strip().lower(), given["holder"])
    orgs.appoint(
        by=actor, union_id=form.target.id, holder=given["holder"], duty=Duty(given["duty"]), title=given["title"],
        engagement=Engagement(given["engagement"]), starts_on=given["starts_on"], ends_on=given["ends_on"],
        account_id=account_id,
    )  # fmt: skip
    if account_id is None or not is_new:
        return ""
    return identity.issue_opening_code(by=actor, account_id=account_id, now=now())


def _account(actor: Actor, username: str, holder: str) -> tuple[UUID | None, bool]:
    if not username:
        return None, False
    known = accounts.accounts_by_username([username]).get(username)
    if known is None:
        return identity.create_account(by=actor, username=username, name=holder, now=now()), True
    if known.name != holder.strip() or not known.is_active:
        raise Conflict("这个登录名是别人的账号，或已停用。", where="登录名", do="请核对登录名，或换一个新的登录名")
    return known.id, False


def _appointed(request: HttpRequest, form: AppointForm, code: str) -> HttpResponse:
    given, union = form.cleaned_data, form.target
    if not code:
        messages.success(request, f"已任命 {given['holder']} 为「{union.name}」{Duty(given['duty']).label}。")
        return redirect(f"{reverse('workbench:union', args=[union.id])}?tab=posts")
    context = {
        "code": code,
        "holder": given["holder"],
        "username": given["username"].strip().lower(),
        "union": union,
        "duty": Duty(given["duty"]).label,
        "crumbs": [("工会干部", reverse("workbench:posts")), ("任命", "")],
    }
    return render(request, "workbench/posts/appointed.html", context)


class EndForm(forms.Form):
    """The last day."""

    on = DayField(label="任职的最后一天", help_text="过了这一天，账号就看不到这个工会的数据。")


@require_http_methods(["GET", "POST"])
@as_cadre("posts.write")
def end(request: HttpRequest, actor: Actor, post_id: UUID) -> HttpResponse:
    """End a post on a day."""
    post = unions.post(actor, post_id)
    if post_id == actor.post_id:
        raise Refused("不能结束自己的岗位。", why="任免须由他人办理", do="请联系上级工会")
    form = EndForm(request.POST or None, initial={"on": actor.on})
    context: dict[str, Any] = {
        "form": form,
        "post": post,
        "crumbs": [("工会干部", reverse("workbench:posts")), ("结束任职", "")],
    }
    if request.method == "POST" and form.is_valid():
        last: date = form.cleaned_data["on"]
        try:
            orgs.end_post(by=actor, post_id=post_id, on=last)
        except Refused as error:
            form.add_error("on", f"{error.what}{error.do}。")
        else:
            messages.success(request, f"{post.holder} 在「{post.union_name}」的任职到 {last} 为止。")
            return redirect(f"{reverse('workbench:union', args=[post.union_id])}?tab=posts")
    return render(request, "workbench/posts/end.html", context, status=422 if request.method == "POST" else 200)
