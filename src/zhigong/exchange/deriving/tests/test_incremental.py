"""Deriving only what changed gives what deriving everything gives."""

from dataclasses import replace
from datetime import date
from tempfile import TemporaryDirectory
from unittest.mock import patch

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from zhigong.exchange.deriving import wide
from zhigong.exchange.deriving.computing import World, derive
from zhigong.exchange.deriving.definitions import load_definitions
from zhigong.exchange.deriving.standing import Standing
from zhigong.exchange.deriving.table import NEWS
from zhigong.exchange.deriving.tests.worlds import TODAY, everything, part, persons, settled
from zhigong.exchange.deriving.wide import mark_of
from zhigong.exchange.store import lake_root
from zhigong.lake import queries as lake
from zhigong.lake.types import Layer

WHO = [f"p{n}" for n in range(5)]
SUBJECTS = st.sampled_from([*WHO, "s1", "s2", "s3", None])
EMPLOYERS = st.sampled_from(["e1", "e2", None])
KEYS = st.none() | st.integers(1, 4)
DAYS = st.sampled_from([date(2025, 12, 31), date(2026, 2, 3), date(2026, 10, 1)])
MONEY = st.sampled_from([0, 100, 5_000_00, 30_000_00]) | st.none()

ROWS = {
    "household": st.fixed_dictionaries(
        {
            "household_no": st.sampled_from(["h1", "h2", "h3"]),
            "subject_id": SUBJECTS,
            "relation": st.sampled_from(["02", "10", "20"]),
            "state": st.sampled_from(["present", "dead", "moved"]),
            "birth_date": st.sampled_from([date(1980, 1, 1), date(2015, 7, 7), None]),
            "identity": KEYS,
        }
    ),
    "social-insurance": st.fixed_dictionaries(
        {
            "subject_id": SUBJECTS,
            "employer_key": EMPLOYERS,
            "state": st.sampled_from(["paying", "retired", "ended", None]),
            "month": DAYS.map(lambda day: day.replace(day=1)),
            "base": MONEY,
            "identity": KEYS,
        }
    ),
    "medical-settlement": st.fixed_dictionaries(
        {
            "subject_id": SUBJECTS,
            "serial": st.sampled_from(["a", "b", "c"]),
            "reverses": st.sampled_from([None, None, "a", "b"]),
            "settled_on": DAYS,
            "visit": st.sampled_from(["clinic", "ward"]),
            "total": MONEY,
            "policy_own": MONEY,
            "own": MONEY,
            "identity": KEYS,
        }
    ),
    "school": st.fixed_dictionaries(
        {
            "subject_id": SUBJECTS,
            "guardian_subject_id": SUBJECTS,
            "school": st.sampled_from(["第一小学", "民办英华小学"]),
            "stage": st.just("primary"),
            "fee": MONEY,
            "identity": KEYS,
        }
    ),
    "housing": st.fixed_dictionaries(
        {"subject_id": SUBJECTS, "homes": st.integers(0, 2), "protection": st.none(), "identity": KEYS}
    ),
    "tax": st.fixed_dictionaries(
        {
            "employer_key": EMPLOYERS,
            "period": st.sampled_from(["2025Q3", "2026Q1", "2026Q3"]),
            "staff": st.integers(1, 9),
            "payroll": MONEY,
            "profit": MONEY,
            "union_fund": MONEY,
            "identity": KEYS,
        }
    ),
}
PEOPLE = st.lists(st.sampled_from(WHO), unique=True, min_size=1, max_size=5).flatmap(
    lambda ids: st.fixed_dictionaries(
        {
            one: st.fixed_dictionaries(
                {"membership_status": st.sampled_from(["active", "ended"]), "employer_key": EMPLOYERS}
            )
            for one in ids
        }
    )
)
BATCHES = st.fixed_dictionaries(
    {source: st.lists(st.lists(rows, max_size=4), max_size=3) for source, rows in ROWS.items()}
)
"""Per source what each of up to three batches says."""
STATES = st.tuples(
    PEOPLE, BATCHES, st.dictionaries(st.sampled_from(sorted(ROWS)), st.sets(st.integers(0, 2))), st.booleans()
)


def built(state, definitions, batches):
    people, _, gone, tomorrow = state
    standings = {}
    for place, (source, found) in enumerate(sorted(batches.items())):
        parts = tuple(
            part(definitions, source, place * 10 + number + 1, rows)
            for number, rows in enumerate(found)
            if number not in gone.get(source, ())
        )
        if parts:
            standings[source] = Standing(source=source, parts=parts)
    day = date(2026, 11, 23) if tomorrow else TODAY
    return World(
        day=day, persons=persons(*({"person_id": one, **row} for one, row in people.items())), standings=standings
    )


def told_of(derived):
    """Of whom PostgreSQL hears what: (person, group)."""
    changed = {(one, group) for group, rows in derived.changed.items() for one in rows["person_id"].to_pylist()}
    return changed | {(one, group) for group, ids in derived.missing.items() for one in ids.to_pylist()}


def value(found, person, column):
    return next((row[column] for row in found["person"] if row["person_id"] == person), None)


@settings(max_examples=6, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(before=STATES, after=STATES, relinked=st.booleans(), most=st.sampled_from([1, 4]))
def test_incremental_is_full(before, after, relinked, most):
    """From any state to any other and back: batches and people come and go, the same batches may be linked anew, and
    news are laid over the table or written into it."""
    definitions = load_definitions()
    home, large = TemporaryDirectory(), patch.object(wide, "MOST_NEWS", most)
    with home as folder, patch.dict("os.environ", {"ZHIGONG_HOME": folder}), large:
        old = built(before, definitions, before[1])
        kept = settled(definitions, old, derive(definitions, old, None))
        new = built(after, definitions, after[1] if relinked else before[1])
        first = everything(kept)
        full, little = derive(definitions, new, None), derive(definitions, new, kept)
        there = settled(definitions, new, little, kept)
        by_steps = everything(there)
        assert everything(settled(definitions, old, derive(definitions, old, there), there)) == first
        assert by_steps == everything(settled(definitions, new, full))
        assert told_of(little) == {
            (row["person_id"], name)
            for name in little.changed
            for row in (*first["person"], *by_steps["person"])
            if value(first, row["person_id"], mark_of(name)) != value(by_steps, row["person_id"], mark_of(name))
        }


@pytest.mark.parametrize("known", ["", "as it stood"])
def test_without_news_nothing_is_derived(known):
    definitions = load_definitions()
    with TemporaryDirectory() as home, patch.dict("os.environ", {"ZHIGONG_HOME": home}):
        rows = [{"household_no": "h1", "subject_id": "p0", "relation": "02", "state": "present"}]
        standing = Standing(source="household", parts=(part(definitions, "household", 1, rows),))
        seen = World(day=TODAY, persons=persons({"person_id": "p0"}), standings={"household": standing}, base=known)
        kept = settled(definitions, seen, derive(definitions, seen, None))
        again = derive(definitions, seen, kept)
        assert again.tables == {}
        assert set(kept.snapshot.datasets) - again.same <= {f"part/{standing.parts[0].batch}"}
        assert again.looked_at == 0
        assert not any(rows.num_rows for rows in again.changed.values())


@pytest.mark.parametrize("change", [{"base": "otherwise"}, {"day": date(2026, 11, 23)}, {"standings": {}}])
def test_any_news_is_looked_at(change):
    """What decides that nothing has to be done sees each of the things facts are made from."""
    definitions = load_definitions()
    with TemporaryDirectory() as home, patch.dict("os.environ", {"ZHIGONG_HOME": home}):
        rows = [{"household_no": "h1", "subject_id": "p0", "relation": "02", "state": "present"}]
        standing = Standing(source="household", parts=(part(definitions, "household", 1, rows),))
        seen = World(day=TODAY, persons=persons({"person_id": "p0"}), standings={"household": standing}, base="so")
        kept = settled(definitions, seen, derive(definitions, seen, None))
        assert seen.like(kept) and not replace(seen, **change).like(kept)


def test_news_are_laid_over_the_table_and_forgotten_once_they_are_in_it():
    """Of ten persons the second day tells of one, the third of all; nothing of the news may stay behind."""
    definitions = load_definitions()
    everybody = [f"p{n}" for n in range(10)]

    def seen(*days):
        rows = [
            [{"household_no": one, "subject_id": one, "relation": "02", "state": "present"} for one in of]
            for of in days
        ]
        parts = tuple(part(definitions, "household", number, of) for number, of in enumerate(rows, 1))
        people = persons(*({"person_id": one} for one in everybody))
        return World(day=TODAY, persons=people, standings={"household": Standing(source="household", parts=parts)})

    def written():
        return len(lake.batches(lake_root(), layer=Layer.FACTS, name=NEWS))

    with TemporaryDirectory() as home, patch.dict("os.environ", {"ZHIGONG_HOME": home}):
        kept, laid = None, []
        for days in ([["p0"]], [["p0"], ["p1"]], [["p0"], ["p1"], everybody[2:]], [["p0"]], [["p0"], ["p1"]], [["p0"]]):
            derived = derive(definitions, seen(*days), kept)
            kept = settled(definitions, seen(*days), derived, kept)
            laid.append((NEWS in derived.tables, written()))
            known = kept.facts.read(["person_id", "household_size"]).to_pylist()
            there = {one for day in days for one in day}
            assert {row["person_id"] for row in known if row["household_size"]} == there
    assert [told for told, _ in laid] == [False, True, False, False, True, True]
    assert [left for _, left in laid] == [0, 1, 1, 0, 1, 2]
