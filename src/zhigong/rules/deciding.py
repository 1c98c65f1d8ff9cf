"""One person: verdict, grade, amounts, reasons, and what is still missing."""

from __future__ import annotations

from collections.abc import Mapping
from math import floor

from zhigong.kernel.money import MAX_FEN
from zhigong.rules import tree
from zhigong.rules.checking import check_bands
from zhigong.rules.evaluating import missing, value
from zhigong.rules.types import Condition, Decision, Reason, Rule, Value
from zhigong.rules.values import Environment, bind
from zhigong.rules.wording import fill


def decide(
    rule: Rule, *, facts: Mapping[str, Value | None], parameters: Mapping[str, Value], presume: Mapping[str, Value]
) -> Decision:
    """See `operations.decide`."""
    known = bind(rule, facts, parameters, presume)
    check_bands(rule, known)
    conditions = [value(one.node, known) for one in rule.conditions]
    grades = [value(one.node, known) for one in rule.grades]
    verdict = _verdict(conditions, grades)
    return Decision(
        verdict=verdict,
        grade=_grade(rule, grades) if verdict else None,
        amount=_fen(rule.amount, known) if verdict else None,
        recover=_fen(rule.recover, known),
        reasons=_reasons(rule, conditions, grades, known, parameters),
        missing=() if verdict is False else _missing(rule, grades, known),
    )


def _verdict(conditions: list[bool | None], grades: list[bool | None]) -> bool | None:
    graded = True if not grades or True in grades else None if None in grades else False
    parts = [*conditions, graded]
    return False if False in parts else None if None in parts else True


def _grade(rule: Rule, holds: list[bool | None]) -> str | None:
    """The first grade that holds; not known when an earlier one might."""
    place = next(place for place, truth in enumerate(holds) if truth is not False) if holds else None
    return rule.grades[place].grade if place is not None and holds[place] else None


def _fen(node: tree.Node | None, known: Environment) -> int | None:
    amount = None if node is None else value(node, known)
    if amount is None:
        return None
    fen = floor(amount)
    return fen if -MAX_FEN <= fen <= MAX_FEN else None


def _missing(rule: Rule, grades: list[bool | None], known: Environment) -> tuple[str, ...]:
    names: set[str] = set()
    for condition in rule.conditions:
        missing(condition.node, known, names)
    for grade, truth in zip(rule.grades, grades, strict=True):
        if truth:
            break
        missing(grade.node, known, names)
    if rule.amount is not None:
        missing(rule.amount, known, names)
    return tuple(name for name in rule.order if name in names) if names else ()


def _reasons(
    rule: Rule,
    conditions: list[bool | None],
    grades: list[bool | None],
    known: Environment,
    parameters: Mapping[str, Value],
) -> tuple[Reason, ...]:
    parts: tuple[Condition, ...] = (*rule.conditions, *rule.grades)
    return tuple(
        Reason(
            text=fill(one.because, parameters),
            holds=holds,
            facts={name: known[name] for name in one.facts},
            kind="grade" if at >= len(rule.conditions) else "condition",
        )
        for at, (one, holds) in enumerate(zip(parts, (*conditions, *grades), strict=True))
    )
