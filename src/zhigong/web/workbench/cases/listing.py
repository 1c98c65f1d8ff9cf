"""The lists: all cases of the scope, and whom the data found and who has not applied."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from zhigong.casework import queries as casework
from zhigong.casework.types import CaseFilter, CaseState
from zhigong.kernel.actor import Actor
from zhigong.orgs import queries as orgs
from zhigong.orgs.types import UnionLine
from zhigong.web.components import Column, address, heads
from zhigong.web.guards import as_cadre
from zhigong.web.workbench.asking import id_asked
from zhigong.web.workbench.cases.tabs import services, tabs
from zhigong.web.workbench.fragments import wants_part
from zhigong.web.workbench.paging import pager
from zhigong.web.workbench.widgets import UnionField, union_named

COLUMNS = (
    Column("申请人"),
    Column("事项"),
    Column("状态"),
    Column("下一步"),
    Column("期限"),
    Column("金额", numeric=True),
)
FOUND_COLUMNS = (
    Column("会员"),
    Column("可能符合的事项"),
    Column("档次"),
    Column("估算金额", numeric=True),
    Column("发现日期"),
)
CAPPED = 1000
OVERDUE = "overdue"


class FilterForm(forms.Form):
    """The filter bar; a union is named as people name it and kept in the address by its id."""

    number = forms.CharField(
        label="编号",
        required=False,
        max_length=24,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "编号开头", "autocomplete": "off"}),
    )
    service = forms.ChoiceField(label="事项", required=False)
    state = forms.ChoiceField(
        label="状态",
        required=False,
        choices=[("", "全部"), (OVERDUE, "已超期"), *((str(int(one)), one.label) for one in CaseState)],
    )
    place = UnionField(label="工会", required=False)
    union = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, actor: Actor, data: Any = None) -> None:  # noqa: ANN401 — as Django's own
        super().__init__(data)
        self.actor = actor
        self.named: UnionLine | None = None
        choice = self.fields["service"]
        assert isinstance(choice, forms.ChoiceField)  # noqa: S101 — declared above
        choice.choices = services()

    def clean_place(self) -> str:
        """The one union the text means."""
        text = str(self.cleaned_data["place"]).strip()
        self.named = union_named(self.actor, text) if text else None
        return text

    def union_id(self) -> UUID | None:
        """The union narrowed to: the one typed, else the one of the address. Raises NotFound outside the scope."""
        if self.named is not None:
            return self.named.id
        given: UUID | None = self.cleaned_data.get("union")
        return given

    def wanted(self) -> CaseFilter:
        """What the list is narrowed to; a field that cannot be read narrows nothing and shows its error."""
        self.is_valid()
        given = self.cleaned_data
        state = given.get("state") or ""
        return CaseFilter(
            service_id=given.get("service") or "",
            state=CaseState(int(state)) if state and state != OVERDUE else None,
            overdue=state == OVERDUE,
            number=given.get("number") or "",
            union_id=self.union_id(),
        )


@require_GET
@as_cadre("cases.read")
def cases(request: HttpRequest, actor: Actor) -> HttpResponse:
    """All cases of the scope, the latest first; the filter bar asks for the list alone."""
    form = FilterForm(actor, request.GET)
    wanted = form.wanted()
    found = casework.cases(actor, wanted, after=id_asked(request, "after"), before=id_asked(request, "before"))
    context = _context(request, actor, form, wanted.union_id) | {
        "lines": found.lines,
        "narrowed": wanted != CaseFilter(),
        "columns": heads(COLUMNS, request.GET),
        "pager": pager(request, text=f"本页 {len(found.lines)} 件", previous=found.previous, following=found.following),
        "total_text": f"共 {found.total:,} 件{'以上' if found.total >= CAPPED else ''}",
        "tab_url": reverse("workbench:cases"),
    }
    return render(request, f"workbench/cases/{'list' if wants_part(request) else 'page'}.html", context)


@require_GET
@as_cadre("cases.read")
def found(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Whom the data found and who has not applied: to tell them, not to decide about them."""
    form = FilterForm(actor, request.GET)
    wanted = form.wanted()
    page = casework.offers(
        actor,
        service_id=wanted.service_id,
        union_id=wanted.union_id,
        after=id_asked(request, "after"),
        before=id_asked(request, "before"),
    )
    context = _context(request, actor, form, wanted.union_id) | {
        "lines": page.lines,
        "narrowed": bool(wanted.service_id or wanted.union_id),
        "columns": heads(FOUND_COLUMNS, request.GET),
        "pager": pager(request, text=f"本页 {len(page.lines)} 人", previous=page.previous, following=page.following),
        "total_text": f"共 {page.total:,} 人{'以上' if page.total >= CAPPED else ''}",
        "tab_url": reverse("workbench:cases-found"),
    }
    return render(request, f"workbench/cases/{'found_list' if wants_part(request) else 'found'}.html", context)


def _context(request: HttpRequest, actor: Actor, form: FilterForm, union_id: UUID | None) -> dict[str, Any]:
    return {
        "form": form,
        "tabs": tabs(actor),
        "union": orgs.union_page(actor, union_id).line if union_id else None,
        "without_union": address(request.GET, union=None, place=None, after=None, before=None),
        "unreadable": [f"{form.fields[name].label}：{text}" for name, texts in form.errors.items() for text in texts],
    }
