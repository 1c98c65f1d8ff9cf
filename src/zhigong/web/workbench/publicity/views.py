"""The board of public notices; printed, it is the sheet that hangs on the wall."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from zhigong.casework import queries as casework
from zhigong.kernel.actor import Actor
from zhigong.web.components import Column, heads
from zhigong.web.guards import as_cadre

LIMIT = 200
COLUMNS = (
    Column("姓名"),
    Column("工会"),
    Column("事项"),
    Column("金额", numeric=True),
    Column("公示期"),
    Column("异议"),
    Column(""),
)


@require_GET
@as_cadre("cases.read")
def publicity(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Notices that are open now, the first to end on top; names are masked as they hang outside."""
    lines = casework.publicities(actor, limit=LIMIT)
    context = {
        "lines": lines,
        "columns": heads(COLUMNS, request.GET),
        "objected": sum(one.objections for one in lines),
        "over": sum(1 for one in lines if one.days_left < 0),
        "full": len(lines) == LIMIT,
    }
    return render(request, "workbench/publicity/page.html", context)
