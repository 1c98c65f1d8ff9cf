"""Publishing only the households near a change gives what publishing all of them gives."""

from datetime import date
from itertools import pairwise
from tempfile import TemporaryDirectory
from unittest.mock import patch
from uuid import UUID

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.city import TODAY, build_city
from tests.support.rosters import id_number

from zhigong.exchange.deriving import households
from zhigong.exchange.deriving.definitions import load_definitions
from zhigong.exchange.deriving.standing import Standing
from zhigong.exchange.deriving.tests.worlds import part
from zhigong.kernel.db.bulk import execute, fetch
from zhigong.orgs import operations as orgs
from zhigong.people import operations as people

pytestmark = [pytest.mark.django_db, pytest.mark.database_role("job")]
KNOWN = 4
ROWS = st.fixed_dictionaries(
    {
        "household_no": st.sampled_from(["h1", "h2", "h3", None]),
        "subject_id": st.sampled_from([*range(KNOWN), "s-1", "s-2", None]),
        "relation": st.sampled_from(["02", "12", "20", None]),
        "state": st.sampled_from(["present", "present", "dead", "moved", None]),
        "identity": st.none() | st.integers(1, 5),
    }
)
BATCHES = st.dictionaries(st.integers(1, 3), st.lists(ROWS, max_size=5), max_size=3)
"""Rows by number of the batch: the same number with other rows is a batch linked anew."""


@pytest.fixture
def persons() -> list[UUID]:
    city = build_city(2, 1, 1)
    with orgs.city_scope(on=TODAY) as by:
        return [
            people.register(
                by=by, union_id=city.unions[f"d{n % 2 + 1}s1g1"], name=f"张{n}", id_type="111",
                id_number=id_number(n + 1), phone="", employer_name="", on=date(2021, 5, 1),
            )
            for n in range(KNOWN)
        ]  # fmt: skip


def register(definitions, persons, batches):
    def one(row):
        who = row["subject_id"]
        return row | {"subject_id": str(persons[who]) if isinstance(who, int) else who}

    found = (part(definitions, "household", number, [*map(one, rows)]) for number, rows in sorted(batches.items()))
    return Standing(source="household", parts=tuple(found))


def publish(definitions, before, now, *, full=False):
    with orgs.city_scope(on=TODAY) as by:
        return households.publish_households(by=by, definitions=definitions, before=before, now=now, full=full)


def seen():
    """Everything but identifiers and, of households, where they are kept."""
    with orgs.city_scope(on=TODAY):
        found = fetch(
            """SELECT h.number_index, h.batch_id, p.person_id, p.relation, p.size, p.union_id, p.l4
               FROM people_household h LEFT JOIN people_householdperson p ON p.household_id = h.id ORDER BY 1, 3"""
        )
        assert not fetch(
            """SELECT 1 FROM people_household h WHERE NOT EXISTS
               (SELECT 1 FROM people_householdperson p WHERE p.household_id = h.id AND p.union_id = h.union_id)"""
        )
        return found


def forget():
    with orgs.city_scope(on=TODAY):
        for table in ("people_householdperson", "people_household", "people_release"):
            execute(f"DELETE FROM {table}")


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(states=st.lists(BATCHES, min_size=2, max_size=3))
def test_following_changes_is_publishing_everything(persons, states):
    """From any state of the register to any other: batches come, go and are linked anew."""
    definitions = load_definitions()
    with TemporaryDirectory() as home, patch.dict("os.environ", {"ZHIGONG_HOME": home}), transaction.atomic():
        standings = [register(definitions, persons, batches) for batches in states]
        forget()
        publish(definitions, None, standings[0])
        with patch.object(households, "LARGE_PART", 0):
            for before, now in pairwise(standings):
                publish(definitions, before, now)
        little = seen()
        again = publish(definitions, standings[-2], standings[-1], full=True)
        assert again is None or not again.written
        forget()
        publish(definitions, None, standings[-1])
        assert little == seen()


def row(who, home="h1", relation="02", state="present", identity=None):
    return {
        "household_no": home, "subject_id": who, "relation": relation, "state": state, "identity": identity or who,
    }  # fmt: skip


@pytest.fixture
def town(persons, tmp_path, monkeypatch):
    """The register so far: one at home with somebody outside the base; three more in a home of their own."""
    monkeypatch.setenv("ZHIGONG_HOME", str(tmp_path))
    monkeypatch.setattr(households, "LARGE_PART", 0)
    definitions = load_definitions()
    first = [row(0), row("s-1", relation="12", identity=9), *(row(n, "h2") for n in range(1, KNOWN))]
    numbered = [one | {"identity": place} for place, one in enumerate(first, 1)]

    def stand(*later):
        return register(definitions, persons, {1: numbered} | dict(enumerate(later, 2)))

    publish(definitions, None, stand())
    return definitions, stand


def test_without_news_of_the_register_nothing_is_read(town):
    definitions, stand = town
    with patch.object(Standing, "rows", side_effect=AssertionError):
        assert publish(definitions, stand(), stand()) is None


def test_a_row_that_came_touches_its_households_only(town, persons):
    definitions, stand = town
    done = publish(definitions, stand(), stand([row(1, "h1", "20", identity=3)]))
    assert (done.changed, done.added, done.removed, done.persons) == (4, 0, 0, 4)
    assert [(person, size) for _, _, person, _, size, *_ in seen()].count((persons[1], 3)) == 1
    back = publish(definitions, stand([row(1, "h1", "20", identity=3)]), stand())
    assert back.changed == 4


def test_the_dead_and_who_moved_out_are_of_no_household(town, persons):
    definitions, stand = town
    later = [row(0, state="dead", identity=1), row(1, "h2", state="moved", identity=3)]
    done = publish(definitions, stand(), stand(later))
    assert (done.removed, done.homes_removed) == (2, 1)
    assert sorted((person, size) for _, _, person, _, size, *_ in seen()) == sorted((p, 2) for p in persons[2:])


def test_whoever_has_two_rows_in_force_lives_where_the_newer_says(town, persons):
    """Neither row covers the other: the older home must be looked at, too, and later not take her back."""
    definitions, stand = town
    moved = [row(1, "h1", "20", identity=77)]
    publish(definitions, stand(), stand(moved))
    sizes = {person: size for _, _, person, _, size, *_ in seen()}
    assert sizes == {persons[0]: 3, persons[1]: 3, persons[2]: 2, persons[3]: 2}
    publish(definitions, stand(moved), stand(moved, [row(2, "h2", "20", identity=4)]))
    assert {person: size for _, _, person, _, size, *_ in seen()} == sizes


def test_after_a_refresh_that_broke_off_everything_is_compared(town, persons):
    """Published, but the state kept is the one before; meanwhile the batch was taken back."""
    definitions, stand = town
    before = seen()
    publish(definitions, stand(), stand([row(0, state="dead", identity=1)]))
    assert seen() != before
    assert publish(definitions, stand(), stand()).written
    assert seen() == before


def test_a_register_that_was_taken_back_leaves_no_household(town):
    definitions, stand = town
    assert publish(definitions, stand(), None).homes_removed == 2
    assert seen() == []
    assert publish(definitions, None, None) is None
