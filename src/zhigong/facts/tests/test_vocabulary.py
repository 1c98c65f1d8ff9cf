"""The vocabulary: what is shipped is sound, and whatever is misspelt is refused."""

from pathlib import Path

import pytest

from zhigong.facts import queries
from zhigong.facts import vocabulary as words
from zhigong.facts.types import Model, Sensitivity, Use
from zhigong.kernel.errors import NotFound, Refused
from zhigong.rules.types import Kind

FIXED = {
    "membership_status", "household_income_year", "household_rigid_expense_year", "household_size", "homes_owned",
    "runs_business_with_employees", "private_school_or_study_abroad", "sudden_loss_year", "is_migrant",
    "months_of_labour_relation", "mutual_aid_enrolled", "medical_policy_own_pay_year", "medical_aid_paid_year",
}  # fmt: skip

ASKED = "    ask: {question: 有几间房？, help: 数一数。, at_least: 0, at_most: 9}\n"
GOOD = """
title: 家庭
model: lake
sources: {household: 公安户籍}
facts:
  rooms:
    label: 房间数
    kind: integer
    unit: homes
    entity: household
    sensitivity: personal
    purposes: [eligibility]
    freshness_days: 30
    ask: {question: 有几间房？, help: 数一数。, at_least: 0, at_most: 9}
"""


@pytest.fixture
def city(tmp_path: Path):
    def write(text: str, group: str = "rooms") -> tuple[Path, ...]:
        folder = tmp_path / "facts" / group
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "facts.yaml").write_text(text, encoding="utf-8")
        return (tmp_path,)

    return write


def test_the_shipped_vocabulary_is_large_enough_and_has_every_fixed_name():
    facts = queries.vocabulary()
    assert len(facts) >= 30
    assert set(facts) >= FIXED
    assert all((one.label and one.note) or one.label for one in facts.values())
    assert all(one.ask for one in facts.values() if queries.groups()[one.group].model is Model.DECLARED)


def test_amounts_illness_and_relief_are_sensitive():
    facts = queries.vocabulary()
    assert all(one.sensitivity is Sensitivity.SENSITIVE for one in facts.values() if one.group in ("medical", "injury"))
    assert facts["low_income_status"].sensitivity is Sensitivity.SENSITIVE
    assert facts["household_income_year"].sensitivity is Sensitivity.SENSITIVE


def test_rules_get_names_with_kinds_and_values():
    names = queries.rule_names(Use.ELIGIBILITY)
    assert names["membership_status"].values == ("none", "active", "retained", "ended")
    assert names["household_size"].kind is Kind.INTEGER
    assert not any(name.parameter for name in names.values())


def test_a_city_replaces_a_group_whole(city):
    roots = (*city(GOOD, "household"), *words.resources.roots())
    found = words.load(roots)
    assert [fact.name for fact in found.group("household").facts] == ["rooms"]
    assert "household_size" not in found.facts
    assert "wage_month" in found.facts


def test_a_good_group_loads(city):
    fact = words.load(city(GOOD)).fact("rooms")
    assert (fact.label, fact.unit_label, fact.ask.at_most) == ("房间数", "套", 9)


BROKEN = {
    "unknown key of a fact": ("    unit: homes", "    unit: homes\n    colour: red"),
    "unknown key of a group": ("model: lake", "model: lake\nowner: me"),
    "missing label": ("    label: 房间数\n", ""),
    "unknown kind": ("kind: integer", "kind: whole"),
    "decimals": ("kind: integer", "kind: decimal"),
    "number without a unit": ("    unit: homes\n", ""),
    "unknown unit": ("unit: homes", "unit: rooms"),
    "unit of a yes or no": ("kind: integer", "kind: boolean"),
    "no purpose": ("purposes: [eligibility]", "purposes: []"),
    "unknown purpose": ("purposes: [eligibility]", "purposes: [curiosity]"),
    "purpose twice": ("purposes: [eligibility]", "purposes: [eligibility, eligibility]"),
    "self as purpose": ("purposes: [eligibility]", "purposes: [self]"),
    "unknown sensitivity": ("sensitivity: personal", "sensitivity: secret"),
    "unknown entity": ("entity: household", "entity: dog"),
    "never fresh": ("freshness_days: 30", "freshness_days: 0"),
    "freshness as text": ("freshness_days: 30", 'freshness_days: "30"'),
    "question without limits": (", at_least: 0, at_most: 9", ""),
    "limits upside down": ("at_least: 0, at_most: 9", "at_least: 9, at_most: 0"),
    "unknown key of a question": ("at_least: 0,", "at_least: 0, hint: x,"),
    "values of a number": ("    unit: homes", "    unit: homes\n    values: {a: 甲}"),
    "reserved name": ("  rooms:", "  person_id:"),
    "capital letters": ("  rooms:", "  Rooms:"),
    "no sources": ("sources: {household: 公安户籍}", "sources: {}"),
    "the person as a source": ("sources: {household: 公安户籍}", "sources: {declared: 本人}"),
    "unknown model": ("model: lake", "model: guess"),
    "larger without a question": (ASKED, "    settle: larger\n"),
    "blank title": ("title: 家庭", 'title: " "'),
    "not a map": (GOOD, "- 1\n"),
}  # fmt: skip


@pytest.mark.parametrize("fault", BROKEN)
def test_each_fault_is_refused_with_the_file(city, fault):
    before, after = BROKEN[fault]
    assert before in GOOD
    with pytest.raises(Refused) as caught:
        words.load(city(GOOD.replace(before, after)))
    assert "facts.yaml" in caught.value.where


def test_a_declared_group_asks_for_everything(city):
    text = GOOD.replace("model: lake", "model: declared").replace("sources: {household: 公安户籍}", "sources: {}")
    assert words.load(city(text)).fact("rooms").ask
    with pytest.raises(Refused, match="无从得知"):
        words.load(city(text.replace(ASKED, "")))


def test_a_fact_has_one_group(city):
    city(GOOD, "rooms")
    with pytest.raises(Refused, match="重名"):
        words.load(city(GOOD, "halls"))


def test_unknown_names_are_refused():
    with pytest.raises(NotFound):
        queries.fact("household_incme_year")
