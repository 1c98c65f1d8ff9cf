"""States and kinds of money, with the words people read."""

from __future__ import annotations

from enum import IntEnum, StrEnum

MAX_BYTES = 20 * 2**20
"""Of a return file: no bank sends more."""


class PayableState(IntEnum):
    """Steps of one promise to pay (应付款)."""

    REQUESTED = 1
    AWAITING_ACCOUNT = 2
    HEIRS = 3
    READY = 4
    IN_BATCH = 5
    PAID = 6
    REJECTED = 7
    UNKNOWN = 8
    CANCELLED = 9

    @property
    def label(self) -> str:
        """What cadres and members read."""
        return (
            "待安排预算", "待登记账户", "待继承人办理", "待发放", "发放中", "已到账", "银行退回", "结果待查", "已取消",
        )[self - 1]  # fmt: skip


class BatchState(IntEnum):
    """Steps of a payout batch (发放批次)."""

    DRAFT = 1
    FROZEN = 2
    RELEASED = 3
    SETTLED = 4
    DISSOLVED = 5

    @property
    def label(self) -> str:
        """What finance reads."""
        return ("草稿", "已锁定待复核", "已放款待回盘", "已结清", "已撤销")[self - 1]


class LineState(IntEnum):
    """What the bank said of one line of a batch; RETURNED: paid, and come back days later (退汇)."""

    PENDING = 1
    PAID = 2
    REJECTED = 3
    UNKNOWN = 4
    DROPPED = 5
    RETURNED = 6

    @property
    def label(self) -> str:
        """What finance reads."""
        return ("待回盘", "成功", "退回", "待查", "已撤销", "退汇")[self - 1]


class ClaimState(IntEnum):
    """Steps of getting money back (追回)."""

    OPEN = 1
    SETTLED = 2
    WRITTEN_OFF = 3

    @property
    def label(self) -> str:
        """What finance reads."""
        return ("待追回", "已结清", "已核销")[self - 1]


class Purse(IntEnum):
    """The accounts of one budget in the ledger. All but FUNDING never fall below zero."""

    FUNDING = 1
    AVAILABLE = 2
    RESERVED = 3
    TRANSIT = 4
    PAID = 5
    OWED = 6

    @property
    def label(self) -> str:
        """What finance reads."""
        return ("经费来源", "可用", "已预留", "在途", "已支出", "待追回")[self - 1]


class Movement(IntEnum):
    """Why fen moved between two purses; the pair of purses follows from it, see `policies.PURSES`."""

    ALLOT = 1
    WITHDRAW = 2
    RESERVE = 3
    FREE = 4
    SEND = 5
    PAY = 6
    VOID = 7
    OFFSET = 8
    CLAIM = 9
    REGAIN = 10
    FORGIVE = 11
    UNOFFSET = 12
    UNREGAIN = 13
    RETURN = 14


class MoneyAct(StrEnum):
    """What a person of money does next, in the order of a payout."""

    DRAFT = "draft"
    FREEZE = "freeze"
    RELEASE = "release"
    POST = "post"


class FileKind(IntEnum):
    """Which way a file goes."""

    RETURN = 1
    BANK = 2


class FileState(IntEnum):
    """How far the work on a file is."""

    WAITING = 1
    DONE = 2
    REFUSED = 3
    TAKEN = 4


class AccountOutcome(StrEnum):
    """What became of one account of a bulk registration."""

    NEW = "new"
    UNCHANGED = "unchanged"
    NOT_FOUND = "not_found"
    NAME_DIFFERS = "name_differs"
    TAKEN = "taken"
    BAD_NUMBER = "bad_number"
    REPEATED = "repeated"


class Format(StrEnum):
    """Layouts of the bank file, see docs/guides/bank-files.md."""

    CSV = "csv"
    FIXED = "fixed"
