"""Dates as they come in rosters: separators of all kinds, Excel serials, months without a day (domain.md §1.4).

`sql_checks` holds the same rules as SQL; a test keeps both in step.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from zhigong.kernel.folding import fold_code, fold_spaced

FIRST_YEAR, LAST_YEAR = 1900, 2199
# Excel counts from 1899-12-30 (its 1900 has a 29 February); workbooks with the 1904 epoch count 1 462 days less.
SERIAL_ZERO = date(1899, 12, 30)
SERIAL_SHIFT_1904 = 1462
FIRST_SERIAL, LAST_SERIAL = 10_000, 73_050  # 1927-05-18 to 2099-12-31: five digits, never a year

TEXTS = {
    "missing": "日期为空。",
    "unreadable-date": "日期看不懂，请写成 1985-01-31。",
    "impossible-date": "没有这一天，请核对年月日。",
    "two-digit-year": "年份只有两位，请写全四位。",
    "year-only": "只有年份，请补上月和日。",
    "ambiguous-month": "“年.1”可能是 1 月，也可能是被 Excel 去掉末尾 0 的 10 月，请写全。",
}

# Cut off while blanks still stand: without them `1985/1/1 10:00` would read as the eleventh.
CLOCK = (
    r"(?:[ ]+|[ ]*T[ ]*)(?:上午|下午)?[ ]*[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?"
    r"[ ]*(?:AM|PM|Z|[+-][0-9]{2}:?[0-9]{2})?[ ]*$"
)
DAY = r"([0-9]{4})[-./年]([0-9]{1,2})[-./月]([0-9]{1,2})[日号]?"
MONTH = r"([0-9]{4})[-./年]([0-9]{1,2})月?"
PACKED_DAY = r"([0-9]{4})([0-9]{2})([0-9]{2})(?:\.0+)?"
PACKED_MONTH = r"((?:19|20)[0-9]{2})(0[1-9]|1[0-2])(?:\.0+)?"
SERIAL = r"([0-9]{5})(?:\.[0-9]+)?"
YEAR = r"(?:19|20)[0-9]{2}(?:年|\.0+)?"
SHORT_YEAR = r"[0-9]{2}[-./年][0-9]{1,2}(?:[-./月](?:[0-9]{1,2}[日号]?)?)?|[0-9]{6}(?:\.0+)?"
AMBIGUOUS_MONTH = r"[0-9]{4}\.1"

_DAY, _MONTH, _PACKED_DAY, _PACKED_MONTH, _SERIAL, _YEAR, _SHORT_YEAR, _AMBIGUOUS = (
    re.compile(pattern, re.ASCII)
    for pattern in (DAY, MONTH, PACKED_DAY, PACKED_MONTH, SERIAL, YEAR, SHORT_YEAR, AMBIGUOUS_MONTH)
)
_CUT_CLOCK = re.compile(CLOCK, re.ASCII)


@dataclass(frozen=True, slots=True)
class DateCheck:
    """value: the day, the first of the month when only that is given; precision: `day`, `month` or ''."""

    value: date | None
    precision: str = ""
    problem: str | None = None

    @property
    def text(self) -> str:
        """The problem as a sentence; '' when there is none."""
        return TEXTS[self.problem] if self.problem else ""


def read_date(text: str | None, *, epoch_1904: bool = False) -> DateCheck:
    """The date a text stands for. epoch_1904: the workbook counts serials from 1904. Nothing is guessed."""
    folded = fold_code(_CUT_CLOCK.sub("", fold_spaced(text or "")))
    if not folded:
        return DateCheck(None, problem="missing")
    for pattern in (_DAY, _PACKED_DAY):
        if matched := pattern.fullmatch(folded):
            return _made(matched[1], matched[2], matched[3], "day")
    for pattern, problem in ((_AMBIGUOUS, "ambiguous-month"), (_YEAR, "year-only")):
        if pattern.fullmatch(folded):
            return DateCheck(None, problem=problem)
    for pattern in (_MONTH, _PACKED_MONTH):
        if matched := pattern.fullmatch(folded):
            return _made(matched[1], matched[2], "1", "month")
    return _from_number(folded, epoch_1904=epoch_1904)


def _from_number(folded: str, *, epoch_1904: bool) -> DateCheck:
    if matched := _SERIAL.fullmatch(folded):
        serial = int(matched[1]) + (SERIAL_SHIFT_1904 if epoch_1904 else 0)
        if FIRST_SERIAL <= serial <= LAST_SERIAL:
            return DateCheck(SERIAL_ZERO + timedelta(days=serial), "day")
    return DateCheck(None, problem="two-digit-year" if _SHORT_YEAR.fullmatch(folded) else "unreadable-date")


def _made(year: str, month: str, day: str, precision: str) -> DateCheck:
    if not FIRST_YEAR <= int(year) <= LAST_YEAR:
        return DateCheck(None, problem="impossible-date")
    try:
        return DateCheck(date(int(year), int(month), int(day)), precision)
    except ValueError:
        return DateCheck(None, problem="impossible-date")
