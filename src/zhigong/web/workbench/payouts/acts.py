"""What is done with a batch: draft, freeze, dissolve, release. Money moves only after one has proved who she is."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from zhigong.funds import operations as funds
from zhigong.kernel.actor import Actor
from zhigong.kernel.errors import Refused
from zhigong.web.guards import as_cadre
from zhigong.web.stepup import step_up
from zhigong.web.workbench.payouts import wording


@require_POST
@as_cadre("payouts.make")
def draft(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Gather what is ready of one service into a batch; the same form sent twice makes one."""
    service, key = request.POST.get("service", ""), request.POST.get("key", "")
    names = wording.titles()
    if service not in names or not key:
        raise Refused("表单不完整。", do="请返回发放页面，重新点「起草批次」。")
    title = f"{actor.on:%Y年%m月%d日}{names[service]}"
    made = funds.draft_batch(actor, title=title, service_id=service, key=f"web:{key[:60]}")
    messages.success(request, "批次已起草，款项已收进来。请核对下面的名单，没有问题就锁定。")
    return redirect("workbench:payout", batch_id=made)


@require_POST
@step_up
@as_cadre("payouts.make")
def freeze(request: HttpRequest, actor: Actor, batch_id: UUID) -> HttpResponse:
    """Fix the lines; from now on nobody can change them."""
    funds.freeze_batch(actor, batch_id=batch_id)
    messages.success(request, "名单已锁定。请另一位有复核权限的同事打开本页，复核放款。")
    return redirect("workbench:payout", batch_id=batch_id)


@require_POST
@as_cadre("payouts.make")
def dissolve(request: HttpRequest, actor: Actor, batch_id: UUID) -> HttpResponse:
    """Take the batch apart; its payments are ready again."""
    funds.dissolve_batch(actor, batch_id=batch_id)
    messages.success(request, "批次已撤销，其中的款项回到待发放。")
    return redirect("workbench:payouts")


@require_POST
@step_up
@as_cadre("payouts.release")
def release(request: HttpRequest, actor: Actor, batch_id: UUID) -> HttpResponse:
    """Let it go to the bank, as the second person."""
    funds.release_batch(actor, batch_id=batch_id)
    messages.success(request, "已复核放款。财务现在可以下载银行文件，送交银行。")
    return redirect("workbench:payout", batch_id=batch_id)
