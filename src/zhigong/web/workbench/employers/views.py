"""Employers of the scope, and one of them with the unions that cover it."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from zhigong.kernel.actor import Actor
from zhigong.kernel.codes import load_table
from zhigong.kernel.industries import industry_division
from zhigong.orgs import queries as orgs
from zhigong.orgs.types import EmployerStatus
from zhigong.web.components import Column, heads
from zhigong.web.guards import as_cadre
from zhigong.web.workbench.asking import id_asked
from zhigong.web.workbench.fragments import wants_part
from zhigong.web.workbench.paging import pager

COLUMNS = (
    Column("单位"),
    Column("统一社会信用代码"),
    Column("行业"),
    Column("登记状态"),
    Column("建会"),
    Column("地址"),
)


class FilterForm(forms.Form):
    """The filter bar."""

    q = forms.CharField(
        label="单位",
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "名称或信用代码", "autocomplete": "off"}),
    )
    unionised = forms.ChoiceField(
        label="建会", required=False, choices=[("", "不限"), ("1", "已建会"), ("0", "未建会")]
    )
    status = forms.ChoiceField(
        label="登记状态", required=False, choices=[("", "不限"), *((str(int(s)), s.label) for s in EmployerStatus)]
    )


@require_GET
@as_cadre("employers.read")
def employers(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The list; the filter bar asks for the list alone."""
    form = FilterForm(request.GET)
    form.is_valid()
    given = form.cleaned_data
    found = orgs.employers(
        actor,
        text=given.get("q") or "",
        unionised=given["unionised"] == "1" if given.get("unionised") else None,
        status=int(given["status"]) if given.get("status") else None,
        after=id_asked(request, "after"),
        before=id_asked(request, "before"),
    )
    context = {
        "form": form,
        "lines": [(line, _industry(line.industry)) for line in found],
        "narrowed": any(given.values()),
        "columns": heads(COLUMNS, request.GET),
        "pager": pager(request, text=f"本页 {len(found)} 家", previous=found.previous, following=found.following),
    }
    template = "workbench/employers/list.html" if wants_part(request) else "workbench/employers/page.html"
    return render(request, template, context)


@require_GET
@as_cadre("employers.read")
def employer(request: HttpRequest, actor: Actor, employer_id: UUID) -> HttpResponse:
    """One employer."""
    line, unions = orgs.employer_page(actor, employer_id)
    context = {
        "employer": line,
        "unions": unions,
        "industry": _industry(line.industry),
        "kind": load_table("registration_type").label(line.registration_type) if line.registration_type else "",
        "division": load_table("division").label(line.division_code[:6]) if line.division_code else "",
        "crumbs": [("用人单位", reverse("workbench:employers")), (line.name, "")],
    }
    return render(request, "workbench/employers/employer.html", context)


def _industry(code: str) -> str:
    """The name of the division an industry code belongs to; the code itself when it is none."""
    division = industry_division(code)
    return load_table("industry").label(division) if division else code
