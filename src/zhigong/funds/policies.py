"""Pure decisions about money: which purses a movement joins, which steps a payable may take."""

from __future__ import annotations

from zhigong.funds.types import Movement, PayableState, Purse

PURSES: dict[Movement, tuple[Purse, Purse]] = {
    Movement.ALLOT: (Purse.FUNDING, Purse.AVAILABLE),
    Movement.WITHDRAW: (Purse.AVAILABLE, Purse.FUNDING),
    Movement.RESERVE: (Purse.AVAILABLE, Purse.RESERVED),
    Movement.FREE: (Purse.RESERVED, Purse.AVAILABLE),
    Movement.SEND: (Purse.RESERVED, Purse.TRANSIT),
    Movement.PAY: (Purse.TRANSIT, Purse.PAID),
    Movement.VOID: (Purse.TRANSIT, Purse.RESERVED),
    Movement.OFFSET: (Purse.RESERVED, Purse.PAID),
    Movement.CLAIM: (Purse.PAID, Purse.OWED),
    Movement.REGAIN: (Purse.OWED, Purse.AVAILABLE),
    Movement.FORGIVE: (Purse.OWED, Purse.PAID),
    Movement.UNOFFSET: (Purse.PAID, Purse.RESERVED),
    Movement.UNREGAIN: (Purse.AVAILABLE, Purse.OWED),
    Movement.RETURN: (Purse.PAID, Purse.RESERVED),
}
"""From which purse (debit) to which (credit) money moves."""

_S = PayableState
STEPS: dict[PayableState, frozenset[PayableState]] = {
    _S.REQUESTED: frozenset({_S.AWAITING_ACCOUNT, _S.HEIRS, _S.READY, _S.CANCELLED}),
    _S.AWAITING_ACCOUNT: frozenset({_S.READY, _S.HEIRS, _S.PAID, _S.CANCELLED}),
    _S.HEIRS: frozenset({_S.READY, _S.CANCELLED}),
    _S.READY: frozenset({_S.IN_BATCH, _S.HEIRS, _S.PAID, _S.CANCELLED}),
    _S.IN_BATCH: frozenset({_S.READY, _S.PAID, _S.REJECTED, _S.UNKNOWN}),
    _S.UNKNOWN: frozenset({_S.PAID, _S.REJECTED}),
    _S.REJECTED: frozenset({_S.READY, _S.AWAITING_ACCOUNT, _S.HEIRS, _S.PAID, _S.CANCELLED}),
    _S.PAID: frozenset({_S.REJECTED}),
    _S.CANCELLED: frozenset(),
}
"""The steps the database allows (a trigger holds the same list): PAID without a batch means set off in full.

From PAID only what went to a bank comes back, days later (退汇)."""

RETURNING = frozenset({"payouts.post", "payouts.release"})
"""Who may post what came back days later: finance, or whoever releases payouts, so that a house with one person of
finance has a second one. All other answers of the bank are finance's to post."""

CARD_LENGTHS = range(16, 20)
"""Digits of a bank card number as banks here issue them; GB/T 15694 (ISO/IEC 7812-1) allows no more than 19."""


def card_digit(body: str) -> int:
    """The check digit that follows the digits of a card number (Luhn; ISO/IEC 7812-1, annex B)."""
    doubled = (int(digit) * (2 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(body)))
    return -sum(value - 9 if value > 9 else value for value in doubled) % 10


def mistyped(digits: str) -> bool:
    """Whether a number of a card's length cannot be a card's: one digit wrong, or two neighbours exchanged."""
    return len(digits) in CARD_LENGTHS and card_digit(digits[:-1]) != int(digits[-1])
