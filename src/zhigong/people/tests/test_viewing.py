"""Lists page both ways without losing or repeating anyone; saved views are one's own; looking is recorded."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import connection
from tests.support.city import TODAY, build_city

from zhigong.kernel.errors import NotAllowed, NotFound, Refused
from zhigong.kernel.ids import uuid7
from zhigong.kernel.names import initials, sort_key
from zhigong.orgs import operations as orgs
from zhigong.people import operations as people
from zhigong.people import queries
from zhigong.people.models import Person
from zhigong.people.types import MemberFilter, MembershipStatus

pytestmark = [pytest.mark.django_db, pytest.mark.database_role("job")]
NAMES = ("陈秀兰", "李建国", "王芳", "张伟", "陈秀兰", "欧阳志强", "买买提·吐尔逊")


def put(union, number):
    """Persons straight into the table: names repeat, every third has no date of joining."""
    made = []
    for n in range(number):
        name = NAMES[n % len(NAMES)]
        made.append(
            Person(
                id=uuid7(),
                union=union,
                l1=union.l1,
                l2=union.l2,
                l3=union.l3,
                l4=union.l4,
                name=name,
                name_sort=sort_key(name),
                initials=initials(name),
                membership_status=MembershipStatus.ACTIVE,
                joined_on=None if n % 3 == 0 else date(2020, 1, 1) + timedelta(days=n % 4),
            )
        )
    Person.objects.bulk_create(made)


def walk(actor, sort):
    """All pages forwards, then all pages backwards from the last."""
    pages = [queries.members(actor, MemberFilter(sort=sort), limit=4)]
    while pages[-1].following:
        pages.append(queries.members(actor, MemberFilter(sort=sort), after=pages[-1].following, limit=4))
    back = [pages[-1]]
    while back[0].previous:
        back.insert(0, queries.members(actor, MemberFilter(sort=sort), before=back[0].previous, limit=4))
    return pages, back


@pytest.mark.parametrize("sort", ["name", "-name", "joined", "-joined"])
def test_pages_meet_everyone_once_forwards_and_backwards_and_nulls_come_last(sort):
    city = build_city(1, 1, 1)
    with orgs.city_scope(on=TODAY) as by:
        put(city.union("d1s1g1"), 22)
        pages, back = walk(by, sort)
        seen = [line.id for page in pages for line in page.lines]
        assert len(seen) == len(set(seen)) == 22
        assert [[line.id for line in page.lines] for page in back][-1:] == [[line.id for line in pages[-1].lines]]
        assert {line.id for page in back for line in page.lines} >= set(seen[-4:])
        flat = [line.id for page in back for line in page.lines]
        assert flat == seen[-len(flat) :]
        dates = [line.joined_on for page in pages for line in page.lines]
        if "joined" in sort:
            known = [day for day in dates if day]
            assert dates == sorted(known, reverse=sort.startswith("-")) + [None] * (22 - len(known))


def test_a_neighbour_that_is_gone_gives_the_first_page_and_an_unknown_order_is_refused():
    city = build_city(1, 1, 1)
    with orgs.city_scope(on=TODAY) as by:
        put(city.union("d1s1g1"), 5)
        first = queries.members(by, MemberFilter(), limit=2)
        assert queries.members(by, MemberFilter(), after=uuid7(), limit=2) == first
        with pytest.raises(Refused):
            queries.members(by, MemberFilter(sort="phone"))


def test_a_union_in_the_filter_means_all_below_it():
    city = build_city(2, 1, 2)
    with orgs.city_scope(on=TODAY) as by:
        put(city.union("d1s1g1"), 3)
        put(city.union("d2s1g1"), 4)
        people.recount(by=by)
        page = queries.members(by, MemberFilter(union_id=city.unions["d1"]))
        assert (len(page.lines), page.total) == (3, 3)
        assert queries.members(by, MemberFilter(union_id=city.unions["d1"], sex="1")).lines == ()
        with pytest.raises(NotFound):
            queries.members(by, MemberFilter(union_id=uuid7()))


def test_looking_at_a_person_is_recorded():
    city = build_city(1, 1, 2)
    with orgs.city_scope(on=TODAY) as by:
        put(city.union("d1s1g1"), 1)
        person = Person.objects.get()
        assert people.view_person(by=by, person_id=person.id).line.name == person.name
        with connection.cursor() as cursor:
            cursor.execute("SELECT action, fields, l4 FROM audit_entry WHERE subject_id = %s", [person.id])
            assert cursor.fetchall() == [("audit.person.opened", ["profile"], person.l4)]
        with pytest.raises(NotFound):
            people.view_person(by=by, person_id=uuid7())


def test_without_the_right_nobody_reads_a_person():
    city = build_city(1, 1, 1)
    with orgs.city_scope(on=TODAY) as by:
        put(city.union("d1s1g1"), 1)
        blind = replace(by, rights=frozenset({"unions.read", "audit.read"}))
        with pytest.raises(NotAllowed):
            people.view_person(by=blind, person_id=Person.objects.get().id)
