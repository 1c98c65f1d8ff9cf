"""What is said to be known stays so however the unknown turns out; who is not asked could not have changed anything."""

from __future__ import annotations

import itertools
from random import Random

import pytest

from zhigong.rules import operations as rules
from zhigong.rules.tests import oracle
from zhigong.rules.types import ConditionText, GradeText, RuleText

DOMAIN = {name: values[:3] for name, values in oracle.CHOICES.items()}
ASKING_ABOUT_KNOWING = ("IS NULL", "coalesce")


def a_rule_without_defaults(chance: Random):
    """IS NULL and COALESCE answer for what is unknown now, so later knowledge may well change them."""
    while True:
        text, _ = oracle.rule(chance, 2)
        if not any(word in repr(text) for word in ASKING_ABOUT_KNOWING):
            return rules.compile_rule(text, oracle.VOCABULARY)


def decide(rule, person):
    return rules.decide(rule, facts=person, parameters=oracle.PARAMETERS)


@pytest.mark.parametrize("seed", range(60))
def test_a_known_answer_holds_for_every_completion(seed) -> None:
    chance = Random(seed)
    rule = a_rule_without_defaults(chance)
    for person in oracle.persons(chance, 12, unknown=0.4):
        unknown = [name for name in rule.order if person[name] is None][:5]
        now = decide(rule, person)
        for values in itertools.islice(itertools.product(*(DOMAIN[name] for name in unknown)), 60):
            then = decide(rule, {**person, **dict(zip(unknown, values, strict=True))})
            assert now.verdict in (None, then.verdict)
            assert now.grade in (None, then.grade)
            assert now.amount in (None, then.amount)
            assert all(
                before.holds in (None, after.holds) for before, after in zip(now.reasons, then.reasons, strict=True)
            )


@pytest.mark.parametrize("seed", range(60))
def test_facts_that_are_not_missing_cannot_change_verdict_grade_or_amount(seed) -> None:
    chance = Random(seed)
    rule = a_rule_without_defaults(chance)
    for person in oracle.persons(chance, 20, unknown=0.4):
        now = decide(rule, person)
        unasked = [name for name in rule.order if person[name] is None and name not in now.missing]
        for _ in range(5):
            then = decide(rule, {**person, **{name: chance.choice(DOMAIN[name]) for name in unasked}})
            assert (then.verdict, then.grade, then.amount) == (now.verdict, now.grade, now.amount)
            assert then.missing == now.missing


@pytest.mark.parametrize("seed", range(40))
def test_asking_again_and_again_for_what_is_missing_ends_with_nothing_missing(seed) -> None:
    chance = Random(seed)
    rule = rules.compile_rule(oracle.rule(chance, 3)[0], oracle.VOCABULARY)
    person = dict.fromkeys(oracle.FACTS)
    for _ in range(len(oracle.FACTS) + 1):
        missing = decide(rule, person).missing
        assert all(person[name] is None for name in missing)
        if not missing:
            return
        person[missing[0]] = chance.choice(oracle.CHOICES[missing[0]])
    raise AssertionError("still asking")


def test_only_the_open_side_of_an_or_is_asked_for() -> None:
    rule = rules.compile_rule(
        RuleText((ConditionText("NOT migrant OR months >= 12", "满一年"), ConditionText("homes < 2", "住房"))),
        oracle.VOCABULARY,
    )
    assert decide(rule, {"migrant": True, "homes": 1}).missing == ("months",)
    assert decide(rule, {"migrant": False, "homes": 1}).missing == ()
    assert decide(rule, {"migrant": None, "homes": None}).missing == ("migrant", "months", "homes")
    assert decide(rule, {"migrant": True, "homes": 2}).missing == ()


def test_an_earlier_grade_that_may_still_hold_is_asked_for_and_a_later_one_is_not() -> None:
    grades = (
        GradeText("deep", "深", "income < 5", "a"),
        GradeText("wide", "宽", "expense < 5", "b"),
        GradeText("last", "末", "size < 5", "c"),
    )
    rule = rules.compile_rule(RuleText((), grades), oracle.VOCABULARY)
    decision = decide(rule, {"income": None, "expense": 1, "size": None})
    assert (decision.verdict, decision.grade, decision.missing) == (True, None, ("income",))
    assert decide(rule, {"income": 7, "expense": 1, "size": None}).grade == "wide"
