"""Numbers of cards: a slip of the finger is told, other accounts are left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhigong.funds import operations as funds
from zhigong.funds.operations.registering import checked_number
from zhigong.funds.policies import CARD_LENGTHS, card_digit, mistyped
from zhigong.funds.tests.staging import build_stage
from zhigong.funds.types import AccountEntry, AccountOutcome
from zhigong.kernel.errors import Refused

BODY = st.text("0123456789", min_size=min(CARD_LENGTHS) - 1, max_size=max(CARD_LENGTHS) - 1)


@pytest.mark.parametrize("number", ["4111111111111111", "5555555555554444", "3530111333300000", "6222020000123452"])
def test_cards_whose_check_digit_is_known_pass(number: str):
    assert checked_number(number) == number


@given(body=BODY, place=st.integers(0, 18), other=st.sampled_from("0123456789"))
def test_one_wrong_digit_is_always_found(body: str, place: int, other: str):
    number = body + str(card_digit(body))
    wrong = number[: place % len(number)] + other + number[place % len(number) + 1 :]
    assert not mistyped(number)
    assert mistyped(wrong) == (wrong != number)


@given(body=BODY, place=st.integers(0, 17))
def test_two_neighbours_exchanged_are_found_but_for_0_and_9(body: str, place: int):
    number = body + str(card_digit(body))
    n = place % (len(number) - 1)
    pair = number[n : n + 2]
    wrong = number[:n] + pair[::-1] + number[n + 2 :]
    assert mistyped(wrong) == (wrong != number and set(pair) != {"0", "9"})


def test_a_slip_is_refused_and_a_passbook_is_not():
    with pytest.raises(Refused, match="校验位") as refused:
        checked_number("6222 0200 0012 3453")
    assert "不是银行卡" in (refused.value.do or "")
    assert checked_number("6222 0200 0012 3453", passbook=True)
    assert checked_number("120202330920000") and checked_number("12020233092000088123"), "no card is that short or long"


@pytest.mark.django_db
@pytest.mark.database_role("job")
def test_the_card_bank_is_told_which_of_its_cards_are_mistyped():
    stage = build_stage(members=2)
    slip, book = (
        AccountEntry(one.id, one.name, "工行", "6222020000123453", f"e{n}", passbook=bool(n))
        for n, one in enumerate(stage.members)
    )
    with stage.acting("maker") as by:
        done = funds.register_accounts(by, entries=[slip, book])
    assert done.outcomes == {"e0": AccountOutcome.BAD_NUMBER, "e1": AccountOutcome.NEW}
