"""How money is told: tones of states, names of services, tabs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse

from zhigong.catalogue import queries as catalogue
from zhigong.funds.types import BatchState, BudgetLine, LineState, PayableState, Payout, Unmatched
from zhigong.kernel.actor import Actor

MONEY = ("payouts.make", "payouts.release", "payouts.post")
BATCH_TONES = {
    BatchState.DRAFT: "",
    BatchState.FROZEN: "warn",
    BatchState.RELEASED: "info",
    BatchState.SETTLED: "good",
    BatchState.DISSOLVED: "",
}
LINE_TONES = {
    LineState.PAID: "good", LineState.REJECTED: "bad", LineState.UNKNOWN: "warn", LineState.RETURNED: "bad",
}  # fmt: skip
STEPS = ("起草", "锁定", "复核放款", "送银行", "结清")
STEP_OF = {BatchState.DRAFT: 2, BatchState.FROZEN: 3, BatchState.RELEASED: 4, BatchState.SETTLED: 6}
# What waits, in the order in which it hurts: key, tab, what it is and what to do.
WAITS = {
    "rejected": (
        PayableState.REJECTED, "银行退回", "银行没有付出去的款项：按退回原因更正账户，或原账户再发一次，或取消。",
    ),
    "unknown": (
        PayableState.UNKNOWN, "结果待查",
        "银行还没有给出结果的款项。系统不会自动重发，以免重复支付；请用批次页的查询文件向银行核实，再上传新的回盘文件。",
    ),
    "account": (PayableState.AWAITING_ACCOUNT, "待登记账户", "本人还没有收款账户；登记后自动转为待发放。"),
    "heirs": (PayableState.HEIRS, "待继承人办理", "会员已去世，由继承人领取：在办件中确认继承人后登记其账户。"),
    "budget": (PayableState.REQUESTED, "待安排预算", "预算不够或还没有设立；追加预算后按申请先后自动安排。"),
}  # fmt: skip


def titles() -> dict[str, str]:
    """Names of the services by id."""
    return {service.id: service.title for service in catalogue.services()}


def paying_titles() -> dict[str, str]:
    """Names of the services that pay money, by id."""
    return {service.id: service.title for service in catalogue.services() if service.payout}


def service_name(names: dict[str, str], service_id: str) -> str:
    """A service as people call it; a batch without one pays several."""
    return names.get(service_id, service_id) if service_id else "各项服务"


def waiting_counts(found: Unmatched) -> dict[str, int]:
    """How many of each kind wait."""
    return {
        "rejected": len(found.rejected), "unknown": len(found.unknown), "account": found.awaiting_account,
        "heirs": found.heirs, "budget": found.awaiting_budget,
    }  # fmt: skip


def tabs(found: Unmatched) -> list[tuple[str, str, int | None]]:
    """The four pages of money; counts of what waits and of open claims."""
    waits = sum(waiting_counts(found).values())
    return [
        ("发放", reverse("workbench:payouts"), None),
        ("待处理", reverse("workbench:payout-waiting"), waits or None),
        ("追回", reverse("workbench:payout-claims"), len(found.claims) or None),
        ("预算", reverse("workbench:payout-budgets"), None),
    ]


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch as pages show it."""

    of: Payout
    tone: str
    service: str
    answered: str


def batch(of: Payout, names: dict[str, str]) -> Batch:
    """A batch with its tone, its service in words, and what the bank said so far."""
    parts = [("成功", of.paid), ("退回", of.rejected), ("待查", of.unknown), ("退汇", of.returned)]
    answered = "，".join(f"{word} {count:,}" for word, count in parts if count)
    return Batch(of, BATCH_TONES[of.state], service_name(names, of.service_id), answered)


@dataclass(frozen=True, slots=True)
class Budget:
    """A budget as shown; used: percent of it that is promised, on its way or paid."""

    of: BudgetLine
    service: str
    used: int
    low: bool


def budgets(lines: Iterable[BudgetLine], names: dict[str, str]) -> list[Budget]:
    """Budgets with their use in percent; low: less than a tenth is left."""
    return [_budget(line, names) for line in lines]


def _budget(line: BudgetLine, names: dict[str, str]) -> Budget:
    used = round(100 * (line.allotted - line.available) / line.allotted) if line.allotted else 0
    return Budget(line, service_name(names, line.service_id), used, line.available * 10 < line.allotted)


def why_not_release(actor: Actor, found: Payout, may: frozenset[str]) -> str:
    """Why this person can't release a frozen batch; empty when she can or it isn't frozen."""
    if found.state is not BatchState.FROZEN or "release" in may:
        return ""
    if "payouts.release" not in actor.rights:
        return "放款由另一位有复核权限的同事办理，您的岗位没有这项权限。"
    return "这个批次由您制单或锁定。制单和复核必须是两个人，请另一位有复核权限的同事打开本页复核放款。"
