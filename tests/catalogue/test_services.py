"""The services we ship: their own cases, the figures promised to other cities, and independent calculations."""

from __future__ import annotations

import re
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhigong.catalogue import policycases, queries
from zhigong.catalogue.types import PolicyCase, Service
from zhigong.conf.home import PROJECT
from zhigong.rules import operations as rules
from zhigong.rules.types import Decision

DAY = date(2026, 3, 1)
ARCHIVE, MEDICAL = "hardship/archive", "mutual-aid/medical"
CASES = [
    pytest.param(service_id, case, id=f"{service_id}: {case.name}")
    for service_id in queries.service_ids()
    for case in queries.policy_cases(service_id)
]


@pytest.mark.parametrize(("service_id", "case"), CASES)
def test_policy(service_id: str, case: PolicyCase):
    [outcome] = policycases.run(queries.service(service_id), [case])
    assert outcome.differences == ()


def decide(service_id: str, facts: dict[str, Any], *, on: date = DAY, **values: Any) -> Decision:
    """The service's answer, with some of its figures changed."""
    service = queries.service(service_id)
    return rules.decide(service.rule, facts=facts, parameters=service.parameters(on) | values)


def test_both_services_have_a_dozen_cases_each_with_every_outcome():
    for service_id in (ARCHIVE, MEDICAL):
        cases = queries.policy_cases(service_id)
        assert len(cases) >= 12
        assert {case.expect["verdict"] for case in cases} == {True, False, None}
    grades = {case.expect.get("grade") for case in queries.policy_cases(ARCHIVE)}
    assert grades >= {"deep", "relative", "sudden"}
    failing = {index for case in queries.policy_cases(ARCHIVE) for index in case.expect.get("because", ())}
    assert failing == {1, 2, 3, 4, 5, "grades"}, "every condition fails somewhere"


def test_the_cases_notice_a_changed_policy():
    """Each figure moved by a little makes some case fail: else the cases would not guard it."""
    unguarded = []
    for service_id in (ARCHIVE, MEDICAL):
        service, cases = queries.service(service_id), queries.policy_cases(service_id)
        for name, value in service.parameters(DAY).items():
            if not notices(service, cases, name, moved(value)):
                unguarded.append(name)
    # Caps far above the grant: no case can reach them with the example values.
    assert sorted(unguarded) == ["living_cap_months_deep", "living_cap_months_relative"]


def moved(value: Any) -> Any:
    if isinstance(value, tuple):
        return (*value[:-1], value[-1] + 1)
    return value - 1


def notices(service: Service, cases: tuple[PolicyCase, ...], name: str, value: Any) -> bool:
    for case in cases:
        found = rules.decide(service.rule, facts=case.given, parameters=service.parameters(case.as_of) | {name: value})
        expected = {key: case.expect[key] for key in ("verdict", "grade", "amount", "recover") if key in case.expect}
        if any(getattr(found, key) != wanted for key, wanted in expected.items()):
            return True
    return False


def test_the_figures_other_cities_rely_on():
    archive, medical = queries.service(ARCHIVE), queries.service(MEDICAL)
    assert archive.rule.facts == {
        "membership_status",
        "household_income_year",
        "household_rigid_expense_year",
        "household_size",
        "homes_owned",
        "runs_business_with_employees",
        "private_school_or_study_abroad",
        "sudden_loss_year",
        "is_migrant",
        "months_of_labour_relation",
    }
    assert medical.rule.facts == {
        "membership_status",
        "mutual_aid_enrolled",
        "medical_policy_own_pay_year",
        "medical_aid_paid_year",
    }
    on = date(2026, 1, 1)
    assert archive.parameters(on)["dibao_month"] == 106200
    assert archive.parameters(on)["hardship_multiple"] == 2
    assert archive.parameters(on)["migrant_months"] == 12
    assert [one.grade for one in archive.rule.grades] == ["deep", "relative", "sudden"]
    assert medical.parameters(on)["deductible"] == 100000
    assert medical.parameters(on)["yearly_cap"] == 20000000
    assert (archive.days_promised, archive.publicity.workdays, archive.yearly_recheck) == (30, 5, True)
    assert (medical.automatic, medical.payout.recoverable, archive.payout.recoverable) == (True, True, False)


def test_the_grant_never_exceeds_the_yearly_cap_of_living_aid():
    poor = {
        "membership_status": "active",
        "is_migrant": False,
        "household_income_year": 0,
        "household_rigid_expense_year": 0,
        "household_size": 1,
        "homes_owned": 0,
        "runs_business_with_employees": False,
        "private_school_or_study_abroad": False,
        "sudden_loss_year": 0,
    }
    assert decide(ARCHIVE, poor, living_aid_deep=9_999_999).amount == 12 * 106200
    middle = poor | {"household_income_year": 12 * 106200}
    assert decide(ARCHIVE, middle, living_aid_relative=9_999_999).amount == 8 * 106200
    assert decide(ARCHIVE, middle, living_aid_relative=200_000).amount == 200_000
    sudden = poor | {"household_income_year": 10**9, "sudden_loss_year": 10**9}
    assert decide(ARCHIVE, sudden, living_aid_sudden=123).amount == 123


def optional(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), strategy)


near_the_lines = st.sampled_from([0, 1, 1274399, 1274400, 2548799, 2548800, 3823199, 3823200, 7646399, 7646400])
HOUSEHOLDS = st.fixed_dictionaries(
    {
        "membership_status": st.sampled_from(["active", "ended", "retained"]),
        "is_migrant": st.booleans(),
        "months_of_labour_relation": st.integers(10, 14),
        "household_income_year": st.one_of(near_the_lines, st.integers(0, 20_000_000)),
        "household_rigid_expense_year": st.sampled_from([0, 1, 100_000]),
        "household_size": st.integers(1, 6),
        "homes_owned": st.integers(0, 3),
        "runs_business_with_employees": st.booleans(),
        "private_school_or_study_abroad": st.booleans(),
        "sudden_loss_year": st.one_of(st.just(0), st.integers(0, 20_000_000)),
    }
)


def grade_by_hand(home: dict[str, Any]) -> str | None:
    """The national formula, written down once more by other means."""
    rest = home["household_income_year"] - home["household_rigid_expense_year"]
    line = 106200 * 12 * home["household_size"]
    if rest < line:
        return "deep"
    if rest < 2 * line:
        return "relative"
    return "sudden" if Fraction(home["sudden_loss_year"]) > Fraction(4, 5) * home["household_income_year"] else None


@settings(max_examples=100, deadline=None)
@given(HOUSEHOLDS)
def test_the_archive_is_what_the_formula_says(home):
    open_to_her = (
        home["membership_status"] == "active"
        and home["homes_owned"] < 2
        and not home["runs_business_with_employees"]
        and not home["private_school_or_study_abroad"]
        and (not home["is_migrant"] or home["months_of_labour_relation"] >= 12)
    )
    grade = grade_by_hand(home) if open_to_her else None
    found = decide(ARCHIVE, home)
    assert (found.verdict, found.grade, found.missing) == (grade is not None, grade, ())
    assert found.amount == (300000 if grade else None)


@settings(max_examples=100, deadline=None)
@given(HOUSEHOLDS, st.sets(st.sampled_from(sorted(queries.service(ARCHIVE).rule.facts))))
def test_not_knowing_never_turns_into_another_answer(home, hidden):
    """What is decided with facts missing is what is decided with all of them; what is asked for can settle it."""
    full = decide(ARCHIVE, home)
    partly = decide(ARCHIVE, {name: None if name in hidden else value for name, value in home.items()})
    if partly.verdict is not None:
        assert partly.verdict == full.verdict
    assert set(partly.missing) <= hidden
    asked = {name: value for name, value in home.items() if name not in hidden or name in partly.missing}
    assert decide(ARCHIVE, asked).verdict == full.verdict


def aid_by_hand(own: int) -> int:
    """Bands of the part above the deductible in fen, within the cap, rounded down."""
    above = max(own - 100000, 0)
    first, second, third = min(above, 1000000), min(max(above - 1000000, 0), 4000000), max(above - 5000000, 0)
    return min((first * 5 + second * 6 + third * 7) // 10, 20000000)


edges = st.sampled_from([0, 99999, 100000, 100001, 1099999, 1100000, 1100001, 5100000, 5100001, 29528571, 29528572])


@settings(max_examples=100, deadline=None)
@given(st.one_of(edges, st.integers(0, 100_000_000)), st.one_of(st.just(0), st.integers(0, 20_000_000)))
def test_mutual_aid_is_what_the_bands_say(own, paid):
    facts = {
        "membership_status": "active",
        "mutual_aid_enrolled": True,
        "medical_policy_own_pay_year": own,
        "medical_aid_paid_year": paid,
    }
    found = decide(MEDICAL, facts)
    entitled = aid_by_hand(own)
    assert found.verdict is (own > 100000)
    assert found.amount == (max(entitled - paid, 0) if own > 100000 else None)
    assert found.recover == max(paid - entitled, 0)
    assert not (found.amount and found.recover), "never pay and recover at once"


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 5_000_000), min_size=1, max_size=8))
def test_settlements_paid_one_by_one_add_up_to_the_year(settlements):
    """However the year's settlements arrive, what was paid in the end is what the year gives."""
    own = paid = 0
    for one in settlements:
        own += one
        facts = {
            "membership_status": "active",
            "mutual_aid_enrolled": True,
            "medical_policy_own_pay_year": own,
            "medical_aid_paid_year": paid,
        }
        paid += decide(MEDICAL, facts).amount or 0
    assert paid == aid_by_hand(own)


def test_sentences_for_members_are_whole_and_filled():
    for service in queries.services():
        blank = dict.fromkeys(service.rule.facts)
        found = rules.decide(service.rule, facts=blank, parameters=service.parameters(DAY))
        for reason in found.reasons:
            assert reason.text.endswith("。")
            assert not re.search(r"[{}]|\bnull\b|[a-z]{3,}", reason.text), reason.text
        texts = [service.title, service.summary, service.audience, service.what_you_get, service.screening.found_text]
        texts += [one.because for one in service.screening.presumptions]
        texts += [text for one in service.form for text in (one.label, one.help)]
        assert all(text and not re.search(r"[a-z]{3,}|\{", text) for text in texts)


def test_the_reason_for_a_refusal_shows_yuan_not_fen():
    found = decide(
        MEDICAL, {"membership_status": "active", "mutual_aid_enrolled": True, "medical_policy_own_pay_year": 1}
    )
    [refused] = [reason for reason in found.reasons if reason.holds is False]
    assert refused.text == "今年政策范围内自己付的医疗费，须超过起付线 1,000 元。"
    assert refused.facts == {"medical_policy_own_pay_year": 1}


def test_screening_finds_whom_only_the_presumed_facts_keep_from_a_verdict():
    archive = queries.service(ARCHIVE)
    known = {
        "membership_status": "active",
        "is_migrant": False,
        "household_income_year": 1_200_000,
        "household_rigid_expense_year": 0,
        "household_size": 3,
        "homes_owned": 0,
    }
    assert decide(ARCHIVE, known).verdict is None
    found = rules.decide(
        archive.rule, facts=known, parameters=archive.parameters(DAY), presume=archive.screening.presume
    )
    assert (found.verdict, found.grade) == (True, "deep")
    asked = {one.fact for one in archive.form if one.required}
    assert archive.screening.presume.keys() <= asked


def test_the_example_city_is_in_order_and_names_its_own_documents(monkeypatch):
    monkeypatch.setenv("ZHIGONG_CATALOGUE", str(PROJECT / "catalogue" / "cities" / "yunze"))
    assert queries.check().problems == ()
    [changed] = [one for one in queries.differences() if one.kind == "replaced"]
    assert changed.path == "parameters/hardship/dibao_month.yaml"
    assert "云民发" in queries.service(ARCHIVE).documents(DAY)["dibao_month"]
