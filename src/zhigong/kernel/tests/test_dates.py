"""Dates: the dirt of domain.md §1.4, item 4."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhigong.kernel.dates import SERIAL_SHIFT_1904, SERIAL_ZERO, TEXTS, read_date

days = st.dates(date(1932, 1, 1), date(2098, 12, 31))
SHAPES = [
    *("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y%m%d", "%Y-%m-%d 00:00:00", "%Y/%m/%d 10:05"),
    *("%Y-%m-%dT23:59:59Z", "%Y年 %m月 %d日", "%Y%m%d.0", "%Y年%m月%d号", "'%Y-%m-%d", "%Y/%m/%d 上午10:05:30"),
]


@given(days, st.sampled_from(SHAPES))
def test_every_shape_of_a_day_is_read(day, shape):
    text = day.strftime(shape)
    for one in (text, text.translate(str.maketrans("0123456789./-", "０１２３４５６７８９．／－"))):
        made = read_date(one)
        assert (made.value, made.precision, made.problem) == (day, "day", None)


@given(days)
def test_days_without_padding(day):
    for text in (f"{day.year}.{day.month}.{day.day}", f"{day.year}/{day.month}/{day.day} 0:00"):
        assert read_date(text).value == day


@given(days)
def test_excel_serials_of_both_epochs(day):
    serial = (day - SERIAL_ZERO).days
    assert read_date(str(serial)).value == day
    assert read_date(f"{serial}.0").value == day
    assert read_date(f"{serial}.75").value == day
    assert read_date(str(serial - SERIAL_SHIFT_1904), epoch_1904=True).value == day


def test_serials_by_known_examples():
    assert read_date("31048").value == date(1985, 1, 1)
    assert read_date("29586", epoch_1904=True).value == date(1985, 1, 1)
    assert SERIAL_ZERO + timedelta(days=45292) == date(2024, 1, 1)


@pytest.mark.parametrize("text", ["1985年1月", "1985-01", "1985/1", "198501", "1985.01", "１９８５．０１", "198501.0"])
def test_months_become_their_first_day_and_say_so(text):
    made = read_date(text)
    assert (made.value, made.precision, made.problem) == (date(1985, 1, 1), "month", None)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (None, "missing"),
        ("　", "missing"),
        ("1985.1", "ambiguous-month"),  # a number cell turns 1985.10 into 1985.1
        ("1985", "year-only"),
        ("1985年", "year-only"),
        ("1985.0", "year-only"),
        ("85.1.1", "two-digit-year"),
        ("850101", "two-digit-year"),
        ("85年1月", "two-digit-year"),
        ("1985-02-30", "impossible-date"),
        ("19850230", "impossible-date"),
        ("1985-13-01", "impossible-date"),
        ("1985-00-01", "impossible-date"),
        ("1899-12-31", "impossible-date"),
        ("2200-01-01", "impossible-date"),
        ("1900-02-29", "impossible-date"),
        ("1985年13月", "impossible-date"),
        ("民国七十四年", "unreadable-date"),
        ("1/1/1985", "unreadable-date"),
        ("0.5", "unreadable-date"),
        ("9999", "unreadable-date"),
        ("9863.0", "impossible-date"),
        ("73051", "unreadable-date"),
        ("不详", "unreadable-date"),
    ],
)
def test_nothing_is_guessed(text, problem):
    made = read_date(text)
    assert (made.value, made.problem) == (None, problem)
    assert made.text == TEXTS[problem]


def test_an_hour_is_not_part_of_the_day():
    assert read_date("1985/1/1 10:00").value == date(1985, 1, 1)
    assert read_date(str(datetime(1985, 1, 1, 10, 0))).value == date(1985, 1, 1)  # noqa: DTZ001
