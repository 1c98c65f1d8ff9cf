"""A source's own test: its sample file, read and checked, against what its folder says should come out."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from zhigong.exchange.checking.checker import Checker
from zhigong.exchange.checking.types import Source
from zhigong.exchange.reading import read_file
from zhigong.kernel.errors import Refused

KEYS = {"on", "tally", "rows"}
ROW_KEYS = {"row", "verdict", "fields", "problems"}


def sample_differences(source: Source, folder: Path, *, tables: Mapping[str, pa.Table]) -> list[str]:
    """Sentences, one for each place where sample.csv does not come out as expected.json says; empty when all is well.

    expected.json: {"on": day of receipt, "tally": {accepted, unverified, rejected}, "rows": [{"row": data row,
    "verdict", "problems": ["列名:code"…], "fields": {field: value}}…]}; rows and fields not named are not compared.
    """
    expected = _expected(folder / "expected.json")
    rows: dict[int, dict[str, Any]] = {}
    with Checker(source, on=dt.date.fromisoformat(expected["on"]), tables=tables) as checker:

        def take(chunk: pa.RecordBatch) -> None:
            rows.update({row["data_row"]: row for row in checker.check(chunk).to_pylist()})

        read_file(folder / "sample.csv", columns=source.columns, on_chunk=take)
        tally = checker.tally
    found = {name: getattr(tally, name) for name in ("accepted", "unverified", "rejected")}
    differences = [] if found == expected["tally"] else [f"合计：应为 {expected['tally']}，得到 {found}"]
    for wanted in expected["rows"]:
        got = rows.get(wanted["row"])
        differences += _of_row(wanted, got) if got else [f"第 {wanted['row']} 行：没有这一行"]
    return differences


def _expected(path: Path) -> dict[str, Any]:
    try:
        expected = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise Refused("样例的预期结果读不出来", where=str(path), why=type(error).__name__) from None
    unknown = sorted(set(expected) ^ KEYS) + sorted(
        {k for row in expected.get("rows", ()) for k in set(row) - ROW_KEYS}
    )
    if unknown:
        raise Refused("样例的预期结果写法有误", where=str(path), why=f"缺少或不认识的键：{'、'.join(unknown)}")
    result: dict[str, Any] = expected
    return result


def _of_row(wanted: dict[str, Any], got: dict[str, Any]) -> list[str]:
    pairs = [(name, value, _plain(got.get(name))) for name, value in wanted.get("fields", {}).items()]
    if "verdict" in wanted:
        pairs.append(("verdict", wanted["verdict"], got["verdict"]))
    if "problems" in wanted:
        codes = sorted(f"{problem['column']}:{problem['code']}" for problem in got["problems"])
        pairs.append(("problems", sorted(wanted["problems"]), codes))
    return [f"第 {wanted['row']} 行 {name}：应为 {value}，得到 {real}" for name, value, real in pairs if value != real]


def _plain(value: Any) -> Any:  # noqa: ANN401
    return value.isoformat() if isinstance(value, dt.date) else value
