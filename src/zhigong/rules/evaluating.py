"""The tree for one person: its value by Kleene's three-valued logic in exact arithmetic, and whom to ask when unknown.

None is "not known". A division by zero is not known either: the figures contradict one another.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import floor
from operator import eq, le, lt, ne
from typing import Any

from zhigong.rules import tree
from zhigong.rules.tree import Node
from zhigong.rules.values import Environment

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {"=": eq, "<>": ne, "<": lt, "<=": le}


def value(node: Node, known: Environment) -> Any:  # noqa: ANN401 — of the node's kind, or None
    """The value of a node."""
    return _VALUES[type(node)](node, known)


def _constant(node: tree.Constant, _known: Environment) -> Any:  # noqa: ANN401
    return node.value


def _name(node: tree.Fact | tree.Parameter, known: Environment) -> Any:  # noqa: ANN401
    return known[node.name]


def _arithmetic(node: tree.Arithmetic, known: Environment) -> int | Fraction | None:
    left, right = value(node.left, known), value(node.right, known)
    if left is None or right is None:
        return None
    match node.operator:
        case "+":
            return left + right  # type: ignore[no-any-return]
        case "-":
            return left - right  # type: ignore[no-any-return]
        case "*":
            return left * right  # type: ignore[no-any-return]
        case "/":
            return Fraction(left, right) if right else None


def _extreme(node: tree.Extreme, known: Environment) -> Any:  # noqa: ANN401
    values = [value(item, known) for item in node.items]
    if None in values:
        return None
    return min(values) if node.which == "least" else max(values)


def _floor(node: tree.Floor, known: Environment) -> int | None:
    item = value(node.item, known)
    return None if item is None else floor(item)


def _banded(node: tree.Banded, known: Environment) -> int | Fraction | None:
    item = value(node.item, known)
    if item is None:
        return None
    limits, rates = known[node.limits.name], known[node.rates.name]
    total: int | Fraction = 0
    below: int | Fraction = 0
    for limit, rate in zip((*limits, None), rates, strict=True):  # type: ignore[misc, arg-type]
        upper = item if limit is None else min(item, limit)
        if upper > below:
            total += (upper - below) * rate
        below = limit if limit is not None else below
    return total


def _compare(node: tree.Compare, known: Environment) -> bool | None:
    left, right = value(node.left, known), value(node.right, known)
    return None if left is None or right is None else _COMPARE[node.operator](left, right)


def _junction(node: tree.Junction, known: Environment) -> bool | None:
    settles = node.operator == "OR"
    unknown = False
    for item in node.items:
        truth: bool | None = value(item, known)
        if truth is settles:
            return settles
        unknown = unknown or truth is None
    return None if unknown else not settles


def _not(node: tree.Not, known: Environment) -> bool | None:
    truth: bool | None = value(node.item, known)
    return None if truth is None else not truth


def _unknown(node: tree.Unknown, known: Environment) -> bool:
    return value(node.item, known) is None


def _first(node: tree.First, known: Environment) -> Any:  # noqa: ANN401
    return next((found for item in node.items if (found := value(item, known)) is not None), None)


def _choice(node: tree.Choice, known: Environment) -> Any:  # noqa: ANN401
    for condition, result in node.branches:
        truth = value(condition, known)
        if truth is None:
            return None
        if truth:
            return value(result, known)
    return value(node.otherwise, known)


_VALUES: dict[type, Callable[[Any, Environment], Any]] = {
    tree.Constant: _constant,
    tree.Fact: _name,
    tree.Parameter: _name,
    tree.Arithmetic: _arithmetic,
    tree.Extreme: _extreme,
    tree.Floor: _floor,
    tree.Banded: _banded,
    tree.Compare: _compare,
    tree.Junction: _junction,
    tree.Not: _not,
    tree.Unknown: _unknown,
    tree.First: _first,
    tree.Choice: _choice,
}


def missing(node: Node, known: Environment, into: set[str]) -> None:
    """Add the unknown facts that an unknown node still depends on; nothing when the node is known.

    Facts behind a settled AND, OR, CASE or COALESCE are left out: nobody need be asked for them.
    """
    if isinstance(node, tree.Fact):
        if known[node.name] is None:
            into.add(node.name)
    elif value(node, known) is None:
        for part in _parts(node, known):
            missing(part, known, into)


def _parts(node: Node, known: Environment) -> tuple[Node, ...]:
    """The parts of an unknown node that may matter; those that are known will add nothing."""
    if not isinstance(node, tree.Choice):
        return tree.children(node)
    parts: list[Node] = []
    for condition, result in node.branches:
        truth = value(condition, known)
        parts += [condition] if truth is None else []
        parts += [result] if truth is not False else []
        if truth:
            return tuple(parts)
    return (*parts, node.otherwise)
