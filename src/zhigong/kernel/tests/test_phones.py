"""Telephone numbers: every prefix 13 to 19, the dirt of rosters, landlines with a warning."""

import pytest

from zhigong.kernel.phones import TEXTS, check_phone


@pytest.mark.parametrize("prefix", [13, 14, 15, 16, 17, 18, 19])
def test_all_mobile_prefixes(prefix):
    made = check_phone(f"{prefix}012345678")
    assert made.is_mobile
    assert made.value == f"{prefix}012345678"


@pytest.mark.parametrize(
    "dirty",
    [
        "13800000000.0",
        "+86 138-0000-0000",
        "86 13800000000",
        "008613800000000",
        "１３８００００００００",
        "'13800000000",
        "138 0000 0000\t",
        "(138)00000000",
        "138.0000.0000",
        "138—0000—0000".replace("—", "–"),
        "\u00a013800000000\u3000",
    ],
)
def test_harmless_dirt_is_washed_off(dirty):
    assert check_phone(dirty).value == "13800000000"
    assert check_phone(dirty).is_mobile


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (None, "missing"),
        (" ", "missing"),
        ("138****0000", "masked"),
        ("1.38E+10", "excel-scientific"),
        ("1.38e10", "excel-scientific"),
        ("13800000000/13900000000", "several-phones"),
        ("13800000000、13900000000", "several-phones"),
        ("1380000000", "bad-phone"),
        ("138000000000", "bad-phone"),
        ("12800000000", "bad-phone"),
        ("无", "bad-phone"),
        ("1234567", "bad-phone"),
    ],
)
def test_problems(text, problem):
    made = check_phone(text)
    assert made.problem == problem
    assert made.texts == [TEXTS[problem]]
    assert not made.is_mobile


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0571-87654321", "057187654321"),
        ("(010)62345678", "01062345678"),
        ("87654321", "87654321"),
        ("400-123-4567", "4001234567"),
    ],
)
def test_landlines_are_kept_with_a_warning(text, value):
    made = check_phone(text)
    assert (made.value, made.problem, made.warnings, made.is_mobile) == (value, None, ("landline",), False)
