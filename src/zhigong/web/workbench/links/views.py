"""The queue, one pair, what is said of it, and taking that back."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_POST

from zhigong.audit.types import Purpose
from zhigong.exchange import operations as exchange
from zhigong.exchange import queries as links_of
from zhigong.exchange.types import DoubtPair, Verdict
from zhigong.kernel.actor import Actor
from zhigong.kernel.clock import now
from zhigong.kernel.errors import Refused
from zhigong.web import link_words as wording
from zhigong.web.components import Column, Pager, address, heads
from zhigong.web.guards import as_cadre
from zhigong.web.workbench.asking import choice_asked, page_asked

RIGHT = "links.review"
STATES = {"open": "待判定", "unsure": "不确定", "ruled": "已判定"}
PURPOSES = (Purpose.CHECKING, Purpose.BUSINESS)
COLUMNS = (Column("文件里的人"), Column("可能是"), Column("凭什么"), Column("来源"), Column("牵涉", numeric=True))
DONE = {
    Verdict.SAME: "记下了：是同一人。",
    Verdict.DIFFERENT: "记下了：不是同一人。",
    Verdict.UNSURE: "记下了：不确定，留着以后再看。",
}


@require_GET
@as_cadre(RIGHT)
def queue(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Pairs that wait, those left open, those ruled on; by source."""
    state, source = choice_asked(request, "state", tuple(STATES)), request.GET.get("source", "")
    page = links_of.doubts(actor, source=source, state=state, page=page_asked(request))
    lines = [(one, wording.how(one.method, one.reason), wording.likely(one.score, one.method)) for one in page.lines]
    pager = Pager(
        f"第 {page.page} 页，共 {page.pages} 页，{page.counts[state]:,} 对",
        address(request.GET, page=str(page.page - 1)) if page.page > 1 else "",
        address(request.GET, page=str(page.page + 1)) if page.page < page.pages else "",
    )
    context = {
        "lines": lines,
        "pager": pager,
        "state": state,
        "source": source,
        "sources": page.sources,
        "waiting": sum(count for _, _, count in page.sources),
        "counts": page.counts,
        "tabs": [(word, _list(source, name), page.counts[name]) for name, word in STATES.items()],
        "tab_url": _list(source, state),
        "keep": _keep(source),
        "columns": heads(COLUMNS, request.GET),
        "crumbs": [("数据交换", reverse("workbench:exchange")), ("核对存疑的关联", "")],
    }
    return render(request, "workbench/links/list.html", context)


@require_GET
@as_cadre(RIGHT)
def pair(request: HttpRequest, actor: Actor, source: str, token: str, person_id: UUID) -> HttpResponse:
    """One pair side by side; looking at it is recorded."""
    found = exchange.view_doubt(
        by=actor, source=source, token=_sound(token), person_id=person_id, within_source=_filtered(request)
    )
    return render(request, "workbench/links/pair.html", _context(request, actor, found))


@require_POST
@as_cadre("members.open")
def open_numbers(request: HttpRequest, actor: Actor, source: str, token: str, person_id: UUID) -> HttpResponse:
    """The same pair with both numbers open, for a stated purpose; recorded, and shown to the person."""
    chosen = next((one for one in PURPOSES if one.value == request.POST.get("purpose")), None)
    if chosen is None:
        found = exchange.view_doubt(
            by=actor, source=source, token=_sound(token), person_id=person_id, within_source=_filtered(request)
        )
        context = _context(request, actor, found) | {"no_purpose": True}
        return render(request, "workbench/links/pair.html", context, status=422)
    found = exchange.open_doubt(
        by=actor,
        source=source,
        token=_sound(token),
        person_id=person_id,
        purpose=chosen,
        now=now(),
        within_source=_filtered(request),
    )
    return render(request, "workbench/links/pair.html", _context(request, actor, found, opened=chosen))


@require_POST
@as_cadre(RIGHT)
def rule(request: HttpRequest, actor: Actor, source: str, token: str, person_id: UUID) -> HttpResponseBase:
    """Keep what was said and go on to the next pair."""
    found = links_of.doubt(actor, source, _sound(token), person_id, within_source=_filtered(request))
    try:
        verdict = _verdict(request)
        exchange.rule_link(
            by=actor,
            source=source,
            batch_id=found.batch_id,
            row=found.row,
            person_id=person_id,
            verdict=verdict,
            note=request.POST.get("note", ""),
            seen=_id(request, "seen"),
            key=_id(request, "key") or uuid4(),
        )
    except Refused as error:
        context = _context(request, actor, found) | {"refused": error, "note": request.POST.get("note", "")}
        return render(request, "workbench/links/pair.html", context, status=422)
    messages.success(request, f"{DONE[verdict]}下次刷新起生效。")
    return redirect(
        _pair_url(found.following or found.previous, request) or _list(request.GET.get("source", ""), "open")
    )


@require_POST
@as_cadre(RIGHT)
def withdraw(request: HttpRequest, actor: Actor, ruling_id: UUID) -> HttpResponseBase:
    """Take a ruling back, with a reason."""
    exchange.withdraw_ruling(
        by=actor, ruling_id=ruling_id, note=request.POST.get("note", ""), key=_id(request, "key") or uuid4()
    )
    messages.success(request, "已撤回这条判定，下次刷新起恢复原来的关联。")
    person = _id(request, "person")
    return redirect(reverse("workbench:person-sources", args=[person]) if person else reverse("workbench:links"))


def _context(request: HttpRequest, actor: Actor, found: DoubtPair, *, opened: Purpose | None = None) -> dict[str, Any]:
    line, source = found.line, request.GET.get("source", "")
    standing = line.ruling if line.ruling and line.ruling.verdict is not Verdict.WITHDRAWN else None
    return {
        "pair": found,
        "line": line,
        "rows": wording.rows(found, opened=opened is not None),
        "how": wording.how(line.method, line.reason),
        "likely": wording.likely(line.score, line.method),
        "rival": line.method == "rival-row",
        "standing": standing,
        "standing_tone": wording.TONES[standing.verdict] if standing else "",
        "history": [(one, wording.TONES[one.verdict], uuid4()) for one in found.history],
        "opened": opened,
        "may_open": "members.open" in actor.rights,
        "purposes": [(one.value, one.label) for one in PURPOSES],
        "previous_url": _pair_url(found.previous, request),
        "next_url": _pair_url(found.following, request),
        "list_url": _list(source, "open"),
        "keep": _keep(source),
        "key": uuid4(),
        "crumbs": [
            ("数据交换", reverse("workbench:exchange")),
            ("核对存疑的关联", _list(source, "open")),
            (f"{line.name} 与 {line.person_name}", ""),
        ],
    }


def _verdict(request: HttpRequest) -> Verdict:
    asked = request.POST.get("verdict", "")
    found = next((one for one in DONE if str(one.value) == asked), None)
    if found is None:
        raise Refused("请选一个判定。", do="是同一人、不是同一人，或不确定")
    return found


def _id(request: HttpRequest, name: str) -> UUID | None:
    try:
        return UUID(request.POST.get(name, ""))
    except ValueError:
        return None


def _sound(token: str) -> str:
    try:
        bytes.fromhex(token)
    except ValueError as error:
        raise Http404 from error
    return token


def _filtered(request: HttpRequest) -> bool:
    return bool(request.GET.get("source"))


def _keep(source: str) -> str:
    return f"?{urlencode({'source': source})}" if source else ""


def _list(source: str, state: str) -> str:
    query = {name: value for name, value in (("source", source), ("state", state)) if value and value != "open"}
    return reverse("workbench:links") + (f"?{urlencode(query)}" if query else "")


def _pair_url(key: tuple[str, str, UUID] | None, request: HttpRequest) -> str:
    return reverse("workbench:link", args=key) + _keep(request.GET.get("source", "")) if key else ""
