"""How grave each problem is and what its sender reads.  Sentences never quote a cell: they are kept and counted."""

from __future__ import annotations

from collections.abc import Iterator

from zhigong.exchange.checking.types import Source
from zhigong.exchange.reading import Column
from zhigong.kernel import credit_codes, dates, phones
from zhigong.kernel import identity_numbers as idn

PLACE = "{place}"
"""In a sentence: the other row it speaks of."""

WARNINGS = frozenset(
    {"unknown-code", "landline", "upgraded-15", "maybe-truncated", "kind-mismatch", "month-only", "odd-name"}
)
SOFT_DATES = frozenset({"two-digit-year", "year-only", "ambiguous-month"})
"""A key date written so is incomplete, not impossible."""

COMMON = {
    "missing": "没有填写，请补填。",
    "excel-scientific": "被 Excel 变成科学计数法，末位数字已丢失，请从原始资料重新填写（单元格设为文本）。",
    "excel-truncated": "超过 15 位，被 Excel 当作数字存放，末位已丢失，请从原始资料重新填写（单元格设为文本）。",
    "unknown-code": "这个写法不在代码表里，原样留存、未采用；请改用下拉选项里的写法。",
    "future-date": "日期还没有到，没有采用，请核对。",
    "negative": "不能小于零，没有采用，请核对。",
    "month-only": "只写了年月，按当月 1 日记；知道日期的请补全。",
    "bad-amount": "金额看不懂，请只写数字（元，最多两位小数）。",
    "bad-number": "应为整数，请只写数字。",
    "bad-boolean": "请填“是”或“否”。",
    "odd-name": "姓名里有数字或不常见的符号，请核对。",
}
DUPLICATES = {
    "duplicate_same": ("warn", "与{place}完全相同，只记一次；请删去其中一行。"),
    "duplicate_differs": ("warn", "与{place}是同一个，但有的内容不同，以前一行为准；请删去其中一行。"),
    "duplicate_conflict": ("unverify", "与{place}号码相同而名称不同，其中一行填错了，请核对两行。"),
}
BY_KIND = {
    "id_number": idn.TEXTS,
    "credit_code": credit_codes.TEXTS,
    "phone": phones.TEXTS,
    "date": dates.TEXTS,
    "month": dates.TEXTS,
}

Sentence = tuple[str, str, str, str]
"""Column, code, severity, text."""


def sentences(source: Source) -> list[Sentence]:
    """Every problem that can be found in a row of this source."""
    found: dict[tuple[str, str], Sentence] = {}
    for column in source.columns:
        for code, text in (COMMON | BY_KIND.get(column.kind, {})).items():
            found[column.name, code] = (column.name, code, severity_of(column, code), text)
    for one in _duplicates(source):
        found[one[0], one[1]] = one
    for column in source.columns:
        for code, own in source.problems.items():
            found[column.name, code] = (column.name, code, own.severity, own.text)
    return list(found.values())


def severity_of(column: Column, code: str) -> str:
    """What a problem of a cell does to its row (commands.md: accepted, unverified, rejected)."""
    if code == "missing":
        return column.severity
    soft = code in WARNINGS or (column.kind in ("date", "month") and code in SOFT_DATES)
    return "unverify" if column.key and not soft else "warn"


def _duplicates(source: Source) -> Iterator[Sentence]:
    if source.unique:
        header = next(column.name for column in source.columns if column.field == source.unique.key[0])
        for code, (severity, text) in DUPLICATES.items():
            yield header, code, severity, text
