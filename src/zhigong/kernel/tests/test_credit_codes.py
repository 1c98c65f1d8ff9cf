"""Credit codes: alphabet and length are hard, the check character a warning."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhigong.kernel.credit_codes import ALPHABET, TEXTS, check_character, check_credit_code

bodies = st.text(st.sampled_from(ALPHABET), min_size=17, max_size=17)


@pytest.mark.parametrize("real", ["91350100M000100Y43", "91110000600037341L", "911100007109250324"])
def test_published_codes(real):
    made = check_credit_code(real)
    assert (made.value, made.problem, made.warnings) == (real, None, ())


@given(bodies)
def test_the_check_character_makes_a_code_sound(body):
    assert check_credit_code(body + check_character(body)).warnings == ()


@given(bodies, st.integers(0, 16), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_always_noticed(body, place, other):
    code = body + check_character(body)
    wrong = code[:place] + other + code[place + 1 :]
    assert wrong == code or check_credit_code(wrong).warnings == ("bad-check-digit",)


def test_a_failed_check_character_does_not_block():
    made = check_credit_code("91350100M000100Y44")
    assert (made.problem, made.warnings) == (None, ("bad-check-digit",))
    assert made.texts == [TEXTS["bad-check-digit"]]


@pytest.mark.parametrize(
    "dirty", ["'91350100m000100y43", "９１３５０１００Ｍ０００１００Ｙ４３", " 9135 0100 M000 100Y 43\t"]
)
def test_harmless_dirt_is_washed_off(dirty):
    assert check_credit_code(dirty).value == "91350100M000100Y43"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (None, "missing"),
        ("", "missing"),
        ("9135010*********43", "masked"),
        ("9.13501E+17", "excel-scientific"),
        ("330100000012345", "bad-length"),
        ("91350100M000100Y4", "bad-length"),
        ("91350100M000100Y431", "bad-length"),
        *((f"91350100M000100Y4{letter}", "bad-characters") for letter in "IOZSV-"),
    ],
)
def test_hard_problems(text, problem):
    assert check_credit_code(text).problem == problem
    assert check_credit_code(text).texts == [TEXTS[problem]]


def test_unions_start_with_81():
    body = "81330100MC1234567"
    union = body + check_character(body)
    assert check_credit_code(union, union=True).warnings == ()
    assert check_credit_code(union).is_union
    assert check_credit_code("91350100M000100Y43", union=True).warnings == ("not-union",)
    assert not check_credit_code("81").is_union
