"""The true city: sizes, families, numbers, money."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from stdnum.cn import uscc

from zhigong.generator.hardship import DIBAO_MONTH, TARGET_SHARE
from zhigong.generator.people import make_people
from zhigong.generator.phones import SEGMENTS
from zhigong.generator.profiles import PROFILES, choose_profile
from zhigong.generator.tests.conftest import MEMBERS
from zhigong.generator.tests.reading import good_number
from zhigong.generator.types import AS_OF, Setting
from zhigong.generator.unions import make_organisation
from zhigong.kernel.errors import Refused

if TYPE_CHECKING:
    from zhigong.generator.types import City

Truth = dict[str, list[dict[str, Any]]]


def test_size_of_the_profile(city: City, truth: Truth) -> None:
    profile = city.setting.profile
    assert sum(row["member"] == "active" for row in truth["persons"]) == MEMBERS == profile.members
    assert len(truth["unions"]) == profile.unions
    assert sum(row["kind"] == "enterprise" for row in truth["employers"]) == profile.employers
    assert sum(row["active_members"] for row in truth["unions"]) == MEMBERS


@pytest.mark.parametrize("name", ["demo", "wuhu", "hangzhou"])
def test_organisation_of_each_profile(name: str) -> None:
    profile = PROFILES[name]
    employers, unions, places = make_organisation(Setting(profile, 1, AS_OF))
    assert (unions.count, employers.enterprises, places.members.sum()) == (
        profile.unions,
        profile.employers,
        profile.members,
    )
    assert len(set(unions.code.tolist())) == unions.count
    assert len(set(unions.name.to_pylist())) == unions.count
    assert len(set(employers.name.to_pylist())) == employers.count
    members = np.bincount(places.union[places.union >= 0], places.members[places.union >= 0])
    assert (members[unions.level == 3] > 0).all()


def test_profiles_and_refusals() -> None:
    assert choose_profile(None, None).name == "demo"
    assert choose_profile(None, 84_000).unions == 3_000
    for profile, members in (("nowhere", None), ("demo", 5), (None, 5), (None, 10**9)):
        with pytest.raises(Refused):
            choose_profile(profile, members)


def test_tree_has_four_levels_and_terms_in_every_state(truth: Truth) -> None:
    unions = truth["unions"]
    level = {row["union"]: row["level"] for row in unions}
    above = {"区县总": {"市总"}, "乡镇街道": {"区县总"}, "基层": {"区县总", "乡镇街道"}}
    for row in unions:
        if row["parent"] is None:
            assert row["level"] == "市总"
        else:
            assert level[row["parent"]] in above[row["level"]]
            assert row["parent"] < row["union"]
        years = row["expires"].year - row["founded"].year
        assert years % 5 == 0 or years % 3 == 0
        assert row["founded"] < AS_OF
        assert uscc.is_valid(row["credit_code"])
        assert row["credit_code"].startswith("8199")


def test_terms_overdue_and_due_at_the_stated_shares() -> None:
    _, unions, _ = make_organisation(Setting(PROFILES["wuhu"], 1, AS_OF))
    ahead = unions.expires - (AS_OF - date(1970, 1, 1)).days
    assert 0.002 < (ahead < 0).mean() < 0.009
    assert 0.006 < ((ahead >= 0) & (ahead <= 30)).mean() < 0.016


def test_numbers_belong_to_nobody(truth: Truth) -> None:
    numbers = [row["number"] for row in truth["persons"]]
    assert len(set(numbers)) == len(numbers)
    for row in truth["persons"]:
        if row["document"] == "居民身份证":
            assert row["number"].startswith("99")
            assert good_number(row["number"])
            assert row["number"][6:14] == row["birth"].strftime("%Y%m%d")
            assert int(row["number"][16]) % 2 == row["sex"] % 2
        elif row["document"] in ("港澳台居民居住证", "外国人永久居留身份证"):
            assert good_number(row["number"])
    assert sum(row["document"] != "居民身份证" for row in truth["persons"]) < 0.005 * len(numbers)
    assert all(row["code"][2:4] == "99" and uscc.is_valid(row["code"]) for row in truth["employers"])


def test_phones_are_distinct_and_ring_nowhere(truth: Truth) -> None:
    phones = [row["phone"] for row in truth["persons"] if row["phone"]]
    assert len(set(phones)) == len(phones)
    assert all(len(phone) == 11 and int(phone[:3]) in SEGMENTS for phone in phones)


def test_families_are_plausible(truth: Truth) -> None:
    homes = defaultdict(list)
    for row in truth["persons"]:
        homes[row["household"]].append(row)
    checked = 0
    for home in homes.values():
        roles = defaultdict(list)
        for row in home:
            roles[row["role"]].append(row)
        assert len(roles["head"]) == 1
        assert len(roles["spouse"]) <= 1
        elders, middle, young = roles["parent"], roles["head"] + roles["spouse"], roles["child"]
        for old, new in [(a, b) for a in elders for b in roles["head"]] + [(a, b) for a in middle for b in young]:
            assert (new["birth"] - old["birth"]).days >= 16 * 365.25
            checked += 1
        if roles["spouse"]:
            one, other = roles["head"][0], roles["spouse"][0]
            assert one["sex"] != other["sex"]
            assert abs((one["birth"] - other["birth"]).days) < 16 * 365.25
    assert checked > MEMBERS / 2


def test_children_bear_a_parents_name(truth: Truth) -> None:
    people = {row["person"]: row for row in truth["persons"]}
    heirs = [row for row in truth["persons"] if row["father"] is not None and row["people"] == "汉"]
    same = sum(row["name"][0] == people[row["father"]]["name"][0] for row in heirs)
    assert same > 0.97 * len(heirs)


def test_names_are_as_frequent_as_in_life(truth: Truth) -> None:
    first = Counter(row["name"][0] for row in truth["persons"])
    total = sum(first.values())
    assert {one for one, _ in first.most_common(3)} == set("王李张")
    assert 0.05 < first["王"] / total < 0.12
    grand = Counter(row["name"][1:] for row in truth["persons"] if row["birth"].year < 1960)
    young = Counter(row["name"][1:] for row in truth["persons"] if row["birth"].year > 2008)
    assert len(set(grand) & set(young)) < 0.1 * len(young)
    assert any("·" in row["name"] for row in truth["persons"])


def grade_of(facts: dict[str, Any]) -> str:
    """The rule as the command contract words it, exactly, in integers."""
    if facts["membership_status"] != "active" or facts["household_size"] == 0:
        return ""
    if facts["homes_owned"] >= 2 or facts["runs_business_with_employees"] or facts["private_school_or_study_abroad"]:
        return ""
    if facts["is_migrant"] and facts["months_of_labour_relation"] < 12:
        return ""
    spare = facts["household_income_year"] - facts["household_rigid_expense_year"]
    line = 12 * facts["household_size"] * DIBAO_MONTH
    if spare < line:
        return "deep"
    if spare < 2 * line:
        return "relative"
    return "sudden" if facts["sudden_loss_year"] * 10 > facts["household_income_year"] * 8 else ""


def test_hardship_is_what_the_rule_says(truth: Truth) -> None:
    found = {row["person"]: row["grade"] for row in truth["hardship"]}
    for facts in truth["facts"]:
        assert grade_of(facts) == found.get(facts["person"], ""), facts
    assert abs(len(found) / MEMBERS - TARGET_SHARE) < 0.006
    assert set(found.values()) == {"deep", "relative", "sudden"}


def test_household_facts_follow_from_persons(truth: Truth) -> None:
    income: Counter[int] = Counter()
    size: Counter[int] = Counter()
    homes: Counter[int] = Counter()
    for row in truth["persons"]:
        homes[row["household"]] += row["homes"]
        if row["state"] == "alive":
            size[row["household"]] += 1
            income[row["household"]] += 12 * row["wage_month"]
    for row in truth["households"]:
        place = row["household"]
        assert (income[place], size[place], homes[place]) == (
            row["household_income_year"],
            row["household_size"],
            row["homes_owned"],
        )


def test_dead_and_moved_people_earn_nothing(truth: Truth) -> None:
    assert all(row["wage_month"] == 0 for row in truth["persons"] if row["state"] != "alive")
    assert any(row["state"] == "dead" and row["member"] == "deceased" for row in truth["persons"])


def test_births_do_not_heap_up() -> None:
    """No day has many more births than its neighbours, or a capital would run out of numbers for it."""
    setting = Setting(choose_profile(None, 60_000), 1, AS_OF)
    employers, unions, places = make_organisation(setting)
    births = make_people(setting, employers, unions, places).birth
    per_day = np.bincount(births - births.min())
    assert per_day.max() < 8 * np.median(per_day[per_day > 0])
