"""A rule as written to a rule understood."""

from __future__ import annotations

from collections.abc import Sequence

from zhigong.kernel.errors import Refused
from zhigong.rules import tree
from zhigong.rules.types import Condition, ConditionText, Grade, GradeText, Rule, RuleText, Vocabulary
from zhigong.rules.understanding import NAME, understand
from zhigong.rules.wording import named

MAX_PARTS = 60


def compile_rule(text: RuleText, vocabulary: Vocabulary, *, where: str) -> Rule:
    """See `operations.compile_rule`."""
    if not text.conditions and not text.grades:
        raise Refused("规则里一项条件也没有。", where=where, why="那样人人都符合", do="请至少写一项条件。")
    if len(text.conditions) + len(text.grades) > MAX_PARTS:
        raise Refused("规则的条件太多。", where=where, why=f"最多 {MAX_PARTS} 项")
    shown: list[str] = []
    conditions = tuple(
        _condition(one, vocabulary, _place(where, f"第 {number} 项条件"), shown)
        for number, one in enumerate(text.conditions, 1)
    )
    grades = _grades(text.grades, vocabulary, where, shown)
    amount = _formula(text.amount, vocabulary, _place(where, "金额公式"))
    recover = _formula(text.recover, vocabulary, _place(where, "追回公式"))
    nodes = (*(one.node for one in (*conditions, *grades)), *(node for node in (amount, recover) if node is not None))
    order = tuple(dict.fromkeys(name for node in nodes for name in tree.facts(node)))
    parameters = (part.name for node in nodes for part in tree.walk(node) if isinstance(part, tree.Parameter))
    kinds = {name: vocabulary[name] for name in dict.fromkeys((*order, *parameters, *shown))}
    return Rule(conditions, grades, amount, recover, kinds, where, order)


def _place(where: str, what: str) -> str:
    return f"{where}，{what}" if where else what


def _condition(one: ConditionText, vocabulary: Vocabulary, place: str, shown: list[str]) -> Condition:
    node = understand(one.when, vocabulary, place=place, boolean=True)
    shown += named(one.because, vocabulary, place=place)
    return Condition(tree.Not(node) if one.unless else node, one.because.strip(), tree.facts(node))


def _grades(texts: Sequence[GradeText], vocabulary: Vocabulary, where: str, shown: list[str]) -> tuple[Grade, ...]:
    grades: list[Grade] = []
    for one in texts:
        place = _place(where, f"等级「{one.grade}」")
        if not isinstance(one.grade, str) or not NAME.fullmatch(one.grade) or one.grade in {g.grade for g in grades}:
            raise Refused("等级的代号不对或重复。", where=place, do="代号用小写英文字母、数字和下划线，各不相同。")
        node = understand(one.when, vocabulary, place=place, boolean=True)
        shown += named(one.because, vocabulary, place=place)
        grades.append(Grade(node, one.because.strip(), tree.facts(node), one.grade, one.label))
    return tuple(grades)


def _formula(text: str | None, vocabulary: Vocabulary, place: str) -> tree.Node | None:
    return None if text is None else understand(text, vocabulary, place=place, boolean=False)
