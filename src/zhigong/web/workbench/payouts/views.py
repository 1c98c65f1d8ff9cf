"""Pages of money that only show: what is ready, batches, one batch, budgets, what waits, claims."""

from __future__ import annotations

from uuid import UUID, uuid4

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from zhigong.funds import queries as funds
from zhigong.funds.types import FileState, LineState, PayableLine, PayableState, Payout
from zhigong.kernel.actor import Actor
from zhigong.web.components import Column, Pager, address, heads
from zhigong.web.guards import as_cadre
from zhigong.web.workbench.asking import choice_asked, id_asked, page_asked
from zhigong.web.workbench.payouts import wording
from zhigong.web.workbench.payouts.wording import MONEY, WAITS

PAGE = 50
LINES = 50
READY = (Column("事项"), Column("笔数", numeric=True), Column("金额", numeric=True), Column(""))
BATCHES = (
    Column("批次"),
    Column("进度"),
    Column("笔数", numeric=True),
    Column("金额", numeric=True),
    Column("制单"),
    Column("复核"),
    Column("银行结果"),
)
BATCH_LINES = (
    Column("序号", numeric=True),
    Column("户名"),
    Column("开户行"),
    Column("账号"),
    Column("金额", numeric=True),
    Column("结果"),
)
BUDGETS = (
    Column("事项"),
    Column("预算", numeric=True),
    Column("可用", numeric=True),
    Column("已预留", numeric=True),
    Column("在途", numeric=True),
    Column("已支出", numeric=True),
    Column("待追回", numeric=True),
    Column("用了多少"),
    Column(""),
)
WAITING = (Column("会员"), Column("事项"), Column("金额", numeric=True), Column("为什么"), Column("怎么办"))
CLAIMS = (
    Column("会员"),
    Column("事项"),
    Column("应追回", numeric=True),
    Column("还差", numeric=True),
    Column("原因"),
    Column(""),
)


@require_GET
@as_cadre(*MONEY)
def payouts(request: HttpRequest, actor: Actor) -> HttpResponse:
    """What is ready to be paid, by service, and the batches."""
    names, makes = wording.titles(), "payouts.make" in actor.rights
    ready = funds.ready(actor) if makes else {}
    context = {
        "tabs": wording.tabs(funds.unmatched(actor)),
        "ready": [
            (service, wording.service_name(names, service), count, fen, uuid4())
            for service, (count, fen) in ready.items()
        ],
        "makes": makes,
        "total": sum(fen for _, fen in ready.values()),
        "ready_columns": heads(READY, request.GET),
        "columns": heads(BATCHES, request.GET),
        "batches": [wording.batch(one, names) for one in funds.payouts(actor, limit=PAGE)],
    }
    return render(request, "workbench/payouts/page.html", context)


@require_GET
@as_cadre(*MONEY)
def payout(request: HttpRequest, actor: Actor, batch_id: UUID) -> HttpResponse:
    """One batch: where it stands, what the actor may do now, its lines, files that are worked on."""
    return render(request, "workbench/payouts/payout.html", payout_context(request, actor, batch_id))


def payout_context(request: HttpRequest, actor: Actor, batch_id: UUID) -> dict[str, object]:
    """What the page of a batch needs."""
    wanted = request.GET.get("state", "")
    state = LineState(int(wanted)) if wanted in {str(int(one)) for one in LineState} else None
    page = page_asked(request)
    card = funds.payout(actor, batch_id, limit=LINES + 1, offset=(page - 1) * LINES, state=state)
    tasks = funds.file_tasks(actor, batch_id)
    return {
        "card": card,
        "batch": wording.batch(card.payout, wording.titles()),
        "may": card.may,
        "why_not": wording.why_not_release(actor, card.payout, card.may),
        "steps": wording.STEPS,
        "current": wording.STEP_OF.get(card.payout.state),
        "lines": [(line, wording.LINE_TONES.get(line.state, "")) for line in card.lines[:LINES]],
        "columns": heads(BATCH_LINES, request.GET),
        "pager": _pager(request, page, more=len(card.lines) > LINES, shown=len(card.lines[:LINES])),
        "state": state,
        "states": _states(request, card.payout),
        "tasks": [task for task in tasks if task.state is not FileState.TAKEN],
        "crumbs": [("发放", reverse("workbench:payouts")), (f"批次 {card.payout.number}", "")],
    }


def _states(request: HttpRequest, of: Payout) -> list[tuple[str, str, int]]:
    """Ways to see one kind of result only."""
    counts = (
        (LineState.PAID, of.paid), (LineState.REJECTED, of.rejected), (LineState.UNKNOWN, of.unknown),
        (LineState.RETURNED, of.returned),
    )  # fmt: skip
    return [(one.label, address(request.GET, state=str(int(one)), page=None), n) for one, n in counts if n]


def _pager(request: HttpRequest, page: int, *, more: bool, shown: int) -> Pager:
    first, alone = (page - 1) * LINES + 1, page == 1 and not more
    part = f"共 {shown:,} 笔" if alone else f"第 {first:,}–{first + shown - 1:,} 笔"
    return Pager(
        part if shown else "",
        address(request.GET, page=str(page - 1)) if page > 1 else "",
        address(request.GET, page=str(page + 1)) if more else "",
    )


@require_GET
@as_cadre(*MONEY)
def budgets(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Budgets and where their money stands."""
    lines, writes = wording.budgets(funds.budgets(actor), wording.titles()), "budgets.write" in actor.rights
    context = {
        "tabs": wording.tabs(funds.unmatched(actor)),
        "budgets": lines,
        "columns": heads(BUDGETS if writes else BUDGETS[:-1], request.GET),
        "allotted": sum(one.of.allotted for one in lines),
        "available": sum(one.of.available for one in lines),
        "reserved": sum(one.of.reserved + one.of.transit for one in lines),
        "paid": sum(one.of.paid for one in lines),
        "writes": writes,
    }
    return render(request, "workbench/payouts/budgets.html", context)


@require_GET
@as_cadre(*MONEY)
def waiting(request: HttpRequest, actor: Actor) -> HttpResponse:
    """What waits for people: one kind at a time, with the next step beside each."""
    found = funds.unmatched(actor)
    counts = wording.waiting_counts(found)
    order = tuple(sorted(WAITS, key=lambda key: not counts[key]))  # nothing chosen: the first kind that has something
    kind = choice_asked(request, "kind", order)
    state, label, help_text = WAITS[kind]
    rows = funds.payables(actor, state=state, after=id_asked(request, "after"), limit=PAGE + 1)
    shown, names = rows[:PAGE], wording.titles()
    following = address(request.GET, after=str(shown[-1].id)) if len(rows) > PAGE else ""
    context = {
        "tabs": wording.tabs(found),
        "kind": kind,
        "kinds": [(key, WAITS[key][1], counts[key]) for key in WAITS],
        "label": label,
        "help": help_text,
        "rows": [_waiting(actor, row, names) for row in shown],
        "columns": heads(WAITING, request.GET),
        "pager": Pager(f"本页 {len(shown)} 笔", "", following),
        "makes": "payouts.make" in actor.rights,
    }
    return render(request, "workbench/payouts/waiting.html", context)


def _waiting(actor: Actor, row: PayableLine, names: dict[str, str]) -> dict[str, object]:
    """A payable with what may be done about it: retry, account, heir, cancel."""
    makes = "payouts.make" in actor.rights
    rejected = row.state is PayableState.REJECTED
    return {
        "of": row,
        "service": wording.service_name(names, row.service_id),
        "why": row.problem or row.state.label,
        "retry": makes and rejected and bool(row.account_masked),
        "account": makes and row.state in (PayableState.REJECTED, PayableState.AWAITING_ACCOUNT),
        "heir": makes and row.state is PayableState.HEIRS,
        "cancel": makes and row.state is not PayableState.UNKNOWN,
        "budget": "budgets.write" in actor.rights and row.state is PayableState.REQUESTED,
    }


@require_GET
@as_cadre(*MONEY)
def claims(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Money to be had back."""
    found, names = funds.unmatched(actor), wording.titles()
    context = {
        "tabs": wording.tabs(found),
        "claims": [(one, wording.service_name(names, one.service_id), uuid4()) for one in found.claims],
        "columns": heads(CLAIMS, request.GET),
        "total": sum(one.open_fen for one in found.claims),
        "posts": "payouts.post" in actor.rights,
        "releases": "payouts.release" in actor.rights,
    }
    return render(request, "workbench/payouts/claims.html", context)
