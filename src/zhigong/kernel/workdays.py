"""Workdays of China with swapped days (调休).

Days come from the `holidays` package, corrected by `codes/workday_overrides.csv` of the catalogue (date, kind, name,
document): kind `work` or `rest` sets a day; kind `known-until` extends the horizon once a year's notice is entered.
"""

from __future__ import annotations

import csv
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from zhigong.kernel import resources
from zhigong.kernel.errors import Refused

if TYPE_CHECKING:
    import holidays

FIRST = date(2008, 1, 1)  # swapped days of earlier years are of no use to a running deadline
_ESTIMATED_YEARS = 5  # how far estimates may reach past the horizon
# A year's notice may still change the last days of the year before: 29 December 2007 and 2018 became workdays so.
_NEXT_NOTICE_REACHES_BACK_TO = (12, 29)
_KINDS = {"work", "rest", "known-until"}


@dataclass(frozen=True, slots=True)
class Override:
    """One line of the override table."""

    day: date
    kind: str
    name: str
    document: str


@dataclass(frozen=True)
class WorkCalendar:
    """Workdays from FIRST on. horizon: the last day whose status is official; past it questions are refused.

    workdays: sorted ordinals; names: why a weekday is free or a weekend day is worked.
    """

    horizon: date
    workdays: tuple[int, ...]
    names: dict[date, str]
    last: date

    def is_workday(self, day: date, *, allow_estimate: bool = False) -> bool:
        """Whether the day is worked; raises Refused past the horizon unless estimates will do."""
        self._check(day, allow_estimate=allow_estimate)
        place = bisect_left(self.workdays, day.toordinal())
        return place < len(self.workdays) and self.workdays[place] == day.toordinal()

    def add_workdays(self, start: date, count: int, *, allow_estimate: bool = False) -> date:
        """The count-th workday after `start` (before it when negative); 0 gives start, or the next workday if free."""
        self._check(start, allow_estimate=allow_estimate)
        ordinal = start.toordinal()
        if count > 0:
            place = bisect_right(self.workdays, ordinal) + count - 1
        else:
            place = bisect_left(self.workdays, ordinal) + count
        if not 0 <= place < len(self.workdays):
            raise self._beyond(self.last if count >= 0 else FIRST)
        found = date.fromordinal(self.workdays[place])
        self._check(found, allow_estimate=allow_estimate)
        return found

    def workdays_between(self, start: date, end: date, *, allow_estimate: bool = False) -> int:
        """Workdays after `start` up to and including `end`; negative when end lies before start."""
        for day in (start, end):
            self._check(day, allow_estimate=allow_estimate)
        return bisect_right(self.workdays, end.toordinal()) - bisect_right(self.workdays, start.toordinal())

    def why(self, day: date) -> str:
        """The name of the holiday or swap on that day; '' for an ordinary one."""
        return self.names.get(day, "")

    def _check(self, day: date, *, allow_estimate: bool) -> None:
        if not FIRST <= day <= (self.last if allow_estimate else self.horizon):
            raise self._beyond(day)

    def _beyond(self, day: date) -> Refused:
        return Refused(
            "工作日历不包含这一天，无法计算期限。",
            where=day.isoformat(),
            why=f"官方放假调休安排只录到 {self.horizon}（自 {FIRST} 起）",
            do="请在 workday_overrides.csv 录入国务院办公厅当年的放假通知，或升级系统。",
        )


def work_calendar(*, roots: Sequence[Path] | None = None) -> WorkCalendar:
    """The calendar with the overrides of the nearest catalogue that has them."""
    path = resources.find("codes/workday_overrides.csv", within=roots)
    return _built(path, path.stat().st_mtime_ns)


@cache
def _built(path: Path, _changed_ns: int) -> WorkCalendar:
    return calendar_with(read_overrides(path))


def read_overrides(path: Path) -> list[Override]:
    """The override table; raises Refused with file:line."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return [_override(raw, f"{path}:{line}") for line, raw in enumerate(csv.DictReader(stream), 2)]


def _override(raw: dict[str, str], where: str) -> Override:
    try:
        made = Override(date.fromisoformat(raw["date"]), raw["kind"], raw["name"], raw["document"])
    except (KeyError, ValueError, TypeError) as error:
        raise Refused("工作日调整表的一行有误。", where=where, why=str(error)) from error
    if made.kind not in _KINDS or not made.document:
        why = "kind 只能是 work、rest、known-until，且必须写明文号"
        raise Refused("工作日调整表的一行有误。", where=where, why=why)
    return made


def calendar_with(overrides: Sequence[Override]) -> WorkCalendar:
    """A calendar of the packaged days and these overrides."""
    import holidays  # imported here: it costs a fifth of a second

    packaged = holidays.country_holidays("CN", years=FIRST.year, language="zh_CN")  # grows by the years asked for
    horizon = max([_packaged_horizon(packaged), *(one.day for one in overrides if one.kind == "known-until")])
    last = date(horizon.year + _ESTIMATED_YEARS, 12, 31)
    changed = {one.day: one for one in overrides if one.kind != "known-until"}
    free, swapped = _reaching(packaged, last), packaged.weekend_workdays
    workdays, names = [], {}
    for ordinal in range(FIRST.toordinal(), last.toordinal() + 1):
        day = date.fromordinal(ordinal)
        weekend = day.weekday() >= 5
        worked = day in swapped if weekend else day not in free
        if day in changed:
            worked = changed[day].kind == "work"
        if worked:
            workdays.append(ordinal)
        if worked == weekend:
            named = changed[day].name if day in changed else ""
            names[day] = named or ("调休上班" if worked else free.get(day, "放假"))
    return WorkCalendar(horizon, tuple(workdays), names, last)


def _reaching(packaged: holidays.HolidayBase, last: date) -> dict[date, str]:
    """The holidays of all years to `last` as a plain dict: the package's own look-up is slow."""
    for year in range(FIRST.year, last.year + 1):
        packaged.get(date(year, 1, 1))
    return dict(packaged.items())


def _packaged_horizon(packaged: holidays.HolidayBase) -> date:
    """The day to which the package is official: a year without swapped workdays has no notice yet."""
    year = FIRST.year
    while date(year + 1, 1, 1) in packaged and any(day.year == year + 1 for day in packaged.weekend_workdays):
        year += 1
    return date(year, *_NEXT_NOTICE_REACHES_BACK_TO) - timedelta(days=1)
