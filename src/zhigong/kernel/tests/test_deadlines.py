"""Deadlines: workdays and days, pauses, and the explanation of each step."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhigong.kernel.deadlines import Deadline, Pause
from zhigong.kernel.errors import Refused
from zhigong.kernel.workdays import work_calendar

CALENDAR = work_calendar()
days = st.dates(date(2010, 1, 1), date(2026, 1, 1))


@given(days, st.integers(0, 90))
def test_workdays_agree_with_the_calendar(start, count):
    assert Deadline(start, workdays=count).resolve(CALENDAR).due == CALENDAR.add_workdays(start, count)


@given(days, st.integers(0, 200))
def test_days_end_on_a_workday(start, count):
    due = Deadline(start, days=count).resolve(CALENDAR).due
    last = start + timedelta(days=count)
    assert due == CALENDAR.add_workdays(last, 0)


@given(days, st.integers(1, 60), st.integers(1, 20), st.integers(0, 40))
def test_a_pause_moves_the_date_by_its_own_length(start, count, after, length):
    pause = Pause(start + timedelta(days=after), start + timedelta(days=after + length), "等待补正")
    plain = start + timedelta(days=count)
    due = Deadline(start, days=count, pauses=(pause,)).resolve(CALENDAR).due
    moved = plain + timedelta(days=length + 1) if after <= count else plain
    assert due == CALENDAR.add_workdays(moved, 0)


def test_overlapping_pauses_count_once():
    first = Pause(date(2026, 3, 3), date(2026, 3, 5), "等待补正")
    second = Pause(date(2026, 3, 4), date(2026, 3, 6), "入户调查")
    due = Deadline(date(2026, 3, 2), workdays=5, pauses=(second, first)).resolve(CALENDAR)
    assert due.due == date(2026, 3, 13)
    assert [step for step in due.steps if "暂停" in step] == [
        "2026年3月3日至2026年3月5日暂停计时：等待补正",
        "2026年3月4日至2026年3月6日暂停计时：入户调查",
    ]


def test_an_open_pause_leaves_no_due_date_unless_time_ran_out_before():
    pause = Pause(date(2026, 3, 9), None, "等待补正")
    waiting = Deadline(date(2026, 3, 2), workdays=10, pauses=(pause,)).resolve(CALENDAR)
    assert waiting.due is None
    assert waiting.steps[-1] == "2026年3月9日起暂停计时，至今未恢复：等待补正"
    assert Deadline(date(2026, 3, 2), workdays=3, pauses=(pause,)).resolve(CALENDAR).due == date(2026, 3, 5)


def test_the_steps_explain_holidays_and_swaps():
    made = Deadline(date(2026, 9, 30), workdays=3).resolve(CALENDAR)
    assert made.due == date(2026, 10, 10)
    text = "\n".join(made.steps)
    assert made.steps[0] == "2026年9月30日起算（当日不计），时限 3 个工作日"
    assert "国庆节" in text
    assert "2026年10月10日：调休上班" in text
    assert made.steps[-1] == "到期日为2026年10月10日"


def test_the_steps_explain_a_moved_last_day():
    made = Deadline(date(2026, 9, 15), days=18).resolve(CALENDAR)
    assert made.due == date(2026, 10, 8)
    assert "最后一日2026年10月3日不上班，顺延到下一个工作日" in made.steps


def test_past_the_horizon():
    with pytest.raises(Refused):
        Deadline(CALENDAR.horizon, workdays=5).resolve(CALENDAR)
    made = Deadline(CALENDAR.horizon, workdays=5).resolve(CALENDAR, allow_estimate=True)
    assert made.estimated
    assert any("推定" in step for step in made.steps)


@pytest.mark.parametrize("limit", [{}, {"workdays": 1, "days": 1}, {"workdays": -1}, {"days": -1}])
def test_a_deadline_has_one_limit(limit):
    with pytest.raises(ValueError, match="either"):
        Deadline(date(2026, 1, 5), **limit)
