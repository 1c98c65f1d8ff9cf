"""The dirt of real files: each kind with its rate and what a perfect checker would make of the row.

A rate is the share of the rows where the kind can occur (`where`) that get it. A change gets the clean value and a
random number and returns the dirty value, or None when that value cannot be spoilt this way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from zhigong.generator.arrow import pa, pc
from zhigong.generator.draw import Column
from zhigong.generator.identity import fifteen
from zhigong.generator.sheet import ACCEPTED, REJECTED, UNVERIFIED
from zhigong.generator.texts import Text

if TYPE_CHECKING:
    from zhigong.generator.sheet import Sheet

Change = Callable[[str, int], str | None]
_FULL = str.maketrans("0123456789Xx", "０１２３４５６７８９Ｘｘ")
_CHECKS = "10X98765432"
_PAIRS = (
    "伟玮 静婧 丽莉 军君 芳方 杰洁 强墙 敏民 燕艳 霞侠 涛韬 明名 超朝 勇永 艳燕 娟鹃 磊雷 刚钢 华花 宇雨 "
    "浩皓 轩宣 颖影 婷停 鑫新 文闻 玲铃 英瑛 红虹 平萍 萍平 波博"
)
_NEAR = {pair[0]: pair[1] for pair in _PAIRS.split()}
"""Characters that are taken for one another."""
_RARE = "䶮𫖯㛃"


@dataclass(frozen=True)
class Kind:
    """One kind of dirt. verdict: the least a perfect checker may say of such a row."""

    name: str
    rate: float
    verdict: int
    meaning: str
    change: Change
    where: Callable[[Text], Text] | None = None


def _citizen(column: Text) -> Text:
    return pc.match_substring_regex(column, r"^99[0-9]{15}[0-9X]$")


def _cut(value: str, _: int) -> str | None:
    out = value[:15] + "000"
    return None if id_check_of(out) == "0" else out


def _display(value: str, number: int) -> str:
    return f"{value[0]}.{value[1:6]}E+17" if number % 2 else f"{value[0]}.{value[1:15].rstrip('0')}e+17"


def id_check_of(number: str) -> str:
    """The check character that the first 17 digits ask for."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return _CHECKS[sum(int(digit) * weight for digit, weight in zip(number[:17], weights, strict=True)) % 11]


def _old(value: str, _: int) -> str | None:
    return fifteen(value) if value[6:10] < "1996" else None


def _wrong_check(value: str, number: int) -> str:
    others = [one for one in "0123456789" if one != value[17]]
    return value[:17] + others[number % len(others)]


def _swapped(value: str, number: int) -> str | None:
    place = 6 + number % 10
    a, b = value[place], value[place + 1]
    return None if a == b else value[:place] + b + a + value[place + 2 :]


def _no_such_day(value: str, number: int) -> str:
    body = value[:10] + ("13", "00", "19")[number % 3] + value[12:17]
    return body + id_check_of(body)


def _gap(value: str, _: int) -> str:
    return f"{value[:6]} {value[6:14]} {value[14:]}"


def _invisible(value: str, number: int) -> str:
    return ("\u00a0" + value, "\u3000" + value, value + "\t", value + "\u00a0", " " + value)[number % 5]


def _gone(_value: str, _: int) -> str:
    return ""


ID_KINDS = (
    Kind("id-missing", 0.012, UNVERIFIED, "证件号码没有填", _gone),
    Kind("id-excel-cut", 0.006, UNVERIFIED, "按数字存放，只剩 15 位有效数字，末三位成了 000", _cut, _citizen),
    Kind("id-excel-display", 0.003, UNVERIFIED, "存成了科学计数法的样子", _display, _citizen),
    Kind("id-check-digit", 0.005, UNVERIFIED, "末位校验码不对", _wrong_check, _citizen),
    Kind("id-transposed", 0.003, UNVERIFIED, "相邻两位颠倒", _swapped, _citizen),
    Kind("id-bad-date", 0.001, UNVERIFIED, "出生月份不存在，校验码却对", _no_such_day, _citizen),
    Kind("id-fifteen", 0.006, ACCEPTED, "1999 年以前的 15 位旧号，可以换算", _old, _citizen),
    Kind("id-full-width", 0.004, ACCEPTED, "全角数字", lambda value, _: value.translate(_FULL)),
    Kind("id-inner-blank", 0.005, ACCEPTED, "中间有空格", _gap, _citizen),
    Kind("id-invisible", 0.004, ACCEPTED, "前后有不换行空格、全角空格或制表符", _invisible),
    Kind("id-apostrophe", 0.004, ACCEPTED, "前面带英文单引号", lambda value, _: "'" + value),
    Kind(
        "id-lower-x",
        0.12,
        ACCEPTED,
        "末位 x 小写（占以 X 结尾者）",
        lambda value, _: value[:17] + "x",
        lambda column: pc.ends_with(column, "X"),
    ),
)


def _dotted(value: str, number: int) -> str:
    return value.replace("·", "•・．.‧"[number % 5])


def _misheard(value: str, number: int) -> str | None:
    places = [place for place, one in enumerate(value) if place and one in _NEAR]
    if not places:
        return None
    place = places[number % len(places)]
    return value[:place] + _NEAR[value[place]] + value[place + 1 :]


def _unwritable(value: str, number: int) -> str:
    for one in _RARE:
        value = value.replace(one, "?□*"[number % 3])
    return value


def _spaced(value: str, number: int) -> str:
    return value[0] + ("　", "  ", " ")[number % 3] + value[1]


def _two_long(column: Text) -> Text:
    return pc.equal(pc.utf8_length(column), 2)


def _has_dot(column: Text) -> Text:
    return pc.match_substring(column, "·")


def _has_rare(column: Text) -> Text:
    return pc.match_substring_regex(column, f"[{_RARE}]")


NAME_KINDS = (
    Kind("name-missing", 0.0012, REJECTED, "没有姓名，无从认人", _gone),
    Kind("name-spaced", 0.10, ACCEPTED, "两字姓名中间加空格对齐（占两字姓名）", _spaced, _two_long),
    Kind("name-invisible", 0.002, ACCEPTED, "姓名前后有看不见的空白", _invisible),
    Kind("name-dot", 0.4, ACCEPTED, "间隔号写法不一（占带间隔号的姓名）", _dotted, _has_dot),
    Kind("name-misheard", 0.003, ACCEPTED, "同音、形近字", _misheard),
    Kind("name-unwritable", 0.35, ACCEPTED, "生僻字打不出来（占含生僻字的姓名）", _unwritable, _has_rare),
)
PHONE_KINDS = (
    Kind("phone-missing", 0.03, ACCEPTED, "手机号没有填", _gone),
    Kind("phone-scientific", 0.005, ACCEPTED, "手机号成了科学计数法", lambda value, _: f"{value[0]}.{value[1:3]}E+10"),
    Kind("phone-decimal", 0.005, ACCEPTED, "手机号带小数", lambda value, _: value + ".0"),
    Kind("phone-dashed", 0.004, ACCEPTED, "手机号带横线", lambda value, _: f"{value[:3]}-{value[3:7]}-{value[7:]}"),
    Kind("phone-full-width", 0.001, ACCEPTED, "手机号全角", lambda value, _: value.translate(_FULL)),
    Kind("phone-short", 0.002, ACCEPTED, "手机号少一位", lambda value, _: value[:10]),
)


def _serial(value: str, _: int) -> str:
    return str((date.fromisoformat(value) - date(1899, 12, 30)).days)


def _chinese_month(value: str, _: int) -> str:
    return f"{value[:4]}年{int(value[5:7])}月"


def _loose(value: str, number: int) -> str:
    mark = "./"[number % 2]
    return f"{value[:4]}{mark}{int(value[5:7])}{mark}{int(value[8:])}"


def _other_year(value: str, number: int) -> str:
    year = int(value[:4]) + (-1, 1, -10, 10, 2)[number % 5]
    return f"{year}-{value[5:8]}{min(int(value[8:]), 28):02d}"


def _no_day(value: str, number: int) -> str:
    return value[:5] + ("02-30", "13-01", "06-31", "00-00")[number % 4]


DATE_KINDS = (
    Kind("date-serial", 0.006, ACCEPTED, "日期成了 Excel 序列值", _serial),
    Kind("date-month-only", 0.006, ACCEPTED, "只写年月", _chinese_month),
    Kind("date-loose", 0.01, ACCEPTED, "1985.1.1、1985/1/1", _loose),
    Kind("date-compact", 0.006, ACCEPTED, "19850101", lambda value, _: value.replace("-", "")),
    Kind("date-missing", 0.004, ACCEPTED, "日期没有填", _gone),
)
BIRTH_KINDS = (
    Kind("birth-contradicts", 0.004, ACCEPTED, "出生日期与证件号码矛盾，以校验无误的号码为准", _other_year),
    Kind("birth-impossible", 0.001, UNVERIFIED, "出生日期不存在", _no_day),
    *DATE_KINDS,
)
CODE_KINDS = (
    Kind("code-missing", 0.008, ACCEPTED, "信用代码没有填", _gone),
    Kind("code-lower", 0.006, ACCEPTED, "信用代码小写", lambda value, _: value.lower()),
    Kind("code-invisible", 0.004, ACCEPTED, "信用代码前后有空白", _invisible),
    Kind(
        "code-wrong",
        0.003,
        ACCEPTED,
        "信用代码校验码不对",
        lambda value, number: value[:17] + "1278"[number % 4].replace(value[17], "9"),
    ),
)
"""Where the code only names the employer of a person."""
KEY_CODE_KINDS = (
    Kind("key-code-missing", 0.003, UNVERIFIED, "信用代码没有填", _gone),
    Kind("key-code-lower", 0.006, ACCEPTED, "信用代码小写", lambda value, _: value.lower()),
    Kind("key-code-invisible", 0.004, ACCEPTED, "信用代码前后有空白", _invisible),
    Kind("key-code-wrong", 0.003, UNVERIFIED, "信用代码校验码不对", CODE_KINDS[3].change),
)
"""Where the code is what the row is about."""
AMOUNT_KINDS = (
    Kind(
        "amount-thousands",
        0.004,
        ACCEPTED,
        "金额带千分位",
        lambda value, _: f"{int(value.split('.')[0]):,}." + value.split(".")[1],
    ),
    Kind(
        "amount-unit", 0.002, ACCEPTED, "金额带单位", lambda value, number: value + "元" if number % 2 else "¥" + value
    ),
)
"""Written as they are in receipts; negative amounts stay as they are."""


def _narrow(value: str, _: int) -> str:
    return value.replace("（", "(").replace("）", ")")


def _has_bracket(column: Text) -> Text:
    return pc.match_substring(column, "（")


FIRM_KINDS = (
    Kind("firm-bracket", 0.3, ACCEPTED, "括号用了半角（占带括号的名称）", _narrow, _has_bracket),
    Kind("firm-invisible", 0.004, ACCEPTED, "单位名称前后有空白", _invisible),
)
FIRM_SHORT_RATE, FIRM_FORMER_RATE, FIRM_MISSING_RATE = 0.06, 0.35, 0.01
"""Employer written by its short name; by its former name (of those that have one); not at all."""
SAME_FILE_RATE, TWO_UNIONS_RATE = 0.004, 0.006
"""The same member twice in one union, and in two unions."""
OLD_NUMBER_RATE = 0.4
"""Of those twice in one union and old enough: the second time under the number of 15 digits."""
SHARED_PHONE_RATE, RECYCLED_PHONE_RATE = 0.008, 0.004
"""The phone of the person who typed the list; the phone of somebody else, who had it before."""
STYLE_RATE = 0.3
"""Unions whose cadre writes a column in another style than the template's."""
DEPARTMENT_SHARE = 0.35
"""Departments key more carefully than cadres: the share of each rate that their files get."""


def soil(
    sheet: Sheet,
    rng: np.random.Generator,
    column: str,
    kinds: tuple[Kind, ...],
    share: float = 1.0,
    spared: Column | None = None,
) -> None:
    """Give each row of a column at most one of the kinds; rows that are dirty already or `spared` are left alone."""
    values = sheet.columns[column]
    free = ~sheet.dirty_rows(column) & pc.not_equal(values, "").to_numpy(zero_copy_only=False)
    if spared is not None:
        free &= ~spared
    chosen = _choose(rng, values, free, kinds, share)
    for place, kind in enumerate(kinds):
        rows = np.flatnonzero(chosen == place)
        if len(rows):
            _apply(sheet, rng, column, kind, rows)


def _choose(rng: np.random.Generator, values: Text, free: Column, kinds: tuple[Kind, ...], share: float) -> Column:
    chosen = np.full(len(free), -1, dtype=np.int8)
    for place, kind in enumerate(kinds):
        rate = kind.rate if kind.where and kind.rate > 0.05 else kind.rate * share
        hit = np.flatnonzero((rng.random(len(free)) < rate) & free & (chosen < 0))
        if kind.where and len(hit):
            fits = kind.where(values.take(pa.array(hit))).to_numpy(zero_copy_only=False)
            hit = hit[fits]
        chosen[hit] = place
    return chosen


def _apply(sheet: Sheet, rng: np.random.Generator, column: str, kind: Kind, rows: Column) -> None:
    clean = sheet.columns[column].take(pa.array(rows)).to_pylist()
    numbers = rng.integers(0, 2**31, len(rows)).tolist()
    dirty = [kind.change(value, number) for value, number in zip(clean, numbers, strict=True)]
    done = [place for place, value in enumerate(dirty) if value is not None and value != clean[place]]
    sheet.stain(column, kind.name, rows[done], pa.array([dirty[place] for place in done], pa.string()), kind.verdict)
