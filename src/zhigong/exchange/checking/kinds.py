"""One column of raw text as SQL: its typed value, its problem, its notes.  Set-based; the kernel's macros judge.

SQL is built in steps, each a SELECT over the one before, so that an expression is computed once and named.  `_v` is
the text as it came, `_damaged` whether Excel cut it, `_kind` the code of the document beside an id number.
Results: the field itself, helpers (`<field>_birth`), and codes of problems as `_empty`, `_found` and `_noted`.
Names of our own begin with an underscore, which no field does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from zhigong.exchange.reading import Column
from zhigong.kernel import dates, phones
from zhigong.kernel import identity_numbers as idn
from zhigong.kernel.folding import BLANKS

NUMBERED = ", ".join(f"'{kind}'" for kind in sorted(idn.NUMBERED_18))
YES = ("是", "1", "Y", "YES", "TRUE", "T", "有", "√", "✓", "对")
NO = ("否", "0", "N", "NO", "FALSE", "F", "无", "不是", "没有", "×", "✗", "非")
CODES = ("_empty", "_found", "_noted")
STEPS = 4


@dataclass
class Plan:
    """SQL of one column.  Per step its new names with their expressions; `blank` is null when the cell holds nothing.

    each_row: judge every row, because a second column has a say; otherwise each distinct text is judged once.
    table: the code table joined as `t` in the first step, "" without.
    helpers: names, besides the field and CODES, that conform models may use.
    """

    column: Column
    blank: str = "_v"
    each_row: bool = False
    table: str = ""
    helpers: tuple[str, ...] = ()
    steps: list[dict[str, str]] = field(default_factory=lambda: [{} for _ in range(STEPS)])

    @property
    def results(self) -> tuple[str, ...]:
        """What comes out: the field, helpers, and the codes this kind can give."""
        made = {name for step in self.steps for name in step}
        return (self.column.field, *self.helpers, *(name for name in CODES if name in made))

    def sql(self, source: str) -> str:
        """The SELECT over table `source`, which has _i, _v, _kind and _damaged; ordered by _i."""
        joins = f" LEFT JOIN {ident('codes:' + self.table)} t ON t.label = normal_label(_v)" if self.table else ""
        sql = f"SELECT s.*, receipt_day{_listed(self.steps[0])} FROM {source} s CROSS JOIN day{joins}"
        for step in self.steps[1:]:
            if step:
                sql = f"SELECT *{_listed(step)} FROM ({sql})"
        chosen = ", ".join(ident(name) for name in self.results)
        return f"SELECT {chosen} FROM ({sql}) ORDER BY _i"


def plan(column: Column) -> Plan:
    """The SQL of one column."""
    made = Plan(column)
    kind = "code" if column.kind.startswith("code:") else column.kind
    BUILDERS[kind](made, ident(column.field))
    if column.required:
        made.steps[3]["_empty"] = f"CASE WHEN {made.blank} IS NULL THEN 'missing' END"
    return made


def ident(name: str) -> str:
    """A quoted identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A quoted text."""
    return "'" + text.replace("'", "''") + "'"


def _listed(step: dict[str, str]) -> str:
    return "".join(f", {expression} AS {name}" for name, expression in step.items())


def _text(made: Plan, value: str) -> None:
    made.blank = value
    made.steps[0][value] = f"nullif(trim(_v, {literal(BLANKS)}), '')"


def _code_text(made: Plan, value: str) -> None:
    made.blank = "_n"
    made.steps[0]["_n"] = "nullif(zg_fold(_v), '')"
    made.steps[1]["_found"] = (
        "CASE WHEN _damaged THEN 'excel-truncated'"
        " WHEN regexp_full_match(_n, '[0-9](\\.[0-9]+)?E\\+[0-9]+') THEN 'excel-scientific' END"
    )
    bare = "CASE WHEN ends_with(_n, '.0') THEN regexp_replace(_n, '^([0-9]+)\\.0+$', '\\1') ELSE _n END"
    made.steps[2][value] = f"CASE WHEN _found IS NULL THEN {bare} END"


def _name(made: Plan, value: str) -> None:
    made.blank = value
    made.steps[0][value] = "normal_name(_v)"
    made.steps[1]["_noted"] = (
        f"CASE WHEN regexp_matches({value}, '[0-9:：，。；;?？*□]') OR length({value}) > 40 THEN 'odd-name' END"
    )


def _unit_name(made: Plan, value: str) -> None:
    made.blank = value
    made.steps[0][value] = "translate(normal_name(_v), '()', '（）')"


def _id_number(made: Plan, value: str) -> None:
    """Numbers of ordinary shape that are plainly sound take a short way; the kernel judges all others."""
    made.blank, made.each_row = "_n", True
    birth, sex = f"{made.column.field}_birth", f"{made.column.field}_sex"
    made.helpers = (birth, sex)
    made.steps[0] = {
        "_numbered": f"coalesce(_kind, '111') IN ({NUMBERED})",
        "_n": "CASE WHEN regexp_full_match(_v, '[1-9][0-9]{16}[0-9X]') THEN _v ELSE nullif(zg_fold(_v), '') END",
    }
    made.steps[1] = {
        "_born": "CASE WHEN _numbered AND length(_n) = 18 THEN zg_born(substr(_n, 7, 8)) END",
        "_fits": "substr(_n, 18, 1) = zg_check_digit(try_cast(left(_n, 17) AS BIGINT))",
    }
    made.steps[2]["_found"] = (
        "CASE WHEN _n IS NULL THEN NULL WHEN _damaged THEN 'excel-truncated'"
        " WHEN _born <= receipt_day AND _fits AND regexp_full_match(_n, '[0-9]{17}[0-9X]') THEN NULL"
        " ELSE document_problem(_kind, _n, receipt_day) END"
    )
    made.steps[3][value] = (
        "CASE WHEN _found IS NOT NULL THEN NULL WHEN _numbered AND length(_n) <> 18 THEN normal_id(_n) ELSE _n END"
    )
    made.steps[3]["_noted"] = (
        "CASE WHEN _found IS NOT NULL OR NOT _numbered THEN NULL"
        " WHEN length(_n) < 18 THEN 'upgraded-15' WHEN ends_with(_n, '000') THEN 'maybe-truncated' END"
    )
    number = "CASE WHEN _found IS NULL AND _numbered THEN CASE WHEN length(_n) = 18 THEN _n ELSE normal_id(_n) END END"
    made.steps.append({"_number": number})
    made.steps.append(
        {
            birth: "CASE WHEN length(_number) = 18 THEN coalesce(_born, zg_born(substr(_number, 7, 8))) END",
            sex: "CASE WHEN length(_number) = 18 THEN (2 - (ascii(substr(_number, 17, 1)) & 1))::VARCHAR END",
        }
    )


def _credit_code(made: Plan, value: str) -> None:
    made.blank = "_n"
    made.steps[0]["_n"] = "normal_uscc(_v)"
    problem = "CASE WHEN _n IS NOT NULL THEN uscc_problem(_n) END"
    if made.column.key:
        made.steps[1]["_found"] = f"coalesce({problem}, uscc_warning(_n))"
    else:
        made.steps[1]["_found"] = problem
        made.steps[2]["_noted"] = "uscc_warning(_n)"
    made.steps[2][value] = "CASE WHEN _found IS NULL OR _found = 'bad-check-digit' THEN _n END"


def _date(made: Plan, value: str) -> None:
    made.helpers = (f"{made.column.field}_precision",)
    late = "_n > receipt_day" if made.column.past else "false"
    made.steps[0]["_plain"] = (
        "CASE WHEN regexp_full_match(_v, '[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}')"
        f" AND left(_v, 4) BETWEEN '{dates.FIRST_YEAR}' AND '{dates.LAST_YEAR}'"
        " THEN try_cast(translate(_v, '/.', '--') AS DATE) END"
    )
    made.steps[1]["_n"] = "CASE WHEN _plain IS NOT NULL THEN _plain ELSE normal_date(_v) END"
    made.steps[2]["_found"] = (
        f"CASE WHEN {late} THEN 'future-date'"
        " WHEN _n IS NULL AND _v IS NOT NULL THEN nullif(date_problem(_v), 'missing') END"
    )
    made.steps[2][made.helpers[0]] = (
        "CASE WHEN _plain IS NOT NULL THEN 'day' WHEN _n IS NOT NULL THEN date_precision(_v) END"
    )
    made.steps[3][value] = "CASE WHEN _found IS NULL THEN _n END"
    made.steps[3]["_noted"] = f"CASE WHEN {made.helpers[0]} = 'month' AND _found IS NULL THEN 'month-only' END"


def _month(made: Plan, value: str) -> None:
    _date(made, value)
    made.steps[3] = {value: "CASE WHEN _found IS NULL THEN date_trunc('month', _n)::DATE END"}


def _phone(made: Plan, value: str) -> None:
    made.steps[0]["_plain"] = f"regexp_full_match(_v, {literal(phones.MOBILE)})"
    made.steps[1] = {
        "_found": "CASE WHEN _plain OR _v IS NULL THEN NULL ELSE nullif(phone_problem(_v), 'missing') END",
        "_noted": "CASE WHEN _plain THEN NULL ELSE phone_warning(_v) END",
    }
    made.steps[2][value] = "CASE WHEN _plain THEN _v WHEN _found IS NULL THEN normal_phone(_v) END"


def _money(made: Plan, value: str) -> None:
    made.blank = "_n"
    made.steps[0]["_n"] = "nullif(translate(zg_fold(_v), ',，¥￥元', ''), '')"
    fits = "regexp_full_match(_n, '-?[0-9]{1,13}(\\.[0-9]{1,2}0*)?')"
    made.steps[1][value] = f"CASE WHEN {fits} THEN (try_cast(_n AS DECIMAL(18, 2)) * 100)::BIGINT END"
    made.steps[2]["_found"] = f"CASE WHEN _n IS NOT NULL AND {value} IS NULL THEN 'bad-amount' END"


def _integer(made: Plan, value: str) -> None:
    made.blank = "_n"
    made.steps[0]["_n"] = "nullif(translate(zg_fold(_v), ',，', ''), '')"
    made.steps[1][value] = "try_cast(regexp_extract(_n, '^(-?[0-9]{1,15})(\\.0+)?$', 1) AS BIGINT)"
    made.steps[2]["_found"] = f"CASE WHEN _n IS NOT NULL AND {value} IS NULL THEN 'bad-number' END"


def _boolean(made: Plan, value: str) -> None:
    made.blank = "_n"
    yes, no = (", ".join(literal(word) for word in words) for words in (YES, NO))
    made.steps[0]["_n"] = "nullif(zg_fold(_v), '')"
    made.steps[1][value] = f"CASE WHEN _n IN ({yes}) THEN true WHEN _n IN ({no}) THEN false END"
    made.steps[2]["_found"] = f"CASE WHEN _n IS NOT NULL AND {value} IS NULL THEN 'bad-boolean' END"


def _code(made: Plan, value: str) -> None:
    made.table = made.column.kind.removeprefix("code:")
    made.steps[0][value] = "t.code"
    made.steps[1]["_noted"] = f"CASE WHEN {value} IS NULL AND normal_label(_v) IS NOT NULL THEN 'unknown-code' END"


BUILDERS: dict[str, Callable[[Plan, str], None]] = {
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
