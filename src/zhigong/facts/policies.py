"""Pure decisions about facts: who may read which for what, which value counts, what is stale, what one may declare."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from datetime import date, timedelta

from zhigong.audit.types import Purpose
from zhigong.facts.types import Ask, Fact, Plain, Sensitivity, Settle, Standing, Use
from zhigong.kernel.errors import Refused
from zhigong.kernel.money import format_fen
from zhigong.rules.types import Kind

READ_RIGHTS = frozenset({"members.read", "cases.read"})
OPEN_RIGHTS = frozenset({"members.open", "cases.read"})
DECLARE_RIGHTS = frozenset({"members.write", "cases.check"})

_RECORDED_AS = {
    Use.SCREENING: Purpose.SYSTEM,
    Use.ELIGIBILITY: Purpose.BUSINESS,
    Use.PAYMENT: Purpose.BUSINESS,
    Use.VERIFICATION: Purpose.CHECKING,
    Use.CARE: Purpose.CONTACT,
    Use.STATISTICS: Purpose.STATISTICS,
    Use.SELF: Purpose.SELF,
}


def may_read(fact: Fact, *, use: Use, own: bool, rights: AbstractSet[str]) -> bool:
    """Whether a fact is open for this use to somebody with these rights, or to the person herself.

    The person may look at everything known of her (个人信息保护法 §45); for any other use the vocabulary's purposes
    bind her too. Others need a right, a stronger one for sensitive facts.
    """
    if use is Use.SELF:
        return own
    if use not in fact.purposes:
        return False
    needed = OPEN_RIGHTS if fact.sensitivity is Sensitivity.SENSITIVE else READ_RIGHTS
    return own or not needed.isdisjoint(rights)


def recorded_as(use: Use) -> Purpose:
    """The purpose the audit record knows."""
    return _RECORDED_AS[use]


def is_stale(fact: Fact, *, as_of: date, on: date) -> bool:
    """Whether a value of that day is too old on the day of reading."""
    return as_of + timedelta(days=fact.freshness_days) < on


def declared_counts(fact: Fact, *, declared: Plain, derived: Plain | None) -> bool:
    """Whether the person's word counts beside what a source says."""
    if derived is None:
        return True
    return fact.settle is Settle.LARGER and _rank(declared) > _rank(derived)


def _rank(value: Plain) -> int:
    """Numbers, days, and false before true, on one line; texts have no order (the vocabulary lets none be larger)."""
    if isinstance(value, date):
        return value.toordinal()
    return int(value) if isinstance(value, int) else 0


def standing_of(fact: Fact, *, declared: Plain, derived: Plain | None) -> Standing:
    """What a source makes of a declared value: confirmed when equal or near enough, contradicted when not.

    Where the larger counts, a person saying more than the source knows is not contradicted by it.
    """
    if derived is None:
        return Standing.DECLARED
    if declared == derived or _near(fact, declared, derived):
        return Standing.CONFIRMED
    return Standing.DECLARED if declared_counts(fact, declared=declared, derived=derived) else Standing.CONTRADICTED


def _near(fact: Fact, one: Plain, other: Plain) -> bool:
    percent = fact.ask.tolerance_percent if fact.ask else 0
    if not percent or not isinstance(one, int) or not isinstance(other, int):
        return False
    return abs(one - other) * 100 <= percent * max(abs(one), abs(other))


def check_declared(fact: Fact, value: object, *, on: date) -> Plain:
    """The value as it is kept. Raises Refused for a fact nobody is asked for, a wrong kind, or beyond the limits."""
    if fact.ask is None:
        raise Refused(f"「{fact.label}」不由本人填写。", where=fact.name, why="这项事实只取自部门数据")
    if fact.kind is Kind.BOOLEAN and isinstance(value, bool):
        return value
    if fact.kind is Kind.TEXT and isinstance(value, str) and value in fact.values:
        return value
    if fact.kind is Kind.DATE and type(value) is date:
        return _not_future(fact, value, on)
    if fact.kind is Kind.INTEGER and type(value) is int:
        return _within(fact, fact.ask, value)
    raise Refused(f"「{fact.label}」填写的内容不对。", where=fact.name, why=_expected(fact), do="请按提示重新填写")


def _not_future(fact: Fact, value: date, on: date) -> date:
    if value > on:
        raise Refused(f"「{fact.label}」不能是将来的日期。", where=fact.name)
    return value


def _within(fact: Fact, ask: Ask, value: int) -> int:
    low, high = ask.at_least, ask.at_most
    if low is None or high is None or not low <= value <= high:
        limits = f"应在 {shown(fact, low or 0)} 至 {shown(fact, high or 0)} 之间"
        raise Refused(f"「{fact.label}」超出范围。", where=fact.name, why=limits, do="请核对是否多写或少写了零")
    return value


def _expected(fact: Fact) -> str:
    if fact.kind is Kind.TEXT:
        return "应为：" + "、".join(fact.values.values())
    return {Kind.BOOLEAN: "应为是或否", Kind.DATE: "应为日期"}.get(fact.kind, "应为整数")


def shown(fact: Fact, value: Plain) -> str:
    """The value as people read it: yuan for fen, labels for codes, 是/否."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, date):
        return f"{value.year}年{value.month}月{value.day}日"
    if isinstance(value, str):
        return fact.values.get(value, value)
    number = format_fen(value) if fact.unit == "fen" else str(value)
    return f"{number} {fact.unit_label}".rstrip()


def to_plain(fact: Fact, kept: object) -> Plain:
    """A kept JSON value as its kind."""
    if fact.kind is Kind.DATE:
        return date.fromisoformat(str(kept))
    return kept if isinstance(kept, int) else str(kept)


def to_json(value: Plain) -> int | str | bool:
    """A value as it is kept in JSON."""
    return value.isoformat() if isinstance(value, date) else value
