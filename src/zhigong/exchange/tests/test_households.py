"""Households in a refresh: published with the register, and gone with it; the same again writes nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tests.support.city import build_city
from tests.support.rosters import chunk, id_number, person

from zhigong.exchange import operations as exchange
from zhigong.exchange.tests.departments import CITY, bring, write
from zhigong.kernel.db.bulk import fetch
from zhigong.kernel.ids import uuid7
from zhigong.people import operations as people
from zhigong.people.models import Household, HouseholdPerson

pytestmark = [pytest.mark.django_db, pytest.mark.database_role("job")]
NOW_MS = int(datetime(2026, 11, 22, tzinfo=UTC).timestamp() * 1000)
REGISTER = ("户号", "姓名", "证件号码", "与户主关系", "户籍地址", "人员状态")
HEAD, WIFE, FATHER, COUSIN = (1, "张建国"), (2, "欧阳小燕"), (3, "张大山"), (4, "张伟")


@pytest.fixture
def town(tmp_path):
    """Two members of one family, the father is of no union; their cousin, a member, lives elsewhere."""
    build_city(1, 1, 1)
    admit(HEAD, WIFE, COUSIN)
    lines = [kin(HEAD, "户主"), kin(WIFE, "妻"), kin(FATHER, "父亲"), kin(COUSIN, "户主", home=2)]
    bring("household", write(tmp_path / "household.csv", lines, REGISTER))
    refresh()
    return tmp_path


def admit(*who):
    with (
        CITY() as by,
        people.Admission(
            by=by, batch_id=uuid7(), at_ms=NOW_MS, default_union="990101010001", marks=lambda _: {}
        ) as admission,
    ):
        admission.stage(chunk(*(person(serial, name) for serial, name in who)))
        admission.finish()


def kin(who, relation, state="正常", home=1):
    values = (f"99010000000{home}", who[1], id_number(who[0]), relation, "", state)
    return dict(zip(REGISTER, values, strict=True))


def refresh(**more):
    return exchange.refresh(scope=CITY, at_ms=NOW_MS, tell=lambda _: None, **more)


def homes():
    """Per household: name, relation and size of its members in the base."""
    with CITY():
        rows = HouseholdPerson.objects.select_related("person").order_by("person__name")
        found = {}
        for row in rows:
            found.setdefault(row.household_id, []).append((row.person.name, row.relation, row.size))
        assert Household.objects.count() == len(found)
        return sorted(found.values())


def acts():
    with CITY():
        return fetch("SELECT count(*) FROM audit_entry WHERE action = 'people.household.published'")[0][0]


TOGETHER = [("张建国", "02", 3), ("欧阳小燕", "12", 3)]


def test_who_is_in_the_base_is_in_a_household_and_nobody_else_becomes_a_person(town):
    assert homes() == [[("张伟", "02", 1)], TOGETHER]
    with CITY():
        assert fetch("SELECT count(*) FROM people_person") == [(3,)]
        assert fetch("SELECT count(*) FROM people_person WHERE name = %(name)s", {"name": FATHER[1]}) == [(0,)]
    refresh()
    refresh(full=True)
    assert acts() == 1


def test_a_delta_moves_and_undoing_it_moves_back(town):
    delta = [kin(COUSIN, "其他"), kin(WIFE, "户主", home=2)]
    batch = bring("household", write(town / "delta.csv", delta, REGISTER), delta=True, accept="请核对").batch_id
    refresh()
    assert homes() == [[("张伟", "90", 3), ("张建国", "02", 3)], [("欧阳小燕", "02", 1)]]
    with CITY() as by:
        exchange.undo(by=by, batch_id=batch)
    refresh()
    assert homes() == [[("张伟", "02", 1)], TOGETHER]
    assert acts() == 3


def test_who_died_leaves_and_who_joins_comes(town):
    lines = [kin(HEAD, "户主", "死亡"), kin(WIFE, "户主"), kin(FATHER, "其他"), kin(COUSIN, "户主", "迁出", home=2)]
    bring("household", write(town / "later.csv", lines, REGISTER), accept="请核对")
    refresh()
    assert homes() == [[("欧阳小燕", "02", 2)]]
    admit(FATHER)
    refresh()
    assert homes() == [[("张大山", "90", 2), ("欧阳小燕", "02", 2)]]


def test_the_register_undone_leaves_no_household(town):
    with CITY() as by:
        [(batch,)] = fetch("SELECT id FROM exchange_batch WHERE source = 'household'")
        exchange.undo(by=by, batch_id=batch)
    refresh()
    assert homes() == []
