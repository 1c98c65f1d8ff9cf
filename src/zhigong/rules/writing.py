"""The tree as SQL text. Each costly part is computed once, in a layer of its own, and then only named."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date
from fractions import Fraction
from functools import reduce
from itertools import chain
from math import lcm
from typing import Any

from zhigong.rules import terms, tree
from zhigong.rules.terms import Ratio, Term
from zhigong.rules.tree import Node
from zhigong.rules.values import Environment

_KEPT = re.compile(r'"?(_[tcgv][0-9]*)\b')
_DEAR = 24  # texts shorter than this are names, constants, or as cheap as one


def quoted(text: str) -> str:
    """A string constant."""
    return "'" + text.replace("'", "''") + "'"


class Writer:
    """Writes the parts of one rule and remembers which of them it keeps in which layer."""

    def __init__(self, nodes: tuple[Node, ...], facts: Mapping[str, Ratio | str], parameters: Environment) -> None:
        self.facts = facts
        self.parameters = parameters
        self.uses = Counter(chain.from_iterable(tree.walk(node) for node in nodes))
        self.layers: list[list[tuple[str, str]]] = []
        self._levels: dict[str, int] = {}
        self._by_text: dict[str, str] = {}
        self._numbers: dict[Node, Ratio] = {}
        self._others: dict[Node, str] = {}

    def keep(self, sql: str, name: str = "") -> str:
        """A column computed once, one layer above what it needs; the same text is kept once."""
        if not name and (sql in self._by_text or sql.isidentifier() or len(sql) <= _DEAR):
            return self._by_text.get(sql, sql)
        name = name or f"_t{len(self._by_text)}"
        level = max((self._levels[used] + 1 for used in _KEPT.findall(sql) if used in self._levels), default=0)
        self.layers += [[]] if level == len(self.layers) else []
        self.layers[level].append((name, sql))
        self._levels[name] = level
        self._by_text.setdefault(sql, name)
        return name

    def kept(self, number: Ratio) -> Ratio:
        """A number whose parts are cheap to repeat."""
        return Ratio(self._kept_term(number.top), self._kept_term(number.bottom))

    def _kept_term(self, term: Term) -> Term:
        if term.constant is not None:
            return term
        return Term(term.factor, self.keep(term.base), term.base_low, term.base_high)

    def number(self, node: Node) -> Ratio:
        """A number of the rule."""
        if node not in self._numbers:
            number = _NUMBERS[type(node)](self, node)
            self._numbers[node] = self.kept(number) if self.uses[node] > 1 else number
        return self._numbers[node]

    def other(self, node: Node) -> str:
        """A truth value, text or date of the rule."""
        if node not in self._others:
            sql = _OTHERS[type(node)](self, node)
            self._others[node] = self.keep(sql) if self.uses[node] > 1 else sql
        return self._others[node]

    def is_known(self, node: Node) -> str:
        """SQL: whether a node is known."""
        return (
            self.kept(self.number(node)).known if node.kind.number else f"({self.keep(self.other(node))} IS NOT NULL)"
        )


def _constant_number(_writer: Writer, node: tree.Constant) -> Ratio:
    assert isinstance(node.value, int | Fraction)  # noqa: S101 — typed by the reader
    return terms.exact(node.value)


def _parameter_number(writer: Writer, node: tree.Parameter) -> Ratio:
    return terms.exact(writer.parameters[node.name])  # type: ignore[arg-type]


def _fact_number(writer: Writer, node: tree.Fact) -> Ratio:
    number = writer.facts[node.name]
    assert isinstance(number, Ratio)  # noqa: S101
    return number


def _arithmetic(writer: Writer, node: tree.Arithmetic) -> Ratio:
    left, right = writer.number(node.left), writer.number(node.right)
    if node.operator == "*":
        return terms.multiply(left, right)
    if node.operator == "/":
        quotient = terms.divide(left, writer.kept(right))
        return Ratio(quotient.top, writer._kept_term(quotient.bottom))  # noqa: SLF001 — one module, one thing
    return terms.add(left, right, node.operator)


def _common(numbers: list[Ratio]) -> tuple[list[Term], Term] | None:
    """The tops over one constant bottom, when all bottoms are constants."""
    if any(number.bottom.constant is None for number in numbers):
        return None
    bottom = lcm(*(number.bottom.factor for number in numbers))
    return [number.top.times(bottom // number.bottom.factor) for number in numbers], Term(bottom)


def _chosen(numbers: list[Ratio], choose: Callable[[list[str]], str]) -> Ratio:
    """One of several numbers, chosen by the same CASE for the tops and for the bottoms."""

    def pick(parts: list[Term]) -> Term:
        low, high = min(part.low for part in parts), max(part.high for part in parts)
        return terms.column(f"CAST({choose([part.sql for part in parts])} AS {terms.type_of(low, high)})", low, high)

    common = _common(numbers)
    if common is not None:
        return Ratio(pick(common[0]), common[1])
    return Ratio(pick([number.top for number in numbers]), pick([number.bottom for number in numbers]))


def _extreme_number(writer: Writer, node: tree.Extreme) -> Ratio:
    def smaller(left: Ratio, right: Ratio) -> Ratio:
        if left.constant is not None and right.constant is not None:
            return min(left, right, key=_value) if node.which == "least" else max(left, right, key=_value)
        left, right = writer.kept(left), writer.kept(right)
        first, second = (left, right) if node.which == "least" else (right, left)
        before, after = terms.compare(first, second, "<="), terms.compare(second, first, "<")
        chosen = _chosen(
            [left, right], lambda texts: f"CASE WHEN {before} THEN {texts[0]} WHEN {after} THEN {texts[1]} END"
        )
        return writer.kept(_narrowed(chosen, left, right, node.which))

    return reduce(smaller, (writer.number(item) for item in node.items))


def _value(number: Ratio) -> Fraction:
    return number.constant or Fraction(0)


def _narrowed(chosen: Ratio, left: Ratio, right: Ratio, which: str) -> Ratio:
    """The lesser of two is bounded by both upper bounds, the greater by both lower ones."""
    common = _common([left, right])
    if common is None:
        return chosen
    (one, other), bottom = common
    top = chosen.top
    if which == "least":
        return Ratio(Term(1, top.base, top.base_low, min(one.high, other.high)), bottom)
    return Ratio(Term(1, top.base, max(one.low, other.low), top.base_high), bottom)


def _floor(writer: Writer, node: tree.Floor) -> Ratio:
    return Ratio(terms.floor(writer.kept(writer.number(node.item))))


def _banded(writer: Writer, node: tree.Banded) -> Ratio:
    number = writer.kept(writer.number(node.item))
    limits: Any = writer.parameters[node.limits.name]
    rates: Any = writer.parameters[node.rates.name]
    pieces, starts, start, below = [terms.exact(0)], [], Fraction(0), Fraction(0)
    for place, rate in enumerate(rates):
        starts.append(terms.compare(number, terms.exact(below), "<="))
        pieces.append(terms.add(terms.multiply(number, terms.exact(rate)), terms.exact(start - below * rate), "+"))
        limit = Fraction(limits[place]) if place < len(limits) else below
        start, below = start + (limit - below) * rate, limit

    def choose(texts: list[str]) -> str:
        whens = " ".join(f"WHEN {when} THEN {text}" for when, text in zip(starts, texts, strict=False))
        return f"CASE WHEN NOT {number.known} THEN NULL {whens} ELSE {texts[-1]} END"

    return _chosen(pieces, choose)


def _case(writer: Writer, node: tree.Choice) -> Callable[[list[str]], str]:
    conditions = [writer.keep(writer.other(condition)) for condition, _ in node.branches]

    def choose(texts: list[str]) -> str:
        whens = " ".join(
            f"WHEN {condition} THEN {text} WHEN {condition} IS NULL THEN NULL"
            for condition, text in zip(conditions, texts, strict=False)
        )
        return f"CASE {whens} ELSE {texts[-1]} END"

    return choose


def _values(node: tree.Choice) -> list[Node]:
    return [*(value for _, value in node.branches), node.otherwise]


def _choice_number(writer: Writer, node: tree.Choice) -> Ratio:
    return _chosen([writer.number(value) for value in _values(node)], _case(writer, node))


def _first_number(writer: Writer, node: tree.First) -> Ratio:
    numbers = [writer.kept(writer.number(item)) for item in node.items]
    known = [number.known for number in numbers]

    def choose(texts: list[str]) -> str:
        whens = " ".join(f"WHEN {when} THEN {text}" for when, text in zip(known[:-1], texts, strict=False))
        return f"CASE {whens} ELSE {texts[-1]} END"

    return _chosen(numbers, choose)


_NUMBERS: dict[type, Callable[[Writer, Any], Ratio]] = {
    tree.Constant: _constant_number,
    tree.Parameter: _parameter_number,
    tree.Fact: _fact_number,
    tree.Arithmetic: _arithmetic,
    tree.Extreme: _extreme_number,
    tree.Floor: _floor,
    tree.Banded: _banded,
    tree.First: _first_number,
    tree.Choice: _choice_number,
}


def plain(value: object) -> str:
    """A truth value, text or date as SQL."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return f"DATE '{value.isoformat()}'" if isinstance(value, date) else quoted(str(value))


def _constant(_writer: Writer, node: tree.Constant) -> str:
    return plain(node.value)


def _parameter(writer: Writer, node: tree.Parameter) -> str:
    return plain(writer.parameters[node.name])


def _fact(writer: Writer, node: tree.Fact) -> str:
    return str(writer.facts[node.name])


def _extreme(writer: Writer, node: tree.Extreme) -> str:
    def smaller(left: str, right: str) -> str:
        first, second = (left, right) if node.which == "least" else (right, left)
        return f"CASE WHEN {first} <= {second} THEN {left} WHEN {second} < {first} THEN {right} END"

    return reduce(lambda left, right: writer.keep(smaller(left, right)), (writer.other(item) for item in node.items))


def _compare(writer: Writer, node: tree.Compare) -> str:
    if node.left.kind.number:
        return terms.compare(writer.number(node.left), writer.number(node.right), node.operator)
    return f"({writer.other(node.left)} {node.operator} {writer.other(node.right)})"


def _junction(writer: Writer, node: tree.Junction) -> str:
    return "(" + f" {node.operator} ".join(writer.other(item) for item in node.items) + ")"


def _not(writer: Writer, node: tree.Not) -> str:
    return f"(NOT {writer.other(node.item)})"


def _unknown(writer: Writer, node: tree.Unknown) -> str:
    return f"(NOT {writer.is_known(node.item)})"


def _first(writer: Writer, node: tree.First) -> str:
    return "COALESCE(" + ", ".join(writer.other(item) for item in node.items) + ")"


def _choice(writer: Writer, node: tree.Choice) -> str:
    return "(" + _case(writer, node)([writer.other(value) for value in _values(node)]) + ")"


_OTHERS: dict[type, Callable[[Writer, Any], str]] = {
    tree.Constant: _constant,
    tree.Parameter: _parameter,
    tree.Fact: _fact,
    tree.Extreme: _extreme,
    tree.Compare: _compare,
    tree.Junction: _junction,
    tree.Not: _not,
    tree.Unknown: _unknown,
    tree.First: _first,
    tree.Choice: _choice,
}
