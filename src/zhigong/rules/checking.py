"""What can be checked only when the parameters have their values."""

from __future__ import annotations

from itertools import pairwise

from zhigong.kernel.errors import Refused
from zhigong.rules import tree
from zhigong.rules.types import Rule
from zhigong.rules.values import Environment


def check_bands(rule: Rule, known: Environment) -> None:
    """Refuse bands that are not bands, and lists used as single values."""
    for name in rule.lists:
        if not isinstance(known[name], tuple):
            raise Refused(f"参数「{name}」应是一列数。", where=rule.where, why="它用作分档界限或比例")
    for name in rule.singles:
        if isinstance(known[name], tuple):
            raise Refused(
                f"参数「{name}」是一列数，不能当一个数用。", where=rule.where, do="一列数只能用在 banded 里。"
            )
    for node in rule.bands:
        _check(rule, node, known[node.limits.name], known[node.rates.name])


def _check(rule: Rule, node: tree.Banded, limits: object, rates: object) -> None:
    assert isinstance(limits, tuple)  # noqa: S101 — checked above
    assert isinstance(rates, tuple)  # noqa: S101
    if len(rates) != len(limits) + 1:
        raise Refused(
            "分档比例应比分档界限多一个。",
            where=rule.where,
            why=f"「{node.limits.name}」有 {len(limits)} 个，「{node.rates.name}」有 {len(rates)} 个",
        )
    if any(low >= high for low, high in pairwise((0, *limits))):
        raise Refused("分档界限应为由小到大的正数。", where=rule.where, why=f"「{node.limits.name}」不是")
