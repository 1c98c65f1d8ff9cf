"""decide ≡ population SQL ≡ a naive oracle, on random rules and random persons; and mutants do not survive it."""

from __future__ import annotations

from collections import Counter
from random import Random

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zhigong.kernel.errors import Refused
from zhigong.rules import evaluating, terms, tree, writing
from zhigong.rules import operations as rules
from zhigong.rules.tests import oracle

PERSONS = 1000
WANTED = 100_000
PARTS = 4  # so that several workers can share them
SCHEMA = pa.schema(
    [
        ("person_id", pa.int64()),
        *((name, pa.int64()) for name in oracle.NUMBERS[:-1]),
        ("rate", pa.decimal128(18, 6)),
        *((name, pa.bool_()) for name in oracle.TRUTHS),
        ("status", pa.string()),
        *((name, pa.date32()) for name in oracle.DAYS),
    ]
)


class Disagreement(AssertionError):
    """Two of the three said different things about one person."""


def screened(connection, rule, presume=None, *, measured):
    ranges = None
    if measured:
        row = connection.execute(rules.ranges_sql(rule, table="people")).fetchone()
        ranges = rules.read_ranges(rule, row if rule.facts else ())
    sql = rules.population_sql(rule, table="people", parameters=oracle.PARAMETERS, presume=presume or {}, ranges=ranges)
    found = connection.execute(f"SELECT * FROM ({sql}) ORDER BY person_id")
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def agree(seed: int, counted: Counter, *, persons: int = PERSONS, depth: int = 3) -> None:
    """One random rule over a batch of random persons, three ways; raises Disagreement."""
    chance = Random(seed)
    text, tuples = oracle.rule(chance, depth)
    rule = rules.compile_rule(text, oracle.VOCABULARY)
    people = oracle.persons(chance, persons, unknown=chance.choice([0.05, 0.2, 0.5]))
    with duckdb.connect() as connection:
        table = [{"person_id": at, **person} for at, person in enumerate(people)]
        connection.register("people", pa.Table.from_pylist(table, schema=SCHEMA))
        answers = []
        for measured in (False, True):
            try:
                answers.append(screened(connection, rule, measured=measured))
            except Refused:
                counted["refused"] += 1
    for at, person in enumerate(people):
        expected = oracle.Oracle(person).verdict(tuples)
        decision = rules.decide(rule, facts=person, parameters=oracle.PARAMETERS)
        holds = [reason.holds for reason in decision.reasons if reason.kind == "condition"]
        said = (decision.verdict, decision.grade, decision.amount, decision.recover, holds, set(decision.missing))
        if said != tuple(expected.values()):
            raise Disagreement(f"decide {said}, oracle {expected}\n{person}\n{text}")
        for rows in answers:
            row = rows[at]
            columns = [row[f"c{number}"] for number in range(1, len(holds) + 1)]
            told = (row["verdict"], row["grade"], row["amount"], row["recover"], columns, tuple(row["missing"]))
            if told != (*said[:5], decision.missing):
                raise Disagreement(f"decide {said}, SQL {told}\n{person}\n{text}")
    counted["pairs"] += persons if answers else 0


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_decide_screen_and_oracle_agree_on_a_hundred_thousand_pairs(part) -> None:
    counted: Counter = Counter()

    @settings(max_examples=200, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.integers(0, 2**48))
    def each(seed: int) -> None:
        if counted["pairs"] < WANTED // PARTS:
            agree(seed, counted, depth=1 + seed % 3)

    each()
    assert counted["pairs"] >= WANTED // PARTS, counted


def test_they_agree_on_many_small_batches() -> None:
    counted: Counter = Counter()
    for seed in range(30):
        agree(seed, counted, persons=40)
    assert counted["pairs"] > 700


def _swapped(before, after):
    return lambda node, known: before[type(node)](node, known) if after is None else after(node, known)


def _null_is_zero(node, known):
    return 0 if known[node.name] is None and node.kind.number else known[node.name]


MUTANTS = {
    "less becomes at most": (evaluating._COMPARE, "<", lambda a, b: a <= b),
    "at most becomes less": (evaluating._COMPARE, "<=", lambda a, b: a < b),
    "equal becomes unequal": (evaluating._COMPARE, "=", lambda a, b: a != b),
    "an unknown number counts as nought": (evaluating._VALUES, tree.Fact, _null_is_zero),
    "NOT of unknown is true": (
        evaluating._VALUES,
        tree.Not,
        lambda node, known: not evaluating.value(node.item, known),
    ),
    "unknown in AND and OR counts as false": (
        evaluating._VALUES,
        tree.Junction,
        lambda node, known: (any if node.operator == "OR" else all)(
            bool(evaluating.value(item, known)) for item in node.items
        ),
    ),
    "an unknown CASE condition falls through": (
        evaluating._VALUES,
        tree.Choice,
        lambda node, known: next(
            (evaluating.value(then, known) for when, then in node.branches if evaluating.value(when, known)),
            evaluating.value(node.otherwise, known),
        ),
    ),
    "COALESCE stops at its first": (
        evaluating._VALUES,
        tree.First,
        lambda node, known: evaluating.value(node.items[0], known),
    ),
    "SQL floors towards zero": (
        writing._NUMBERS,
        tree.Floor,
        lambda writer, node: terms.Ratio(
            terms.column(
                f"({writer.number(node.item).top.sql} // {writer.number(node.item).bottom.sql})", -(2**120), 2**120
            )
        ),
    ),
    "SQL lets LEAST and GREATEST skip the unknown": (
        writing._NUMBERS,
        tree.Extreme,
        lambda writer, node: writing._first_number(writer, tree.First(node.items, node.kind)),
    ),
    "SQL turns AND into OR": (
        writing._OTHERS,
        tree.Junction,
        lambda writer, node: "(" + " OR ".join(writer.other(item) for item in node.items) + ")",
    ),
    "SQL CASE falls through the unknown": (
        writing._OTHERS,
        tree.Choice,
        lambda writer, node: (
            "(CASE "
            + " ".join(f"WHEN {writer.other(when)} THEN {writer.other(then)}" for when, then in node.branches)
            + f" ELSE {writer.other(node.otherwise)} END)"
        ),
    ),
    "SQL says IS NULL the wrong way round": (
        writing._OTHERS,
        tree.Unknown,
        lambda writer, node: writer.is_known(node.item),
    ),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_is_caught(name, monkeypatch) -> None:
    table, key, changed = MUTANTS[name]
    monkeypatch.setitem(table, key, changed)
    with pytest.raises((Disagreement, duckdb.Error)):
        for seed in range(400):
            agree(seed, Counter(), persons=40)


@pytest.mark.slow
@pytest.mark.parametrize("piece", ["sign of the divisor", "no cross-multiplication", "unknown bottoms forgotten"])
def test_a_mutant_of_the_arithmetic_is_caught(piece, monkeypatch) -> None:
    if piece == "sign of the divisor":
        divide = terms.divide
        fake = lambda left, right: divide(left, terms.Ratio(terms.column(right.top.sql, 1, 2**63 - 1), right.bottom))  # noqa: E731
        monkeypatch.setattr(terms, "divide", fake)
    elif piece == "no cross-multiplication":
        monkeypatch.setattr(terms, "crossed", lambda left, right: (left.top, right.top))
    else:
        monkeypatch.setattr(terms.Ratio, "known", property(lambda number: f"({number.top.sql} IS NOT NULL)"))
    with pytest.raises((Disagreement, duckdb.Error)):
        for seed in range(600):
            agree(seed, Counter(), persons=40)
