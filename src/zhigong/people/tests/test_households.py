"""Households of the register: who lives with whom enters the base, only what differs is written, nobody else does."""

from datetime import date
from uuid import UUID

import pyarrow as pa
import pytest
from django.db import connection
from tests.support.city import TODAY, acting_for, build_city
from tests.support.rosters import chunk, id_number, person

from zhigong.identity.models import Account
from zhigong.kernel.errors import NotAllowed, Refused
from zhigong.kernel.ids import uuid7
from zhigong.orgs import operations as orgs
from zhigong.people import operations as people
from zhigong.people import queries
from zhigong.people.models import Household, HouseholdPerson, Person
from zhigong.people.types import HouseholdCounts

pytestmark = [pytest.mark.django_db, pytest.mark.database_role("job")]
MARK = b"m" * 32


@pytest.fixture
def city():
    return build_city(2, 1, 1)


@pytest.fixture
def persons(city):
    """Three of the first district, one of the second."""
    with orgs.city_scope(on=TODAY) as by:
        return [
            people.register(
                by=by, union_id=city.unions[union], name=f"张{n}", id_type="111", id_number=id_number(n), phone="",
                employer_name="", on=date(2021, 5, 1),
            )
            for n, union in enumerate(("d1s1g1", "d1s1g1", "d1s1g1", "d2s1g1"), 1)
        ]  # fmt: skip


def lives(person_id, number="h1", relation="02", size=4, batch=None):
    return {"household_no": number, "person_id": str(person_id), "relation": relation, "size": size, "batch": batch}


def looked_at(number):
    return {"household_no": number, "person_id": None, "relation": "", "size": 1, "batch": None}


def publish(*rows, full=False, mark=MARK) -> HouseholdCounts:
    with orgs.city_scope(on=TODAY) as by:
        table = pa.Table.from_pylist(list(rows), schema=people.HOUSEHOLD_ROWS)
        return people.publish_households(by=by, rows=table, mark=mark, full=full)


def homes():
    """Who lives with whom: persons by household, with relation and size."""
    with orgs.city_scope(on=TODAY):
        found: dict[UUID, set] = {}
        for row in HouseholdPerson.objects.all():
            found.setdefault(row.household_id, set()).add((row.person_id, row.relation, row.size))
        assert set(found) == set(Household.objects.values_list("id", flat=True))
        return sorted(map(sorted, found.values()))


def mark():
    with orgs.city_scope(on=TODAY) as by:
        return queries.household_mark(by)


def published():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count FROM audit_entry WHERE action = 'people.household.published' ORDER BY at, id")
        return [count for (count,) in cursor.fetchall()]


def test_the_same_again_writes_nothing_and_a_change_only_its_row(persons):
    one, two, three, _ = persons
    rows = [lives(one), lives(two, relation="12"), lives(three, "h2", size=1)]
    first = publish(*rows, full=True)
    assert (first.persons, first.added, first.homes_added, first.written) == (3, 3, 2, 5)
    assert homes() == sorted([sorted([(one, "02", 4), (two, "12", 4)]), [(three, "02", 1)]])
    assert publish(*rows, full=True).written == publish(*rows).written == 0
    rows[1] = lives(two, relation="10")
    assert publish(*rows, full=True) == HouseholdCounts(3, 0, 0, 1, 0, 0, 0, 0)
    assert published() == [5, 1]


def test_who_moves_leaves_one_household_and_is_in_the_other(persons):
    one, two, three, _ = persons
    publish(lives(one), lives(two, relation="12"), lives(three, "h2", size=1), full=True)
    done = publish(lives(one, size=3), looked_at("h1"), lives(two, "h2", "38", 2), lives(three, "h2", size=2))
    assert (done.added, done.changed, done.removed, done.homes_removed) == (0, 3, 0, 0)
    assert homes() == sorted([[(one, "02", 3)], sorted([(two, "38", 2), (three, "02", 2)])])


def test_a_household_goes_with_the_last_of_the_base_who_leaves_it(persons):
    one, two, three, _ = persons
    publish(lives(one), lives(two, "h2"), lives(three, "h3"), full=True)
    assert publish(looked_at("h1"), lives(two, "h4"), looked_at("h9")).homes_removed == 2
    assert homes() == sorted([[(two, "02", 4)], [(three, "02", 4)]])
    assert publish(lives(three, "h3"), full=True).removed == 1
    assert homes() == [[(three, "02", 4)]]
    assert publish(full=True).homes_removed == 1
    assert homes() == []


def test_whom_the_base_does_not_know_is_counted_and_tried_again(persons):
    stranger = uuid7()
    assert publish(lives(persons[0]), lives(stranger), full=True).unknown == 1
    assert homes() == [[(persons[0], "02", 4)]]
    assert mark() == b""
    publish(lives(persons[0]), full=True)
    assert mark() == MARK


def test_a_newer_batch_is_noted_with_the_household(persons):
    batch = uuid7()
    publish(lives(persons[0]), full=True)
    done = publish(lives(persons[0], batch=str(batch)))
    assert (done.homes_renewed, done.written) == (1, 1)
    with orgs.city_scope(on=TODAY):
        assert Household.objects.get().batch_id == batch


def test_no_number_of_a_household_is_kept(persons):
    publish(lives(persons[0], "990103000001"), full=True)
    with orgs.city_scope(on=TODAY), connection.cursor() as cursor:
        cursor.execute("SELECT number_index, h::text FROM people_household h")
        [(token, text)] = cursor.fetchall()
    assert len(bytes(token)) == 32
    assert "990103000001" not in text
    assert b"990103000001" not in bytes(token)


def test_a_cadre_sees_the_family_of_her_scope_and_of_the_others_the_number(city, persons):
    one, two, _, elsewhere = persons
    publish(lives(one), lives(two, relation="12"), lives(elsewhere, relation="20"), full=True)
    with acting_for(city.union("d1s1g1")) as by:
        home = queries.person_page(by, one).home
        assert (home.relation, home.size, home.others) == ("户主", 4, 2)
        assert [(line.person_id, line.relation) for line in home.lines] == [(two, "妻")]
    with acting_for(city.union("d2s1g1")) as by:
        home = queries.person_page(by, elsewhere).home
        assert (home.relation, home.lines, home.others) == ("子", (), 3)
        assert not HouseholdPerson.objects.filter(person_id=one).exists()
    with orgs.city_scope(on=TODAY) as by:
        assert queries.person_page(by, one).home.others == 1


def test_a_member_sees_her_own_place_in_the_family_only(persons):
    one, two, *_ = persons
    publish(lives(one), lives(two, relation="12"), full=True)
    account = Account.objects.create_user("member", name="张2", person_id=two)
    with orgs.acting_as(account_id=account.id, post_id=None, on=TODAY) as by:
        home = queries.person_page(by, two).home
        assert (home.relation, home.lines, home.others) == ("妻", (), 3)


def test_who_is_looked_at_on_the_page_of_a_relative_sees_it(city, persons):
    one, two, *_ = persons
    publish(lives(one), lives(two, relation="12"), full=True)
    with acting_for(city.union("d1s1g1")) as by:
        people.view_person(by=by, person_id=one)
    with orgs.city_scope(on=TODAY), connection.cursor() as cursor:
        cursor.execute("SELECT subject_id, fields FROM audit_entry WHERE action = 'audit.person.opened' ORDER BY 1")
        assert cursor.fetchall() == [(one, ["profile"]), (two, ["household"])]


def test_a_transfer_takes_her_place_in_the_household_with_her_at_once(city, persons):
    one, two, *_ = persons
    publish(lives(one), lives(two, relation="12"), full=True)
    here, there = city.unions["d1s1g1"], city.unions["d2s1g1"]

    def kept():
        with orgs.city_scope(on=TODAY):
            return (
                [HouseholdPerson.objects.get(person_id=who).union_id for who in (one, two)],
                Household.objects.get().union_id,
            )

    move(city, one, "d2s1g1")
    assert kept() == ([there, here], here)
    with acting_for(city.union("d1s1g1")):
        assert [row.person_id for row in HouseholdPerson.objects.all()] == [two]
    move(city, two, "d2s1g1")
    assert kept() == ([there, there], there)
    assert publish(lives(one), lives(two, relation="12"), full=True).written == 0


def move(city, person_id, to):
    """Ask and accept a transfer."""
    with orgs.city_scope(on=TODAY) as by:
        code = city.union(to).code
        asked = people.request_transfer(
            by=by, person_id=person_id, to_union_code=code, on=TODAY, due_on=date(2026, 12, 22)
        )
    with acting_for(city.union(to)) as by:
        people.accept_transfer(by=by, transfer_id=asked, on=TODAY)


def test_what_the_register_says_keeps_nobody_in_the_base_whose_roster_is_undone(city):
    batch = uuid7()
    with orgs.city_scope(on=TODAY) as by:
        code = city.union("d1s1g1").code
        with people.Admission(
            by=by, batch_id=batch, at_ms=1_790_000_000_000, default_union=code, marks=lambda _: {}
        ) as admission:
            admission.stage(chunk(person(7, "王芳")))
            admission.finish()
        one = Person.objects.get(name="王芳").id
    publish(lives(one), full=True)
    with orgs.city_scope(on=TODAY) as by:
        assert people.undo_admission(by=by, batch_id=batch)["removed"] == 1
    publish(looked_at("h1"))
    assert homes() == []


@pytest.mark.parametrize(
    "rows",
    [
        lambda one: [lives(one), lives(one, "h2")],
        lambda one: [lives(one, relation="很" * 21)],
        lambda one: [lives(one, size=0)],
        lambda one: [lives(one, size=2**31)],
        lambda one: [lives(one, size=None)],
    ],
)
def test_what_is_unsound_is_refused(persons, rows):
    with pytest.raises(Refused):
        publish(*rows(persons[0]), full=True)


def test_only_the_city_s_own_job_publishes(city, persons):
    with acting_for(city.union("city")) as by, pytest.raises(NotAllowed):
        people.publish_households(by=by, rows=people.HOUSEHOLD_ROWS.empty_table(), mark=MARK)
