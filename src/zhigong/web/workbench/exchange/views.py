"""The board, a source, a batch; let a held batch pass; refresh."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from zhigong.exchange import operations as exchange
from zhigong.exchange import queries as batches_of
from zhigong.exchange.types import BatchState, SourceBatch
from zhigong.insight import operations as insight
from zhigong.insight import queries as insights
from zhigong.kernel.actor import Actor
from zhigong.kernel.errors import Refused
from zhigong.web.components import Column, heads
from zhigong.web.guards import as_cadre
from zhigong.web.workbench.exchange import wording

RIGHT = "sources.import"
FOUNDATIONS = ("unions", "enterprises")  # other rows hang on them: corrected by a newer file, not taken back
BATCHES = (
    Column("批次"),
    Column("数据截至"),
    Column("数据行", numeric=True),
    Column("可用", numeric=True),
    Column("关联", numeric=True),
    Column("新的", numeric=True),
    Column("存疑", numeric=True),
    Column("状态"),
)


@require_GET
@as_cadre(RIGHT)
def board(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Every department: what waits for a decision first, then what is stale."""
    states = batches_of.board(actor)
    runs = insights.runs(actor, limit=1)
    cards = [wording.card(state) for state in states]
    lasts = [state.last for state in states if state.last]
    newest = [at for one in lasts for at in (one.published_at, one.undone_at) if at]
    last = runs[0] if runs else None
    context = {
        "cards": cards,
        "held": sum(card.of.held for card in cards),
        "stale": sum(card.of.stale for card in cards),
        "run": last,
        "pending": bool(newest) and (last is None or last.started_at is None or max(newest) > last.started_at),
    }
    return render(request, "workbench/exchange/board.html", context)


@require_GET
@as_cadre(RIGHT)
def source(request: HttpRequest, actor: Actor, source: str) -> HttpResponse:
    """One source: what is in force, its batches, how its problems develop."""
    page = batches_of.source_page(actor, source)
    context = {
        "page": page,
        "card": wording.card(page.state),
        "batches": [(one, wording.TONES.get(one.line.state, ""), _counts(one)) for one in page.batches],
        "columns": heads(BATCHES, request.GET),
        "trend": [
            (one, tuple(zip(page.trend_of, one.per_ten_thousand, strict=True)), max((*one.per_ten_thousand, 1)))
            for one in page.trend
        ],
        "crumbs": wording.crumbs(page.state.title),
    }
    return render(request, "workbench/exchange/source.html", context)


def _counts(one: SourceBatch) -> tuple[int | None, ...]:
    found = one.funnel
    if not any((found.linked, found.new, found.doubtful)):
        return found.rows, found.readable, None, None, None  # nothing was linked: unions and employers themselves
    return found.rows, found.readable, found.linked, found.new, found.doubtful


@require_GET
@as_cadre(RIGHT)
def batch(request: HttpRequest, actor: Actor, batch_id: UUID) -> HttpResponseBase:
    """A department's batch; while it is worked on, the wizard shows how far it is."""
    return _batch(request, actor, batch_id)


def _batch(
    request: HttpRequest, actor: Actor, batch_id: UUID, *, refused: Refused | None = None, note: str = ""
) -> HttpResponseBase:
    page = batches_of.batch_page(actor, batch_id)
    if page.line.state not in (BatchState.HELD, BatchState.PUBLISHED, BatchState.UNDONE):
        return redirect("workbench:import-batch", batch_id=batch_id)
    found = batches_of.source_page(actor, page.line.source)
    here = next((one for one in found.batches if one.line.id == batch_id), None)
    context = {
        "page": page,
        "line": page.line,
        "tone": wording.TONES.get(page.line.state, ""),
        "held": page.line.state is BatchState.HELD,
        "in_force": here.in_force if here else False,
        "can_undo": page.line.state is BatchState.PUBLISHED and page.line.source not in FOUNDATIONS,
        "funnel": wording.pieces(here.funnel) if here else (),
        "findings": wording.findings(page.line),
        "refused": refused,
        "note": note,
        "crumbs": wording.crumbs(f"批次 {page.line.number}", (page.line.source, page.line.source_title)),
    }
    return render(request, "workbench/exchange/batch.html", context, status=422 if refused else 200)


@require_POST
@as_cadre(RIGHT)
def accept(request: HttpRequest, actor: Actor, batch_id: UUID) -> HttpResponseBase:
    """Let a held batch pass; the note stays with it."""
    note = request.POST.get("note", "")
    try:
        exchange.accept_held(by=actor, batch_id=batch_id, note=note)
    except Refused as error:
        return _batch(request, actor, batch_id, refused=error, note=note)
    messages.success(request, "已放行。刷新以后，新的数据开始起作用。")
    return redirect("workbench:exchange-batch", batch_id=batch_id)


@require_POST
@as_cadre(RIGHT)
def refresh(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Ask for a refresh; pressed twice, it runs once."""
    return redirect("workbench:exchange-run", run_id=insight.ask_refresh(actor))


@require_GET
@as_cadre(RIGHT)
def run(request: HttpRequest, actor: Actor, run_id: UUID) -> HttpResponseBase:
    """How far a refresh is, and what it did."""
    found = insights.run(actor, run_id)
    part = bool(getattr(request, "htmx", False))
    if part and not found.running:
        return HttpResponse(headers={"HX-Redirect": reverse("workbench:exchange-run", args=[run_id])})
    context = {"run": found, "crumbs": wording.crumbs("刷新")}
    return render(request, f"workbench/exchange/{'work' if part else 'run'}.html", context)
