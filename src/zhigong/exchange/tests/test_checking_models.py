"""Models of sources: row for row, shut in, always of one shape; every source of the catalogue passes its own sample."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pytest

from zhigong.exchange.checking import PROBLEM, Checker, conform, load_source, sample_differences, source_names
from zhigong.exchange.tests.checking import KNOWN, ROSTER, TODAY, raw, tables
from zhigong.exchange.tests.workbooks import HEADER, member
from zhigong.kernel import resources
from zhigong.kernel.errors import Refused
from zhigong.lake.operations import Engine


@pytest.fixture(scope="module")
def engine():
    with Engine() as made:
        yield made


def test_conform_alone_gives_the_same_rows(engine):
    rows = [member(1), member(2, 姓名=""), member(1)]
    table = conform(ROSTER, raw(rows), engine=engine, on=TODAY, tables=tables("roster"))
    assert table.schema.field("problems").type == pa.list_(PROBLEM)
    assert table.column_names == [
        "sheet",
        "row",
        "data_row",
        "receipt_ref",
        "extra",
        *ROSTER.fields,
        "problems",
        "verdict",
    ]
    assert table["verdict"].to_pylist() == ["accepted", "rejected", "accepted"]


def test_the_schema_does_not_depend_on_the_rows(engine):
    empty = [dict.fromkeys(KNOWN, "")] * 3
    one = conform(ROSTER, raw(empty), engine=engine, on=TODAY, tables=tables("roster"))
    other = conform(ROSTER, raw([member(i) for i in range(5)]), engine=engine, on=TODAY, tables=tables("roster"))
    none = conform(ROSTER, raw([]), engine=engine, on=TODAY, tables=tables("roster"))
    assert one.schema == other.schema == none.schema
    assert (one.num_rows, none.num_rows) == (3, 0)


@pytest.mark.parametrize(
    ("model", "match"),
    [
        ("SELECT * FROM typed WHERE sex = '1'", "改变了行数"),
        ("SELECT * FROM typed UNION ALL SELECT * FROM typed", "改变了行数"),
        ("SELECT * EXCLUDE (name) FROM typed", "不完整"),
        ("SELECT * FROM read_csv('/etc/passwd')", "SQL"),
        ("SELECT * FROM nowhere", "SQL"),
        ("DROP TABLE day", "SQL"),
    ],
)
def test_models_that_lose_rows_or_reach_out_are_refused(model, match):
    rows = [member(1), member(2, 性别="女", 证件号码="")]
    source = replace(ROSTER, conform_sql=model)
    with Checker(source, on=TODAY, tables=tables("roster")) as checker, pytest.raises(Refused, match=match):
        checker.check(raw(rows))


@pytest.mark.parametrize("name", source_names())
def test_every_source_passes_its_own_sample(name):
    source = load_source(name)
    folder = resources.find(f"sources/{name}/sample.csv").parent
    assert sample_differences(source, folder, tables=tables(name)) == []


def test_a_sample_that_is_wrong_is_found(tmp_path):
    folder = resources.find("sources/roster/sample.csv").parent
    for name in ("sample.csv", "expected.json"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    text = (tmp_path / "expected.json").read_text("utf-8")
    (tmp_path / "expected.json").write_text(text.replace('"name": "李芳"', '"name": "李方"'), "utf-8")
    assert sample_differences(ROSTER, tmp_path, tables=tables("roster")) == ["第 3 行 name：应为 李方，得到 李芳"]


def test_code_tables_must_be_there_and_unambiguous():
    with pytest.raises(Refused, match="缺少代码表"):
        Checker(ROSTER, on=TODAY, tables={})
    doubled = tables("roster") | {"gender": pa.table({"label": ["男", "男"], "code": ["1", "2"]})}
    with pytest.raises(Refused, match="重复"):
        Checker(ROSTER, on=TODAY, tables=doubled)


def test_the_header_of_the_template_is_the_source():
    assert ["工会编码", *HEADER] == KNOWN
