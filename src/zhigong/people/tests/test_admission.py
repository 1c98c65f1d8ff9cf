"""A roster enters the base: new persons, known persons, members of other unions, repeats, damaged identities, undo."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from tests.support.city import TODAY, City, acting_for, build_city
from tests.support.rosters import chunk, id_number, person

from zhigong.kernel.db.bulk import execute, fetch
from zhigong.kernel.ids import uuid7
from zhigong.orgs import operations as orgs
from zhigong.people import operations as people
from zhigong.people import queries
from zhigong.people.models import Membership, Person
from zhigong.people.types import MembershipStatus, Outcome, Verification

pytestmark = [pytest.mark.django_db, pytest.mark.database_role("job")]


@pytest.fixture
def city() -> City:
    return build_city()


def admit(by, *rows, union="", batch: UUID | None = None, known=None):
    """Admit rows; returns outcomes by row and the batch."""
    batch = batch or uuid7()
    with people.Admission(
        by=by, batch_id=batch, at_ms=1_790_000_000_000, default_union=union, marks=lambda _: known or {}
    ) as admission:
        admission.stage(chunk(*rows))
        admission.finish()
    results = {}
    for found in admission.results():
        results |= {
            row: (outcome, person_id)
            for row, person_id, outcome in zip(
                *(found[n].to_pylist() for n in ("row", "person_id", "outcome")), strict=True
            )
        }
    return results, batch


NOW = datetime(2026, 11, 22, tzinfo=UTC)
CODE = "990101010001"
OTHER = "990102010001"


def test_new_members_are_created_with_sealed_identity_and_one_membership(city):
    with orgs.city_scope(on=TODAY) as by:
        results, batch = admit(by, person(1, "张建国"), person(2, "欧阳小燕", sex="2"), union=CODE)
        assert {row: outcome for row, (outcome, _) in results.items()} == {1: "created", 2: "created"}
        row = Person.objects.get(id=results[1][1])
        assert (row.name, row.membership_status, row.verification) == (
            "张建国",
            MembershipStatus.ACTIVE,
            Verification.CHECKED,
        )
        assert row.union_id == city.unions["d1s1g1"]
        assert row.phone_masked == "139****0001"
        assert id_number(1).encode() not in bytes(row.id_cipher)
        assert len(row.member_no) == 17
        assert int(row.member_no[:15] + row.member_no[15:]) % 97 == 1
        assert Membership.objects.filter(person=row, batch_id=batch).count() == 1
        assert queries.member_count(by) == 2


def test_the_same_roster_again_changes_nothing(city):
    with orgs.city_scope(on=TODAY) as by:
        first, _ = admit(by, person(1, "张建国"), person(2, "李娜"), union=CODE)
        before = list(Person.objects.order_by("id").values())
        again, _ = admit(by, person(1, "张建国"), person(2, "李娜"), union=CODE)
        assert {o for o, _ in again.values()} == {"unchanged"}
        assert {p for _, p in again.values()} == {p for _, p in first.values()}
        assert list(Person.objects.order_by("id").values()) == before


def test_changed_values_are_taken_over_blanks_are_not(city):
    with orgs.city_scope(on=TODAY) as by:
        first, _ = admit(by, person(1, "张建国", education="21", employer_name="一号公司"), union=CODE)
        again, _ = admit(
            by, person(1, "张建国", education="", employer_name="一号新公司", phone="13800000009"), union=CODE
        )
        assert again[1][0] == "updated"
        row = Person.objects.get(id=first[1][1])
        assert (row.education, row.employer_name, row.phone_masked) == ("21", "一号新公司", "138****0009")
        opened = people.open_fields(by=by, person_id=row.id, fields=("id_number", "phone"), purpose="checking", now=NOW)
        assert opened == {"id_number": id_number(1), "phone": "13800000009"}


def test_a_member_of_another_union_stays_there_and_is_reported(city):
    with orgs.city_scope(on=TODAY) as by:
        first, _ = admit(by, person(1, "张建国"), union=CODE)
        second, _ = admit(by, person(1, "张建国"), union=OTHER)
        assert second[1] == ("elsewhere", first[1][1])
        assert Membership.objects.filter(person_id=first[1][1]).count() == 1
        assert Person.objects.get(id=first[1][1]).union_id == city.unions["d1s1g1"]


def test_a_chair_importing_a_member_of_a_district_she_cannot_see_learns_only_that(city):
    with orgs.city_scope(on=TODAY) as by:
        first, _ = admit(by, person(1, "张建国"), union=CODE)
        union = city.union("d2s1g1")
    with acting_for(union) as chair:
        results, _ = admit(chair, person(1, "张建国"), person(2, "王芳"), union=OTHER)
        assert results[1][0] == "elsewhere"
        assert results[2][0] == "created"
        assert not Person.objects.filter(id=first[1][1]).exists()


def test_someone_without_a_membership_is_taken_into_keeping_with_her_identifier(city):
    with orgs.city_scope(on=TODAY) as by:
        first, _ = admit(by, person(1, "张建国"), union=CODE)
        admit(by, person(1, "张建国", change_type="6", change_date=date(2025, 5, 1)), union=CODE)
        row = Person.objects.get(id=first[1][1])
        assert row.membership_status == MembershipStatus.ENDED
        union = city.union("d2s1g1")
    with acting_for(union) as chair:
        results, _ = admit(chair, person(1, "张建国", change_type="2", change_date=date(2025, 6, 1)), union=OTHER)
        assert results[1] == ("updated", first[1][1])
        row = Person.objects.get(id=first[1][1])
        assert (row.union_id, row.membership_status) == (union.id, MembershipStatus.ACTIVE)


def test_rows_of_unions_outside_the_scope_are_refused_row_by_row(city):
    with orgs.city_scope(on=TODAY):
        union = city.union("d2s1g1")
    with acting_for(union) as chair:
        results, _ = admit(
            chair,
            person(1, "张建国", union_code=CODE),
            person(2, "王芳", union_code=OTHER),
            person(3, "无名", union_code="77"),
        )
        assert [results[n][0] for n in (1, 2, 3)] == ["unknown_union", "created", "unknown_union"]


def test_a_repeat_within_the_file_is_linked_to_the_first_and_creates_nobody(city):
    repeat = [{"column": "证件号码", "code": "duplicate_same", "severity": "warn", "text": "与第 1 行重复"}]
    with orgs.city_scope(on=TODAY) as by:
        results, _ = admit(
            by,
            person(1, "张建国"),
            person(2, "张建国", id_number=id_number(1), problems=repeat),
            person(3, "张建国", id_number=id_number(1), union_code=OTHER, problems=repeat),
            union=CODE,
        )
        assert results[2] == (Outcome.REPEATED.value, results[1][1])
        assert results[3] == (Outcome.ELSEWHERE.value, results[1][1])
        assert Person.objects.count() == 1


def test_an_unverified_row_is_kept_and_completed_later_by_mark_or_likeness(city):
    with orgs.city_scope(on=TODAY) as by:
        first, _ = admit(
            by,
            person(1, "张建国", verdict="unverified", id_number=None),
            person(2, "李娜", verdict="unverified", id_number=None, phone="13811112222"),
            union=CODE,
        )
        rows = Person.objects.filter(id__in=[p for _, p in first.values()])
        assert {r.verification for r in rows} == {Verification.UNVERIFIED}
        fixed, _ = admit(
            by,
            person(1, "张建国", phone=None, birth_date=None),
            person(2, "李娜", id_number=None, verdict="unverified", phone="13811112222"),
            union=CODE,
            known={1: UUID(first[1][1])},
        )
        assert fixed[1] == ("updated", first[1][1])
        assert fixed[2] == ("unchanged", first[2][1])
        assert Person.objects.count() == 2
        assert Person.objects.get(id=first[1][1]).verification == Verification.CHECKED
        someone = UUID(first[1][1])
        opened = people.open_fields(by=by, person_id=someone, fields=("id_number",), purpose="checking", now=NOW)
        assert opened == {"id_number": id_number(1)}


def test_undo_removes_what_was_created_restores_what_was_changed_and_keeps_what_others_touched(city):
    with orgs.city_scope(on=TODAY) as by:
        first, one = admit(by, person(1, "张建国", employer_name="旧公司"), union=CODE)
        second, two = admit(
            by, person(1, "张建国", employer_name="新公司"), person(2, "李娜"), person(3, "赵六"), union=CODE
        )
        people.correct(by=by, person_id=UUID(second[3][1]), values={"education": "21"})
        Person.objects.filter(id=second[3][1]).update(updated_at="2030-01-01T00:00:00Z")
        counts = people.undo_admission(by=by, batch_id=two)
        assert counts == {"removed": 1, "memberships": 1, "restored": 1, "kept": 1}
        assert Person.objects.get(id=first[1][1]).employer_name == "旧公司"
        assert not Person.objects.filter(id=second[2][1]).exists()
        assert Person.objects.filter(id=second[3][1]).exists()
        assert queries.member_count(by) == 2
        assert people.undo_admission(by=by, batch_id=two) == {"removed": 0, "memberships": 0, "restored": 0, "kept": 0}
        assert one != two


def test_two_living_memberships_are_impossible_in_the_database(city):
    from django.db import IntegrityError, transaction

    with orgs.city_scope(on=TODAY) as by:
        first, _ = admit(by, person(1, "张建国"), union=CODE)
        other = city.union("d2s1g1")
        with pytest.raises(IntegrityError, match="people_membership_one"), transaction.atomic():
            Membership(
                person_id=first[1][1], union=other, status=1, l1=other.l1, l2=other.l2, l3=other.l3, l4=other.l4
            ).save(force_insert=True)


def test_statistics_are_gathered_when_a_table_has_grown_by_a_quarter_and_not_before(city):
    def pages() -> tuple[int, int]:
        size = "pg_relation_size(oid) / current_setting('block_size')::int"
        return fetch(f"SELECT relpages, {size} FROM pg_class WHERE relname = 'people_person'")[0]

    def grow(to: float) -> int:
        names = ", ".join(
            field.column
            for field in Person._meta.concrete_fields
            if field.column not in ("id", "id_index", "id_cipher")
        )
        while pages()[1] <= to:
            execute(
                f"INSERT INTO people_person (id, {names}) SELECT gen_random_uuid(), {names} FROM"
                " (SELECT * FROM people_person LIMIT 1) p, generate_series(1, 20)"
            )
        return pages()[1]

    with orgs.city_scope(on=TODAY) as by:
        admit(by, person(1, "张建国"), union=CODE)
        known = grow(max(16, pages()[0] * 5 // 4))
        fetch("SELECT people_analyse()")
        assert pages() == (known, known)
        grown = grow(known * 9 // 8)
        fetch("SELECT people_analyse()")
        assert pages() == (known, grown), "an eighth more is described well enough"
        grown = grow(known * 5 // 4)
        fetch("SELECT people_analyse()")
        assert pages() == (grown, grown)
