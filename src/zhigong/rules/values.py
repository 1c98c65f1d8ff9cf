"""What facts and parameters may hold, checked on the way in: exact numbers only, nothing of another kind."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from zhigong.kernel.errors import Refused
from zhigong.rules.tree import Kind
from zhigong.rules.types import Name, Rule, Value

LONG = 2**63 - 1  # whole-number facts: what a BIGINT column holds; beyond it a value counts as not known
PLACES = 6  # decimal facts have at most six decimals …
WIDE = 10**18  # … and stay below this, else they count as not known

Scalar = int | Fraction | bool | str | date
Environment = Mapping[str, Scalar | tuple[int | Fraction, ...] | None]


def bind(
    rule: Rule, facts: Mapping[str, Value | None], parameters: Mapping[str, Value], presume: Mapping[str, Value]
) -> dict[str, Scalar | tuple[int | Fraction, ...] | None]:
    """All names of the rule with their values; facts not given are unknown, parameters not given are refused."""
    bound: dict[str, Scalar | tuple[int | Fraction, ...] | None] = dict(bind_parameters(rule, parameters))
    standing_in = bind_presumed(rule, presume) if presume else {}
    for name in rule.order:
        value = facts.get(name)
        known = None if value is None else fact_value(rule.kinds[name], value, where=rule.where)
        bound[name] = standing_in.get(name) if known is None else known
    return bound


def bind_presumed(rule: Rule, presume: Mapping[str, Value]) -> dict[str, Scalar]:
    """What stands in for unknown facts; raises Refused for names that the rule does not read."""
    bound: dict[str, Scalar] = {}
    for name, value in presume.items():
        if name not in rule.facts:
            raise Refused(f"推定的事实「{name}」不在规则里。", where=rule.where, do="请核对拼写，或删去这项推定。")
        known = fact_value(rule.kinds[name], value, where=rule.where)
        if known is None:
            raise Refused(f"推定的事实「{name}」超出可用范围。", where=rule.where)
        bound[name] = known
    return bound


def bind_parameters(rule: Rule, parameters: Mapping[str, Value]) -> dict[str, Scalar | tuple[int | Fraction, ...]]:
    """The parameters of the rule; raises Refused when one has no value or one of another kind."""
    bound: dict[str, Scalar | tuple[int | Fraction, ...]] = {}
    for name in rule.parameters:
        value = parameters.get(name)
        if value is None:
            raise Refused(
                f"参数「{name}」在这一天没有取值。", where=rule.where, do="请在 amounts.yaml 或参数表里补上。"
            )
        word = rule.kinds[name]
        if isinstance(value, tuple | list):
            bound[name] = tuple(_number(word, one, rule.where) for one in value)
        elif word.kind.number:
            bound[name] = _number(word, value, rule.where)
        else:
            bound[name] = _plain(word, value, rule.where)
    return bound


def fact_value(word: Name, value: Value, *, where: str = "") -> Scalar | None:
    """A fact's value made exact; None beyond the range of its kind; raises Refused when of another kind."""
    if not word.kind.number:
        return _plain(word, value, where)
    if word.kind is Kind.INTEGER:
        if type(value) is not int:
            value = _number(word, value, where)
        if isinstance(value, Fraction):
            raise _wrong(word, value, where)
        return value if -LONG <= value <= LONG else None
    number = Fraction(_number(word, value, where))
    if (number * 10**PLACES).denominator != 1:
        raise Refused(f"「{word.label or word.name}」最多 {PLACES} 位小数。", where=where, why=f"得到的是 {value}")
    return number if -WIDE < number < WIDE else None


def _plain(word: Name, value: Value, where: str) -> Scalar:
    fits = (
        (word.kind is Kind.BOOLEAN and isinstance(value, bool))
        or (word.kind is Kind.TEXT and isinstance(value, str))
        or (word.kind is Kind.DATE and isinstance(value, date) and not isinstance(value, datetime))
    )
    if not fits:
        raise _wrong(word, value, where)
    return value  # type: ignore[return-value]


def _number(word: Name, value: Value, where: str) -> int | Fraction:
    if type(value) is int:
        return value
    if isinstance(value, bool) or not isinstance(value, Decimal | Fraction):
        raise _wrong(word, value, where)
    if isinstance(value, Decimal) and not value.is_finite():
        raise _wrong(word, value, where)
    exact = Fraction(value)
    return exact.numerator if exact.denominator == 1 else exact


def _wrong(word: Name, value: object, where: str) -> Refused:
    kinds = {"integer": "整数", "decimal": "数", "boolean": "是或否", "text": "文字", "date": "日期"}
    return Refused(
        f"「{word.label or word.name}」的取值类型不对。",
        where=where,
        why=f"应为{kinds[word.kind]}，得到的是 {type(value).__name__}",
        do="小数请用精确小数，不用浮点数。" if isinstance(value, float) else "",
    )
