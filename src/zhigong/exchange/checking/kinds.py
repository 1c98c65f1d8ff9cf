"""One column of raw text as SQL: its typed value, its problem, its notes.  Set-based; the kernel's macros do the work.

SQL is built in stages, each a SELECT over the one before, so that an expression is computed once and named.
In a stage, `"raw header"` is the text as it came; prefixes name helpers of a column: `n:` its folded text, `empty:`,
`found:` and `noted:` codes of problems.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from zhigong.exchange.reading import Column
from zhigong.kernel import identity_numbers as idn
from zhigong.kernel.folding import BLANKS

DAMAGED = "len(damaged) > 0 AND list_contains(damaged, {header})"
NUMBERED = ", ".join(f"'{kind}'" for kind in sorted(idn.NUMBERED_18))
YES = ("是", "1", "Y", "YES", "TRUE", "T", "有", "√", "✓", "对")
NO = ("否", "0", "N", "NO", "FALSE", "F", "无", "不是", "没有", "×", "✗", "非")


STEPS = 4


@dataclass
class Stages:
    """SQL of one column: `joins` of the first stage, then per stage its new columns (name → expression).

    blank: what is null when the cell holds nothing.
    """

    blank: str
    joins: list[str] = field(default_factory=list)
    steps: list[dict[str, str]] = field(default_factory=lambda: [{} for _ in range(STEPS)])


def stages(column: Column, number: int) -> Stages:
    """The SQL of one column; `number` keeps its join apart from others."""
    built = Stages(ident(column.name))
    kind = "code" if column.kind.startswith("code:") else column.kind
    BUILDERS[kind](column, built, number)
    if column.required:
        built.steps[3][ident(f"empty:{column.name}")] = f"CASE WHEN {built.blank} IS NULL THEN 'missing' END"
    return built


def ident(name: str) -> str:
    """A quoted identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A quoted text."""
    return "'" + text.replace("'", "''") + "'"


def _text(column: Column, built: Stages, _number: int) -> None:
    built.blank = ident(column.field)
    built.steps[0][ident(column.field)] = f"nullif(trim({ident(column.name)}, {literal(BLANKS)}), '')"


def _code_text(column: Column, built: Stages, _number: int) -> None:
    raw, folded, found = ident(column.name), ident(f"n:{column.name}"), ident(f"found:{column.name}")
    built.blank = folded
    built.steps[0][folded] = f"nullif(zg_fold({raw}), '')"
    built.steps[1][found] = (
        f"CASE WHEN {DAMAGED.format(header=literal(column.name))} THEN 'excel-truncated'"
        f" WHEN regexp_full_match({folded}, '[0-9](\\.[0-9]+)?E\\+[0-9]+') THEN 'excel-scientific' END"
    )
    bare = (
        f"CASE WHEN ends_with({folded}, '0') THEN regexp_replace({folded}, '^([0-9]+)\\.0+$', '\\1') ELSE {folded} END"
    )
    built.steps[2][ident(column.field)] = f"CASE WHEN {found} IS NULL THEN {bare} END"


def _name(column: Column, built: Stages, _number: int) -> None:
    value = built.blank = ident(column.field)
    built.steps[0][value] = f"normal_name({ident(column.name)})"
    built.steps[1][ident(f"noted:{column.name}")] = (
        f"CASE WHEN regexp_matches({value}, '[0-9:：，。；;?？*□]') OR length({value}) > 40 THEN 'odd-name' END"
    )


def _unit_name(column: Column, built: Stages, _number: int) -> None:
    built.blank = ident(column.field)
    built.steps[0][ident(column.field)] = f"translate(normal_name({ident(column.name)}), '()', '（）')"


def _id_number(column: Column, built: Stages, _number: int) -> None:
    raw, value = ident(column.name), ident(column.field)
    folded, found = ident(f"n:{column.name}"), ident(f"found:{column.name}")
    built.blank = folded
    kind = ident(column.id_type) if column.id_type else "NULL"
    built.steps[0][folded] = f"nullif(zg_fold({raw}), '')"
    built.steps[1][found] = (
        f"CASE WHEN {folded} IS NULL THEN NULL"
        f" WHEN {DAMAGED.format(header=literal(column.name))} THEN 'excel-truncated'"
        f" ELSE document_problem({kind}, {folded}, receipt_day) END"
    )
    built.steps[1][ident(f"numbered:{column.name}")] = f"coalesce({kind}, '111') IN ({NUMBERED})"
    numbered = ident(f"numbered:{column.name}")
    built.steps[2][value] = (
        f"CASE WHEN {found} IS NOT NULL THEN NULL WHEN {numbered} THEN normal_id({folded}) ELSE {folded} END"
    )
    built.steps[2][ident(f"noted:{column.name}")] = (
        f"CASE WHEN {found} IS NOT NULL OR NOT {numbered} THEN NULL"
        f" WHEN length({folded}) < 18 THEN 'upgraded-15' WHEN ends_with({folded}, '000') THEN 'maybe-truncated' END"
    )
    sound = f"{numbered} AND length({value}) = 18"
    born = f"try_strptime(substr({value}, 7, 8), '%Y%m%d')::DATE"
    built.steps[3][ident(f"{column.field}_birth")] = f"CASE WHEN {sound} THEN {born} END"
    built.steps[3][ident(f"{column.field}_sex")] = (
        f"CASE WHEN {sound} THEN (2 - (ascii(substr({value}, 17, 1)) & 1))::VARCHAR END"
    )


def _credit_code(column: Column, built: Stages, _number: int) -> None:
    folded, found = ident(f"n:{column.name}"), ident(f"found:{column.name}")
    built.blank = folded
    built.steps[0][folded] = f"normal_uscc({ident(column.name)})"
    problem = f"CASE WHEN {folded} IS NOT NULL THEN uscc_problem({folded}) END"
    warning = f"uscc_warning({folded})"
    if column.key:
        built.steps[1][found] = f"coalesce({problem}, {warning})"
    else:
        built.steps[1][found] = problem
        built.steps[2][ident(f"noted:{column.name}")] = warning
    built.steps[2][ident(column.field)] = f"CASE WHEN {found} IS NULL OR {found} = 'bad-check-digit' THEN {folded} END"


def _date(column: Column, built: Stages, _number: int) -> None:
    raw, value, read = ident(column.name), ident(column.field), ident(f"n:{column.name}")
    found, precision = ident(f"found:{column.name}"), ident(f"{column.field}_precision")
    built.steps[0][read] = f"normal_date({raw})"
    late = f"{read} > receipt_day" if column.past else "false"
    built.steps[1][found] = (
        f"CASE WHEN {late} THEN 'future-date' WHEN {read} IS NULL AND {raw} IS NOT NULL"
        f" THEN nullif(date_problem({raw}), 'missing') END"
    )
    built.steps[1][precision] = (
        f"CASE WHEN {read} IS NULL THEN NULL WHEN length({raw}) >= 8 AND {raw} NOT LIKE '%月' THEN 'day'"
        f" ELSE date_precision({raw}) END"
    )
    built.steps[2][value] = f"CASE WHEN {found} IS NULL THEN {read} END"
    built.steps[2][ident(f"noted:{column.name}")] = (
        f"CASE WHEN {precision} = 'month' AND {found} IS NULL THEN 'month-only' END"
    )


def _month(column: Column, built: Stages, number: int) -> None:
    _date(column, built, number)
    value = ident(column.field)
    built.steps[2][value] = f"date_trunc('month', {built.steps[2][value]})::DATE"
    del built.steps[2][ident(f"noted:{column.name}")]


def _phone(column: Column, built: Stages, _number: int) -> None:
    raw, found = ident(column.name), ident(f"found:{column.name}")
    built.steps[0][found] = f"CASE WHEN {raw} IS NOT NULL THEN nullif(phone_problem({raw}), 'missing') END"
    built.steps[0][ident(f"noted:{column.name}")] = f"phone_warning({raw})"
    built.steps[1][ident(column.field)] = f"CASE WHEN {found} IS NULL THEN normal_phone({raw}) END"


def _money(column: Column, built: Stages, _number: int) -> None:
    bare, value = ident(f"n:{column.name}"), ident(column.field)
    built.steps[0][bare] = f"nullif(translate(zg_fold({ident(column.name)}), ',，¥￥元', ''), '')"
    fits = f"regexp_full_match({bare}, '-?[0-9]{{1,13}}(\\.[0-9]{{1,2}}0*)?')"
    built.steps[1][value] = f"CASE WHEN {fits} THEN (try_cast({bare} AS DECIMAL(18, 2)) * 100)::BIGINT END"
    built.steps[2][ident(f"found:{column.name}")] = (
        f"CASE WHEN {bare} IS NOT NULL AND {value} IS NULL THEN 'bad-amount' END"
    )


def _integer(column: Column, built: Stages, _number: int) -> None:
    bare, value = ident(f"n:{column.name}"), ident(column.field)
    built.steps[0][bare] = f"nullif(translate(zg_fold({ident(column.name)}), ',，', ''), '')"
    built.steps[1][value] = f"try_cast(regexp_extract({bare}, '^(-?[0-9]{{1,15}})(\\.0+)?$', 1) AS BIGINT)"
    built.steps[2][ident(f"found:{column.name}")] = (
        f"CASE WHEN {bare} IS NOT NULL AND {value} IS NULL THEN 'bad-number' END"
    )


def _boolean(column: Column, built: Stages, _number: int) -> None:
    folded, value = ident(f"n:{column.name}"), ident(column.field)
    yes, no = (", ".join(literal(word) for word in words) for words in (YES, NO))
    built.steps[0][folded] = f"nullif(zg_fold({ident(column.name)}), '')"
    built.steps[1][value] = f"CASE WHEN {folded} IN ({yes}) THEN true WHEN {folded} IN ({no}) THEN false END"
    built.steps[2][ident(f"found:{column.name}")] = (
        f"CASE WHEN {folded} IS NOT NULL AND {value} IS NULL THEN 'bad-boolean' END"
    )


def _code(column: Column, built: Stages, number: int) -> None:
    raw, value, table = ident(column.name), ident(column.field), f"c{number}"
    name = ident(f"codes:{column.kind.removeprefix('code:')}")
    built.joins.append(f"LEFT JOIN {name} {table} ON {table}.label = normal_label(raw.{raw})")
    built.steps[0][value] = f"{table}.code"
    built.steps[1][ident(f"noted:{column.name}")] = (
        f"CASE WHEN {value} IS NULL AND {raw} IS NOT NULL AND normal_label({raw}) IS NOT NULL THEN 'unknown-code' END"
    )


BUILDERS: dict[str, Callable[[Column, Stages, int], None]] = {
    "text": _text,
    "code-text": _code_text,
    "name": _name,
    "unit_name": _unit_name,
    "id_number": _id_number,
    "credit_code": _credit_code,
    "date": _date,
    "month": _month,
    "phone": _phone,
    "money": _money,
    "integer": _integer,
    "boolean": _boolean,
    "code": _code,
}
