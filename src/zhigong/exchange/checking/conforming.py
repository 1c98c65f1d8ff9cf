"""One chunk through one source's model: typed fields, problems, verdict, by a handful of set-based statements."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from zhigong.exchange.checking.kinds import CODES, Plan, ident, literal, plan
from zhigong.exchange.checking.sentences import PLACE, sentences
from zhigong.exchange.checking.types import PROBLEM, Source
from zhigong.kernel import sql_checks
from zhigong.kernel.errors import Refused
from zhigong.lake.operations import Engine

pc: Any = pyarrow.compute
"""Its stubs demand exact array types that Arrow's own functions don't return."""

PREFIXES = ("empty", "found", "problem", "noted")
ROW_COLUMNS = ("sheet", "row", "data_row", "receipt_ref", "extra")


def conform(
    source: Source, chunk: pa.RecordBatch, *, engine: Engine, on: dt.date, tables: Mapping[str, pa.Table]
) -> pa.Table:
    """Typed rows of one chunk without looking at other chunks (see `Checker.check` for the columns)."""
    prepare(engine, source, on=on, tables=tables)
    load(engine, source, chunk)
    return finish(engine, source)


def prepare(engine: Engine, source: Source, *, on: dt.date, tables: Mapping[str, pa.Table]) -> None:
    """Teach an engine the checks, the code tables and the sentences of a source: once per file."""
    for statement in sql_checks.statements():
        engine.run(statement)
    for name in source.tables:
        if name not in tables:
            raise Refused("缺少代码表", where=name, why=f"来源 {source.name} 的列用到它")
        labels = tables[name].column("label")
        if len(labels.unique()) != len(labels):
            raise Refused("代码表里有重复的写法", where=name, why="一个写法只能对应一个代码")
        _keep(engine, f"codes:{name}", tables[name].select(["label", "code"]))
    rows = list(zip(*sentences(source), strict=True))
    names = ("column", "code", "severity", "text")
    _keep(engine, "sentences", pa.table({name: list(column) for name, column in zip(names, rows, strict=True)}))
    engine.run(f"CREATE OR REPLACE TEMP TABLE day AS SELECT DATE {literal(on.isoformat())} AS receipt_day")


def load(engine: Engine, source: Source, chunk: pa.RecordBatch) -> None:
    """Make table `conformed` of one chunk: every typed field, and the codes of problems beside it."""
    engine.register("typed", typed(engine, source, chunk))
    names = engine.fetch_arrow(f"SELECT * FROM ({source.conform_sql}\n) LIMIT 0").column_names
    missing = [name for name in (*ROW_COLUMNS, *source.fields) if name not in names]
    if missing:
        why = f"缺少字段 {'、'.join(missing)}"
        raise Refused("来源的 SQL 模型不完整", where=f"{source.name}/conform.sql", why=why)
    codes = [name for name in names if name.split(":")[0] in PREFIXES]
    kept = ", ".join(ident(name) for name in (*ROW_COLUMNS, *source.fields, *codes))
    engine.run(f"CREATE OR REPLACE TEMP TABLE conformed AS SELECT {kept} FROM ({source.conform_sql}\n)")
    engine.unregister("typed")
    engine.run('CREATE OR REPLACE TEMP TABLE places (data_row BIGINT, "column" VARCHAR, code VARCHAR, place VARCHAR)')
    count = engine.fetch_arrow("SELECT count(*) AS n, count(DISTINCT data_row) AS d FROM conformed").to_pylist()[0]
    if count["n"] != chunk.num_rows or count["d"] != chunk.num_rows:
        why = f"{chunk.num_rows} 行进去，{count['n']} 行出来"
        raise Refused("来源的 SQL 模型改变了行数", where=f"{source.name}/conform.sql", why=why, do="模型须一行对一行")


def finish(engine: Engine, source: Source) -> pa.Table:
    """The rows of `conformed` with their problems (`places` adds those found between rows) and verdicts, in order."""
    engine.run(f"CREATE OR REPLACE TEMP TABLE found AS {_found_sql(engine, source)}")
    chosen = ", ".join(f"c.{ident(name)}" for name in (*ROW_COLUMNS, *source.fields))
    table = engine.fetch_arrow(
        f"SELECT {chosen}, f.problems, coalesce(f.verdict, 'accepted') AS verdict"
        " FROM conformed c LEFT JOIN found f USING (data_row) ORDER BY c.data_row"
    )
    return _settled(table)


def typed(engine: Engine, source: Source, chunk: pa.RecordBatch) -> pa.Table:
    """What conform models read: raw columns by header, typed fields, helpers, and codes that were found."""
    made: dict[str, Any] = {name: chunk[name] for name in ROW_COLUMNS}
    made |= {column.name: chunk[column.name] for column in source.columns}
    damaged = _damaged(chunk)
    for column in sorted(source.columns, key=lambda one: bool(one.id_type)):
        built = plan(column)
        texts = {"_v": chunk[column.name], "_damaged": damaged.get(column.name, pa.scalar(value=False))}
        if built.each_row or column.name in damaged:
            found = _judged(engine, built, texts | {"_kind": made.get(column.id_type, pa.scalar(None, pa.string()))})
        else:
            coded = chunk[column.name].dictionary_encode()
            distinct = _judged(engine, built, texts | {"_v": coded.dictionary}, or_null=coded.null_count > 0)
            indices = pc.fill_null(coded.indices, len(coded.dictionary))
            found = {name: values.take(indices) for name, values in distinct.items()}
        for name, values in found.items():
            made[f"{name[1:]}:{column.name}" if name in CODES else name] = values
    empty = [name for name, values in made.items() if ":" in name and values.null_count == chunk.num_rows]
    return pa.table({name: values for name, values in made.items() if name not in empty})


def _judged(engine: Engine, built: Plan, texts: dict[str, Any], *, or_null: bool = False) -> dict[str, pa.Array[Any]]:
    """Results of a plan for the given texts, in order; `or_null` appends what an empty cell gives."""
    values = texts["_v"]
    if or_null:
        values = pa.concat_arrays([values, pa.nulls(1, pa.string())])
    count = len(values)
    columns = {"_kind": pa.scalar(None, pa.string())} | texts | {"_v": values}
    columns = {name: one if isinstance(one, pa.Array) else pa.repeat(one, count) for name, one in columns.items()}
    engine.register("texts", pa.table({"_i": pa.array(range(count), pa.int32()), **columns}))
    table = engine.fetch_arrow(built.sql("texts")).combine_chunks()
    engine.unregister("texts")
    return {name: _one_array(table[name]) for name in table.column_names}


def _one_array(column: Any) -> pa.Array[Any]:  # noqa: ANN401
    joined: pa.Array[Any] = column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks)
    return joined


def _damaged(chunk: pa.RecordBatch) -> dict[str, pa.Array[Any]]:
    """Columns with numbers that Excel has cut, each with a flag per row."""
    lists = chunk["damaged"]
    marks = pc.list_flatten(lists)
    parents = pc.list_parent_indices(lists)
    found: dict[str, pa.Array[Any]] = {}
    for name in pc.unique(marks).to_pylist():
        flags = np.zeros(chunk.num_rows, dtype=bool)
        flags[parents.filter(pc.equal(marks, name)).to_numpy()] = True
        found[name] = pa.array(flags)
    return found


def _found_sql(engine: Engine, source: Source) -> str:
    """Problems of the chunk's rows, gathered per row; only rows that have any."""
    names = set(engine.fetch_arrow("SELECT * FROM conformed LIMIT 0").column_names)
    parts = ['SELECT data_row, "column", code, place FROM places']
    for column in source.columns:
        for prefix in PREFIXES:
            name = f"{prefix}:{column.name}"
            if name in names:
                parts.append(
                    f"SELECT data_row, {literal(column.name)}, {ident(name)}, NULL"
                    f" FROM conformed WHERE {ident(name)} IS NOT NULL"
                )
    rank = "CASE severity WHEN 'reject' THEN 0 WHEN 'unverify' THEN 1 ELSE 2 END"
    text = f"replace(text, {literal(PLACE)}, coalesce(place, ''))"
    return (
        f"WITH one AS ({' UNION ALL '.join(parts)}), told AS ("
        f" SELECT data_row, \"column\", code, coalesce(severity, 'warn') AS severity, {rank} AS rank,"
        f' coalesce({text}, code) AS text FROM one LEFT JOIN sentences USING ("column", code))'
        " SELECT data_row, list({'column': \"column\", 'code': code, 'severity': severity, 'text': text} ORDER BY rank)"
        " AS problems,"
        " CASE min(rank) WHEN 0 THEN 'rejected' WHEN 1 THEN 'unverified' ELSE 'accepted' END AS verdict"
        " FROM told GROUP BY data_row"
    )


def _settled(table: pa.Table) -> pa.Table:
    """Problems as lists of PROBLEM, empty rather than null."""
    index = table.column_names.index("problems")
    lists = pa.list_(PROBLEM)
    problems = table["problems"].cast(lists)
    filled = pc.if_else(problems.is_null(), pa.scalar([], lists), problems)
    return table.set_column(index, pa.field("problems", lists), filled)


def _keep(engine: Engine, name: str, rows: pa.Table) -> None:
    engine.register("incoming", rows)
    engine.run(f"CREATE OR REPLACE TEMP TABLE {ident(name)} AS SELECT * FROM incoming")
    engine.unregister("incoming")
