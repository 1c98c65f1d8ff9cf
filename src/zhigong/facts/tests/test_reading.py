"""Reading and declaring: purposes and rights, staleness, whose word counts, what is recorded and what is not."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.city import TODAY, acting_for, build_city
from tests.support.rosters import id_number

from zhigong.facts import operations as facts
from zhigong.facts import policies, queries
from zhigong.facts.models import Declared
from zhigong.facts.tests.support import MARCH, household, rows
from zhigong.facts.types import Sensitivity, Standing, Use
from zhigong.kernel.errors import Conflict, NotAllowed, NotFound, Refused
from zhigong.kernel.ids import uuid7
from zhigong.orgs import operations as orgs
from zhigong.orgs.types import Duty
from zhigong.people import operations as people

pytestmark = [pytest.mark.django_db, pytest.mark.database_role("job")]


@pytest.fixture
def city():
    return build_city()


@pytest.fixture
def person(city) -> UUID:
    with orgs.city_scope(on=TODAY) as by:
        return people.register(
            by=by, union_id=city.unions["d1s1g1"], name="张建国", id_type="111", id_number=id_number(1), phone="",
            employer_name="", on=date(2021, 5, 1),
        )  # fmt: skip


def publish(group: str, *given, as_of: date = TODAY) -> None:
    with orgs.city_scope(on=TODAY) as by:
        facts.publish(by=by, group=group, rows=rows(group, *given, as_of=as_of), full=False)


def openings(person: UUID) -> list[tuple]:
    from zhigong.kernel.db.bulk import fetch

    return fetch(
        "SELECT purpose, fields FROM audit_entry WHERE action = 'audit.person.opened' AND subject_id = %(p)s",
        {"p": person},
    )


def test_a_value_comes_with_its_source_and_date(city, person):
    publish("household", household(person, 3))
    with acting_for(city.union("d1s1g1")) as chair:
        found = queries.of_person(chair, person, purpose=Use.VERIFICATION)["household_size"]
    assert (found.value, found.shown, found.source, found.source_title) == (3, "3 人", "household", "公安户籍")
    assert (found.as_of, found.stale, found.declared, found.conflict) == (TODAY, False, False, None)


def test_freshness_ends_the_day_after(city, person):
    days = queries.fact("household_size").freshness_days
    publish("household", household(person, 3), as_of=TODAY - timedelta(days))
    with acting_for(city.union("d1s1g1")) as chair:
        read = [queries.of_person(replace(chair, on=day), person, purpose=Use.CARE)["household_size"].stale
                for day in (TODAY, TODAY + timedelta(1))]  # fmt: skip
    assert read == [False, True]


def test_purposes_bind_everybody(city, person):
    publish("wage", {"person_id": person, "wage_month": 500_000})
    with acting_for(city.union("d1s1g1")) as chair:
        assert queries.of_person(chair, person, purpose=Use.ELIGIBILITY)["wage_month"].shown == "5,000.00 元"
        assert "wage_month" not in queries.of_person(chair, person, purpose=Use.STATISTICS)
        with pytest.raises(NotAllowed, match="本人月工资"):
            queries.of_person(chair, person, purpose=Use.STATISTICS, names=["wage_month"])
        with pytest.raises(ValueError, match="curiosity"):
            queries.of_person(chair, person, purpose="curiosity")
        with pytest.raises(NotFound):
            queries.of_person(chair, person, purpose=Use.CARE, names=["wages"])
        with pytest.raises(NotAllowed):
            queries.of_person(chair, person, purpose=Use.SELF, names=["wage_month"])
        assert queries.of_person(chair, person, purpose=Use.SELF) == {}


@pytest.mark.parametrize(("duty", "seen"), [(Duty.CHAIR, {"wage_month", "wage_paid_for"}), (Duty.AUDITOR, set())])
def test_rights_decide_about_sensitive_facts(city, person, duty, seen):
    publish("wage", {"person_id": person, "wage_month": 500_000, "wage_paid_for": MARCH})
    with acting_for(city.union("city"), duty=duty) as actor:
        assert set(queries.of_person(actor, person, purpose=Use.VERIFICATION)) == seen


def test_reading_without_the_right_to_open_leaves_the_sensitive_out(city, person):
    publish("wage", {"person_id": person, "wage_month": 500_000, "wage_paid_for": MARCH})
    with acting_for(city.union("d1s1g1")) as chair:
        reader = replace(chair, rights=frozenset({"members.read"}))
        assert set(queries.of_person(reader, person, purpose=Use.VERIFICATION)) == {"wage_paid_for"}


def test_a_person_outside_the_scope_is_not_found(city, person):
    publish("household", household(person, 3))
    with acting_for(city.union("d1s1g2")) as stranger, pytest.raises(NotFound):
        queries.of_person(stranger, person, purpose=Use.VERIFICATION)


def test_sensitive_reading_is_recorded_once_and_other_reading_is_not(city, person):
    publish("household", household(person, 3))
    publish("wage", {"person_id": person, "wage_month": 500_000})
    with acting_for(city.union("d1s1g1")) as chair:
        queries.of_person(chair, person, purpose=Use.VERIFICATION, names=["household_size"])
        queries.of_person(chair, person, purpose=Use.ELIGIBILITY)
    with orgs.city_scope(on=TODAY) as system:
        queries.of_person(system, person, purpose=Use.ELIGIBILITY)
    assert openings_as_auditor(city, person) == [("business", ["wage_month"])]


def openings_as_auditor(city, person):
    with acting_for(city.union("city"), duty=Duty.AUDITOR):
        return openings(person)


def test_the_page_groups_facts_and_says_what_is_missing_and_withheld(city, person):
    publish("household", household(person, 3))
    with acting_for(city.union("d1s1g1")) as chair:
        pages = {page.name: page for page in queries.person_page(chair, person)}
        reader = replace(chair, rights=frozenset({"members.read"}))
        narrow = {page.name: page for page in queries.person_page(reader, person)}
    assert [fact.name for fact in pages["household"].facts] == ["household_size", "household_role", "children"]
    assert pages["household"].missing == ("需要供养的人数",)
    assert pages["medical"].withheld == 0
    assert narrow["medical"].withheld == 5
    assert narrow["medical"].missing == ()


def declare(by, person, name, value, key="k1"):
    return facts.declare(by=by, person_id=person, name=name, value=value, key=key)


def test_a_declared_value_fills_what_no_source_says_and_gives_way_to_it(city, person):
    with acting_for(city.union("d1s1g1")) as chair:
        declare(chair, person, "household_size", 4)
        found = queries.of_person(chair, person, purpose=Use.ELIGIBILITY)["household_size"]
        assert (found.value, found.declared, found.source_title, found.standing) == (
            4,
            True,
            "本人说明",
            Standing.DECLARED,
        )
    publish("household", household(person, 3))
    with acting_for(city.union("d1s1g1")) as chair:
        found = queries.of_person(chair, person, purpose=Use.ELIGIBILITY)["household_size"]
        assert (found.value, found.declared, found.standing) == (3, False, Standing.CONTRADICTED)
        assert (found.conflict.value, found.conflict.declared) == (4, True)
    publish("household", household(person, 4))
    with acting_for(city.union("d1s1g1")) as chair:
        found = queries.of_person(chair, person, purpose=Use.ELIGIBILITY)["household_size"]
        assert (found.standing, found.conflict) == (Standing.CONFIRMED, None)
        assert [one.standing for one in queries.declarations(chair, person)] == [Standing.CONFIRMED]
    publish("household", {"person_id": person, "source": None, "as_of": None})
    with acting_for(city.union("d1s1g1")) as chair:
        assert queries.declarations(chair, person)[0].standing is Standing.DECLARED


def test_an_exclusion_one_admits_counts_against_a_source_that_does_not_know(city, person):
    publish("schooling", {"person_id": person, "private_school_or_study_abroad": False})
    with acting_for(city.union("d1s1g1")) as chair:
        declare(chair, person, "private_school_or_study_abroad", True)
        found = queries.of_person(chair, person, purpose=Use.ELIGIBILITY)["private_school_or_study_abroad"]
    assert (found.value, found.declared, found.conflict.value, found.conflict.source_title) == (
        True,
        True,
        False,
        "教育",
    )


def test_amounts_near_enough_confirm(city, person):
    publish("income", {"person_id": person, "household_income_year": 10_300_000})
    with acting_for(city.union("d1s1g1")) as chair:
        declare(chair, person, "household_income_year", 10_000_000)
        assert queries.declarations(chair, person)[0].standing is Standing.CONFIRMED
        declare(chair, person, "household_income_year", 6_000_000, "k2")
        said = queries.declarations(chair, person)
    assert [one.standing for one in said] == [Standing.CONTRADICTED, Standing.REPLACED]


def test_the_same_key_twice_is_one_declaration(city, person):
    with acting_for(city.union("d1s1g1")) as chair:
        first = declare(chair, person, "single_parent", True)
        assert declare(chair, person, "single_parent", True) == first
        with pytest.raises(Conflict):
            declare(chair, person, "single_parent", False)
        assert Declared.objects.count() == 1


WRONG = {
    "a fact nobody is asked for": ("age", 30),
    "text for a number": ("household_size", "3"),
    "a yes for a number": ("household_size", True),
    "a number for a yes": ("single_parent", 1),
    "below the limit": ("household_size", 0),
    "above the limit": ("household_size", 31),
    "a float": ("household_income_year", 1.5),
    "an unlisted code": ("employment_state", "idle"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_each_wrong_value_is_refused(city, person, wrong):
    name, value = WRONG[wrong]
    with acting_for(city.union("d1s1g1")) as chair, pytest.raises(Refused):
        declare(chair, person, name, value)


def test_who_may_not_declare_for_others(city, person):
    with acting_for(city.union("city"), duty=Duty.AUDITOR) as auditor, pytest.raises(NotAllowed):
        declare(auditor, person, "single_parent", True)
    with acting_for(city.union("d1s1g2")) as stranger, pytest.raises(NotFound):
        declare(stranger, person, "single_parent", True)


def test_an_old_word_no_longer_decides(city, person):
    with acting_for(city.union("d1s1g1")) as chair:
        declare(chair, person, "single_parent", True)
        later = replace(chair, on=TODAY + timedelta(401))
        found = queries.of_person(later, person, purpose=Use.ELIGIBILITY)
    assert found["single_parent"].stale
    assert queries.for_rules(found) == {}
    with orgs.city_scope(on=TODAY) as by:
        assert queries.declared_rows(by).num_rows == 1
    with orgs.city_scope(on=TODAY + timedelta(401)) as by:
        assert queries.declared_rows(by).num_rows == 0


def test_declared_rows_are_for_the_city_wide_job(city, person):
    with acting_for(city.union("city")) as chair, pytest.raises(NotAllowed):
        queries.declared_rows(chair)


SAID = st.integers(0, 20)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=SAID, known=st.none() | SAID, name=st.sampled_from(["homes_owned", "children_in_school", "tuition_year"]))
def test_sets_and_single_reading_agree(city, person, said, known, name):
    """The SQL that settles and exports decides as the pure policies do."""
    fact = queries.fact(name)
    publish(fact.group, {"person_id": person, name: known})
    with acting_for(city.union("d1s1g1")) as chair:
        declare(chair, person, name, said, key=uuid7().hex)
        kept = queries.declarations(chair, person, name=name)[0]
        read = queries.of_person(chair, person, purpose=Use.ELIGIBILITY, names=[name])[name]
    assert kept.standing is policies.standing_of(fact, declared=said, derived=known)
    with orgs.city_scope(on=TODAY) as by:
        table = queries.declared_rows(by)
    exported = next((row[name] for row in table.to_pylist() if row["person_id"] == str(person)), None)
    counts = policies.declared_counts(fact, declared=said, derived=known)
    assert exported == (said if counts else None)
    assert read.value == (exported if exported is not None else known)


@pytest.mark.parametrize("use", list(Use))
def test_nobody_without_rights_reads_anything(use):
    for fact in queries.vocabulary().values():
        assert not policies.may_read(fact, use=use, own=False, rights=frozenset({"unions.read", "audit.read"}))
        weak = policies.may_read(fact, use=use, own=False, rights=frozenset({"members.read"}))
        assert not (weak and fact.sensitivity is Sensitivity.SENSITIVE)
        assert policies.may_read(fact, use=use, own=True, rights=frozenset()) is (
            use is Use.SELF or use in fact.purposes
        )
