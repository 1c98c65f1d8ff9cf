"""Sentences for the member: `{parameter}`, `{parameter:元}` (fen shown as yuan), `{parameter:%}` (a rate)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from zhigong.kernel.errors import Refused
from zhigong.kernel.money import format_yuan
from zhigong.rules.types import Value, Vocabulary

MAX_CHARACTERS = 500
_PLACE = re.compile(r"\{(?P<name>[a-z][a-z0-9_]*)(?::(?P<form>元|%))?\}", re.ASCII)


def named(text: object, vocabulary: Vocabulary, *, place: str) -> tuple[str, ...]:
    """The parameters that a sentence shows; raises Refused for an empty sentence or a placeholder it cannot fill."""
    if not isinstance(text, str) or not text.strip() or len(text) > MAX_CHARACTERS:
        raise Refused("每项条件都要有一句给会员看的话（because）。", where=place, why="没有写，或超过 500 字")
    names = tuple(found["name"] for found in _PLACE.finditer(text))
    unknown = [name for name in names if name not in vocabulary or not vocabulary[name].parameter]
    if unknown:
        raise Refused(f"说明里的「{{{unknown[0]}}}」不是参数。", where=place, do="花括号里只能写已登记的参数名。")
    if re.search(r"[{}]", _PLACE.sub("", text)):
        raise Refused(
            "说明里的花括号不成对或写法不对。", where=place, do="请写成 {参数名}、{参数名:元} 或 {参数名:%}。"
        )
    return names


def fill(text: str, parameters: Mapping[str, Value]) -> str:
    """The sentence with the values of its parameters."""
    if "{" not in text:
        return text
    return _PLACE.sub(lambda found: show(parameters[found["name"]], found["form"]), text)


def show(value: Value, form: str | None = None) -> str:
    """A value as people read it; lists joined."""
    if isinstance(value, tuple):
        return "、".join(show(one, form) for one in value)
    if isinstance(value, bool):
        return "是" if value else "否"
    if not isinstance(value, int | Fraction | Decimal):
        return str(value)
    number = Fraction(value)
    if form == "元" and number.denominator == 1:
        return format_yuan(int(number))
    return _plain(number * 100) + "%" if form == "%" else _plain(number)


def _plain(number: Fraction) -> str:
    if number.denominator == 1:
        return str(number.numerator)
    exact = Decimal(number.numerator) / Decimal(number.denominator)
    return format(exact.normalize(), "f") if Fraction(exact) == number else f"{number.numerator}/{number.denominator}"
