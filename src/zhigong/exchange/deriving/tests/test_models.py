"""The models of the catalogue on a handful of rows: each test is a sentence about a family."""

import json
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import pytest

from zhigong.exchange.deriving.computing import derive
from zhigong.exchange.deriving.definitions import load_definitions, model_of
from zhigong.exchange.deriving.tests.worlds import persons, world
from zhigong.exchange.deriving.types import MARK
from zhigong.facts import queries as facts
from zhigong.lake import queries as lake

GOLDEN = Path(__file__).with_name("lineage.json")


def home(subject, no="h1", relation="02", state="present", born=date(1985, 5, 1)):
    return {"household_no": no, "subject_id": subject, "relation": relation, "state": state, "birth_date": born}


def pay(subject, fen, state="paying", month=date(2026, 10, 1), employer="e1"):
    return {"subject_id": subject, "base": fen, "state": state, "month": month, "employer_key": employer}


def bill(subject, own, serial="a", reverses=None, day=date(2026, 5, 6), visit="clinic"):
    amounts = {"total": own * 2, "policy_own": own // 2, "own": own}
    return {"subject_id": subject, "serial": serial, "reverses": reverses, "settled_on": day, "visit": visit, **amounts}


def facts_of(one="p1", *, people=({"person_id": "p1"},), **sources):
    """What is known of a person, given rows by source."""
    rows = {name.replace("_", "-"): found for name, found in sources.items()}
    with TemporaryDirectory() as folder, patch.dict("os.environ", {"ZHIGONG_HOME": folder}):
        table = derive(load_definitions(), world(persons(*people), rows), None).tables["person"]
    row = next(row for row in table.to_pylist() if row["person_id"] == one)
    return {name: value for name, value in row.items() if not name.startswith(MARK)}


def test_a_family_earns_what_its_living_members_earn_or_draw():
    found = facts_of(
        household=[home("p1"), home("s2", relation="10"), home("s3", relation="50"), home("s4", state="dead")],
        social_insurance=[pay("p1", 500_000), pay("s2", 300_000, "retired"), pay("s4", 900_000), pay("s3", 1, "ended")],
    )
    assert found["household_income_year"] == 12 * 800_000
    assert (found["household_size"], found["household_earners"], found["dependants"]) == (3, 2, 1)
    assert found["own_income_year"] == 6_000_000


def test_outside_the_register_a_household_is_unknown_never_guessed():
    found = facts_of(household=[home("s9")], social_insurance=[pay("p1", 500_000)], housing=[], school=[])
    assert found["wage_month"] == 500_000
    for name in ("household_income_year", "household_size", "homes_owned", "household_rigid_expense_year"):
        assert found[name] is None


def test_an_unreadable_wage_leaves_the_income_open():
    found = facts_of(household=[home("p1")], social_insurance=[pay("p1", None)])
    assert (found["household_income_year"], found["wage_month"], found["household_size"]) == (None, None, 1)


def test_who_works_by_the_base_but_is_not_insured_has_an_unknown_income():
    found = facts_of(household=[home("p1")], social_insurance=[pay("s9", 1)])
    assert (found["household_income_year"], found["own_income_year"], found["wage_month"]) == (None, None, None)
    jobless = {"person_id": "p1", "employment": "3"}
    found = facts_of(people=[jobless], household=[home("p1")], social_insurance=[pay("s9", 1)])
    assert (found["household_income_year"], found["own_income_year"]) == (0, 0)


def test_reversed_bills_cancel_out_and_last_years_do_not_count():
    found = facts_of(
        household=[home("p1"), home("s2", relation="10")],
        school=[],
        medical_settlement=[
            bill("p1", 100_000),
            bill("p1", -100_000, "b", reverses="a"),
            bill("p1", 70_000, "c"),
            bill("s2", 50_000, "d", visit="ward"),
            bill("p1", 900_000, "e", day=date(2025, 12, 31)),
            bill("p1", -1_000, "f", reverses="never came"),
        ],
    )
    assert (found["medical_own_pay_year"], found["settlements_year"]) == (70_000, 1)
    assert found["household_medical_own_year"] == 120_000
    assert found["sudden_loss_year"] == 50_000
    assert found["last_settlement_on"] == date(2026, 5, 6)


def test_tuition_counts_for_the_family_of_the_guardian_when_the_pupil_is_not_registered():
    pupil = {"subject_id": None, "guardian_subject_id": "p1", "school": "第一小学", "stage": "primary", "fee": 170_000}
    found = facts_of(household=[home("p1")], school=[pupil], medical_settlement=[])
    assert (found["tuition_year"], found["household_rigid_expense_year"], found["children_in_school"]) == (
        170_000,
        170_000,
        1,
    )


def test_a_private_school_is_seen_ruled_out_or_asked_for():
    child = home("s2", relation="20", born=date(2015, 7, 7))
    at = {"subject_id": "s2", "guardian_subject_id": "p1", "stage": "primary"}
    public, private = {**at, "school": "第一小学", "fee": 0}, {**at, "school": "民办英华小学", "fee": 2_600_000}
    key = "private_school_or_study_abroad"
    assert facts_of(household=[home("p1"), child], school=[private])[key] is True
    assert facts_of(household=[home("p1"), child], school=[public])[key] is False
    assert facts_of(household=[home("p1"), child], school=[])[key] is None
    assert facts_of(household=[home("p1")], school=[])[key] is False


def test_homes_of_the_whole_family_count():
    found = facts_of(
        household=[home("p1"), home("s2", relation="10")],
        housing=[{"subject_id": "p1", "homes": 1}, {"subject_id": "s2", "homes": 1, "protection": "public_rental"}],
    )
    assert (found["homes_owned"], found["homes_owned_self"], found["housing_support"]) == (2, 1, "public_rental")


def test_an_employer_that_pays_its_fund_enrols_its_people():
    quarter = {"employer_key": "e1", "period": "2026Q3", "staff": 9, "payroll": 100, "profit": -5, "union_fund": 200}
    found = facts_of(
        social_insurance=[pay("p1", 1), pay("s2", 1, month=date(2026, 10, 1), employer="e2")], tax=[quarter]
    )
    assert (found["mutual_aid_enrolled"], found["employer_in_loss"], found["employer_arrears_months"]) == (
        True,
        True,
        0,
    )
    unpaid = facts_of(social_insurance=[pay("p1", 1)], tax=[{**quarter, "union_fund": 0}])
    assert unpaid["mutual_aid_enrolled"] is False
    assert facts_of(social_insurance=[pay("p1", 1)])["mutual_aid_enrolled"] is None


def test_an_employer_behind_others_owes_months():
    rows = [pay("p1", 1, month=date(2026, 7, 1)), pay("s2", 1, employer="e2")]
    assert facts_of(social_insurance=rows)["employer_arrears_months"] == 3


def test_without_a_source_its_facts_are_unknown():
    found = facts_of()
    known = {name for name, value in found.items() if value is not None} - {"person_id", "l1", "l2", "l3", "l4"}
    assert known == {
        "membership_status",
        "months_of_membership",
        "is_migrant",
        "employment_state",
        "sex",
        "age",
        "deceased",
    } | {"months_of_labour_relation"}


def test_a_person_without_a_number_is_in_no_list_as_far_as_one_can_tell():
    found = facts_of(
        people=[{"person_id": "p1", "identified": False}], low_income=[], work_injury=[], medical_settlement=[]
    )
    assert (found["low_income_status"], found["injury_count"], found["medical_own_pay_year"]) == (None, None, None)


@pytest.mark.parametrize(("today", "born", "age"), [(22, date(1985, 11, 23), 40), (22, date(1985, 11, 22), 41)])
def test_age_counts_full_years(today, born, age):
    assert facts_of(people=[{"person_id": "p1", "birth_date": born}])["age"] == age


def test_every_fact_comes_from_what_the_golden_file_says():
    definitions = load_definitions()
    told = lake.lineage(definitions.models)
    found = {fact: sorted(told[model_of(group)][fact]) for group, names in definitions.groups.items() for fact in names}
    assert found == json.loads(GOLDEN.read_text(encoding="utf-8")), "run the test's module to see the new lineage"


def test_groups_of_the_lake_have_models():
    groups = {name for name, group in facts.groups().items() if group.model == "lake"}
    assert groups == set(load_definitions().groups)
