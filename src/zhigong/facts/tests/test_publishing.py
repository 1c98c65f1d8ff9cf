"""Publishing: full equals rebuilt from nothing, only differences are written, whatever is unsound is refused."""

from datetime import date, timedelta
from uuid import UUID

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.city import TODAY, acting_for, build_city
from tests.support.rosters import id_number

from zhigong.facts import operations as facts
from zhigong.facts.models import Current, Release
from zhigong.facts.tests.support import MARCH, household, rows
from zhigong.facts.types import Published
from zhigong.kernel.errors import NotAllowed, NotFound, Refused
from zhigong.kernel.ids import uuid7
from zhigong.orgs import operations as orgs
from zhigong.people import operations as people
from zhigong.people.models import Person

pytestmark = [pytest.mark.django_db, pytest.mark.database_role("job")]


@pytest.fixture
def persons() -> list[UUID]:
    city = build_city()
    with orgs.city_scope(on=TODAY) as by:
        return [
            people.register(
                by=by, union_id=city.unions["d1s1g1"], name=f"张{n}", id_type="111", id_number=id_number(n),
                phone="", employer_name="", on=date(2021, 5, 1),
            )
            for n in range(1, 6)
        ]  # fmt: skip


def publish(*given, group: str = "household", full: bool = True, **more) -> Published:
    with orgs.city_scope(on=TODAY) as by:
        return facts.publish(by=by, group=group, rows=rows(group, *given, **more), full=full)


def kept(group: str = "household") -> dict:
    with orgs.city_scope(on=TODAY):
        found = Current.objects.filter(fact_group=group).values_list(
            "person_id", "values", "source", "as_of", "batch_id"
        )
        return {row[0]: row[1:] for row in found}


def counts(done: Published) -> tuple[int, ...]:
    return (done.rows, done.changed, done.renewed, done.removed, done.unknown)


def test_the_same_again_writes_nothing_and_a_change_only_its_row(persons):
    given = [household(person, 3) for person in persons]
    assert counts(publish(*given)) == (5, 5, 0, 0, 0)
    assert counts(publish(*given)) == (5, 0, 0, 0, 0)
    assert counts(publish(*reversed(given))) == (5, 0, 0, 0, 0)
    given[2]["household_size"] = 4
    assert counts(publish(*given)) == (5, 1, 0, 0, 0)
    assert kept()[persons[2]][0] == {"household_size": 4, "household_role": "head", "children": 0}


def test_a_new_date_or_batch_renews_without_counting_as_changed(persons):
    batch = str(uuid7())
    publish(household(persons[0], 3), as_of=MARCH)
    assert counts(publish(household(persons[0], 3, batch=batch))) == (1, 0, 1, 0, 0)
    assert kept()[persons[0]][1:] == ("household", TODAY, UUID(batch))


def test_whoever_is_missing_from_a_full_publication_loses_the_group_only(persons):
    publish({"person_id": persons[0], "injury_count": 1}, group="injury")
    publish(*[household(person, 3) for person in persons])
    assert counts(publish(household(persons[0], 3))) == (1, 0, 0, 4, 0)
    assert set(kept()) == {persons[0]}
    assert set(kept("injury")) == {persons[0]}


def test_a_partial_publication_touches_only_those_in_it(persons):
    publish(*[household(person, 3) for person in persons])
    nothing = {"person_id": persons[1], "source": None, "as_of": None}
    assert counts(publish(household(persons[0], 5), nothing, full=False)) == (2, 1, 0, 1, 0)
    assert {person: row[0]["household_size"] for person, row in kept().items()} == {
        persons[0]: 5, persons[2]: 3, persons[3]: 3, persons[4]: 3,
    }  # fmt: skip


def test_after_a_partial_publication_the_same_full_one_is_looked_at_again(persons):
    given = [household(person, 3) for person in persons]
    publish(*given)
    publish(household(persons[0], 9), full=False)
    assert publish(*given).changed == 1
    assert kept()[persons[0]][0]["household_size"] == 3


def test_persons_who_left_the_base_are_counted_and_tried_again(persons):
    stranger = uuid7()
    given = [household(persons[0], 3), household(stranger, 2)]
    assert publish(*given).unknown == 1
    assert publish(*given).unknown == 1
    assert set(kept()) == {persons[0]}


def test_facts_end_with_their_person(persons, owner_cursor):
    publish(*[household(person, 3) for person in persons])
    with orgs.city_scope(on=TODAY):
        Person.objects.filter(id=persons[0]).delete()
        assert Current.objects.filter(person_id=persons[0]).count() == 0


def test_the_release_tells_what_was_published(persons):
    publish(household(persons[0], 3), household(persons[1], 2), as_of=MARCH)
    publish(household(persons[0], 3), household(persons[2], 2), full=False)
    row = Release.objects.get(fact_group="household")
    assert (row.rows, row.as_of, row.published_on) == (3, TODAY, TODAY)


def broken(column: str, values: pa.Array | None):
    def change(table: pa.Table) -> pa.Table:
        table = table.drop_columns([column]) if column in table.schema.names else table
        return table if values is None else table.append_column(column, values)

    return change


FAULTS = {
    "unknown column": (broken("pets", pa.array([1])), "多出 pets"),
    "missing column": (broken("children", None), "缺少 children"),
    "wrong type": (broken("household_size", pa.array(["3"])), "类型"),
    "floating amounts": (broken("household_size", pa.array([3.0])), "类型"),
    "beyond 64 bits": (broken("household_size", pa.array([2**64 - 1], pa.uint64())), "超出范围"),
    "unlisted value": (broken("household_role", pa.array(["uncle"])), "uncle"),
    "unlisted source": (broken("source", pa.array(["household+gossip"])), "gossip"),
    "no source": (broken("source", pa.array([None], pa.string())), "来源或日期"),
    "no date": (broken("as_of", pa.array([None], pa.date32())), "来源或日期"),
    "a future date": (broken("as_of", pa.array([TODAY + timedelta(1)])), "将来"),
    "no person": (broken("person_id", pa.array([None], pa.string())), "人员编号"),
    "not an identifier": (broken("person_id", pa.array(["' OR 1=1"])), "人员编号"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_refused_and_nothing_is_written(persons, fault):
    change, message = FAULTS[fault]
    publish(household(persons[0], 3))
    table = change(rows("household", household(persons[0], 7))[0])
    with pytest.raises(Refused, match=message), orgs.city_scope(on=TODAY) as by:
        facts.publish(by=by, group="household", rows=[table], full=True)
    assert kept()[persons[0]][0]["household_size"] == 3


def test_one_person_twice_is_refused(persons):
    with pytest.raises(Refused, match="两行"):
        publish(household(persons[0], 3), household(persons[0], 4))


def test_unknown_and_declared_groups_are_refused(persons):
    with orgs.city_scope(on=TODAY) as by:
        with pytest.raises(NotFound):
            facts.publish(by=by, group="horoscope", rows=[])
        with pytest.raises(Refused, match="本人说明"):
            facts.publish(by=by, group="declared", rows=[])


def test_only_the_city_wide_job_publishes():
    city = build_city()
    with acting_for(city.union("city")) as chair, pytest.raises(NotAllowed):
        facts.publish(by=chair, group="household", rows=[])


SIZE, ROLE = st.none() | st.integers(0, 3), st.none() | st.sampled_from(["head", "child"])
PEOPLE = st.dictionaries(st.integers(0, 4), st.fixed_dictionaries({"household_size": SIZE, "household_role": ROLE}))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(PEOPLE, st.booleans()), min_size=1, max_size=4))
def test_any_history_ends_like_a_publication_from_nothing(persons, steps):
    """Model: full replaces what everybody has, partial overlays it; in the end both equal a rebuild."""
    publish(full=True)  # examples share a database
    model: dict[UUID, dict] = {}
    for said, full in steps:
        publish(*[{"person_id": persons[n], **values} for n, values in said.items()], full=full)
        said = {persons[n]: {k: v for k, v in values.items() if v is not None} for n, values in said.items()}
        model = said if full else model | said
        model = {person: values for person, values in model.items() if values}
        assert {person: row[0] for person, row in kept().items()} == model
    ended = kept()
    publish(full=True)
    assert kept() == {}
    publish(*[{"person_id": person, **values} for person, values in model.items()])
    assert kept() == ended
