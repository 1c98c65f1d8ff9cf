"""Fen: read exactly or not at all, shown, and split without loss."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhigong.kernel.errors import Refused
from zhigong.kernel.money import MAX_FEN, format_fen, format_yuan, parse_fen, split


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("1,234.50", 123450),
        ("１，２３４．５", 123450),
        ("1.2万元", 1200000),
        ("1.2345万", 1234500),
        ("3亿", 30_000_000_000),
        ("¥-0.00", None),
        ("-¥5", -500),
        ("￥5元整", 500),
        (" 12 元 ", 1200),
        (".5", 50),
        ("0.1", 10),
        ("1234.500", 123450),
        ("'100", 10000),
        (0.1, 10),
        (1234.56, 123456),
        (7, 700),
        (Decimal("19.99"), 1999),
        ("0", 0),
    ],
)
def test_amounts_as_people_write_them(text, fen):
    if fen is None:
        with pytest.raises(Refused):
            parse_fen(text)
    else:
        assert parse_fen(text) == fen


@pytest.mark.parametrize(
    "text",
    [
        "",
        "无",
        "1.234",
        "1,23",
        "12,34.5",
        "0,123",
        "1e5",
        "1.2.3",
        "--1",
        "5角",
        "NaN",
        "99999999999999999999",
        "１２３４ａ",
    ],
)
def test_anything_else_is_refused_with_its_place(text):
    with pytest.raises(Refused) as caught:
        parse_fen(text, where="第 3 行")
    assert caught.value.where == "第 3 行"


@pytest.mark.parametrize("number", [float("nan"), float("inf"), 0.001, Decimal("Infinity"), 1e20])
def test_numbers_that_are_no_amount(number):
    with pytest.raises(Refused):
        parse_fen(number)


@given(st.integers(-MAX_FEN, MAX_FEN))
def test_what_is_shown_is_read_back(fen):
    assert parse_fen(format_fen(fen)) == fen
    assert parse_fen(format_fen(fen, thousands=False)) == fen
    assert parse_fen(format_yuan(fen)) == fen


def test_shown():
    assert format_fen(123450) == "1,234.50"
    assert format_fen(-5) == "-0.05"
    assert format_fen(123450, thousands=False) == "1234.50"
    assert format_yuan(120000) == "1,200 元"
    assert format_yuan(123450) == "1,234.50 元"


weights = st.lists(st.integers(0, 10**9), min_size=1, max_size=12).filter(any)


@given(st.integers(-(10**13), 10**13), weights)
def test_a_split_loses_nothing_and_is_fair(total, parts):
    shares = split(total, parts)
    assert sum(shares) == total
    whole = sum(parts)
    for share, weight in zip(shares, parts, strict=True):
        assert abs(share - Fraction(total * weight, whole)) < 1
        assert weight or share == 0
        assert share * total >= 0


@given(st.integers(0, 10**9), weights)
def test_more_weight_is_never_less_money(total, parts):
    shares = split(total, parts)
    for one, other in zip(range(len(parts)), range(1, len(parts)), strict=False):
        if parts[one] > parts[other]:
            assert shares[one] >= shares[other]


def test_ties_go_to_the_earlier_share():
    assert split(100, [1, 1, 1]) == [34, 33, 33]
    assert split(-100, [1, 1, 1]) == [-34, -33, -33]
    assert split(10, [Decimal("0.5"), Decimal("0.25"), Fraction(1, 4)]) == [5, 3, 2]


@pytest.mark.parametrize("parts", [[], [0, 0], [1, -1]])
def test_weights_that_make_no_sense(parts):
    with pytest.raises(ValueError, match="weights"):
        split(100, parts)
