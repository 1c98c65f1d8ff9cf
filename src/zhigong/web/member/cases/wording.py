"""Cases in the member's words: tones of states, what a payment is waiting for, the way as a timeline."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from zhigong.casework.types import (
    SET_OFF,
    CaseLine,
    CaseOrigin,
    CasePage,
    CaseState,
    ConditionLine,
    DecisionLine,
    PaymentLine,
    StepLine,
    StepState,
    TimelineLine,
)
from zhigong.funds.types import PayableState

TONES = {
    CaseState.RUNNING: "info",
    CaseState.SUPPLEMENT: "warn",
    CaseState.PUBLICITY: "info",
    CaseState.HEIR: "",
    CaseState.GRANTED: "good",
    CaseState.PAID: "good",
    CaseState.REFUSED: "bad",
    CaseState.WITHDRAWN: "",
}
PAYMENTS = {
    PayableState.REQUESTED: "已经批准，正在安排资金，不用您做什么。",
    PayableState.AWAITING_ACCOUNT: "还没有您的收款银行卡，登记后就发放；也可以请所在单位工会代为登记。",
    PayableState.HEIRS: "由基层工会联系家属办理。",
    PayableState.READY: "资金已安排好，等待下一批发放。",
    PayableState.IN_BATCH: "已经送到银行，一般一两个工作日到账。",
    PayableState.PAID: "已经汇入您的银行卡。",
    PayableState.REJECTED: "银行把这笔钱退回来了，多半是卡号不对或卡已停用。钱还在，换一张本人的卡就会重新汇入。",
    PayableState.UNKNOWN: "银行还没有给出结果，财务正在核对，钱不会丢。",
    PayableState.CANCELLED: "这笔发放已经取消。",
}
PAYMENT_WORDS = {state.label: text for state, text in PAYMENTS.items()} | {
    SET_OFF: "全部用于抵扣应退回的款项，没有汇款。",
}
STEP_MARKS = {StepState.DONE: "done", StepState.OPEN: "now", StepState.RETURNED: "bad"}
EVENT_MARKS = {"bad": "bad"}
STARS = ((1, "很不满意"), (2, "不满意"), (3, "一般"), (4, "满意"), (5, "很满意"))


@dataclass(frozen=True, slots=True)
class Line:
    """A case in a list with its tone; mine: the next move is the member's."""

    case: CaseLine
    tone: str
    mine: bool


def line(case: CaseLine) -> Line:
    """A case in a list."""
    tone = ("warn" if case.owed_fen else "") if case.is_recovered else TONES[case.state]
    return Line(case, tone, case.state is CaseState.SUPPLEMENT)


def is_given(case: CaseLine) -> bool:
    """Whether it is a benefit that came without asking."""
    return case.origin is CaseOrigin.AUTOMATIC


@dataclass(frozen=True, slots=True)
class Station:
    """One step of the way. mark: done, now, next or bad."""

    title: str
    who: str
    mark: str
    time: str
    text: str
    late: bool
    deadline: tuple[str, ...]


def way(page: CasePage) -> list[Station]:
    """The steps of the route as the member reads them; what will not be done any more is left out."""
    return [_station(step, page) for step in page.steps if step.state is not StepState.CLOSED]


def _station(step: StepLine, page: CasePage) -> Station:
    mark = STEP_MARKS.get(step.state, "next")
    time = text = ""
    if step.state in (StepState.DONE, StepState.RETURNED):
        time, text = f"{step.done_on} 办完" if step.done_on else "", step.note
    elif step.state is StepState.OPEN:
        waiting = page.line.state is CaseState.SUPPLEMENT
        time = "等您补充，时限暂停" if waiting else f"{step.due_on} 前" if step.due_on else ""
    who = " · ".join(part for part in (step.level_label, _unless(step.union_name, step.level_label)) if part)
    text = "已超过期限，提交上一级督办。" if step.escalated and not text else text
    return Station(step.title, who, mark, time, text, step.overdue, step.deadline)


def events(timeline: tuple[TimelineLine, ...]) -> list[tuple[TimelineLine, str]]:
    """What happened, the latest first; only the latest may be what is waited for."""
    latest = len(timeline) - 1
    marks = ["now" if place == latest and one.tone == "wait" else EVENT_MARKS.get(one.tone, "done")
             for place, one in enumerate(timeline)]  # fmt: skip
    return list(reversed(list(zip(timeline, marks, strict=True))))


def _unless(text: str, other: str) -> str:
    return "" if text == other else text


NEEDS_ACCOUNT = frozenset({PayableState.AWAITING_ACCOUNT.label, PayableState.REJECTED.label})


def payments(lines: Iterable[PaymentLine]) -> list[tuple[PaymentLine, str]]:
    """Each payment with what it waits for."""
    return [(one, PAYMENT_WORDS.get(one.state_label, "")) for one in lines]


def telling(grounds: Iterable[ConditionLine], decision: DecisionLine | None) -> list[ConditionLine]:
    """The reasons of a decision. Of grades not reached, whoever was refused reads all, whose grade changed those above
    her new one; to whom one was given at once they say nothing."""
    told, reached = [], False
    for one in grounds:
        if one.kind == "condition" or decision is None or not decision.granted:
            told.append(one)
        elif one.holds or (decision.recheck and not reached):
            told.append(one)
            reached = reached or bool(one.holds)
    return told


def outcome(decision: DecisionLine) -> str:
    """A decision in one sentence."""
    if decision.recheck:
        return f"年度复核：调整为{decision.grade_label}" if decision.granted else "年度复核：不再符合条件"
    if not decision.granted:
        return "很抱歉，这次没有通过"
    return f"已通过：{decision.grade_label}" if decision.grade_label else "已通过"


def who_has_it(page: CasePage) -> str:
    """Who has the case now; '' when nobody has to act."""
    if page.line.state is CaseState.SUPPLEMENT:
        return "在您手里：请补充材料"
    now = next((step for step in page.steps if step.state is StepState.OPEN), None)
    return now.union_name if now else ""
