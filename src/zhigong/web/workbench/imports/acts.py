"""What the wizard does: take a file, import, give the workbook back, undo, discard."""

from __future__ import annotations

from pathlib import PurePath
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhigong.exchange import operations as exchange
from zhigong.exchange import queries as batches_of
from zhigong.kernel.actor import Actor
from zhigong.kernel.errors import Refused
from zhigong.orgs import queries as orgs
from zhigong.orgs.types import Level
from zhigong.web.files import PrivateUpload, download, private_path, unnamed
from zhigong.web.guards import as_cadre
from zhigong.web.workbench.imports import wording
from zhigong.web.workbench.imports.forms import ACCEPT, TEXT_BYTES, UploadForm, too_large
from zhigong.web.workbench.imports.views import IMPORTERS, STEPS

KINDS = {
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".csv": "text/csv",
    ".txt": "text/plain",
}


@csrf_exempt
def upload(request: HttpRequest) -> HttpResponseBase:
    """Step one. The upload handler stands before anything reads the form; the token is checked right after."""
    handler = PrivateUpload(limit=TEXT_BYTES)
    request.upload_handlers = [handler]
    return _upload(request, handler)


@csrf_protect
@require_http_methods(["GET", "POST"])
def _upload(request: HttpRequest, handler: PrivateUpload) -> HttpResponseBase:
    return _take(request, handler=handler)


@as_cadre(*IMPORTERS)
def _take(request: HttpRequest, actor: Actor, *, handler: PrivateUpload) -> HttpResponseBase:
    sources = batches_of.sources_for(actor)
    initial = {"as_of": actor.on, "source": request.GET.get("source") or (sources[0].name if sources else "")}
    data = request.POST if request.method == "POST" else None
    form = UploadForm(data, request.FILES or None, sources=sources, on=actor.on, initial=initial)
    refused = None
    if request.method == "POST" and handler.too_large:
        form.errors.pop("file", None)
        form.add_error("file", too_large(TEXT_BYTES))
    elif request.method == "POST" and form.is_valid():
        try:
            return _received(request, actor, form)
        except Refused as error:
            refused = error
    context = {
        "form": form,
        "sources": sources,
        "refused": refused,
        "steps": STEPS,
        "accept": ACCEPT,
        "crumbs": wording.crumbs("选择文件"),
        "asks_union": actor.level < Level.GRASSROOTS,
        "fixes": request.GET.get("fixes", ""),
    }
    return render(request, "workbench/imports/new.html", context, status=200 if data is None else 422)


def _received(request: HttpRequest, actor: Actor, form: UploadForm) -> HttpResponse:
    given = form.cleaned_data
    code, unclear = _union_code(actor, given["union_code"].strip(), given["union"].strip())
    name = PurePath((given["file"].name or "file").replace("\\", "/")).name
    batch_id, before = exchange.upload(
        by=actor, source=given["source"], file=given["file"].file, file_name=name, as_of=given["as_of"], union_code=code
    )
    if before:
        messages.warning(request, "这个文件已经上传过了，下面是它原来的批次；没有重复导入。")
    elif unclear:
        messages.warning(request, f"没有找到名为「{unclear}」的唯一一个工会，请在核对时选择。")
    return _onward(request, reverse("workbench:import-batch", args=[batch_id]))


def _onward(request: HttpRequest, target: str) -> HttpResponse:
    """Lead on. A script that sends the form would follow a redirect unseen and swallow the messages for people."""
    if request.headers.get("X-Upload"):
        return HttpResponse(status=201, headers={"X-Onward": target})
    return redirect(target)


def _union_code(actor: Actor, code: str, text: str) -> tuple[str, str]:
    """The chosen union's code, or what stays unclear; without script, a text that names exactly one union counts."""
    if code or not text:
        return code, ""
    found = orgs.search_unions(actor, text, limit=20)
    exact = [union for union in found if text in (union.code, union.name)] or found
    return (exact[0].code, "") if len(exact) == 1 else ("", text)


@require_POST
@as_cadre(*IMPORTERS)
def choose_union(request: HttpRequest, actor: Actor, batch_id: UUID) -> HttpResponse:
    """Name the union of a roster that names none; what fits several unions is asked back."""
    text = request.POST.get("union", "").strip()
    code, unclear = _union_code(actor, request.POST.get("union_code", "").strip(), text)
    rows = reverse("workbench:import-rows", args=[batch_id])
    if not code:
        return redirect(f"{rows}?{urlencode({'union': unclear})}#union-panel")
    exchange.rename_union(by=actor, batch_id=batch_id, union_code=code)
    messages.success(request, "已选好工会，可以导入了。")
    return redirect(rows)


@require_POST
@as_cadre(*IMPORTERS)
def publish(request: HttpRequest, actor: Actor, batch_id: UUID) -> HttpResponse:
    """Import the good rows."""
    exchange.ask_publish(by=actor, batch_id=batch_id)
    return redirect("workbench:import-batch", batch_id=batch_id)


@require_POST
@as_cadre(*IMPORTERS)
def check(request: HttpRequest, actor: Actor, batch_id: UUID) -> HttpResponse:
    """Check again."""
    exchange.ask_check(by=actor, batch_id=batch_id)
    return redirect("workbench:import-batch", batch_id=batch_id)


@require_POST
@as_cadre(*IMPORTERS)
def discard(request: HttpRequest, actor: Actor, batch_id: UUID) -> HttpResponse:
    """Give a batch up before it was imported."""
    exchange.discard(by=actor, batch_id=batch_id)
    messages.success(request, "已放弃这个批次，库里没有任何改动。")
    return redirect("workbench:imports")


@require_POST
@as_cadre(*IMPORTERS)
def undo(request: HttpRequest, actor: Actor, batch_id: UUID) -> HttpResponse:
    """Take back what a batch brought in."""
    exchange.ask_undo(by=actor, batch_id=batch_id)
    return redirect("workbench:import-batch", batch_id=batch_id)


@require_GET
@as_cadre(*IMPORTERS)
def receipt(request: HttpRequest, actor: Actor, batch_id: UUID) -> HttpResponseBase:
    """The same workbook back, with a reason beside each bad cell; written to a private file that is gone once sent."""
    line = batches_of.batch(actor, batch_id)
    suffix = PurePath(line.file_name).suffix.lower()
    suffix = suffix if suffix in (".csv", ".txt") else ".xlsx"
    with private_path(suffix) as path:
        written = exchange.write_batch_receipt(by=actor, batch_id=batch_id, out=path)
        file = unnamed(written.path)
    name = f"{PurePath(line.file_name).stem}-回执{line.number}{written.path.suffix}"
    return download(file, name=name, kind=KINDS.get(written.path.suffix, "application/octet-stream"))
