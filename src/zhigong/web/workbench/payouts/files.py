"""The bank's files: the list out, the answer in. What is large, and every answer, is worked on by a job."""

from __future__ import annotations

from io import BytesIO
from pathlib import PurePath
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_POST

from zhigong.casework import operations as casework
from zhigong.funds import operations as funds
from zhigong.funds import queries as money
from zhigong.funds.types import MAX_BYTES, FileKind, FileState, Format
from zhigong.kernel.actor import Actor
from zhigong.kernel.errors import NotAllowed, Refused
from zhigong.web.files import PrivateUpload, download
from zhigong.web.guards import as_cadre
from zhigong.web.stepup import step_up
from zhigong.web.workbench.payouts.views import payout_context
from zhigong.web.workbench.payouts.wording import MONEY

AT_ONCE = 2_000
"""Lines of a list that is built while one waits; a longer one is built by a job."""
POST_RIGHT, RELEASE_RIGHT = "payouts.post", "payouts.release"


@require_POST
@step_up
@as_cadre(POST_RIGHT)
def bank_file(request: HttpRequest, actor: Actor, batch_id: UUID) -> HttpResponseBase:
    """The payout list as a download; POST, for every account on it is opened and recorded."""
    layout = Format.FIXED if request.POST.get("layout") == Format.FIXED else Format.CSV
    only_unknown = request.POST.get("only") == "unknown"
    found = money.payout(actor, batch_id, limit=1).payout
    if (found.unknown if only_unknown else found.lines) > AT_ONCE:
        made = funds.ask_bank_file(actor, batch_id=batch_id, layout=layout, only_unknown=only_unknown)
        return redirect("workbench:payout-work", file_id=made)
    content = funds.bank_file(actor, batch_id=batch_id, layout=layout, only_unknown=only_unknown)
    return _send(content, number=found.number, layout=layout)


def _send(content: bytes, *, number: int, layout: Format) -> HttpResponseBase:
    suffix = "txt" if layout is Format.FIXED else "csv"
    return download(BytesIO(content), name=f"发放清单-批次{number}.{suffix}", kind="text/plain; charset=gb18030")


@csrf_exempt
def take_return(request: HttpRequest, batch_id: UUID) -> HttpResponseBase:
    """Take the bank's answer. It holds account numbers: the upload handler keeps it off the disk, before the form is
    read; the token is checked right after."""
    handler = PrivateUpload(limit=MAX_BYTES)
    request.upload_handlers = [handler]
    return _take(request, handler, batch_id)


class ReturnForm(forms.Form):
    """The bank's answer."""

    file = forms.FileField(
        label="回盘文件",
        error_messages={"required": "请选择银行给的回盘文件。", "empty": "这个文件是空的，请向银行索取完整文件。"},
    )


@csrf_protect
@require_POST
def _take(request: HttpRequest, handler: PrivateUpload, batch_id: UUID) -> HttpResponseBase:
    return _taken(request, handler=handler, batch_id=batch_id)


@as_cadre(POST_RIGHT, RELEASE_RIGHT)
def _taken(request: HttpRequest, actor: Actor, *, handler: PrivateUpload, batch_id: UUID) -> HttpResponseBase:
    form = ReturnForm(request.POST, request.FILES)
    refused = None
    if handler.too_large:
        form.errors.pop("file", None)
        form.add_error("file", f"文件超过 {MAX_BYTES // 2**20} MB，回盘文件不会这么大，请核对是否选错了文件。")
    elif form.is_valid():
        upload = form.cleaned_data["file"]
        name = PurePath((upload.name or "回盘文件").replace("\\", "/")).name
        try:
            made = casework.ask_return(by=actor, batch_id=batch_id, file=upload.read(), file_name=name)
            return _onward(request, reverse("workbench:payout-work", args=[made]))
        except NotAllowed:
            raise
        except Refused as error:
            refused = error
    context = payout_context(request, actor, batch_id) | {"form": form, "refused": refused}
    return render(request, "workbench/payouts/payout.html", context, status=422)


def _onward(request: HttpRequest, target: str) -> HttpResponse:
    """Lead on; a script that sends the form follows this header, everybody else a redirect."""
    if request.headers.get("X-Upload"):
        return HttpResponse(status=201, headers={"X-Onward": target})
    return redirect(target)


@require_GET
@as_cadre(*MONEY)
def work(request: HttpRequest, actor: Actor, file_id: UUID) -> HttpResponseBase:
    """How far a file is; leads on when it is done."""
    batch_id, task = money.file_task(actor, file_id)
    back = reverse("workbench:payout", args=[batch_id])
    part = bool(getattr(request, "htmx", False))
    built = task.kind is FileKind.BANK and task.state is FileState.DONE
    if task.state is not FileState.WAITING and not built:
        return HttpResponse(headers={"HX-Redirect": back}) if part else redirect(back)
    crumbs = [("发放", reverse("workbench:payouts")), ("批次", back), ("银行文件", "")]
    context = {"task": task, "back": back, "built": built, "crumbs": crumbs}
    return render(request, f"workbench/payouts/{'work' if part else 'progress'}.html", context)


@require_POST
@step_up
@as_cadre(POST_RIGHT)
def fetch(request: HttpRequest, actor: Actor, file_id: UUID) -> HttpResponseBase:
    """A list built by a job, as a download, once."""
    batch_id, _ = money.file_task(actor, file_id)
    found = money.payout(actor, batch_id, limit=1).payout
    content = funds.fetch_bank_file(actor, file_id=file_id)
    return _send(content, number=found.number, layout=Format.CSV)
