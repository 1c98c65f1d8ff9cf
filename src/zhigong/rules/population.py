"""The rule over everyone: one SELECT, in layers, giving exactly the answers of `decide`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from zhigong.kernel.errors import Refused
from zhigong.kernel.money import MAX_FEN
from zhigong.rules import terms, tree
from zhigong.rules.asking import asked
from zhigong.rules.checking import check_bands
from zhigong.rules.terms import Ratio
from zhigong.rules.tree import Kind
from zhigong.rules.types import Ranges, Rule, Value
from zhigong.rules.values import LONG, PLACES, WIDE, Scalar, bind_parameters, bind_presumed
from zhigong.rules.writing import Writer, plain, quoted

_TYPES = {Kind.BOOLEAN: "BOOLEAN", Kind.TEXT: "VARCHAR", Kind.DATE: "DATE"}


def population_sql(
    rule: Rule, *, table: str, parameters: Mapping[str, Value], presume: Mapping[str, Value], ranges: Ranges
) -> str:
    """See `operations.population_sql`."""
    bound, presumed = bind_parameters(rule, parameters), bind_presumed(rule, presume)
    check_bands(rule, bound)
    columns = [_column(rule, name, presumed.get(name), ranges) for name in rule.order]
    facts = {name: value for name, (_, value) in zip(rule.order, columns, strict=True)}
    writer = Writer(rule.nodes, facts, bound)
    try:
        return _select(rule, writer, table, [sql for sql, _ in columns], frozenset(presumed))
    except terms.TooLarge as error:
        raise Refused(error.what, where=rule.where, why=error.why, do=error.do) from None


def ranges_sql(rule: Rule, *, table: str) -> str:
    """See `operations.ranges_sql`."""
    names = [name for name in rule.order if rule.kinds[name].kind is Kind.INTEGER]
    parts = (f'min("{name}") AS "{name}__low", max("{name}") AS "{name}__high"' for name in names)
    return f"SELECT {', '.join(parts)} FROM {table}" if names else "SELECT NULL"


def _column(rule: Rule, name: str, presumed: Scalar | None, ranges: Ranges) -> tuple[str, Ratio | str]:
    """The column of a fact in the lowest layer, and how the rule then refers to it."""
    kind, own = rule.kinds[name].kind, f"_f_{name}"
    if not kind.number:
        cast = f'CAST("{name}" AS {_TYPES[kind]})'
        return _presumed(cast, None if presumed is None else plain(presumed), own), own
    if kind is Kind.DECIMAL:
        scaled = f'CAST(TRY_CAST("{name}" AS DECIMAL(24,{PLACES})) * {10**PLACES} AS HUGEINT)'
        stand_in = None if presumed is None else str(int(presumed * 10**PLACES))
        limit = WIDE * 10**PLACES
        return _presumed(scaled, stand_in, own), Ratio(terms.column(own, -limit, limit), terms.Term(10**PLACES))
    low, high = (ranges[name] or (0, 0)) if name in ranges else (-LONG, LONG)
    cast = f'TRY_CAST("{name}" AS BIGINT)'
    if low < -LONG or name not in ranges:
        cast = f"NULLIF({cast}, -9223372036854775808)"
    low, high = max(low, -LONG), min(high, LONG)  # a wider column's values beyond 64 bits become NULL
    low, high = min(low, high), max(low, high)
    if presumed is not None:
        low, high = min(low, int(presumed)), max(high, int(presumed))  # type: ignore[arg-type]
    return _presumed(cast, None if presumed is None else str(presumed), own), Ratio(terms.column(own, low, high))


def _presumed(sql: str, stand_in: str | None, own: str) -> str:
    return f"{sql if stand_in is None else f'COALESCE({sql}, {stand_in})'} AS {own}"


def _select(rule: Rule, writer: Writer, table: str, columns: list[str], presumed: frozenset[str]) -> str:
    conditions = [writer.keep(writer.other(one.node), f"_c{at}") for at, one in enumerate(rule.conditions, 1)]
    grades = [writer.keep(writer.other(one.node), f"_g{at}") for at, one in enumerate(rule.grades, 1)]
    any_grade = [f"({' OR '.join(grades)})"] if grades else []
    verdict = writer.keep(" AND ".join([*conditions, *any_grade]), "_v")
    amount, recover = _fen(rule.amount, writer), _fen(rule.recover, writer)
    missing = _missing(rule, writer, verdict, grades, presumed)
    outputs = [
        "person_id",
        f"{verdict} AS verdict",
        f"CASE WHEN {verdict} THEN {_grade(rule, grades)} END AS grade",
        f"CASE WHEN {verdict} THEN {amount} END AS amount",
        f"{recover} AS recover",
        *(f"{name} AS c{at}" for at, name in enumerate(conditions, 1)),
        f"{missing} AS missing",
    ]
    source = f"(SELECT {', '.join(['person_id', *columns])} FROM {table})"
    for layer in writer.layers:
        source = f"(SELECT *, {', '.join(f'{sql} AS {name}' for name, sql in layer)} FROM {source})"
    return f"SELECT {', '.join(outputs)} FROM {source}"


def _grade(rule: Rule, grades: list[str]) -> str:
    if not grades:
        return "CAST(NULL AS VARCHAR)"
    whens = (
        f"WHEN {name} THEN {quoted(one.grade)} WHEN {name} IS NULL THEN NULL"
        for name, one in zip(grades, rule.grades, strict=True)
    )
    return f"CASE {' '.join(whens)} END"


def _fen(node: tree.Node | None, writer: Writer) -> str:
    """Fen rounded down; unknown beyond what money may be."""
    if node is None:
        return "CAST(NULL AS BIGINT)"
    whole = terms.floor(writer.kept(writer.number(node)))
    if whole.low >= -MAX_FEN and whole.high <= MAX_FEN:
        return f"CAST({whole.sql} AS BIGINT)"
    kept = writer.keep(whole.sql)
    return f"TRY_CAST(CASE WHEN {kept} BETWEEN -{MAX_FEN} AND {MAX_FEN} THEN {kept} END AS BIGINT)"


def _missing(rule: Rule, writer: Writer, verdict: str, grades: list[str], presumed: frozenset[str]) -> str:
    """The list of names, built only for rows that lack something."""
    guards: dict[str, dict[str, None]] = defaultdict(dict)
    pairs = [pair for one in rule.conditions for pair in asked(one.node, writer)]
    for at, one in enumerate(rule.grades):
        pairs += asked(one.node, writer, tuple(f"{name} IS NOT TRUE" for name in grades[: at + 1]))
    pairs += asked(rule.amount, writer) if rule.amount is not None else ()
    for name, conditions in pairs:
        guards[name][" AND ".join(conditions)] = None
    names = [name for name in rule.order if name in guards and name not in presumed]
    nothing = "CAST([] AS VARCHAR[])"
    if not names:
        return nothing
    lacking = " OR ".join(f"_f_{name} IS NULL" for name in names)
    each = ", ".join(f"CASE WHEN {_lacks(name, guards[name])} THEN {quoted(name)} END" for name in names)
    listed = f"list_filter([{each}], lambda one: one IS NOT NULL)"
    return f"CASE WHEN {verdict} IS NOT FALSE AND ({lacking}) THEN {listed} ELSE {nothing} END"


def _lacks(name: str, guards: Mapping[str, None]) -> str:
    lacks = f"_f_{name} IS NULL"
    return lacks if "" in guards else f"{lacks} AND ({' OR '.join(f'({one})' for one in guards)})"
