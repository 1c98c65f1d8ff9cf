"""The list of members: filter, sort, page, saved views."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from zhigong.kernel.actor import Actor
from zhigong.kernel.errors import Refused
from zhigong.orgs import queries as orgs
from zhigong.people import operations as people
from zhigong.people import queries as persons
from zhigong.people.types import MemberFilter
from zhigong.web.components import Column, address, heads
from zhigong.web.guards import as_cadre
from zhigong.web.workbench.asking import id_asked
from zhigong.web.workbench.fragments import wants_part
from zhigong.web.workbench.members.filters import FilterForm, is_narrowed, kept
from zhigong.web.workbench.paging import pager

PLACE = "members"
COLUMNS = (
    Column("姓名", "name"),
    Column("工会与单位"),
    Column("手机"),
    Column("会籍"),
    Column("实名"),
    Column("入会日期", "joined"),
)


@require_GET
@as_cadre("members.read")
def members(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The list; the filter bar asks for the list alone."""
    form = FilterForm(request.GET if request.GET else {"status": "1"})
    wanted = form.wanted()
    page = persons.members(actor, wanted, after=id_asked(request, "after"), before=id_asked(request, "before"))
    context = {
        "form": form,
        "page": page,
        "wanted": wanted,
        "narrowed": is_narrowed(wanted),
        "union": orgs.union_page(actor, wanted.union_id).line if wanted.union_id else None,
        "without_union": address(request.GET, union=None, after=None, before=None),
        "columns": heads(COLUMNS, request.GET, default="name"),
        "pager": pager(request, text=f"本页 {len(page.lines)} 人", previous=page.previous, following=page.following),
        "total_text": f"共 {page.total:,} 人{'以上' if page.total_is_capped else ''}",
        "kept": kept(request.GET),
        "query": request.GET.urlencode(),
        "views": _views(request, actor),
        "may_write": "members.write" in actor.rights,
        "may_export": "members.export" in actor.rights,
    }
    template = "workbench/members/list.html" if wants_part(request) else "workbench/members/page.html"
    return render(request, template, context)


def _views(request: HttpRequest, actor: Actor) -> list[dict[str, Any]]:
    now = kept(request.GET)
    return [
        {"id": view.id, "name": view.name, "url": f"?{view.query}", "is_shown": view.query == now}
        for view in persons.saved_views(actor, PLACE)
    ]


@require_POST
@as_cadre("members.read")
def save_view(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Keep the present filters under a name."""
    query = kept(QueryDict(request.POST.get("query", "")))
    try:
        people.save_view(by=actor, place=PLACE, name=request.POST.get("name", ""), query=query)
        messages.success(request, "视图已保存，下次点一下就是这个样子。")
    except Refused as error:
        messages.error(request, f"{error.what}{error.why and error.why + '。'}{error.do}")
    return redirect(f"{reverse('workbench:members')}?{query}")


@require_POST
@as_cadre("members.read")
def drop_view(request: HttpRequest, actor: Actor, view_id: UUID) -> HttpResponse:
    """Forget a view."""
    people.drop_view(by=actor, view_id=view_id)
    messages.success(request, "视图已删除，会员没有任何变化。")
    return redirect("workbench:members")


def as_filter(query: QueryDict) -> MemberFilter:
    """The filter of a query string, for the export of what is shown."""
    return FilterForm(query if query else {"status": "1"}).wanted()
