"""One chunk through one source's model: typed fields, problems, verdict, by a handful of set-based statements."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute

from zhigong.exchange.checking.kinds import STEPS, Stages, ident, literal, stages
from zhigong.exchange.checking.sentences import PLACE, sentences
from zhigong.exchange.checking.types import PROBLEM, Source
from zhigong.kernel import sql_checks
from zhigong.kernel.errors import Refused
from zhigong.lake.operations import Engine

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
    engine.register("raw", chunk)
    engine.run(f"CREATE OR REPLACE TEMP VIEW typed AS {typed_sql(source)}")
    engine.run(f"CREATE OR REPLACE TEMP TABLE conformed AS {source.conform_sql}")
    engine.unregister("raw")
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


def typed_sql(source: Source) -> str:
    """SQL of the view `typed`: stage upon stage, each adding columns to the one before."""
    built = [stages(column, number) for number, column in enumerate(source.columns)]
    joins = " ".join(join for one in built for join in one.joins)
    sql = f"SELECT raw.*, receipt_day{_added(built, 0)} FROM raw CROSS JOIN day {joins}"
    for step in range(1, STEPS):
        if any(one.steps[step] for one in built):
            sql = f"SELECT *{_added(built, step)} FROM ({sql})"
    return sql


def _added(built: list[Stages], step: int) -> str:
    return "".join(f", {expression} AS {name}" for one in built for name, expression in one.steps[step].items())


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
    filled = pyarrow.compute.if_else(problems.is_null(), pa.scalar([], lists), problems)
    return table.set_column(index, pa.field("problems", lists), filled)


def _keep(engine: Engine, name: str, rows: pa.Table) -> None:
    engine.register("incoming", rows)
    engine.run(f"CREATE OR REPLACE TEMP TABLE {ident(name)} AS SELECT * FROM incoming")
    engine.unregister("incoming")
