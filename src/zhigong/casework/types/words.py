"""States, actions and outcomes, with the words people read."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class CaseState(IntEnum):
    """Where a case stands."""

    RUNNING = 1
    SUPPLEMENT = 2
    PUBLICITY = 3
    HEIR = 4
    GRANTED = 5
    PAID = 6
    REFUSED = 7
    WITHDRAWN = 8

    @property
    def label(self) -> str:
        """What members and cadres read."""
        return ("办理中", "待补充材料", "公示中", "待确认继承人", "已通过", "已发放", "未通过", "已撤回")[self - 1]

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to act before it is decided."""
        return self in OPEN_STATES


SET_OFF = "已抵扣"
"""Of a payment that was wholly set against debts: nothing of it was sent."""
OPEN_STATES = (CaseState.RUNNING, CaseState.SUPPLEMENT, CaseState.PUBLICITY)


class CaseOrigin(IntEnum):
    """How a case came to be."""

    APPLIED = 1
    FOUND = 2
    AUTOMATIC = 3

    @property
    def label(self) -> str:
        """What members and cadres read."""
        return ("本人申请", "数据找人", "免申即享")[self - 1]


class StepState(IntEnum):
    """Where one step of a route stands."""

    WAITING = 1
    OPEN = 2
    DONE = 3
    RETURNED = 4
    CLOSED = 5

    @property
    def label(self) -> str:
        """What members and cadres read."""
        return ("未开始", "办理中", "已完成", "已退回", "不再办理")[self - 1]


class Action(StrEnum):
    """What a cadre does with the open step of a case; the value is stored, the label is the button."""

    PASS = "pass"  # noqa: S105 — a verb
    RETURN = "return"
    REFUSE = "refuse"
    SUPPLEMENT = "supplement"
    PUBLISH = "publish"

    @property
    def label(self) -> str:
        """The words on the button."""
        return {
            "pass": "通过",
            "return": "退回上一步",
            "refuse": "不予通过",
            "supplement": "请申请人补充",
            "publish": "开始公示",
        }[self.value]


class EntitlementState(IntEnum):
    """Where something the data found for a person stands."""

    OFFERED = 1
    ACCEPTED = 2
    GRANTED = 3
    WITHDRAWN = 4
    EXPIRED = 5

    @property
    def label(self) -> str:
        """What members read."""
        return ("为您找到", "已申请", "已享受", "条件已变化", "依据已过期")[self - 1]


class RecheckState(IntEnum):
    """Where one yearly re-check stands. SILENT: she did not answer in time; PROPOSED: something changes, a level above
    decides."""

    ASKED = 1
    ANSWERED = 2
    SILENT = 3
    PROPOSED = 4
    CLOSED = 5

    @property
    def label(self) -> str:
        """What members and cadres read."""
        return ("等本人确认", "本人已答复，待复核", "本人没有答复，请联系", "情况有变化，待决定", "已复核")[self - 1]


class RecheckOutcome(IntEnum):
    """How a yearly re-check ended."""

    KEPT = 1
    REGRADED = 2
    ENDED = 3

    @property
    def label(self) -> str:
        """What members and cadres read."""
        return ("继续享受", "档次调整", "不再享受")[self - 1]


class ObjectionKind(IntEnum):
    """Against what an objection is raised."""

    DECISION = 1
    PUBLICITY = 2

    @property
    def label(self) -> str:
        """What members and cadres read."""
        return ("对决定的异议", "对公示的异议")[self - 1]


class ObjectionState(IntEnum):
    """How an objection was answered. UPHELD: the decision stands. REVERSED: it does not."""

    OPEN = 1
    UPHELD = 2
    REVERSED = 3

    @property
    def label(self) -> str:
        """What members and cadres read."""
        return ("复核中", "维持原决定", "原决定已改变")[self - 1]


class TodoKind(StrEnum):
    """What a to-do asks for."""

    STEP = "step"
    OBJECTION = "objection"
    HEIR = "heir"
    FOLLOW_UP = "follow_up"
    RECHECK = "recheck"

    @property
    def label(self) -> str:
        """What cadres read."""
        return {
            "step": "办理",
            "objection": "复核异议",
            "heir": "确认继承人",
            "follow_up": "差评回访",
            "recheck": "年度复核",
        }[self.value]
