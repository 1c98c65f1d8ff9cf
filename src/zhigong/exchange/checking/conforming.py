"""One chunk through one source's model: typed fields, then its SQL, row for row."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from zhigong.exchange.checking.fields import ROW_COLUMNS, typed
from zhigong.exchange.checking.gathering import PREFIXES, gathered
from zhigong.exchange.checking.kinds import ident, literal
from zhigong.exchange.checking.types import Source
from zhigong.kernel import sql_checks
from zhigong.kernel.errors import Refused
from zhigong.lake.operations import Engine


def conform(
    source: Source, chunk: pa.RecordBatch, *, engine: Engine, on: dt.date, tables: Mapping[str, pa.Table]
) -> pa.Table:
    """Typed rows of one chunk without looking at other chunks (see `Checker.check` for the columns)."""
    prepare(engine, source, on=on, tables=tables)
    return gathered(source, modelled(engine, source, chunk, on=on))


def prepare(engine: Engine, source: Source, *, on: dt.date, tables: Mapping[str, pa.Table]) -> None:
    """Teach an engine the checks and the code tables of a source: once per file."""
    for statement in sql_checks.statements():
        engine.run(statement)
    codes = [_code_rows(source, name, tables) for name in source.tables]
    empty = pa.table({name: pa.nulls(0, pa.string()) for name in ("tab", "label", "code")})
    engine.register("incoming", pa.concat_tables([empty, *codes]))
    engine.run("CREATE OR REPLACE TABLE codes AS SELECT * FROM incoming")
    engine.unregister("incoming")
    engine.run(f"CREATE OR REPLACE TABLE day AS SELECT DATE {literal(on.isoformat())} AS receipt_day")


def _code_rows(source: Source, name: str, tables: Mapping[str, pa.Table]) -> pa.Table:
    if name not in tables:
        raise Refused("缺少代码表", where=name, why=f"来源 {source.name} 的列用到它")
    labels = tables[name]["label"].cast(pa.string())
    if len(labels.unique()) != len(labels):
        raise Refused("代码表里有重复的写法", where=name, why="一个写法只能对应一个代码")
    table = pa.repeat(pa.scalar(name), len(labels))
    return pa.table({"tab": table, "label": labels, "code": tables[name]["code"].cast(pa.string())})


def modelled(engine: Engine, source: Source, chunk: pa.RecordBatch, *, on: dt.date) -> pa.Table:
    """The chunk after its source's SQL: place columns, every field, and codes of problems as `found:<header>` etc.

    Refused unless the model gives every row once, with every field.
    """
    engine.register("typed", typed(engine, source, chunk, on=on))
    names = engine.fetch_arrow(f"SELECT * FROM ({source.conform_sql}\n) LIMIT 0").column_names
    missing = [name for name in (*ROW_COLUMNS, *source.fields) if name not in names]
    if missing:
        why = f"缺少字段 {'、'.join(missing)}"
        raise Refused("来源的 SQL 模型不完整", where=f"{source.name}/conform.sql", why=why)
    codes = [name for name in names if name.split(":")[0] in PREFIXES]
    kept = ", ".join(ident(name) for name in (*ROW_COLUMNS, *source.fields, *codes))
    table = engine.fetch_arrow(f"SELECT {kept} FROM ({source.conform_sql}\n)").combine_chunks()
    engine.unregister("typed")
    if not _one_array(table["data_row"]).equals(chunk["data_row"]):
        table = table.sort_by("data_row").combine_chunks()
    if not _one_array(table["data_row"]).equals(chunk["data_row"]):
        why = f"{chunk.num_rows} 行进去，{table.num_rows} 行出来"
        raise Refused("来源的 SQL 模型改变了行数", where=f"{source.name}/conform.sql", why=why, do="模型须一行对一行")
    return table


def _one_array(column: pa.ChunkedArray[Any]) -> Any:  # noqa: ANN401
    return pa.concat_arrays([pa.array([], column.type), *column.chunks])
