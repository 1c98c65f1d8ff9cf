"""What a rule is made of and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Literal

from zhigong.rules import tree
from zhigong.rules.tree import Kind

__all__ = [
    "Condition",
    "ConditionText",
    "Decision",
    "Grade",
    "GradeText",
    "Kind",
    "Name",
    "Ranges",
    "Reason",
    "Rule",
    "RuleText",
    "Value",
    "Vocabulary",
]

Value = int | Decimal | Fraction | bool | str | date | tuple["int | Decimal | Fraction", ...]

# Smallest and largest value of whole-number facts in a relation; None where the column holds nothing.
Ranges = Mapping[str, tuple[int, int] | None]


@dataclass(frozen=True, slots=True)
class Name:
    """A word that rules may use: a fact, or a dated parameter. `values`: the only texts a text fact may hold."""

    name: str
    kind: Kind
    label: str = ""
    values: tuple[str, ...] = ()
    parameter: bool = False


Vocabulary = Mapping[str, Name]


@dataclass(frozen=True, slots=True)
class ConditionText:
    """One condition as written; `unless` means that it must not hold. `because` is the sentence for the member."""

    when: str
    because: str
    unless: bool = False


@dataclass(frozen=True, slots=True)
class GradeText:
    """One grade as written; the first that holds is the person's grade."""

    grade: str
    label: str
    when: str
    because: str


@dataclass(frozen=True, slots=True)
class RuleText:
    """A rule as written: all conditions, and one of the grades if there are any. Amounts are formulas in fen."""

    conditions: tuple[ConditionText, ...]
    grades: tuple[GradeText, ...] = ()
    amount: str | None = None
    recover: str | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition understood: the tree that must hold, and the facts in it."""

    node: tree.Node
    because: str
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Grade(Condition):
    """One grade understood."""

    grade: str
    label: str


@dataclass(frozen=True)
class Rule:
    """A rule understood.

    kinds: every name it uses. where: the place to name in errors. order: its facts as they first appear.
    """

    conditions: tuple[Condition, ...]
    grades: tuple[Grade, ...]
    amount: tree.Node | None
    recover: tree.Node | None
    kinds: Mapping[str, Name]
    where: str = ""
    order: tuple[str, ...] = ()

    @cached_property
    def nodes(self) -> tuple[tree.Node, ...]:
        """Every tree of the rule: conditions, grades, amounts."""
        formulas = (node for node in (self.amount, self.recover) if node is not None)
        return (*(one.node for one in (*self.conditions, *self.grades)), *formulas)

    @cached_property
    def bands(self) -> tuple[tree.Banded, ...]:
        """Every use of `banded`."""
        return tuple(part for node in self.nodes for part in tree.walk(node) if isinstance(part, tree.Banded))

    @cached_property
    def lists(self) -> frozenset[str]:
        """The parameters that must be lists."""
        return frozenset(name for node in self.bands for name in (node.limits.name, node.rates.name))

    @cached_property
    def singles(self) -> frozenset[str]:
        """The parameters that must be single values; those only shown in sentences may be either."""
        return self._used - self.lists

    @cached_property
    def _used(self) -> frozenset[str]:
        parts = (part for node in self.nodes for part in tree.walk(node))
        return frozenset(part.name for part in parts if isinstance(part, tree.Parameter))

    @cached_property
    def facts(self) -> frozenset[str]:
        """The facts that the rule reads."""
        return frozenset(name for name, word in self.kinds.items() if not word.parameter)

    @cached_property
    def parameters(self) -> frozenset[str]:
        """The dated parameters that the rule reads, those of its sentences included."""
        return frozenset(name for name, word in self.kinds.items() if word.parameter)


@dataclass(frozen=True, slots=True)
class Reason:
    """One sentence, whether it holds (None = not known) and the facts behind it."""

    text: str
    holds: bool | None
    facts: Mapping[str, Value | None]
    kind: Literal["condition", "grade"] = "condition"


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer for one person. Amounts in fen, rounded down.

    verdict: None = not known. grade and amount only with a true verdict. recover whenever it can be computed.
    missing: the unknown facts that verdict, grade or amount still depend on, in the order of the rule.
    """

    verdict: bool | None
    grade: str | None
    amount: int | None
    recover: int | None
    reasons: tuple[Reason, ...]
    missing: tuple[str, ...]
