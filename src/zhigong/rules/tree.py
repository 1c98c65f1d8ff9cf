"""The small tree a rule's text becomes: only what a rule may say, already typed. Immutable, compared by content."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Literal


class Kind(StrEnum):
    """What a value is; integers and decimals are both numbers and mix freely."""

    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    TEXT = "text"
    DATE = "date"

    @property
    def number(self) -> bool:
        """Whether one may calculate with it."""
        return self in (Kind.INTEGER, Kind.DECIMAL)


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal of the text."""

    value: int | Fraction | bool | str | date
    kind: Kind


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact about the person; may be unknown."""

    name: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Parameter:
    """A dated value of the catalogue; never unknown."""

    name: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Two numbers combined; unknown when either is, and when dividing by zero."""

    operator: Literal["+", "-", "*", "/"]
    left: Node
    right: Node
    kind: Kind


@dataclass(frozen=True, slots=True)
class Extreme:
    """The least or the greatest of numbers or dates; unknown when any of them is."""

    which: Literal["least", "greatest"]
    items: tuple[Node, ...]
    kind: Kind


@dataclass(frozen=True, slots=True)
class Floor:
    """The largest whole number not above; `ceil` and `round_down` are built from it."""

    item: Node
    kind: Kind = Kind.INTEGER


@dataclass(frozen=True, slots=True)
class Banded:
    """Each part of a positive number between two limits times the rate of that band; nothing below zero."""

    item: Node
    limits: Parameter
    rates: Parameter
    kind: Kind = Kind.DECIMAL


@dataclass(frozen=True, slots=True)
class Compare:
    """Two values of one kind; unknown when either is."""

    operator: Literal["=", "<>", "<", "<="]
    left: Node
    right: Node
    kind: Kind = Kind.BOOLEAN


@dataclass(frozen=True, slots=True)
class Junction:
    """AND or OR over two or more, by Kleene: one false settles AND, one true settles OR."""

    operator: Literal["AND", "OR"]
    items: tuple[Node, ...]
    kind: Kind = Kind.BOOLEAN


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite; unknown stays unknown."""

    item: Node
    kind: Kind = Kind.BOOLEAN


@dataclass(frozen=True, slots=True)
class Unknown:
    """`IS NULL`: the one question about knowing itself, so always answered."""

    item: Node
    kind: Kind = Kind.BOOLEAN


@dataclass(frozen=True, slots=True)
class First:
    """`COALESCE`: the first that is known."""

    items: tuple[Node, ...]
    kind: Kind


@dataclass(frozen=True, slots=True)
class Choice:
    """`CASE`: the value of the first condition that holds. Unlike in SQL an unknown condition makes it unknown."""

    branches: tuple[tuple[Node, Node], ...]
    otherwise: Node
    kind: Kind


Node = (
    Constant
    | Fact
    | Parameter
    | Arithmetic
    | Extreme
    | Floor
    | Banded
    | Compare
    | Junction
    | Not
    | Unknown
    | First
    | Choice
)


def children(node: Node) -> tuple[Node, ...]:
    """The parts of a node, in the order of the text."""
    match node:
        case Constant() | Fact() | Parameter():
            return ()
        case Arithmetic() | Compare():
            return (node.left, node.right)
        case Extreme() | Junction() | First():
            return node.items
        case Floor() | Not() | Unknown():
            return (node.item,)
        case Banded():
            return (node.item, node.limits, node.rates)
        case Choice():
            return (*(part for branch in node.branches for part in branch), node.otherwise)


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it, in the order of the text."""
    yield node
    for child in children(node):
        yield from walk(child)


def facts(node: Node) -> tuple[str, ...]:
    """The names of the facts below a node, each once, in the order of the text."""
    return tuple(dict.fromkeys(part.name for part in walk(node) if isinstance(part, Fact)))


def strict(node: Node) -> bool:
    """Whether one unknown fact anywhere below is enough to make the node unknown."""
    return not any(isinstance(part, Junction | Unknown | First | Choice) for part in walk(node))
