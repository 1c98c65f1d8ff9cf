"""Policy cases: sentences of policy with a day, the facts given and the outcome expected, run against the rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from zhigong.catalogue.crosschecks import wrong_value
from zhigong.catalogue.folders import Folder
from zhigong.catalogue.schemas import likely
from zhigong.catalogue.types import CaseOutcome, PolicyCase, Problem, Service
from zhigong.catalogue.words import Words
from zhigong.kernel.errors import Refused
from zhigong.rules import operations as rules
from zhigong.rules.types import Decision, Rule

GRADES = "grades"
_TITLES = {
    "verdict": "是否符合",
    "grade": "等级",
    "amount": "金额（分）",
    "recover": "应收回（分）",
    "because": "不成立的条件",
    "missing": "还缺的事实",
}


def read(raw: Mapping[str, Any]) -> tuple[PolicyCase, ...]:
    """The cases of a checked file."""
    return tuple(
        PolicyCase(name=one["name"], as_of=one["as_of"], given=one["given"], expect=one["expect"])
        for one in raw["cases"]
    )


def wrong(folder: Folder, rule: Rule, words: Words) -> Iterator[Problem]:
    """What is wrong with the cases as written, before any is run."""
    cases = folder.parts["cases"]["cases"]
    twice = [name for name, times in Counter(one["name"] for one in cases).items() if times > 1]
    for name in twice:
        yield Problem(folder.where("cases"), f"例子「{name}」写了两次。", do="请改名。")
    for number, raw in enumerate(cases):
        yield from _wrong_case(raw, folder.where("cases", "cases", number), rule, words)


def _wrong_case(raw: Mapping[str, Any], where: str, rule: Rule, words: Words) -> Iterator[Problem]:
    if type(raw["as_of"]) is not date:
        yield Problem(where, "as_of 不是日期。", "日期写成 2026-01-01，不加引号")
    for name, value in raw["given"].items():
        if name not in rule.facts:
            near = likely(name, sorted(rule.facts))
            yield Problem(where, f"规则没有用到 {name}。", do=f"是不是想写 {near}？" if near else "请删去。")
        elif told := wrong_value(words[name], value):
            yield Problem(where, "给定的值不对。", told)
    yield from _wrong_outcome(raw["expect"], where, rule)


def _wrong_outcome(expect: Mapping[str, Any], where: str, rule: Rule) -> Iterator[Problem]:
    for name in set(expect.get("missing", ())) - rule.facts:
        yield Problem(where, f"规则没有用到 {name}，不会缺它。", do="请改正 missing。")
    for index in expect.get("because", ()):
        if index == GRADES and not rule.grades:
            yield Problem(where, "规则没有等级。", do="请删去 because 里的 grades。")
        elif index != GRADES and index > len(rule.conditions):
            yield Problem(where, f"没有第 {index} 个条件。", f"规则有 {len(rule.conditions)} 个条件")
    if expect.get("grade") is not None and expect["grade"] not in {one.grade for one in rule.grades}:
        yield Problem(where, f"没有 {expect['grade']} 这个等级。", do="请核对 rules.yaml 的 grades。")


def run(service: Service, cases: Sequence[PolicyCase]) -> tuple[CaseOutcome, ...]:
    """Every case decided; what differs from what is expected."""
    return tuple(CaseOutcome(service.id, case.name, _differences(service, case)) for case in cases)


def _differences(service: Service, case: PolicyCase) -> tuple[str, ...]:
    try:
        found = rules.decide(service.rule, facts=case.given, parameters=service.parameters(case.as_of))
    except Refused as reason:
        return (str(reason).replace("\n", "；"),)
    got = _comparable(found)
    return tuple(
        f"{_TITLES[key]}应为 {_said(wanted)}，实为 {_said(got[key])}"
        for key, wanted in case.expect.items()
        if not _same(key, wanted, got[key])
    )


def _comparable(found: Decision) -> dict[str, Any]:
    conditions = [reason for reason in found.reasons if reason.kind == "condition"]
    grades = [reason for reason in found.reasons if reason.kind == "grade"]
    because: list[int | str] = [number for number, one in enumerate(conditions, 1) if one.holds is False]
    if grades and all(one.holds is False for one in grades):
        because.append(GRADES)
    return {
        "verdict": found.verdict,
        "grade": found.grade,
        "amount": found.amount,
        "recover": found.recover,
        "because": because,
        "missing": list(found.missing),
    }


def _same(key: str, wanted: object, got: object) -> bool:
    if key in {"because", "missing"} and isinstance(wanted, list) and isinstance(got, list):
        return set(wanted) == set(got)
    return type(wanted) is type(got) and wanted == got


def _said(value: object) -> str:
    if isinstance(value, list):
        return "、".join(str(one) for one in value) or "没有"
    if value is None or isinstance(value, bool):
        return {True: "符合", False: "不符合", None: "未知（没有）"}[value]
    return str(value)
