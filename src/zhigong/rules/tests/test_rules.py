"""The language, sentence by sentence, decided for one person and screened as SQL at once."""

from __future__ import annotations

import pickle
from datetime import date
from decimal import Decimal
from fractions import Fraction

import duckdb
import pyarrow as pa
import pytest

from zhigong.rules import operations as rules
from zhigong.rules.tests.oracle import PARAMETERS, VOCABULARY
from zhigong.rules.tests.test_agreement import SCHEMA
from zhigong.rules.types import ConditionText, GradeText, RuleText


def answer(text: RuleText, facts: dict, presume=None):
    """The decision, once the SQL has said the same."""
    rule = rules.compile_rule(text, VOCABULARY)
    decision = rules.decide(rule, facts=facts, parameters=PARAMETERS, presume=presume)
    sql = rules.population_sql(rule, table="people", parameters=PARAMETERS, presume=presume)
    with duckdb.connect() as connection:
        connection.register("people", pa.Table.from_pylist([{"person_id": 1, **facts}], schema=SCHEMA))
        row = connection.execute(f"SELECT person_id, verdict, grade, amount, recover, missing FROM ({sql})").fetchone()
    assert row == (1, decision.verdict, decision.grade, decision.amount, decision.recover, list(decision.missing))
    return decision


def holds(when: str, **facts):
    return answer(RuleText((ConditionText(when, "理由"),)), facts).verdict


def amount(formula: str, **facts):
    return answer(RuleText((ConditionText("TRUE", "理由"),), amount=formula), facts).amount


@pytest.mark.parametrize(
    ("when", "facts", "expected"),
    [
        ("income < 5", {}, None),
        ("income < 5 AND homes > 2", {"homes": 1}, False),
        ("income < 5 OR homes > 2", {"homes": 3}, True),
        ("NOT (income < 5)", {}, None),
        ("migrant", {"migrant": True}, True),
        ("income IN (1, homes)", {"income": 1}, True),
        ("income IN (1, homes)", {"income": 2}, None),
        ("income NOT IN (1, homes)", {"income": 1}, False),
        ("income NOT IN (1, homes)", {"income": 2}, None),
        ("income BETWEEN 1 AND homes", {"income": 0}, False),
        ("income BETWEEN 1 AND homes", {"income": 2}, None),
        ("income BETWEEN 1 AND 5", {"income": 5}, True),
        ("income NOT BETWEEN 1 AND 5", {"income": 6}, True),
        ("income IS NULL", {}, True),
        ("income IS NOT NULL", {}, False),
        ("(income < 5) IS NULL", {}, True),
        ("(income < 5) IS NULL", {"income": 9}, False),
        ("coalesce(income, homes, 3) = 3", {}, True),
        ("coalesce(income, 3) = 3", {"income": 4}, False),
        ("CASE WHEN income < 5 THEN TRUE ELSE TRUE END", {}, None),
        ("CASE WHEN income < 5 THEN TRUE ELSE homes > 1 END", {"income": 4}, True),
        ("CASE status WHEN 'active' THEN homes < 2 ELSE FALSE END", {"status": "active", "homes": 1}, True),
        ("least(income, homes) < 0", {"income": -1}, None),
        ("greatest(income, homes) = 3", {"income": 1, "homes": 3}, True),
        ("income / size < 5", {"income": 10, "size": 0}, None),
        ("income / size < 5", {"income": 10, "size": -2}, True),
        ("income / size = 1 / 3", {"income": 1, "size": 3}, True),
        ("income / 3 * 3 = income", {"income": 10**15 + 1}, True),
        ("rate = 0.1 + 0.2", {"rate": Decimal("0.3")}, True),
        ("rate * 3 = 0.3", {"rate": Decimal("0.1")}, True),
        ("status <> 'active'", {}, None),
        ("status IN ('active', 'moving')", {"status": "moving"}, True),
        ("joined >= DATE '2020-02-29'", {"joined": date(2020, 2, 29)}, True),
        ("least(joined, born) < since", {"joined": date(2026, 1, 1), "born": date(1970, 1, 1)}, True),
        ("-income < -5", {"income": 6}, True),
        ("abs(income) = 6", {"income": -6}, True),
        ("income * 9001 > expense * 8999", {"income": 9 * 10**18, "expense": 9 * 10**18}, True),
        ("income * homes * months > 0", {"income": 10**9, "homes": -(10**9), "months": -(10**9)}, True),
    ],
)
def test_a_condition_means_what_it_says(when, facts, expected) -> None:
    if when.count("*") > 1:  # three columns of any size are refused without their ranges
        rule = rules.compile_rule(RuleText((ConditionText(when, "理由"),)), VOCABULARY)
        assert rules.decide(rule, facts=facts, parameters={}).verdict is expected
        return
    assert holds(when, **facts) is expected


@pytest.mark.parametrize(
    ("formula", "facts", "expected"),
    [
        ("income / 3", {"income": 10}, 3),
        ("income / 3", {"income": -10}, -4),
        ("floor(income / 3)", {"income": -10}, -4),
        ("ceil(income / 3)", {"income": 10}, 4),
        ("ceil(income / 3)", {"income": -10}, -3),
        ("round_down(income, 100)", {"income": 12345}, 12300),
        ("round_down(income, 100)", {"income": -1}, -100),
        ("round_down(income / 2)", {"income": 3}, 1),
        ("income * 0.8", {"income": 7}, 5),
        ("banded(income, limits, rates)", {"income": -5}, 0),
        ("banded(income, limits, rates)", {"income": 1000}, 500),
        ("banded(income, limits, rates)", {"income": 1001}, 500),
        ("banded(income, limits, rates)", {"income": 60000}, 500 + 31850 + 7000),
        ("income * 1000", {"income": 10**12}, 10**15),
        ("income * 1000", {"income": 10**12 + 1}, None),
        ("CASE WHEN migrant THEN 100000 ELSE 200000 END * 100000", {"migrant": True}, 10**10),
        ("income / size", {"income": 9, "size": 0}, None),
        ("income + homes", {"income": 9}, None),
    ],
)
def test_an_amount_is_exact_and_rounded_down_to_the_fen(formula, facts, expected) -> None:
    assert amount(formula, **facts) == expected


def test_unless_turns_a_condition_round_and_keeps_the_unknown() -> None:
    text = RuleText((ConditionText("homes >= 2", "两套房不适用", unless=True),))
    assert [answer(text, {"homes": homes}).verdict for homes in (1, 2, None)] == [True, False, None]


def test_the_grade_is_the_first_that_holds() -> None:
    grades = (GradeText("deep", "深", "income < 5", "a"), GradeText("wide", "宽", "income < 9 OR migrant", "b"))
    text = RuleText((ConditionText("homes < 2", "房"),), grades)
    assert answer(text, {"homes": 1, "income": 4}).grade == "deep"
    assert answer(text, {"homes": 1, "income": 5}).grade == "wide"
    assert answer(text, {"homes": 1, "income": 9, "migrant": False}).verdict is False
    assert answer(text, {"homes": 2, "income": 4}).grade is None
    unknown = answer(text, {"homes": 1, "migrant": True})
    assert (unknown.verdict, unknown.grade, unknown.missing) == (True, None, ("income",))


def test_amounts_need_a_true_verdict_and_recoveries_do_not() -> None:
    text = RuleText((ConditionText("homes < 2", "房"),), amount="income / 2", recover="expense - income / 2")
    assert answer(text, {"homes": 2, "income": 9, "expense": 10}).amount is None
    assert answer(text, {"homes": 2, "income": 9, "expense": 10}).recover == 5
    assert answer(text, {"homes": 1, "expense": 10}).missing == ("income",)


def test_reasons_show_the_value_of_parameters_and_the_facts_behind() -> None:
    text = RuleText(
        (ConditionText("income < multiple * line", "低于 {line:元}的 {multiple} 倍，按 {rates:%} 分档，自 {since} 起"),)
    )
    reason = answer(text, {"income": 5}).reasons[0]
    assert reason.text == "低于 1,062 元的 1.5 倍，按 50%、65%、70% 分档，自 2020-02-29 起"
    assert (reason.holds, reason.facts, reason.kind) == (True, {"income": 5}, "condition")


def test_presumed_values_stand_in_for_unknown_facts_only() -> None:
    text = RuleText((ConditionText("homes < 2 AND rate < 1 AND status = 'active'", "房"),))
    presume = {"homes": 0, "rate": Decimal("0.5"), "status": "active"}
    assert answer(text, {}, presume).verdict is True
    assert answer(text, {"homes": 2}, presume).verdict is False
    assert answer(text, {}, {"homes": 3}).verdict is False
    assert answer(text, {}, {"homes": 0}).missing == ("rate", "status")


def test_a_whole_number_beyond_64_bits_counts_as_not_known() -> None:
    rule = rules.compile_rule(RuleText((ConditionText("income > 5", "入"),)), VOCABULARY)
    assert rules.decide(rule, facts={"income": 2**63}, parameters={}).missing == ("income",)
    assert holds("income < 5", income=-(2**63)) is None


@pytest.mark.parametrize("income", [2**63, -(2**63), -(2**64), 2**63 - 1, -(2**63) + 1])
def test_a_column_wider_than_64_bits_is_read_like_a_person(income) -> None:
    rule = rules.compile_rule(RuleText((ConditionText("income + income > income - 1", "入"),)), VOCABULARY)
    expected = rules.decide(rule, facts={"income": income}, parameters={}).verdict
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE people AS SELECT 1 AS person_id, CAST({income} AS HUGEINT) AS income")
        row = connection.execute(rules.ranges_sql(rule, table="people")).fetchone()
        for ranges in (None, rules.read_ranges(rule, row)):
            sql = rules.population_sql(rule, table="people", parameters={}, ranges=ranges)
            assert connection.execute(f"SELECT verdict FROM ({sql})").fetchall() == [(expected,)]


def test_a_rule_knows_its_names_and_can_be_kept() -> None:
    text = RuleText((ConditionText("income < line", "低于 {multiple}"),), amount="banded(expense, limits, rates)")
    rule = rules.compile_rule(text, VOCABULARY)
    assert rule.facts == {"income", "expense"}
    assert rule.parameters == {"line", "multiple", "limits", "rates"}
    again = pickle.loads(pickle.dumps(rule))  # noqa: S301 — our own bytes
    facts = {"income": 1, "expense": Fraction(2000)}
    assert rules.decide(again, facts=facts, parameters=PARAMETERS).amount == 1150


def test_ranges_narrow_the_arithmetic_and_change_no_answer() -> None:
    text = RuleText((ConditionText("(income - expense) / 12 / size < line", "低保"),))
    rule = rules.compile_rule(text, VOCABULARY)
    rows = [{"person_id": at, "income": 1274400 * 3 + at, "expense": 0, "size": 3} for at in (-1, 0, 1)]
    rows += [{"person_id": 5, "income": 5, "expense": 1, "size": None}]
    with duckdb.connect() as connection:
        connection.register("people", pa.Table.from_pylist(rows, schema=SCHEMA))
        ranges = rules.read_ranges(rule, connection.execute(rules.ranges_sql(rule, table="people")).fetchone())
        assert ranges == {"income": (5, 3823201), "expense": (0, 1), "size": (3, 3)}
        both = [
            rules.population_sql(rule, table="people", parameters=PARAMETERS, ranges=given) for given in (None, ranges)
        ]
        answers = [connection.execute(f"SELECT verdict FROM ({sql}) ORDER BY person_id").fetchall() for sql in both]
    assert answers[0] == answers[1] == [(True,), (False,), (False,), (None,)]
    assert ["HUGEINT" in sql for sql in both] == [True, False]
