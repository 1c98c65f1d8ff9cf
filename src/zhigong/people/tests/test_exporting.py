"""The member list as CSV straight from the database: the rows of the list, and no cell that a spreadsheet would run."""

import csv
import io

import pytest
from tests.support.city import TODAY, build_city
from tests.support.rosters import chunk, person

from zhigong.kernel.ids import uuid7
from zhigong.orgs import operations as orgs
from zhigong.people import operations as people
from zhigong.people import queries
from zhigong.people.types import MemberFilter

pytestmark = [pytest.mark.django_db, pytest.mark.database_role("job")]

FORMULAS = ["=1+1", "+86", "-2", "@cmd", "\t=1", "\r=1", "\n=1"]


def exported(by, wanted=None):
    lines = b"".join(queries.export_csv(by, wanted or MemberFilter())).decode()
    return [dict(zip(queries.EXPORT_COLUMNS, row, strict=True)) for row in csv.reader(io.StringIO(lines, newline=""))]


def test_no_cell_is_a_formula_and_nothing_else_is_touched():
    build_city(1, 1, 1)
    with orgs.city_scope(on=TODAY) as by:
        rows = [person(n, f"张{n}", employer_name=text) for n, text in enumerate([*FORMULAS, "一号公司", "甲=乙"], 1)]
        union = "990101010001"
        with people.Admission(by=by, batch_id=uuid7(), at_ms=1_790_000_000_000, default_union=union) as admission:
            admission.stage(chunk(*rows))
            admission.finish()
        found = {row["工作单位"] for row in exported(by)}
        assert found == {f"'{text}" for text in FORMULAS} | {"一号公司", "甲=乙"}
        listed = [line.name for line in queries.members(by, MemberFilter()).lines]
        assert [row["姓名"] for row in exported(by)] == listed
        assert len(exported(by, MemberFilter(text="张1"))) == 1
