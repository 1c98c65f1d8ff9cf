"""Ask for the purpose and say how many; then stream, in transactions of its own, for the request's is over by then.

What leaves is recorded and committed before the first row goes out, so that a broken download leaves its trace as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial

from django import forms
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods

from zhigong.identity import operations as identity
from zhigong.kernel.actor import Actor
from zhigong.kernel.clock import now
from zhigong.orgs import operations as orgs
from zhigong.people import operations as people
from zhigong.people import queries as persons
from zhigong.people.types import MemberFilter
from zhigong.web.files import private_path, unnamed
from zhigong.web.guards import as_cadre
from zhigong.web.workbench.export import writing
from zhigong.web.workbench.members.filters import FilterForm
from zhigong.web.workbench.members.listing import as_filter

XLSX, CSV = "xlsx", "csv"
KINDS = {XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", CSV: "text/csv; charset=utf-8"}
PIECE = 256 * 1024
Scope = Callable[[], AbstractContextManager[Actor]]


class ExportForm(forms.Form):
    """What for, and in which form."""

    reason = forms.CharField(
        label="导出做什么用",
        max_length=100,
        help_text="会写进查阅记录，名单里的每位会员都能看到。",
        error_messages={"required": "请写明用途，例如：慰问走访、换届选举选民名册。"},
    )
    kind = forms.ChoiceField(
        label="格式",
        initial=XLSX,
        widget=forms.RadioSelect,
        choices=[(XLSX, "Excel 工作簿（.xlsx）"), (CSV, "CSV（人数很多时用）")],
    )


@require_http_methods(["GET", "POST"])
@as_cadre("members.export")
def export(request: HttpRequest, actor: Actor) -> HttpResponseBase:
    """One page that asks, and the file."""
    identity.require_step_up(session=request.session, now=now())
    wanted = as_filter(request.GET)
    count = persons.count_for_export(actor, wanted)
    form = ExportForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and count:
        if form.cleaned_data["kind"] == XLSX and count > writing.WORKBOOK_ROWS:
            form.add_error("kind", f"工作簿一张表放不下 {count:,} 人，请选 CSV。")
        else:
            return _stream(request, actor, wanted, count, form.cleaned_data)
    context = {
        "form": form,
        "count": count,
        "columns": list(persons.EXPORT_COLUMNS),
        "filters": _in_words(actor, request),
        "back": f"{reverse('workbench:members')}?{request.GET.urlencode()}",
        "crumbs": [("会员", reverse("workbench:members")), ("导出", "")],
    }
    return render(request, "workbench/export/page.html", context, status=422 if request.method == "POST" else 200)


def _in_words(actor: Actor, request: HttpRequest) -> list[str]:
    """The filters as a reader would say them."""
    form = FilterForm(request.GET if request.GET else {"status": "1"})
    form.is_valid()
    said = []
    for name, value in form.cleaned_data.items():
        if value in ("", None) or name in ("sort", "union"):
            continue
        choices = dict(getattr(form.fields[name], "choices", ()))
        said.append(f"{form.fields[name].label}：{choices.get(str(value), value)}")
    return said


def _stream(
    request: HttpRequest, actor: Actor, wanted: MemberFilter, count: int, given: dict[str, str]
) -> StreamingHttpResponse:
    key = request.session.session_key or ""
    scope = partial(orgs.session_scope, session_key=key, on=actor.on, request_id=actor.request_id)
    kind = given["kind"]
    made_at = now()
    notes = (
        ("导出人", f"{actor.name}（{actor.union_name}）"),
        ("时间", f"{made_at:%Y-%m-%d %H:%M}"),
        ("用途", given["reason"]),
        ("人数", f"{count:,}"),
        ("提醒", "内含个人信息，只能用于上述用途，用后删除；证件和手机号码已隐去。"),
    )
    pieces = _pieces(scope, wanted, given["reason"], kind=kind, notes=notes)
    response = StreamingHttpResponse(pieces, content_type=KINDS[kind])
    name = f"会员名单-{actor.union_name}-{made_at:%Y%m%d-%H%M}.{kind}"
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


def _pieces(
    scope: Scope, wanted: MemberFilter, reason: str, *, kind: str, notes: tuple[tuple[str, str], ...]
) -> Iterator[bytes]:
    with scope() as actor:
        people.record_export(by=actor, wanted=wanted, reason=reason)
    with scope() as actor:
        columns = list(persons.EXPORT_COLUMNS)
        if kind == CSV:
            yield from writing.csv_pieces(columns, persons.export_csv(actor, wanted))
            return
        with private_path(".xlsx") as path:
            writing.write_workbook(path, columns, persons.export(actor, wanted), notes=notes)
            file = unnamed(path)
    with file:
        while piece := file.read(PIECE):
            yield piece
