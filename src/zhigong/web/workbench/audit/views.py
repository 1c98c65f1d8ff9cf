"""The audit view: entries by filter, how sealing stands, an export for the stand-alone verifier."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_POST

from zhigong.audit import operations as audit
from zhigong.audit import queries as record
from zhigong.audit.types import EntryLine, SealStatus
from zhigong.identity import operations as identity
from zhigong.identity.types import StepUpNeeded
from zhigong.kernel.actor import Actor
from zhigong.kernel.clock import now
from zhigong.kernel.errors import NotAllowed
from zhigong.kernel.vault import vault
from zhigong.orgs.types import Level
from zhigong.web import record_words
from zhigong.web.components import Column, Pager, address, heads
from zhigong.web.files import download, private_path, unnamed
from zhigong.web.guards import as_cadre
from zhigong.web.workbench.audit.forms import EntryForm, key_text, page_key

COLUMNS = (
    Column("时间"),
    Column("谁"),
    Column("做了什么"),
    Column("用途"),
    Column("对象"),
    Column("封存"),
)
KINDS = {"person": "会员", "batch": "导入批次", "union": "工会", "post": "岗位", "account": "账号", "transfer": "接转"}
LATE_AFTER_S, STOPPED_AFTER_S = 300, 4 * 3600


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry in words."""

    of: EntryLine
    action: str
    duty: str
    kind: str
    fields: str


@require_GET
@as_cadre("audit.read")
def entries(request: HttpRequest, actor: Actor) -> HttpResponse:
    """One page of the record, newest first."""
    form = EntryForm(request.GET)
    after = request.GET.get("after", "")
    page = record.entries(actor, filters=form.wanted(), after=page_key(after))
    following = address(request.GET, after=key_text(page.following)) if page.following else ""
    first = address(request.GET, after=None) if after else ""
    status = record.seal_status(actor)
    context = {
        "form": form,
        "lines": [_shown(line) for line in page.lines],
        "columns": heads(COLUMNS, request.GET),
        "pager": Pager(f"本页 {len(page.lines)} 条，最新的在前", first, following),
        "narrowed": any(value for name, value in request.GET.items() if name != "after"),
        "here": reverse("workbench:audit"),
        "status": status,
        "sealing": _sealing(status),
        "check": audit.check_seals(actor),
        "key": vault().signer("audit").public_key.hex(),
        "may_export": actor.level == Level.CITY,
    }
    return render(request, "workbench/audit/entries.html", context)


def _shown(line: EntryLine) -> Shown:
    return Shown(
        line,
        record_words.action(line.action),
        record_words.duty(line.duty),
        KINDS.get(line.subject_kind, line.subject_kind),
        record_words.fields(line.fields),
    )


def _sealing(status: SealStatus) -> tuple[str, str]:
    """Tone and word for how far sealing lags (the limits of audit.policies)."""
    waited = (now() - status.oldest_pending_at).total_seconds() if status.oldest_pending_at else 0
    if waited < LATE_AFTER_S:
        return "good", "正常"
    return ("warn", "滞后") if waited < STOPPED_AFTER_S else ("bad", "停止")


@require_POST
@as_cadre("audit.read")
def export(request: HttpRequest, actor: Actor) -> HttpResponseBase:
    """The whole record as JSON lines, for whoever just proved who she is.

    Written before it is sent: an export broken off is recorded all the same.
    """
    if actor.level != Level.CITY:
        raise NotAllowed("只有市级审计岗位能导出全部记录。", why="导出的是全市的记录", do="请联系市总工会审计人员")
    moment = now()
    try:
        identity.require_step_up(session=request.session, now=moment)
    except StepUpNeeded:
        messages.info(request, "已确认是您本人，请再点一次「导出记录」。")
        return redirect(f"{reverse('signin:confirm')}?{urlencode({'next': reverse('workbench:audit') + '#export'})}")
    with private_path(".jsonl") as path:
        with path.open("wb") as sink:
            for line in audit.export(actor, now=moment, signer=vault().signer("audit")):
                sink.write(line)
        file = unnamed(path)
    return download(file, name=f"zhigong-audit-{moment:%Y%m%d-%H%M}.jsonl", kind="application/x-ndjson")


@require_GET
@as_cadre("audit.read")
def verifier(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The stand-alone verifier, to be run on another machine."""
    return HttpResponse(
        audit.verifier_program(),
        content_type="text/x-python; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="verifier.py"'},
    )
