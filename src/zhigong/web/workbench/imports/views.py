"""Pages of the wizard that only show: the list, one batch, its sheet, unions to choose from."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from zhigong.exchange import operations as exchange
from zhigong.exchange import queries as batches_of
from zhigong.exchange.types import BatchPage, BatchState
from zhigong.kernel.actor import Actor
from zhigong.orgs import queries as orgs
from zhigong.web.components import Column, Pager, address, heads
from zhigong.web.guards import as_cadre
from zhigong.web.workbench.asking import page_asked
from zhigong.web.workbench.imports import wording

IMPORTERS = ("members.import", "sources.import")
STEPS = ("选择文件", "检查", "核对", "导入", "完成")
PAGE = 30
RUNNING = (BatchState.RECEIVED, BatchState.PUBLISHING, BatchState.UNDOING)
SETTLED = (BatchState.PUBLISHED, BatchState.HELD, BatchState.UNDONE)
AGAIN = {
    BatchState.RECEIVED: "workbench:import-check",
    BatchState.PUBLISHING: "workbench:import-publish",
    BatchState.UNDOING: "workbench:import-undo",
}
COLUMNS = (
    Column("文件"),
    Column("进度"),
    Column("数据行", numeric=True),
    Column("待核实", numeric=True),
    Column("不能导入", numeric=True),
    Column("结果"),
    Column("上传"),
)


@require_GET
@as_cadre(*IMPORTERS)
def batches(request: HttpRequest, actor: Actor) -> HttpResponse:
    """What was imported in my scope, the latest first."""
    before = request.GET.get("before", "")
    lines = batches_of.batches(actor, limit=PAGE + 1, before=int(before) if before.isdigit() else None)
    shown = lines[:PAGE]
    following = address(request.GET, before=str(shown[-1].number)) if len(lines) > PAGE else ""
    context = {
        "lines": [wording.line(line) for line in shown],
        "columns": heads(COLUMNS, request.GET),
        "pager": Pager(f"本页 {len(shown)} 个批次", reverse("workbench:imports") if before else "", following),
        "paged": bool(before or following),
    }
    return render(request, "workbench/imports/list.html", context)


@require_GET
@as_cadre(*IMPORTERS)
def batch(request: HttpRequest, actor: Actor, batch_id: UUID) -> HttpResponseBase:
    """One batch, wherever it stands: at work, to be looked at, imported, undone, failed."""
    page = batches_of.batch_page(actor, batch_id)
    here = reverse("workbench:import-batch", args=[batch_id])
    if page.line.source not in wording.WITH_RESULT and page.line.state in SETTLED:
        return _go(request, reverse("workbench:exchange-batch", args=[batch_id]))
    if page.line.state is BatchState.CHECKED:
        target = reverse("workbench:import-rows", args=[batch_id])
        return _go(request, target)
    if page.line.state in RUNNING:
        return _running(request, page)
    if request.htmx:  # type: ignore[attr-defined]
        return _go(request, here)
    context = {
        "page": page,
        "batch": wording.line(page.line),
        "mends": bool(page.problems) and page.line.state is BatchState.PUBLISHED,
        "steps": STEPS,
        "crumbs": wording.crumbs(page.line.state.label),
    }
    return render(request, "workbench/imports/result.html", context)


def _running(request: HttpRequest, page: BatchPage) -> HttpResponse:
    work = wording.work(page)
    context = {
        "page": page,
        "batch": wording.line(page.line),
        "steps": STEPS,
        "current": {BatchState.RECEIVED: 2, BatchState.PUBLISHING: 4}.get(page.line.state),
        "work": work,
        "again_url": reverse(AGAIN[page.line.state], args=[page.line.id]),
        "crumbs": wording.crumbs(work.label),
    }
    template = "work.html" if request.htmx else "progress.html"  # type: ignore[attr-defined]
    return render(request, f"workbench/imports/{template}", context)


def _go(request: HttpRequest, target: str) -> HttpResponseBase:
    """Lead on: htmx follows its own header, everybody else a redirect."""
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponse(headers={"HX-Redirect": target})
    return redirect(target)


@require_GET
@as_cadre(*IMPORTERS)
def rows(request: HttpRequest, actor: Actor, batch_id: UUID) -> HttpResponseBase:
    """The sheet as it came, bad cells marked in place; each page shown is recorded."""
    only = request.GET.get("only") == "problems"
    page = page_asked(request)
    preview = exchange.open_preview(by=actor, batch_id=batch_id, page=page, only_problems=only)
    wanted = request.GET.get("union", "").strip()
    columns = wording.bad_columns(preview) if only else preview.columns
    context = {
        "preview": preview,
        "batch": wording.line(preview.batch),
        "steps": STEPS,
        "crumbs": wording.crumbs("核对"),
        "skipped": wording.skipped(preview.skipped),
        "columns": columns,
        "grid": wording.grid(preview, columns),
        "only": only,
        "all_url": address(request.GET, only=None, page=None),
        "only_url": address(request.GET, only="problems", page=None),
        "pager": _sheet_pager(request, preview.page, preview.pages),
        "union_text": wanted,
        "unions": orgs.search_unions(actor, wanted, limit=8) if wanted else [],
    }
    return render(request, "workbench/imports/sheet.html", context)


def _sheet_pager(request: HttpRequest, page: int, pages: int) -> Pager:
    previous = address(request.GET, page=str(page - 1)) if page > 1 else ""
    following = address(request.GET, page=str(page + 1)) if page < pages else ""
    return Pager(f"第 {page} 页，共 {pages} 页", previous, following)


@require_GET
@as_cadre(*IMPORTERS)
def unions(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Unions of my scope to choose from, as one types."""
    text = request.GET.get("union", "").strip()
    context = {"unions": orgs.search_unions(actor, text, limit=8), "union_text": text}
    return render(request, "workbench/imports/unions.html", context)
