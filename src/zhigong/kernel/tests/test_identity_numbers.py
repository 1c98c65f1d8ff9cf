"""Identity documents: traps of domain.md §1.3 and dirt of §1.4, each by example and by property."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhigong.kernel.identity_numbers import (
    FOREIGN_RESIDENT,
    HARD,
    HKM_RESIDENT,
    HOME_RETURN,
    PASSPORT,
    RESIDENT,
    TAIWAN_PERMIT,
    TAIWAN_RESIDENT,
    TEXTS,
    check_digit,
    check_document,
    known_regions,
    upgrade,
)

ON = date(2026, 11, 1)
REAL = "11010519491231002X"  # the example of GB 11643-1999


def check(text, **more):
    return check_document(text, on=more.pop("on", ON), **more)


def numbered(region, born, order):
    first = f"{region}{born:%Y%m%d}{order:03d}"
    return first + check_digit(first)


births = st.dates(date(1900, 1, 1), ON)
regions = st.sampled_from(["110105", "441900", "442000", "460400", "460106", "330113", "659012"])


def test_the_example_of_the_standard():
    made = check(REAL)
    assert (made.value, made.problem, made.warnings) == (REAL, None, ())
    assert (made.birth, made.sex, made.region, made.kind) == (date(1949, 12, 31), "2", "110105", RESIDENT)


@given(regions, births, st.integers(1, 999))
def test_sound_numbers_pass_and_say_who(region, born, order):
    made = check(numbered(region, born, order))
    assert made.hard == ()
    assert (made.birth, made.sex, made.region) == (born, "1" if order % 2 else "2", region)


@given(regions, births, st.integers(1, 999), st.integers(0, 17), st.sampled_from("0123456789X"))
def test_one_wrong_character_is_always_noticed(region, born, order, place, other):
    number = numbered(region, born, order)
    wrong = number[:place] + other + number[place + 1 :]
    assert wrong == number or check(wrong).hard


@given(regions, births, st.integers(1, 999), st.integers(0, 16))
def test_neighbours_swapped_are_always_noticed(region, born, order, place):
    number = numbered(region, born, order)
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    assert swapped == number or check(swapped).hard


@pytest.mark.parametrize(
    "dirty",
    [
        "11010519491231002x",
        "'11010519491231002X",
        "１１０１０５１９４９１２３１００２Ｘ",
        "110105 19491231 002X",
        "\u00a011010519491231002X\u3000",
        "11010519491231002X\t",
        "\ufeff11010519491231002X\r\n",
        "110105\u200b19491231002ｘ",
    ],
)
def test_harmless_dirt_is_washed_off(dirty):
    assert check(dirty) == check(REAL)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (None, "missing"),
        ("", "missing"),
        (" 　\t", "missing"),
        ("110***********002X", "masked"),
        ("１１０＊＊＊＊＊＊＊＊＊＊＊００２Ｘ", "masked"),
        ("1.10105E+17", "excel-scientific"),
        ("1.1010519491231e+17", "excel-scientific"),
        ("1E+17", "excel-scientific"),
        ("110105194912310000", "excel-truncated"),
        ("110105194912310000.0", "excel-truncated"),
        ("110105194912310021.0", "excel-truncated"),
        ("110105194912310", "excel-truncated"),
        ("110105200512310", "excel-truncated"),
        ("110105194912310.0", "excel-truncated"),
        ("1101051949123100", "bad-length"),
        ("11010519491231", "bad-length"),
        ("11010519491231002", "bad-length"),
        ("1101051949123100X2", "bad-characters"),
        ("11010519491231OO2X", "bad-characters"),
        ("身份证丢失", "bad-characters"),
        ("11010549123100X", "bad-characters"),
        ("110105194902310021", "impossible-date"),
        ("110105189912310021", "impossible-date"),
        ("110105491331002", "impossible-date"),
        ("11010519491231002Y", "bad-characters"),
        ("110105194912310021", "bad-check-digit"),
        ("110105194912310016", "bad-check-digit"),  # what a float leaves of the real number
    ],
)
def test_damage_is_named_and_never_repaired(text, problem):
    made = check(text)
    assert made.problem == problem
    assert (made.birth, made.sex, made.region) == (None, "", "")
    assert made.texts[0] == TEXTS[problem]


@pytest.mark.parametrize("library_trap", ["441900", "442000", "460400", "460106", "810000", "820000", "830000"])
def test_regions_that_libraries_reject(library_trap):
    assert check(numbered(library_trap, date(1990, 1, 1), 12)).texts == []


def test_a_region_younger_than_its_bearer_is_no_problem():
    assert check(numbered("330113", date(1970, 5, 6), 3)).texts == []
    assert check(numbered("659012", date(1970, 5, 6), 3)).texts == []


def test_abolished_regions_are_known_and_unknown_ones_only_warned_about():
    for abolished in ("110103", "340221", "510202", "330103"):
        assert abolished in known_regions()
        assert check(numbered(abolished, date(1960, 1, 1), 1)).warnings == ()
    made = check(numbered("999999", date(1960, 1, 1), 1))
    assert made.kind == FOREIGN_RESIDENT
    assert check(numbered("129999", date(1960, 1, 1), 1)).warnings == ("unknown-region",)
    assert check(numbered("110105", date(1960, 1, 1), 1), regions=set()).warnings == ("unknown-region",)


def test_birth_must_be_real_and_past():
    assert check(numbered("110105", date(2099, 1, 1), 1)).problem == "future-date"
    assert check(numbered("110105", ON, 1)).problem is None
    assert check(numbered("110105", ON + timedelta(days=1), 1)).problem == "future-date"
    assert check(numbered("110105", ON + timedelta(days=1), 1), on=ON + timedelta(days=1)).problem is None
    assert check(numbered("110105", date(1904, 2, 29), 1)).problem is None


@given(regions, st.dates(date(1921, 1, 1), date(1999, 12, 31)), st.integers(1, 999))
def test_old_numbers_become_the_new_ones(region, born, order):
    new = numbered(region, born, order)
    old = new[:6] + new[8:17]
    made = check(old)
    assert (made.value, made.birth, made.hard) == (new, born, ())
    assert "upgraded-15" in made.warnings
    assert upgrade(old) == new
    assert check(f"{old}.0").value == new


def test_a_number_cell_never_holds_eighteen_true_digits():
    assert check(REAL, from_number=True).problem == "excel-truncated"
    assert check("110105491231002", from_number=True).problem is None


def test_a_sound_number_ending_in_three_zeros_is_warned_about():
    ending = next(
        one
        for order in range(100, 1000, 100)
        for day in range(1, 29)
        if (one := numbered("110105", date(1980, 1, day), order)).endswith("000")
    )
    made = check(ending)
    assert (made.problem, made.warnings) == (None, ("maybe-truncated",))


def test_permits_are_recognised_by_their_prefix():
    hong_kong = numbered("810000", date(1990, 1, 1), 1)
    assert check(hong_kong).kind == HKM_RESIDENT
    assert check(numbered("820000", date(1990, 1, 1), 1)).kind == HKM_RESIDENT
    assert check(numbered("830000", date(1990, 1, 1), 1)).kind == TAIWAN_RESIDENT
    assert check(hong_kong, kind=TAIWAN_RESIDENT).warnings == ("kind-mismatch",)
    assert check(REAL, kind=HKM_RESIDENT).warnings == ("kind-mismatch",)
    assert check(hong_kong, kind=HKM_RESIDENT).warnings == ()


def test_foreign_permanent_residents_old_and_new():
    new = numbered("911124", date(1978, 9, 22), 1)
    made = check(new, kind=FOREIGN_RESIDENT)
    assert (made.kind, made.birth, made.sex, made.region, made.texts) == (
        FOREIGN_RESIDENT,
        date(1978, 9, 22),
        "1",
        "",
        [],
    )
    assert check(new[:-1] + ("0" if new[-1] != "0" else "1"), kind=FOREIGN_RESIDENT).problem == "bad-check-digit"
    old = check("can110078092201", kind=FOREIGN_RESIDENT)
    assert (old.value, old.problem, old.warnings) == ("CAN110078092201", None, ("not-verifiable",))


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (HOME_RETURN, ["H12345678", "m1234567890", "Ｈ12345678"], ["A12345678", "H1234567", "12345678"]),
        (TAIWAN_PERMIT, ["12345678", "1234567890", "1234567890(B)"], ["1234567", "A2345678"]),
        (PASSPORT, ["E12345678", "G12345678", "5E12345", "AB1234567"], ["E12", "护照12345"]),
        ("114", ["南字第1234567号"], ["军"]),
        ("990", ["A-12/34"], [""]),
        ("no such kind", ["12345"], ["1"]),
    ],
)
def test_other_papers_are_checked_by_their_form(kind, good, bad):
    for text in good:
        assert check(text, kind=kind).hard == ()
    for text in bad:
        assert check(text, kind=kind).hard != ()


def test_masked_and_scientific_papers():
    assert check("H12****78", kind=HOME_RETURN).problem == "masked"
    assert check("1.23E+10", kind=TAIWAN_PERMIT).problem == "excel-scientific"


def test_a_roster_that_contradicts_the_number():
    made = check(REAL)
    assert made.contradictions(birth=date(1949, 12, 31), sex="2") == []
    assert made.contradictions(birth=date(1950, 1, 1), sex="1") == ["birth-mismatch", "sex-mismatch"]
    assert made.contradictions(sex="9") == []
    assert check("坏").contradictions(birth=date(1950, 1, 1), sex="1") == []


def test_every_code_has_a_sentence():
    assert set(HARD) <= set(TEXTS)
    assert all(text.endswith("。") for text in TEXTS.values())
