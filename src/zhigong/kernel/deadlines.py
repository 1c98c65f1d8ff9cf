"""Time limits: when something is due, and the steps that explain why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from zhigong.kernel.workdays import WorkCalendar


@dataclass(frozen=True, slots=True)
class Pause:
    """A span in which the clock stands still, both days included; `until` is None while it lasts."""

    since: date
    until: date | None
    reason: str

    def covers(self, day: date) -> bool:
        """Whether the clock stands still on that day."""
        return self.since <= day and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True)
class Due:
    """When something is due and how that follows; `due` is None while the clock stands still."""

    due: date | None
    steps: tuple[str, ...]
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class Deadline:
    """A time limit from `start`, which is not counted itself, in either workdays or calendar days.

    A limit in calendar days that ends on a free day moves to the next workday (民法典第二百零三条).
    """

    start: date
    workdays: int | None = None
    days: int | None = None
    pauses: tuple[Pause, ...] = ()

    def __post_init__(self) -> None:
        if (self.workdays is None) == (self.days is None) or self.count < 0:
            raise ValueError("a deadline has either workdays or days, not negative")

    @property
    def count(self) -> int:
        """The length of the limit, in workdays or days."""
        return self.workdays if self.workdays is not None else self.days or 0

    def resolve(self, calendar: WorkCalendar, *, allow_estimate: bool = False) -> Due:
        """The due date with its explanation; raises Refused past the calendar's horizon unless estimates will do."""
        unit = "个工作日" if self.workdays is not None else "天"
        steps = [f"{_say(self.start)}起算（当日不计），时限 {self.count} {unit}"]
        last, met = self._walk(calendar, allow_estimate=allow_estimate)
        steps += [_explain(pause) for pause in met]
        if last is None:
            return Due(None, tuple(steps))
        due = calendar.add_workdays(last, 0, allow_estimate=allow_estimate)
        if self.workdays is not None:
            steps += _named_days(calendar, self.start, due)
        elif due != last:
            steps.append(f"最后一日{_say(last)}不上班，顺延到下一个工作日")
        estimated = due > calendar.horizon
        if estimated:
            steps.append(f"{_say(calendar.horizon)}之后的放假调休安排尚未录入，按推定计算")
        return Due(due, (*steps, f"到期日为{_say(due)}"), estimated)

    def _walk(self, calendar: WorkCalendar, *, allow_estimate: bool) -> tuple[date | None, list[Pause]]:
        """The last day of the limit (None when an open pause is met first), and the pauses met on the way."""
        day, left, met = self.start, self.count, []
        while left > 0:
            day += timedelta(days=1)
            pausing = [pause for pause in self.pauses if pause.covers(day)]
            met += [pause for pause in pausing if pause not in met]
            if any(pause.until is None for pause in pausing):
                return None, met
            if pausing:
                continue
            if self.workdays is None or calendar.is_workday(day, allow_estimate=allow_estimate):
                left -= 1
        return day, met


def _explain(pause: Pause) -> str:
    if pause.until is None:
        return f"{_say(pause.since)}起暂停计时，至今未恢复：{pause.reason}"
    return f"{_say(pause.since)}至{_say(pause.until)}暂停计时：{pause.reason}"


def _named_days(calendar: WorkCalendar, start: date, due: date) -> Sequence[str]:
    """One step per holiday or swap between start and due."""
    met: dict[str, list[date]] = {}
    for day, name in sorted(calendar.names.items()):
        if start < day <= due:
            met.setdefault(name, []).append(day)
    return [f"{'、'.join(_say(day) for day in days)}：{name}" for name, days in met.items()]


def _say(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
