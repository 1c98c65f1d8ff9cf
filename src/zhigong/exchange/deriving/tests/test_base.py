"""With an equal state of the base everybody is read from the lake: whatever `persons` tells must change it."""

from datetime import timedelta

import pytest
from tests.support.city import TODAY, build_city
from tests.support.rosters import chunk, person

from zhigong.exchange.deriving import base
from zhigong.kernel.db.bulk import execute
from zhigong.kernel.ids import uuid7
from zhigong.orgs import operations as orgs
from zhigong.people import operations as people

pytestmark = [pytest.mark.django_db, pytest.mark.database_role("job")]
CHANGES = [
    *("is_migrant = NOT is_migrant", "sex = 3 - sex", "birth_date = '1990-01-01'", "joined_on = '2001-01-01'"),
    *("employment = '9'", "deceased_on = '2026-01-01'"),
    *("id_index = NULL, id_cipher = NULL", "updated_at = updated_at - interval '40 days'"),
]


@pytest.fixture
def somebody():
    build_city(1, 1, 1)
    with (
        orgs.city_scope(on=TODAY) as by,
        people.Admission(
            by=by, batch_id=uuid7(), at_ms=1_800_000_000_000, default_union="990101010001", marks=lambda _: {}
        ) as admission,
    ):
        admission.stage(chunk(person(1, "张建国"), person(2, "欧阳小燕", sex="2")))
        admission.finish()


@pytest.mark.parametrize("change", CHANGES)
def test_the_state_tells_whatever_persons_tell(somebody, change):
    day = TODAY + timedelta(days=9)
    with orgs.city_scope(on=TODAY):
        execute("UPDATE people_person SET updated_at = now() - interval '90 days'")
        before, persons = base.state(day), base.persons(day)
        assert base.state(day) == before == base.state(day + timedelta(days=1))
        execute(f"UPDATE people_person SET {change} WHERE name = '张建国'")
        assert not base.persons(day).equals(persons), "the change is one that persons tell"
        assert base.state(day) != before


def test_who_was_changed_after_the_day_counts_with_the_day(somebody):
    """`as_of` is the day itself then, and another one tomorrow."""
    with orgs.city_scope(on=TODAY):
        execute("UPDATE people_person SET updated_at = now() + interval '90 days'")
        assert not base.persons(TODAY).equals(base.persons(TODAY + timedelta(days=1)))
        assert base.state(TODAY) != base.state(TODAY + timedelta(days=1))
