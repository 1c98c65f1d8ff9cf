"""The work calendar: official swaps, the override table, the horizon, and its arithmetic against a slow oracle."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhigong.kernel.errors import Refused
from zhigong.kernel.workdays import FIRST, Override, calendar_with, read_overrides, work_calendar

CALENDAR = work_calendar()
days = st.dates(date(2009, 1, 1), date(2026, 6, 30))


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        (date(2026, 2, 14), True),  # 星期六，春节调休上班
        (date(2026, 2, 17), False),  # 春节
        (date(2026, 10, 7), False),
        (date(2026, 10, 10), True),
        (date(2025, 1, 26), True),
        (date(2024, 9, 14), True),
        (date(2024, 9, 29), True),
        (date(2024, 10, 1), False),
        (date(2026, 11, 2), True),
        (date(2026, 11, 1), False),
    ],
)
def test_official_days(day, worked):
    assert CALENDAR.is_workday(day) is worked


def test_swaps_and_holidays_have_names():
    assert CALENDAR.why(date(2026, 2, 14)) == "调休上班"
    assert CALENDAR.why(date(2026, 2, 17)) == "春节"
    assert CALENDAR.why(date(2026, 11, 2)) == ""


@given(days, st.integers(-300, 120))
def test_adding_counts_one_by_one(start, count):
    found, left, step = start, abs(count), 1 if count > 0 else -1
    while not CALENDAR.is_workday(found) and count <= 0:
        found += timedelta(days=1)
    while left:
        found += timedelta(days=step)
        left -= CALENDAR.is_workday(found)
    assert CALENDAR.add_workdays(start, count) == found


@given(days, days)
def test_counting_between_is_what_adding_undoes(one, other):
    start, end = sorted((one, other))
    count = CALENDAR.workdays_between(start, end)
    assert count == sum(
        CALENDAR.is_workday(date.fromordinal(day)) for day in range(start.toordinal() + 1, end.toordinal() + 1)
    )
    assert CALENDAR.workdays_between(end, start) == -count
    if count:
        assert CALENDAR.add_workdays(start, count) <= end


@given(days, st.integers(0, 60), st.integers(1, 60))
def test_adding_in_two_steps_is_adding_at_once(start, first, second):
    middle = CALENDAR.add_workdays(start, first)
    if first or CALENDAR.is_workday(start):
        assert CALENDAR.add_workdays(middle, second) == CALENDAR.add_workdays(start, first + second)


def test_past_the_horizon_it_refuses_loudly_unless_estimates_will_do():
    after = CALENDAR.horizon + timedelta(days=1)
    for ask in (
        lambda **more: CALENDAR.is_workday(after, **more),
        lambda **more: CALENDAR.add_workdays(CALENDAR.horizon, 5, **more),
        lambda **more: CALENDAR.workdays_between(CALENDAR.horizon, after, **more),
    ):
        with pytest.raises(Refused, match="录到"):
            ask()
        ask(allow_estimate=True)
    with pytest.raises(Refused):
        CALENDAR.is_workday(FIRST - timedelta(days=1))
    with pytest.raises(Refused):
        CALENDAR.is_workday(CALENDAR.last + timedelta(days=1), allow_estimate=True)
    with pytest.raises(Refused):
        CALENDAR.add_workdays(CALENDAR.horizon, 100_000, allow_estimate=True)
    with pytest.raises(Refused):
        CALENDAR.add_workdays(FIRST, -100_000)


def test_the_horizon_leaves_out_days_that_the_next_notice_may_change():
    """29 December 2018 became a workday by the notice for 2019."""
    assert (CALENDAR.horizon.month, CALENDAR.horizon.day) == (12, 28)
    assert CALENDAR.is_workday(date(2018, 12, 29))
    assert CALENDAR.horizon >= date(2026, 12, 28)


def test_overrides_win_and_extend_the_horizon(tmp_path):
    table = tmp_path / "codes" / "workday_overrides.csv"
    table.parent.mkdir()
    table.write_text(
        "date,kind,name,document\n"
        "2026-11-02,rest,台风停工,某政办〔2026〕1号\n"
        "2026-11-07,work,,某政办〔2026〕1号\n"
        "2028-12-28,known-until,,国办发明电〔2027〕9号\n",
        encoding="utf-8-sig",
    )
    made = work_calendar(roots=[tmp_path])
    assert (made.is_workday(date(2026, 11, 2)), made.why(date(2026, 11, 2))) == (False, "台风停工")
    assert (made.is_workday(date(2026, 11, 7)), made.why(date(2026, 11, 7))) == (True, "调休上班")
    assert made.horizon == date(2028, 12, 28)
    assert made.add_workdays(date(2026, 10, 30), 1) == date(2026, 11, 3)
    table.write_text("date,kind,name,document\n", encoding="utf-8")
    assert work_calendar(roots=[tmp_path]).is_workday(date(2026, 11, 2))


@pytest.mark.parametrize("line", ["2026-02-30,work,,号", "2026-01-01,holiday,,号", "2026-01-01,work,,", "x"])
def test_a_bad_override_is_refused_with_its_line(tmp_path, line):
    path = tmp_path / "overrides.csv"
    path.write_text(f"date,kind,name,document\n2026-01-05,work,,号\n{line}\n", encoding="utf-8")
    with pytest.raises(Refused) as caught:
        read_overrides(path)
    assert caught.value.where.endswith(":3")


def test_a_calendar_needs_no_overrides():
    assert calendar_with([]).horizon == CALENDAR.horizon
    assert calendar_with([Override(date(2026, 11, 7), "work", "", "号")]).is_workday(date(2026, 11, 7))
