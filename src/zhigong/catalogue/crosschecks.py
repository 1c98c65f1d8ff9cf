"""What no schema sees: whether the parts of one service fit one another, the facts and the promise made to members."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from zhigong.catalogue import words as words_
from zhigong.catalogue.building import field_kind
from zhigong.catalogue.folders import Folder
from zhigong.catalogue.schemas import likely
from zhigong.catalogue.types import FieldKind, Problem
from zhigong.catalogue.words import Words
from zhigong.rules.types import Kind, Rule

_LEVELS = ("grassroots", "street", "district", "city")
_KINDS = {
    Kind.INTEGER: "整数",
    Kind.DECIMAL: "数",
    Kind.BOOLEAN: "true 或 false",
    Kind.TEXT: "文字",
    Kind.DATE: "日期",
}
SCREENING, ELIGIBILITY = "screening", "eligibility"


@dataclass(frozen=True, slots=True)
class Made:
    """A folder with its rule understood, and all the facts there are."""

    folder: Folder
    rule: Rule
    words: Words

    def part(self, name: str) -> Any:  # noqa: ANN401 — checked by its schema
        """The value of one file."""
        return self.folder.parts[name]

    def where(self, part: str, *path: str | int) -> str:
        """How to name a place."""
        return self.folder.where(part, *path)


def amounts(folder: Folder, words: Words, shared: frozenset[str]) -> Iterator[Problem]:
    """Dated values: sound, and no name that means something else already."""
    for name, raw in folder.parts["amounts"].items():
        where = folder.where("amounts", name)
        yield from words_.wrong_amounts(name, raw, where=where)
        if name in words:
            yield Problem(where, f"{name} 已经是一项事实的名字。", "一个名字只能有一个意思", "请改名。")
        if name in shared:
            why = f"parameters 里已有 {name}，一个名字只能有一个意思"
            yield Problem(where, f"{name} 已经是共用参数的名字。", why, "请改名，或删去这里的、用共用的。")


def all_of(made: Made) -> list[Problem]:
    """Every check of a service whose rule is understood."""
    checks: tuple[Callable[[Made], Iterator[Problem]], ...] = (
        _amounts_used,
        _facts_allowed,
        _questions,
        _free_fields,
        _presumptions,
        _steps,
        _publicity,
        _promise,
        _money,
    )
    return [problem for check in checks for problem in check(made)]


def wrong_value(word: words_.Word, value: object) -> str:
    """Why a value cannot be that fact's; empty when it can. Unknown (None) always can."""
    if value is None:
        return ""
    if not _fits(word.kind, value):
        return f"{word.label}（{word.name}）应是{_KINDS[word.kind]}，写的是 {value}"
    if word.values and value not in word.values:
        return f"{word.label}（{word.name}）没有 {value} 这个值，可用：{'、'.join(word.values)}"
    return ""


def _fits(kind: Kind, value: object) -> bool:
    types = {
        Kind.INTEGER: (int,),
        Kind.DECIMAL: (int, Decimal),
        Kind.BOOLEAN: (bool,),
        Kind.TEXT: (str,),
        Kind.DATE: (date,),
    }
    return isinstance(value, types[kind]) and (kind is Kind.BOOLEAN or not isinstance(value, bool))


def _amounts_used(made: Made) -> Iterator[Problem]:
    for name in made.part("amounts").keys() - made.rule.parameters:
        yield Problem(made.where("amounts", name), f"{name} 没有用到。", do="请用在 rules.yaml 里，或删去。")


def _facts_allowed(made: Made) -> Iterator[Problem]:
    for name in sorted(made.rule.facts):
        for purpose in {SCREENING, ELIGIBILITY} - made.words[name].purposes:
            why = "个人信息只能用于收集时说明的用途（个人信息保护法第六条）"
            yield Problem(made.where("rules"), f"事实 {name} 不得用于 {purpose}。", why, "请改用允许的事实。")


def _questions(made: Made) -> Iterator[Problem]:
    for number, raw in enumerate(made.part("form")["fields"]):
        name, where = raw.get("fact"), made.where("form", "fields", number)
        if name is None:
            continue
        if name not in made.words:
            yield Problem(where, f"没有 {name} 这项事实。", do=_near(name, made.words))
        elif not made.words[name].question:
            why = "词汇表没有给它写问法（ask）"
            yield Problem(where, f"不能问会员「{made.words[name].label}」。", why, "请删去这一项。")
        elif name not in made.rule.facts:
            why = "规则用不到，就不该问（个人信息保护法第六条：最小范围）"
            yield Problem(where, f"规则没有用到 {name}。", why, "请删去这一项。")
        elif set(raw) & {"kind", "choices"}:
            why = f"由词汇表决定，是 {field_kind(made.words[name]).value}"
            yield Problem(where, "事实的类型和选项不能在表单里写。", why, "请删去 kind 和 choices。")


def _free_fields(made: Made) -> Iterator[Problem]:
    fields = made.part("form")["fields"]
    twice = [name for name, times in Counter(raw.get("fact") or raw["field"] for raw in fields).items() if times > 1]
    for name in twice:
        yield Problem(made.where("form"), f"{name} 问了两次。", do="请删去一次。")
    for number, raw in enumerate(fields):
        if "field" not in raw:
            continue
        where = made.where("form", "fields", number)
        if raw["field"] in made.words:
            yield Problem(where, f"{raw['field']} 是一项事实。", do=f"请写成 fact: {raw['field']}。")
        absent = [key for key in ("kind", "label") if key not in raw]
        if absent:
            yield Problem(where, f"缺少必填项：{'、'.join(absent)}。", "事实以外的栏目要写类型和问题", "请补上。")
        if ("choices" in raw) != (raw.get("kind") == FieldKind.CHOICE):
            yield Problem(where, "选择题要写 choices，其他类型不写。")


def _presumptions(made: Made) -> Iterator[Problem]:
    asked = {raw.get("fact") for raw in made.part("form")["fields"] if raw.get("required", True)}
    for name, raw in made.part("service")["screening"].get("presume", {}).items():
        where = made.where("service", "screening", "presume", name)
        if name not in made.rule.facts:
            yield Problem(where, f"规则没有用到 {name}。", do=_near(name, {n: made.words[n] for n in made.rule.facts}))
            continue
        if wrong := wrong_value(made.words[name], raw["value"]):
            yield Problem(where, "先按的值不对。", wrong)
        if name not in asked:
            why = "筛查时先按推定计算的，决定之前必须问本人"
            yield Problem(where, f"表单没有问 {name}。", why, "请在 form.yaml 加上 fact，且为必填。")


def _steps(made: Made) -> Iterator[Problem]:
    steps, where = made.part("route")["steps"], made.where("route", "steps")
    automatic = made.part("service")["grant"] == "automatic"
    if automatic:
        if steps:
            do = "请写 steps: []，或把 grant 改为 application。"
            yield Problem(where, "免申即享的服务不经审批，steps 应为空。", do=do)
        return
    if not steps or [step["kind"] for step in steps].count("decide") != 1 or steps[-1]["kind"] != "decide":
        yield Problem(where, "最后一步须是审批（decide），且只有一步审批。", do="请补上或调整顺序。")
    if len({step["id"] for step in steps}) < len(steps):
        yield Problem(where, "两步用了同一个 id。", do="请改名。")
    heights = [_LEVELS.index(step["level"]) for step in steps]
    if heights != sorted(heights):
        yield Problem(where, "办理顺序须由下往上。", "基层、乡镇街道、区县、市", "请调整顺序。")


def _publicity(made: Made) -> Iterator[Problem]:
    route = made.part("route")
    steps = [step for step in route["steps"] if step["kind"] == "publicity"]
    shown: Mapping[str, Any] | None = route.get("publicity")
    if bool(steps) != bool(shown) or len(steps) > 1:
        why = "公示要有一步（kind: publicity），也要写明公示什么（publicity）"
        yield Problem(made.where("route"), "公示没有写全。", why, "两处都写，或都不写。")
    elif shown and steps[0]["workdays"] < shown["workdays"]:
        yield Problem(made.where("route", "publicity"), "公示这一步的时限短于公示期。", do="请延长这一步的 workdays。")
    if shown and "grade" in shown["shows"] and not made.rule.grades:
        yield Problem(made.where("route", "publicity"), "规则没有等级，不能公示等级。", do="请删去 grade。")


def _promise(made: Made) -> Iterator[Problem]:
    workdays = sum(step["workdays"] for step in made.part("route")["steps"])
    needed, promised = -(-workdays * 7 // 5), made.part("service")["days_promised"]
    if needed > promised:
        why = f"各步共 {workdays} 个工作日，约 {needed} 天"
        where = made.where("service", "days_promised")
        yield Problem(where, f"承诺 {promised} 天办不完。", why, "请缩短各步或放宽承诺。")


def _money(made: Made) -> Iterator[Problem]:
    payout, rules = made.part("service").get("payout"), made.part("rules")
    if bool(payout) != ("amount" in rules):
        why = "有金额（rules.yaml 的 amount）就要写怎样付款（service.yaml 的 payout），反之亦然"
        yield Problem(made.where("rules"), "金额和付款没有写全。", why, "两处都写，或都不写。")
    if bool(payout and payout["recoverable"]) != ("recover" in rules):
        why = "多付要收回的（payout.recoverable: true）须有收回的算式（recover），反之亦然"
        yield Problem(made.where("rules"), "收回没有写全。", why, "请使两处一致。")
    has_account = any(raw.get("kind") == FieldKind.BANK_ACCOUNT for raw in made.part("form")["fields"])
    if bool(payout) != has_account:
        do = "请增删 kind: bank_account 的栏目。"
        yield Problem(made.where("form"), "付款的服务须问收款账户，不付款的不得问。", do=do)


def _near(name: str, known: Words) -> str:
    near = likely(name, list(known))
    return f"是不是想写 {near}？" if near else "请核对 facts 目录里的名字。"
