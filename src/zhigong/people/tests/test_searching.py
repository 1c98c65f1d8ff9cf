"""One box finds a person by name, pinyin, initials, tails, whole numbers; each way by an index."""

import pytest
from tests.support.city import TODAY, build_city
from tests.support.rosters import chunk, id_number, person

from zhigong.kernel.ids import uuid7
from zhigong.orgs import operations as orgs
from zhigong.people import operations as people
from zhigong.people import queries
from zhigong.people.models import Person
from zhigong.people.types import MemberFilter

pytestmark = [pytest.mark.django_db, pytest.mark.database_role("job")]


@pytest.fixture
def by():
    build_city(1, 1, 1)
    with orgs.city_scope(on=TODAY) as actor:
        rows = [
            person(1, "张建国"),
            person(2, "万俟倩", sex="2"),
            person(3, "单小红"),
            person(4, "欧阳小燕", phone="13812345678"),
        ]
        with people.Admission(
            by=actor, batch_id=uuid7(), at_ms=1_790_000_000_000, default_union="990101010001"
        ) as admission:
            admission.stage(chunk(*rows))
            admission.finish()
        yield actor


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("张", ["张建国"]),
        ("张建", ["张建国"]),
        ("zjg", ["张建国"]),
        ("ZJ", ["张建国"]),
        ("mq", ["万俟倩"]),
        ("sx", ["单小红"]),
        ("shan", ["单小红"]),
        ("oy", ["欧阳小燕"]),
        ("5678", ["欧阳小燕"]),
        ("13812345678", ["欧阳小燕"]),
        (id_number(3), ["单小红"]),
        (id_number(3)[-4:], ["单小红"]),
        ("李", []),
        ("13800000000", []),
    ],
)
def test_search_and_list_find_the_same(by, text, found):
    assert [line.name for line in queries.search(by, text)] == found
    assert [line.name for line in queries.members(by, MemberFilter(text=text)).lines] == found


def test_a_member_is_found_by_her_number(by):
    row = Person.objects.get(name="张建国")
    assert [line.id for line in queries.search(by, row.member_no)] == [row.id]
