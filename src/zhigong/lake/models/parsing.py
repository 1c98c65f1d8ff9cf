"""The only place that knows sqlglot: one SELECT parsed, held to the portable subset, its columns traced."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope

from zhigong.kernel.errors import Refused

DIALECT = "duckdb"
DO = "模型只能用 DuckDB 与 Spark 都懂的写法，见 docs/adr/0012-models-from-their-sql.md"

_WORDS = """
    ABS ANY_VALUE ARG_MAX ARG_MIN AVG CASE CAST CEIL COALESCE COUNT DATE_TRUNC DAY EXISTS EXTRACT FLOOR GREATEST IF
    LEAST LENGTH LOGICAL_AND LOGICAL_OR LOWER MAX MIN MONTH NULLIF ROUND ROW_NUMBER SUBSTRING SUM TIMESTAMP_TRUNC TRIM
    UPPER YEAR AND OR XOR
"""
FUNCTIONS = frozenset(_WORDS.split())
"""Functions, by sqlglot's names, that mean the same to both engines."""

TYPES = frozenset({"BIGINT", "INT", "BOOLEAN", "DATE", "DECIMAL", "TEXT", "VARCHAR"})
"""Types a model may cast to."""

_NODES = {
    exp.Filter: "FILTER (…)，请改用 CASE",
    exp.Star: "*，请写出列名",
    exp.Parameter: "参数",
    exp.Placeholder: "参数",
    exp.Command: "命令",
    exp.Lambda: "匿名函数",
    exp.Unnest: "UNNEST",
    exp.Values: "VALUES",
    exp.Lateral: "LATERAL",
    exp.Pivot: "PIVOT",
    exp.Array: "数组",
    exp.Struct: "结构",
    exp.Bracket: "下标",
    exp.TableSample: "抽样",
    exp.Fetch: "FETCH",
    exp.Limit: "LIMIT",
    exp.Into: "INTO",
    exp.Interval: "INTERVAL",
    exp.Collate: "COLLATE",
}


@dataclass(frozen=True)
class Parsed:
    """One model's tree and the relations it reads from outside."""

    name: str
    tree: exp.Query
    reads: frozenset[str]


def parse(name: str, sql: str) -> Parsed:
    """One SELECT of the portable subset; Refused with the reason otherwise."""
    try:
        statements = [one for one in sqlglot.parse(sql, dialect=DIALECT) if one is not None]
    except SqlglotError as error:
        raise Refused("模型的 SQL 读不懂", where=name, why=_first_line(error)) from None
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        raise Refused("模型应当正好是一条 SELECT", where=name, why=f"读到 {len(statements)} 条语句", do=DO)
    tree = statements[0]
    for node in tree.walk():
        _check(name, node)
    return Parsed(name=name, tree=tree, reads=frozenset(_outside(name, tree)))


@dataclass(frozen=True)
class Traced:
    """lineage: per column of the result, in order, the `relation.column`s its values come from.

    uses: per relation every column the model looks at, also those that only join, filter or group.
    """

    lineage: dict[str, frozenset[str]]
    uses: dict[str, frozenset[str]]


def trace(parsed: Parsed, relations: Mapping[str, Sequence[str]]) -> Traced:
    """What the result's columns come from; Refused for unknown columns.  relations: columns of all the model reads."""
    schema: dict[str, object] = {name: dict.fromkeys(relations[name], "unknown") for name in sorted(parsed.reads)}
    try:
        tree = qualify(parsed.tree.copy(), schema=schema, dialect=DIALECT, identify=False)
    except SqlglotError as error:
        raise Refused("模型用到了没有的列", where=parsed.name, why=_first_line(error)) from None
    scope = build_scope(tree)
    if scope is None:
        raise Refused("模型的 SQL 读不懂", where=parsed.name)
    names = tree.named_selects
    unnamed = [name for name in names if name.startswith("_col_") or not name]
    if unnamed or len(set(names)) != len(names):
        raise Refused(
            "模型的每一列都要有自己的名字", where=parsed.name, why=f"列：{'、'.join(names)}", do="请用 AS 命名"
        )
    if tree.find(exp.TableColumn):
        raise Refused("模型把整行当作一列", where=parsed.name, do="请写出列名")
    lineage = {name: frozenset(_origins(scope, place)) for place, name in enumerate(names)}
    return Traced(lineage=lineage, uses=_uses(parsed, scope))


def _uses(parsed: Parsed, root: Scope) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {name: set() for name in sorted(parsed.reads)}
    for scope in root.traverse():
        for column in scope.columns:
            source = scope.sources.get(column.table)
            if isinstance(source, exp.Table):
                found[source.name].add(column.name)
    return {name: frozenset(columns) for name, columns in found.items()}


def _check(name: str, node: exp.Expr) -> None:
    for kind, word in _NODES.items():
        if isinstance(node, kind) and not (kind is exp.Star and isinstance(node.parent, exp.Count)):
            raise Refused("模型用了不可移植的写法", where=name, why=f"不允许 {word}", do=DO)
    if isinstance(node, exp.With) and node.args.get("recursive"):
        raise Refused("模型用了不可移植的写法", where=name, why="不允许 RECURSIVE", do=DO)
    if isinstance(node, exp.DataType) and node.this.value not in TYPES:
        raise Refused("模型用了不可移植的类型", where=name, why=f"不允许 {node.sql(dialect=DIALECT)}", do=DO)
    if isinstance(node, exp.Func) and _function(node) not in FUNCTIONS:
        raise Refused("模型用了不允许的函数", where=name, why=f"不允许 {_function(node)}", do=DO)


def _function(node: exp.Func) -> str:
    return node.name.upper() if isinstance(node, exp.Anonymous) else node.sql_name()


def _outside(name: str, tree: exp.Query) -> Iterator[str]:
    """Relations that no WITH of the model itself makes."""
    scope = build_scope(tree)
    for one in scope.traverse() if scope else ():
        for source in one.sources.values():
            if not isinstance(source, exp.Table):
                continue
            if source.db or source.catalog or not isinstance(source.this, exp.Identifier):
                raise Refused("模型只能读关系，不能读文件或表函数", where=name, why=source.sql(dialect=DIALECT), do=DO)
            yield source.name


def _origins(scope: Scope, place: int) -> Iterator[str]:
    """What the column at that place of a scope is made from, through CTEs, subqueries and unions."""
    if scope.set_operation_scopes:
        for branch in scope.set_operation_scopes:
            yield from _origins(branch, place)
        return
    selected = _query(scope).selects[place]
    inner = {id(sub.expression): sub for sub in scope.subquery_scopes}
    for node in selected.walk(prune=lambda one: id(one) in inner):
        if id(node) in inner:
            yield from _origins(inner[id(node)], 0)
        elif isinstance(node, exp.Column):
            yield from _source(scope, node)


def _source(scope: Scope, column: exp.Column) -> Iterator[str]:
    source = scope.sources.get(column.table)
    if isinstance(source, Scope):
        yield from _origins(source, _query(source).named_selects.index(column.name))
    elif isinstance(source, exp.Table):
        yield f"{source.name}.{column.name}"


def _query(scope: Scope) -> exp.Query:
    if not isinstance(scope.expression, exp.Query):
        raise Refused("模型的 SQL 读不懂", why=scope.expression.sql(dialect=DIALECT)[:200])
    return scope.expression


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0][:300]
