"""The money of the demo: budgets, the card bank's lists, and a bank that answers. Account numbers are fictional."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterable, Iterator
from decimal import Decimal
from uuid import UUID

from zhigong.funds.types import AccountEntry
from zhigong.people.types import MemberLine

CARD_BANK = "云泽银行工会会员卡"
FOREIGN_BANK = "云泽农村商业银行"
_PREFIX = "629901"
_DIGITS = 12
# Hundredths of the members whose accounts come with each list of the card bank; the rest have not opened theirs.
_LISTS = (70, 82, 90, 95)


def account_number(person: UUID) -> str:
    """A number that passes Luhn's check and belongs to nobody: no bank has the prefix."""
    body = f"{_PREFIX}{person.int % 10**_DIGITS:0{_DIGITS}d}"
    return body + str(luhn(body))


def luhn(body: str) -> int:
    """The check digit that follows a number (ISO/IEC 7812-1)."""
    total = 0
    for place, digit in enumerate(reversed(body)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return -total % 10


def listed_first(person: UUID) -> bool:
    """Whether the first list of the card bank names this member, so that she is paid with the first batch."""
    return person.int % 100 < _LISTS[0]


def card_list(number: int, members: Iterable[MemberLine], *, without: Collection[UUID]) -> Iterator[AccountEntry]:
    """The accounts of the card bank's list of this number, from 0; without those who give their own account."""
    low, high = ((0, *_LISTS)[number], _LISTS[number])
    for line in members:
        if low <= line.id.int % 100 < high and line.id not in without:
            yield AccountEntry(
                person_id=line.id,
                holder=line.name,
                bank=CARD_BANK,
                number=account_number(line.id),
                key=f"card:{line.id.hex}",
            )


def bank_answer(sent: bytes, *, rejected: int = 0, unknown: int = 0) -> bytes:
    """What the bank says to a payout list: all paid but the last lines, of which some are rejected, some not known."""
    head, *lines, total = list(csv.reader(io.StringIO(sent.decode("gb18030"), newline="")))
    results = ["成功"] * (len(lines) - rejected - unknown) + ["退回"] * rejected + ["处理中"] * unknown
    why = {"退回": "账户已销户", "成功": "", "处理中": ""}
    rows = [[*line, result, why[result]] for line, result in zip(lines, results, strict=True)]
    made = io.StringIO(newline="")
    csv.writer(made, lineterminator="\r\n").writerows(
        [[*head, "处理结果", "失败原因"], *rows, [*total, "", ""]],
    )
    return made.getvalue().encode("gb18030")


def holders(sent: bytes) -> set[str]:
    """The names on a payout list."""
    rows = list(csv.reader(io.StringIO(sent.decode("gb18030"), newline="")))
    return {row[1] for row in rows[1:-1]}


def yuan(members: int, *, each: int) -> int:
    """A budget in fen: so many yuan per member, in full ten thousands of yuan."""
    return int(Decimal(members * each) // 10_000 + 1) * 1_000_000
