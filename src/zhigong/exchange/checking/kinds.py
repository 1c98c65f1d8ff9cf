"""What a column's kind makes of its texts: a typed value, the code of a problem, the code of a remark.

Ordinary texts take the short ways of `ordinary`; the rest go through the kernel's macros in one statement per kind.
`_v` is the text as it came, `_kind` the document beside an id number or the table of a code, `receipt_day` the day.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from zhigong.exchange.checking.ordinary import SHORT_WAYS, Bools, Texts, id_number, pc
from zhigong.exchange.checking.types import Source
from zhigong.kernel import identity_numbers as idn
from zhigong.kernel.errors import Refused
from zhigong.kernel.folding import BLANKS
from zhigong.lake.operations import Engine

ANY_PAPER = "any"
"""The kind of document where a source has no column for it: told by the number's shape."""
SHAPES = (
    (idn.HOME_RETURN, idn.OTHER_PAPERS[idn.HOME_RETURN]),
    (idn.PASSPORT, "[A-Z]{1,2}[0-9]{7,8}"),
    (idn.FOREIGN_RESIDENT, idn.OTHER_PAPERS[idn.FOREIGN_RESIDENT]),
    (idn.TAIWAN_PERMIT, "[0-9]{10}\\([A-Z0-9]\\)"),
)
NUMBERED = ", ".join(f"'{kind}'" for kind in sorted(idn.NUMBERED_18))
YES = ("是", "1", "Y", "YES", "TRUE", "T", "有", "√", "✓", "对")
NO = ("否", "0", "N", "NO", "FALSE", "F", "无", "不是", "没有", "×", "✗", "非")

TYPES = {"date": pa.date32(), "month": pa.date32(), "boolean": pa.bool_(), "money": pa.int64(), "integer": pa.int64()}
HELPERS: dict[str, dict[str, pa.DataType]] = {
    "date": {"precision": pa.string()},
    "id_number": {"birth": pa.date32(), "sex": pa.string()},
}
CODES = ("found", "noted")
EACH_ROW = frozenset({"id_number", "name", "phone"})
"""Kinds whose texts hardly repeat; of the others each distinct text of a chunk is judged once."""


def literal(text: str) -> str:
    """A quoted text."""
    return "'" + text.replace("'", "''") + "'"


def ident(name: str) -> str:
    """A quoted identifier."""
    return '"' + name.replace('"', '""') + '"'


def _among(words: tuple[str, ...]) -> str:
    return ", ".join(literal(word) for word in words)


GUESSED = (
    "CASE "
    + " ".join(f"WHEN regexp_full_match(zg_fold(_v), {literal(shape)}) THEN {literal(kind)}" for kind, shape in SHAPES)
    # Eight digits are a permit unless somebody typed the birth date here.
    + f" WHEN regexp_full_match(zg_fold(_v), '[0-9]{{8}}') AND zg_born(zg_fold(_v)) IS NULL THEN '{idn.TAIWAN_PERMIT}'"
    + f" ELSE '{idn.RESIDENT}' END"
)
WRONG = "CASE WHEN _n IS NULL THEN 'missing' WHEN {value} IS NULL THEN '{code}' END AS found"
YUAN = "regexp_full_match(_n, '-?[0-9]{1,13}(\\.[0-9]{1,2}0*)?')"

LONG_WAYS = {
    "name": "SELECT *, normal_name(_v) AS value, CASE WHEN value IS NULL THEN 'missing' END AS found,"
    " CASE WHEN regexp_matches(value, '[0-9:：，。；;?？*□]') OR length(value) > 40 THEN 'odd-name' END AS noted"
    " FROM odd",
    "unit_name": "SELECT *, translate(normal_name(_v), '()', '（）') AS value,"
    " CASE WHEN value IS NULL THEN 'missing' END AS found FROM odd",
    "code-text": "SELECT *, CASE WHEN found IS NULL AND ends_with(_n, '.0')"
    " THEN regexp_replace(_n, '^([0-9]+)\\.0+$', '\\1') WHEN found IS NULL THEN _n END AS value FROM"
    " (SELECT *, CASE WHEN _n IS NULL THEN 'missing'"
    " WHEN regexp_full_match(_n, '[0-9](\\.[0-9]+)?E\\+[0-9]+') THEN 'excel-scientific' END AS found FROM"
    " (SELECT *, nullif(zg_fold(_v), '') AS _n FROM odd))",
    "phone": "SELECT *, CASE WHEN found IS NULL THEN normal_phone(_v) END AS value, phone_warning(_v) AS noted FROM"
    " (SELECT *, phone_problem(_v) AS found FROM odd)",
    "date": "SELECT *, date_problem(_v) AS found, CASE WHEN value IS NOT NULL THEN date_precision(_v) END AS precision"
    " FROM (SELECT *, normal_date(_v) AS value FROM odd)",
    "credit_code": "SELECT *, CASE WHEN found IS NULL THEN _n END AS value, uscc_warning(_n) AS noted FROM"
    " (SELECT *, normal_uscc(_v) AS _n, uscc_problem(_v) AS found FROM odd)",
    "id_number": "SELECT *, CASE WHEN number THEN strptime(substr(value, 7, 8), '%Y%m%d')::DATE END AS birth,"
    " CASE WHEN number THEN (2 - (ascii(substr(value, 17, 1)) & 1))::VARCHAR END AS sex,"
    " CASE WHEN number AND length(_n) < 18 THEN 'upgraded-15'"
    " WHEN number AND ends_with(_n, '000') THEN 'maybe-truncated' END AS noted FROM"
    " (SELECT *, CASE WHEN found IS NULL AND numbered THEN normal_id(_n) WHEN found IS NULL THEN _n END AS value,"
    " numbered AND length(value) = 18 AS number FROM"
    f" (SELECT *, coalesce(_kind, '111') IN ({NUMBERED}) AS numbered, zg_fold(_v) AS _n,"
    " document_problem(_kind, _v, receipt_day) AS found FROM"
    f" (SELECT odd.* REPLACE (CASE WHEN _kind = '{ANY_PAPER}' THEN {GUESSED} ELSE _kind END AS _kind), receipt_day"
    " FROM odd CROSS JOIN day)))",
    "code": "SELECT odd.*, c.code AS value, CASE WHEN c.code IS NULL AND normal_label(_v) IS NOT NULL"
    " THEN 'unknown-code' END AS noted FROM odd LEFT JOIN codes c ON c.tab = _kind AND c.label = normal_label(_v)",
    "boolean": f"SELECT *, CASE WHEN _n IN ({_among(YES)}) THEN true WHEN _n IN ({_among(NO)}) THEN false END AS value,"
    f" {WRONG.format(value='value', code='bad-boolean')} FROM (SELECT *, nullif(zg_fold(_v), '') AS _n FROM odd)",
    "money": f"SELECT *, CASE WHEN {YUAN} THEN (try_cast(_n AS DECIMAL(18, 2)) * 100)::BIGINT END AS value,"
    f" {WRONG.format(value='value', code='bad-amount')} FROM"
    " (SELECT *, nullif(translate(zg_fold(_v), ',，¥￥元', ''), '') AS _n FROM odd)",
    "integer": "SELECT *, try_cast(regexp_extract(_n, '^(-?[0-9]{1,15})(\\.0+)?$', 1) AS BIGINT) AS value,"
    f" {WRONG.format(value='value', code='bad-number')} FROM"
    " (SELECT *, nullif(translate(zg_fold(_v), ',，', ''), '') AS _n FROM odd)",
}


def field_types(source: Source, names: Sequence[str] | None = None) -> list[tuple[str, pa.DataType]]:
    """Types of conformed columns in the order asked for; default: every field of the source, then `verdict`.

    Derived fields are texts. Refused for a name that is neither a field nor a column every conformed row has.
    """
    types = {column.field: TYPES.get(column.kind, pa.string()) for column in source.columns}
    types |= {name: pa.string() for name in source.derived} | {"verdict": pa.string(), "extra": pa.string()}
    unknown = [name for name in names or () if name not in types]
    if unknown:
        raise Refused(
            "来源没有这样的字段", where=f"{source.name}：{'、'.join(unknown)}", do="核对 source.yaml 的 field"
        )
    return [(name, types[name]) for name in (names if names is not None else (*source.fields, "verdict"))]


def family(kind: str) -> str:
    """Kinds that are judged together."""
    return "code" if kind.startswith("code:") else "date" if kind == "month" else kind


def judge(engine: Engine, kind: str, texts: Texts, *, beside: Texts | None, on: dt.date) -> dict[str, Texts]:
    """`value`, helpers, `found` and `noted` for every text of one family; null where there is nothing.

    beside: for id_number the kind of document, for code the table, per text.  A text of blanks is found `missing`.
    """
    if kind == "text":
        value = pc.utf8_trim(texts, BLANKS)
        return {"value": pc.if_else(pc.equal(value, ""), None, value)} | _nothing(kind, len(texts), {"value"})
    if kind == "id_number":
        ordinary = _resident(beside, len(texts))
        settled, results = id_number(texts, ordinary=ordinary, on=np.datetime64(on))
    else:
        short = SHORT_WAYS.get(kind)
        settled, results = short(texts) if short else (np.zeros(len(texts), dtype=bool), {})
    results |= _nothing(kind, len(texts), results)
    odd: Bools = ~settled & pc.is_valid(texts).to_numpy(zero_copy_only=False)
    if odd.any():
        for name, values in _long_way(engine, kind, texts, beside, odd).items():
            results[name] = pc.replace_with_mask(results[name], pa.array(odd), values.cast(results[name].type))
    return results


def _nothing(kind: str, count: int, known: Mapping[str, Any] | set[str]) -> dict[str, Texts]:
    types = {"value": TYPES.get(kind, pa.string()), "found": pa.string(), "noted": pa.string()} | HELPERS.get(kind, {})
    return {name: pa.nulls(count, type_) for name, type_ in types.items() if name not in known}


def _resident(beside: Texts | None, count: int) -> Bools:
    if beside is None:
        return np.ones(count, dtype=bool)
    same: Bools = pc.fill_null(pc.is_in(beside, pa.array([idn.RESIDENT, ANY_PAPER, None])), fill_value=True).to_numpy(
        zero_copy_only=False
    )
    return same


def _long_way(engine: Engine, kind: str, texts: Texts, beside: Texts | None, odd: Bools) -> dict[str, Texts]:
    mask = pa.array(odd)
    chosen = texts.filter(mask)
    kinds = beside.filter(mask) if beside is not None else pa.nulls(len(chosen), pa.string())
    engine.register("odd", pa.table({"_i": pa.array(range(len(chosen)), pa.int32()), "_v": chosen, "_kind": kinds}))
    names = ["value", *HELPERS.get(kind, ()), *(code for code in CODES if f"AS {code}" in LONG_WAYS[kind])]
    table = engine.fetch_arrow(f"SELECT {', '.join(names)} FROM ({LONG_WAYS[kind]}) ORDER BY _i")
    engine.unregister("odd")
    return {name: pa.concat_arrays(table[name].chunks) for name in names}
