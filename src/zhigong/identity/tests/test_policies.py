"""Pure decisions: phones, limits, strength, freshness."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhigong.identity import policies
from zhigong.kernel.errors import Refused

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ME = "0199a0a0-0000-7000-8000-000000000001"
OTHER = "0199a0a0-0000-7000-8000-000000000002"
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


def session(*records: dict, of: str = ME, signed_in: str | None = ME) -> dict:
    return {
        policies.RECORDS_KEY: list(records),
        policies.RECORDS_OF_KEY: of,
        **({policies.ACCOUNT_KEY: signed_in} if signed_in else {}),
    }


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True))
def test_a_phone_is_the_same_however_it_is_typed(phone):
    typed = [
        f"+86 {phone[:3]} {phone[3:7]} {phone[7:]}",
        f"0086{phone}",
        phone.translate(FULL_WIDTH),
        f" {phone[:3]}-{phone[3:]}\u3000",
    ]
    assert {policies.clean_phone(text) for text in typed} == {phone}


@pytest.mark.parametrize(
    "text", ["", "12345678901", "1380000000", "138000000000", "1.38E+10", "0551-1234567", "一三八"]
)
def test_other_numbers_are_refused_with_what_to_do(text):
    with pytest.raises(Refused) as refused:
        policies.clean_phone(text)
    assert refused.value.do


@given(st.lists(st.integers(0, 90_000), max_size=12), st.integers(0, 90_000))
def test_after_the_wait_nothing_stands_in_the_way(ages, probe):
    sent = sorted((NOW - timedelta(seconds=age) for age in ages), reverse=True)
    until = policies.wait_until(sent, policies.PHONE_LIMITS, NOW)
    moment = NOW + timedelta(seconds=probe)
    blocked = any(sum(s > moment - span for s in sent) >= count for count, span in policies.PHONE_LIMITS)
    if until is None:
        assert not any(sum(s > NOW - span for s in sent) >= count for count, span in policies.PHONE_LIMITS)
    elif moment >= until:
        assert not blocked


def test_only_a_second_factor_makes_a_session_strong():
    assert policies.is_strong(session({"method": "password"}, {"method": "mfa"}), demo=False)
    assert not policies.is_strong(session({"method": "password"}), demo=False)
    assert not policies.is_strong(session({"method": "phone"}), demo=False)
    assert not policies.is_strong({}, demo=True)


def test_one_click_is_strong_in_the_demo_only():
    clicked = session({"method": "demo"})
    assert policies.is_strong(clicked, demo=True)
    assert not policies.is_strong(clicked, demo=False)


def test_proofs_of_another_account_or_of_nobody_do_not_count():
    proof = {"method": "mfa", "at": NOW.timestamp()}
    for data in (session(proof, of=OTHER), session(proof, signed_in=None)):
        assert not policies.is_strong(data, demo=True)
        assert not policies.is_stepped_up(data, now=NOW)


@given(st.integers(-3600, 3600))
def test_a_proof_is_fresh_for_five_minutes_and_never_from_the_future(age):
    data = session({"method": "password", "at": NOW.timestamp() - age})
    assert policies.is_stepped_up(data, now=NOW) is (-5 <= age <= 300)
