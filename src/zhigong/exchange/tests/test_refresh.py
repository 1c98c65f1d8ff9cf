"""Refresh in a home: links, subjects across sources, facts and deaths; the same again does nothing; undoing undoes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tests.support.city import TODAY, build_city
from tests.support.rosters import chunk, id_number, person

from zhigong.exchange import operations as exchange
from zhigong.exchange import queries
from zhigong.exchange.tests.departments import CITY, bring, write
from zhigong.kernel.ids import uuid7
from zhigong.people import operations as people
from zhigong.people.models import Person

pytestmark = [pytest.mark.django_db, pytest.mark.database_role("job")]
NOW_MS = int(datetime(2026, 11, 22, tzinfo=UTC).timestamp() * 1000)
REGISTER = ("户号", "姓名", "证件号码", "与户主关系", "户籍地址", "人员状态")
INSURED = ("姓名", "证件号码", "单位名称", "统一社会信用代码", "参保状态", "缴费年月", "缴费基数")
HEAD, WIFE, FATHER = (1, "张建国"), (2, "欧阳小燕"), (3, "张大山")


@pytest.fixture
def town(tmp_path):
    """A member, his wife and his father; the wife's number is cut in the insurance file. Only he is in the base."""
    build_city(1, 1, 1)
    admit(person(*HEAD))
    lines = [kin(HEAD, "户主"), kin(WIFE, "妻"), kin(FATHER, "父亲")]
    bring("household", write(tmp_path / "household.csv", lines, REGISTER))
    wages = [paid(HEAD, "4000.00"), paid(WIFE, "3000.00", 证件号码=id_number(WIFE[0])[:15] + "000")]
    bring("social-insurance", write(tmp_path / "insured.csv", wages, INSURED))
    return tmp_path


def admit(*rows):
    with (
        CITY() as by,
        people.Admission(
            by=by, batch_id=uuid7(), at_ms=NOW_MS, default_union="990101010001", marks=lambda _: {}
        ) as admission,
    ):
        admission.stage(chunk(*rows))
        admission.finish()


def kin(who, relation, state="正常"):
    return dict(zip(REGISTER, ("990100000001", who[1], id_number(who[0]), relation, "", state), strict=True))


def paid(who, base, **changes):
    row = dict(zip(INSURED, (who[1], id_number(who[0]), "", "", "参保缴费", "202610", base), strict=True))
    return row | changes


def refresh(**more):
    return exchange.refresh(scope=CITY, at_ms=NOW_MS, tell=lambda _: None, **more)


def fact(name, *, of=HEAD):
    with CITY():
        wanted = str(Person.objects.get(name=of[1]).id)
    rows = queries.fact_table().read(["person_id", name]).to_pylist()
    return next(row[name] for row in rows if row["person_id"] == wanted)


def changed(report):
    return {stage: counts["changed"] for stage, counts in report.items() if counts["changed"]}


def test_a_row_with_a_cut_number_counts_in_the_family_it_belongs_to(town):
    refresh()
    assert fact("household_income_year") == 12 * 7_000_00
    assert fact("household_size") == 3


def test_the_same_again_does_nothing_and_everything_anew_gives_the_same(town):
    assert changed(refresh())["facts"]
    first = queries.fact_table()
    assert changed(refresh()) == {}
    assert queries.fact_table().version == first.version
    assert changed(refresh(full=True)).keys() <= {"facts"}
    assert queries.fact_table().read().equals(first.read())


def test_a_delta_replaces_the_row_and_undoing_it_brings_the_old_one_back(town):
    refresh()
    before = queries.fact_table().read(["person_id", "household_income_year", "wage_month"])
    more = bring(
        "social-insurance", write(town / "delta.csv", [paid(HEAD, "9000.00")], INSURED), delta=True, accept="请核对"
    )
    refresh()
    assert fact("household_size") == 3
    with CITY() as by:
        exchange.undo(by=by, batch_id=more.batch_id)
    refresh()
    assert queries.fact_table().read(["person_id", "household_income_year", "wage_month"]).equals(before)


def test_a_relative_who_joins_later_takes_her_rows_with_her(town):
    refresh()
    admit(person(WIFE[0], WIFE[1], sex="2"))
    refresh()
    assert fact("wage_month", of=WIFE) == 3_000_00
    assert fact("household_income_year", of=WIFE) == fact("household_income_year") == 12 * 7_000_00
    assert changed(refresh()) == {}


def test_who_died_by_the_register_is_noted_and_no_longer_active(town):
    refresh()
    assert (fact("membership_status"), fact("deceased")) == ("active", False)
    lines = [kin(HEAD, "户主", "死亡"), kin(WIFE, "妻"), kin(FATHER, "父亲")]
    bring("household", write(town / "later.csv", lines, REGISTER), accept="请核对")
    refresh()
    assert (fact("membership_status"), fact("deceased")) == ("ended", True)
    with CITY():
        assert Person.objects.get(name=HEAD[1]).deceased_on == TODAY
    assert changed(refresh()) == {}
