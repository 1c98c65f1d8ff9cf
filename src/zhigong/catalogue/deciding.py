"""One rule for one person from a list of facts: what `zhigong decide` answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from zhigong.catalogue.crosschecks import wrong_value
from zhigong.catalogue.schemas import likely
from zhigong.catalogue.types import Service
from zhigong.catalogue.words import Words
from zhigong.kernel.errors import Refused
from zhigong.rules import operations as rules
from zhigong.rules.types import Decision, Kind, Value


def decide(service: Service, facts: Mapping[str, Value | None], *, on: date) -> Decision:
    """The service's rule with the values in force on that day; presumes nothing, facts not given are missing."""
    known = {name: value for name, value in facts.items() if name in service.rule.facts}
    return rules.decide(service.rule, facts=known, parameters=service.parameters(on))


def read_facts(text: str, words: Words, *, where: str) -> dict[str, Value | None]:
    """Facts from JSON: one object, fact name -> value, null for not known. Money in fen, dates as 2026-03-01.

    Raises Refused for names that no fact has, values of another kind, and the same name twice.
    """
    try:
        raw = json.loads(text, parse_float=Decimal, parse_constant=_no_number, object_pairs_hook=_once)
    except ValueError as error:
        raise Refused("事实文件不是有效的 JSON。", where=where, why=str(error)) from error
    if not isinstance(raw, dict):
        raise Refused("事实文件应是一个 JSON 对象。", where=where, do='例如 {"household_size": 3}。')
    return {name: _value(name, value, words, where) for name, value in raw.items()}


def _value(name: str, value: object, words: Words, where: str) -> Value | None:
    word = words.get(name)
    if word is None:
        near = likely(name, list(words))
        do = f"是不是想写 {near}？" if near else "请核对目录中 facts 里的名字。"
        raise Refused("没有这项事实。", where=f"{where}：{name}", do=do)
    if word.kind is Kind.DATE and isinstance(value, str):
        value = _day(value, f"{where}：{name}")
    if told := wrong_value(word, value):
        do = "金额以分计，写整数。" if word.unit == "fen" else ""
        raise Refused("事实的值不对。", where=f"{where}：{name}", why=told, do=do)
    accepted: Any = value
    return accepted  # type: ignore[no-any-return]


def _day(text: str, where: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Refused("没有这一天。", where=where, why=f"写的是 {text}", do="日期写成 2026-03-01。") from error


def _no_number(text: str) -> object:
    raise ValueError(f"{text} 不是数")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, value in pairs:
        if name in made:
            raise ValueError(f"{name} 写了两次")
        made[name] = value
    return made
