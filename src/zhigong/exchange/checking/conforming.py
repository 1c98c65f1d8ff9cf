"""One chunk through one source's model: typed fields, problems, verdict, by a handful of set-based statements."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from zhigong.exchange.checking.kinds import CODES, EACH_ROW, family, ident, judge, literal
from zhigong.exchange.checking.ordinary import pc
from zhigong.exchange.checking.sentences import PLACE, sentences
from zhigong.exchange.checking.types import PROBLEM, Source
from zhigong.exchange.reading import Column
from zhigong.exchange.reading.arrows import with_values
from zhigong.kernel import sql_checks
from zhigong.kernel.errors import Refused
from zhigong.lake.operations import Engine

PREFIXES = ("found", "problem", "noted")
ROW_COLUMNS = ("sheet", "row", "data_row", "receipt_ref", "extra")


def conform(
    source: Source, chunk: pa.RecordBatch, *, engine: Engine, on: dt.date, tables: Mapping[str, pa.Table]
) -> pa.Table:
    """Typed rows of one chunk without looking at other chunks (see `Checker.check` for the columns)."""
    prepare(engine, source, on=on, tables=tables)
    load(engine, source, chunk, on=on)
    return finish(engine, source)


def prepare(engine: Engine, source: Source, *, on: dt.date, tables: Mapping[str, pa.Table]) -> None:
    """Teach an engine the checks, the code tables and the sentences of a source: once per file."""
    for statement in sql_checks.statements():
        engine.run(statement)
    codes = [_code_rows(source, name, tables) for name in source.tables]
    empty = pa.table({name: pa.nulls(0, pa.string()) for name in ("tab", "label", "code")})
    _keep(engine, "codes", pa.concat_tables([empty, *codes]))
    rows = list(zip(*sentences(source), strict=True))
    names = ("column", "code", "severity", "text")
    _keep(engine, "sentences", pa.table({name: list(column) for name, column in zip(names, rows, strict=True)}))
    engine.run(f"CREATE OR REPLACE TABLE day AS SELECT DATE {literal(on.isoformat())} AS receipt_day")


def _code_rows(source: Source, name: str, tables: Mapping[str, pa.Table]) -> pa.Table:
    if name not in tables:
        raise Refused("缺少代码表", where=name, why=f"来源 {source.name} 的列用到它")
    labels = tables[name]["label"].cast(pa.string())
    if len(labels.unique()) != len(labels):
        raise Refused("代码表里有重复的写法", where=name, why="一个写法只能对应一个代码")
    table = pa.repeat(pa.scalar(name), len(labels))
    return pa.table({"tab": table, "label": labels, "code": tables[name]["code"].cast(pa.string())})


def load(engine: Engine, source: Source, chunk: pa.RecordBatch, *, on: dt.date) -> None:
    """Make table `conformed` of one chunk: every typed field, and the codes of problems beside it."""
    engine.register("typed", typed(engine, source, chunk, on=on))
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


def typed(engine: Engine, source: Source, chunk: pa.RecordBatch, *, on: dt.date) -> pa.Table:
    """What conform models read: raw columns by header, typed fields, helpers, and codes that were found."""
    made: dict[str, Any] = {name: chunk[name] for name in ROW_COLUMNS}
    made |= {column.name: chunk[column.name] for column in source.columns}
    families: dict[str, list[Column]] = {}
    for column in source.columns:
        families.setdefault(family(column.kind), []).append(column)
    # Id numbers last: the kind of document beside them must be known.
    for kind in sorted(families, key=lambda one: one == "id_number"):
        for column, results in _judged(engine, kind, families[kind], made, on):
            made |= _settled_column(column, chunk, results, on)
    made["extra"] = with_values(made["extra"], _unknown_labels(source, chunk, made))
    empty = [name for name, values in made.items() if ":" in name and values.null_count == chunk.num_rows]
    return pa.table({name: values for name, values in made.items() if name not in empty})


def _judged(
    engine: Engine, kind: str, columns: Sequence[Column], made: Mapping[str, Any], on: dt.date
) -> Iterator[tuple[Column, dict[str, Any]]]:
    """Results per row of all columns of one family, judged in one go."""
    coded = [made[c.name] if kind in EACH_ROW else made[c.name].dictionary_encode() for c in columns]
    texts = [one if kind in EACH_ROW else one.dictionary for one in coded]
    beside = [_beside(column, made, len(one)) for column, one in zip(columns, texts, strict=True)]
    known = [one for one in beside if one is not None]
    results = judge(engine, kind, pa.concat_arrays(texts), beside=pa.concat_arrays(known) if known else None, on=on)
    start = 0
    for column, one, own in zip(columns, coded, texts, strict=True):
        part = {name: values.slice(start, len(own)) for name, values in results.items()}
        start += len(own)
        yield column, part if kind in EACH_ROW else {name: values.take(one.indices) for name, values in part.items()}


def _beside(column: Column, made: Mapping[str, Any], count: int) -> Any:  # noqa: ANN401
    """What else has a say: the table of a code, the kind of document of an id number."""
    if column.kind.startswith("code:"):
        return pa.repeat(pa.scalar(column.kind.removeprefix("code:")), count)
    if column.kind == "id_number":
        return made[column.id_type] if column.id_type else pa.nulls(count, pa.string())
    return None


def _settled_column(column: Column, chunk: pa.RecordBatch, results: dict[str, Any], on: dt.date) -> dict[str, Any]:
    """One column's fields and codes, after what only the column knows: damage, required, past, key."""
    value, found, noted = results["value"], results["found"], results["noted"]
    helpers = {name: values for name, values in results.items() if name not in ("value", *CODES)}
    damaged = _damaged(chunk, column.name)
    if damaged is not None:
        found = pc.if_else(damaged, "excel-truncated", found)
        value, noted = pc.if_else(damaged, None, value), pc.if_else(damaged, None, noted)
        helpers = {name: pc.if_else(damaged, None, values) for name, values in helpers.items()}
    if column.past:
        late = pc.fill_null(pc.greater(value, pa.scalar(on)), fill_value=False)
        value, found = pc.if_else(late, None, value), pc.if_else(late, "future-date", found)
    if column.kind == "month":
        value = pc.floor_temporal(value, unit="month").cast(pa.date32())
    elif column.kind == "date":
        month = pc.and_(pc.equal(helpers["precision"], "month"), pc.is_valid(value))
        noted = pc.if_else(pc.fill_null(month, fill_value=False), "month-only", noted)
    if column.kind == "credit_code" and column.key:
        found, noted = pc.coalesce(found, noted), pa.nulls(len(found), pa.string())
    missing = pc.fill_null(pc.equal(found, "missing"), pc.is_null(chunk[column.name]))
    found = pc.if_else(missing, "missing" if column.required else None, found)
    fields = {f"{column.field}_{name}": values for name, values in helpers.items()}
    return {column.field: value, f"found:{column.name}": found, f"noted:{column.name}": noted} | fields


def _unknown_labels(source: Source, chunk: pa.RecordBatch, made: Mapping[str, Any]) -> dict[str, Any]:
    """Texts that no code table knows: kept, as their field is null."""
    noted = {c.name: pc.is_valid(made[f"noted:{c.name}"]) for c in source.columns if c.kind.startswith("code:")}
    return {name: pc.if_else(odd, chunk[name], None) for name, odd in noted.items() if odd.true_count}


def _damaged(chunk: pa.RecordBatch, name: str) -> Any | None:  # noqa: ANN401
    """Rows where Excel has cut the number in that column; None when there are none."""
    marks, parents = pc.list_flatten(chunk["damaged"]), pc.list_parent_indices(chunk["damaged"])
    rows = parents.filter(pc.equal(marks, name)).to_numpy()
    if not len(rows):
        return None
    flags = np.zeros(chunk.num_rows, dtype=bool)
    flags[rows] = True
    return pa.array(flags)


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
    engine.run(f"CREATE OR REPLACE TABLE {ident(name)} AS SELECT * FROM incoming")
    engine.unregister("incoming")
