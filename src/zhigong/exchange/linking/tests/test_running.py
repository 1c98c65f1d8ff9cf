"""A batch of the lake is linked to the base of a home: stored, counted, done once, kept when the base grows."""

from datetime import UTC, datetime
from functools import partial

import pytest
from tests.support.city import TODAY, build_city
from tests.support.rosters import chunk, id_number, person

from zhigong.exchange import linking
from zhigong.exchange import operations as exchange
from zhigong.exchange.linking import base, running
from zhigong.exchange.models import Batch
from zhigong.exchange.store import lake_root
from zhigong.kernel.db.bulk import execute
from zhigong.kernel.errors import NotFound
from zhigong.kernel.ids import uuid7
from zhigong.lake import queries as lake
from zhigong.lake.types import Layer
from zhigong.orgs import operations as orgs
from zhigong.people import operations as people
from zhigong.people.models import Person

pytestmark = [pytest.mark.django_db, pytest.mark.database_role("job")]
CODE = "990101010001"
NOW_MS = int(datetime(2026, 11, 22, tzinfo=UTC).timestamp() * 1000)


def admit(*rows):
    with (
        orgs.city_scope(on=TODAY) as by,
        people.Admission(by=by, batch_id=uuid7(), at_ms=NOW_MS, default_union=CODE, marks=lambda _: {}) as admission,
    ):
        admission.stage(chunk(*rows))
        admission.finish()


def housing(tmp_path, *lines):
    """Bring in a housing file; returns its batch."""
    file = tmp_path / "housing.csv"
    file.write_text("姓名,证件号码,房屋套数,保障类型\n" + "".join(f"{line}\n" for line in lines), encoding="utf-8")
    exchange.ingest(scope=partial(orgs.city_scope, on=TODAY), source="housing", file=file, as_of=TODAY, at_ms=NOW_MS)
    with orgs.city_scope(on=TODAY):
        return Batch.objects.get(source="housing").id


def link(batch):
    with orgs.city_scope(on=TODAY) as by:
        return linking.link(by, source="housing", batch=batch, at_ms=NOW_MS), linking.links_of("housing", batch)


@pytest.fixture
def batch(tmp_path):
    build_city(1, 1, 1)
    admit(person(1, "张建国"), person(2, "欧阳小燕", sex="2"))
    return housing(
        tmp_path,
        f"张 建国,{id_number(1)},1,",
        f"欧阳小燕,{id_number(2)[:15]}000,2,",
        f"王五,{id_number(3)},1,",
        "赵六,,1,",
    )


def persons():
    with orgs.city_scope(on=TODAY):
        return {row.name: str(row.id) for row in Person.objects.all()}


def test_rows_are_linked_stored_and_counted(batch):
    counts, lines = link(batch)
    known = persons()
    assert lines.schema.equals(linking.LINKS)
    assert lines["row"].to_pylist() == [1, 2, 3, 4]
    assert lines["outcome"].to_pylist() == ["linked", "linked", "new", "none"]
    assert lines["person_id"].to_pylist() == [known["张建国"], known["欧阳小燕"], None, None]
    assert lines["method"].to_pylist() == ["id", "model", None, None]
    assert (counts.rows, counts.linked, counts.doubtful, counts.new, counts.none) == (4, 2, 0, 1, 1)
    assert (counts.changed, counts.reused) == (4, False)
    assert counts.version.startswith(f"{batch.hex}-")


def test_the_same_again_does_nothing(batch):
    first, lines = link(batch)
    again, same = link(batch)
    assert (again.version, again.reused, again.changed) == (first.version, True, 0)
    assert same.equals(lines)


def test_a_person_who_comes_later_is_linked_and_nothing_else_changes(batch):
    first, before = link(batch)
    admit(person(3, "王五"))
    second, after = link(batch)
    assert (second.linked, second.changed, second.reused) == (3, 1, False)
    assert after["person_id"].to_pylist()[2] == persons()["王五"]
    assert after["person_id"].to_pylist()[:2] == before["person_id"].to_pylist()[:2]
    assert first.version != second.version


def test_only_the_last_two_datasets_stay(batch):
    for serial in (3, 4, 5):
        link(batch)
        admit(person(serial, "王五"))
    link(batch)
    kept = lake.batches(lake_root(), layer=Layer.ENTITIES, name="links-housing")
    assert sum(ref.version.startswith(batch.hex) for ref in kept) == 2


def link_anew(batch):
    """Once more, as if it had never been linked."""
    with orgs.city_scope(on=TODAY):
        Batch.objects.update(layout={})
    return link(batch)


def test_several_batches_share_one_linker(batch, monkeypatch):
    made = []
    real = running.Linker
    monkeypatch.setattr(running, "Linker", lambda base: made.append(1) or real(base))
    with linking.keep_base():
        link(batch)
        link_anew(batch)
    assert made == [1]


def test_the_base_as_compared_is_kept_as_long_as_it_stands_like_that(batch, monkeypatch):
    reads = []
    real = base.read_base
    monkeypatch.setattr(base, "read_base", lambda: reads.append(1) or real())
    _, first = link(batch)
    _, again = link_anew(batch)
    assert reads == [1] and again.drop_columns(["person_id"]).equals(first.drop_columns(["person_id"]))
    (kept,) = lake.batches(lake_root(), layer=Layer.ENTITIES, name=base.KEPT)
    admit(person(3, "王五"))
    _, lines = link_anew(batch)
    assert reads == [1, 1] and lines["person_id"].to_pylist()[2] == persons()["王五"]
    (other,) = lake.batches(lake_root(), layer=Layer.ENTITIES, name=base.KEPT)
    assert other.version != kept.version and other.key_id, "sealed, and the old one is gone"


def test_a_base_that_changed_while_it_was_read_is_not_kept(batch, monkeypatch):
    real = base.read_base
    monkeypatch.setattr(base, "read_base", lambda: admit(person(3, "王五")) or real())
    before = lake.batches(lake_root(), layer=Layer.ENTITIES, name=base.KEPT)
    link(batch)
    assert lake.batches(lake_root(), layer=Layer.ENTITIES, name=base.KEPT) == before


@pytest.mark.parametrize("change", ["name = '张健国'", "birth_date = '1990-1-1'", "employer_name = '别家'", "sex = 2"])
def test_the_state_of_the_base_tells_whatever_is_compared(batch, change):
    with orgs.city_scope(on=TODAY):
        before = base.state()
        execute("UPDATE people_person SET is_migrant = NOT is_migrant WHERE name = '张建国'")
        assert base.state() == before, "this is not compared"
        execute(f"UPDATE people_person SET {change} WHERE name = '张建国'")
        assert base.state().version != before.version


def test_what_is_not_published_is_not_linked(batch):
    with orgs.city_scope(on=TODAY) as by, pytest.raises(NotFound):
        linking.link(by, source="household", batch=batch, at_ms=NOW_MS)
    with orgs.city_scope(on=TODAY):
        assert linking.links_of("housing", uuid7()) is None
