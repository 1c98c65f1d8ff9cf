"""To-dos of money: batches to draft, freeze, release and post; payments that lack an account, an heir or money."""

from __future__ import annotations

from django.urls import reverse

from zhigong.funds import queries as funds
from zhigong.funds.types import MoneyAct, MoneyTodo, PayableState
from zhigong.kernel.actor import Actor
from zhigong.web.templatetags.wording import yuan
from zhigong.web.workbench.home.lines import Kind, Todo
from zhigong.web.workbench.payouts.wording import MONEY, service_name, titles

# act -> icon, what is to be done, what follows.
ACTS = {
    MoneyAct.DRAFT: ("file-earmark-plus", "起草发放批次", "可以收进一个批次发放"),
    MoneyAct.FREEZE: ("lock", "核对并锁定", "锁定后由另一人复核放款"),
    MoneyAct.RELEASE: ("check2-square", "复核放款", "核对无误后放款"),
    MoneyAct.POST: ("bank", "送银行并上传回盘", "银行付款后上传回盘文件入账"),
}
# state of a payment -> icon, what is to be done, why; in the order in which it hurts.
WAITS = {
    PayableState.REJECTED: ("arrow-return-left", "处理银行退回的 {} 笔款项", "更正账户，或再发一次", "rejected"),
    PayableState.UNKNOWN: ("question-circle", "向银行核实 {} 笔款项的结果", "核实以前不会重发", "unknown"),
    PayableState.AWAITING_ACCOUNT: ("credit-card", "为 {} 笔款项登记收款账户", "本人还没有登记账户", "account"),
    PayableState.HEIRS: ("person-vcard", "为 {} 笔款项登记继承人的账户", "会员已去世，由继承人领取", "heirs"),
    PayableState.REQUESTED: ("safe", "为 {} 笔款项安排预算", "预算不够，或还没有设立", "budget"),
}


def money_kinds(actor: Actor) -> list[tuple[Kind, list[Todo]]]:
    """Payouts that the actor moves on, and payments somebody must put right."""
    if actor.rights.isdisjoint((*MONEY, "budgets.write")):
        return []
    found = funds.todos(actor)
    names = titles() if found.acts else {}
    acts = [_act(one, names) for one in found.acts]
    kinds = []
    if acts or "payouts.make" in actor.rights:
        kinds.append((_kind("payouts", "发放", "cash-stack", len(acts), "等您办理", "workbench:payouts"), acts))
    if found.waiting:
        waits = [_wait(state, found.waiting[state]) for state in WAITS if state in found.waiting]
        total = sum(found.waiting.values())
        kinds.append(
            (_kind("payables", "款项待处理", "credit-card", total, "暂时发不出去", "workbench:payout-waiting"), waits)
        )
    return kinds


def _kind(key: str, label: str, icon: str, count: int, note: str, url: str) -> Kind:
    return Kind(key, label, icon, count, note, reverse(url))


def _act(one: MoneyTodo, names: dict[str, str]) -> Todo:
    icon, what, why = ACTS[one.act]
    service = service_name(names, one.service_id)
    title = f"{what}：{one.title or service}"
    by = f" · {one.made_by_name}制单" if one.act is MoneyAct.RELEASE else ""
    url = reverse("workbench:payout", args=[one.batch_id]) if one.batch_id else reverse("workbench:payouts")
    return Todo(icon, title, f"{one.count:,} 笔，{yuan(one.fen)}{by} · {why}", url)


def _wait(state: PayableState, count: int) -> Todo:
    icon, what, why, kind = WAITS[state]
    return Todo(icon, what.format(f"{count:,}"), why, f"{reverse('workbench:payout-waiting')}?kind={kind}")
