"""Check digits against python-stdnum and against the definition of the standard."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.cn import uscc

from zhigong.generator.checkdigits import credit_codes, digit_matrix, id_check, identity_numbers
from zhigong.generator.tests.reading import check_character, good_number
from zhigong.generator.texts import fixed


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 10**17 - 1), min_size=1, max_size=50))
def test_check_character_is_that_of_the_definition(numbers: list[int]) -> None:
    checks = id_check(digit_matrix(np.array(numbers), 17)).tobytes().decode()
    assert list(checks) == [check_character(f"{number:017d}") for number in numbers]


def test_known_number() -> None:
    """The example printed in GB 11643."""
    assert check_character("11010519491231002") == "X"
    assert bytes(id_check(digit_matrix(np.array([11010519491231002]), 17))) == b"X"


def test_numbers_of_one_day_and_place_are_distinct_and_sexed() -> None:
    sex = np.tile([1, 2], 390)
    numbers = fixed(identity_numbers(np.full(780, 990102), np.full(780, 19850312), sex)).to_pylist()
    assert len(set(numbers)) == 780
    assert all(good_number(number) for number in numbers)
    assert all(int(number[16]) % 2 == one % 2 for number, one in zip(numbers, sex, strict=True))
    assert not any(number.endswith("000") for number in numbers)


def test_too_many_births_are_refused() -> None:
    count = 401
    try:
        identity_numbers(np.full(count, 990102), np.full(count, 19850312), np.ones(count, dtype=int))
    except ValueError:
        return
    raise AssertionError("numbers would repeat")


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 31**6 - 1), min_size=1, max_size=40, unique=True), st.sampled_from([91, 81, 12, 11, 52]))
def test_credit_codes_are_valid_and_distinct(serials: list[int], kind: int) -> None:
    size = len(serials)
    codes = fixed(credit_codes(np.full(size, kind), np.full(size, 990104), np.array(serials))).to_pylist()
    assert len(set(codes)) == size
    for code in codes:
        assert uscc.is_valid(code)
        assert code.startswith(f"{kind}990104")
        wrong = code[:-1] + ("1" if code[-1] != "1" else "2")
        assert not uscc.is_valid(wrong)
