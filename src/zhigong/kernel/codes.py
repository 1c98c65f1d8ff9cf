"""National and federation code tables: catalogue data with a tolerant way from what people type to a code.

A table is `codes/<id>.yaml` of the catalogue: id, title, standard (or document number), valid_from, rows of
{code, label, aliases, valid_from, valid_to}; large tables name CSV files in `rows_from` (same columns, aliases parted
by `;`). A later source replaces all rows of a code that an earlier one has. Dates are inclusive.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from zhigong.kernel import resources, yaml
from zhigong.kernel.errors import NotFound, Refused
from zhigong.kernel.folding import fold_code

_HEAD = {"id", "title", "standard", "valid_from", "note", "labels_repeat", "rows", "rows_from"}
_ROW = {"code", "label", "aliases", "valid_from", "valid_to"}
_JOINTS = ("", ".", "、", "-", ":", " ")
STDNUM_COUNTIES = "stdnum:cn/loc.dat"


@dataclass(frozen=True, slots=True)
class CodeRow:
    """One code with its label and the other ways people write it."""

    code: str
    label: str
    aliases: tuple[str, ...] = ()
    valid_from: date | None = None
    valid_to: date | None = None

    def holds(self, on: date | None) -> bool:
        """Whether the row is valid on that day; always when no day is asked."""
        if on is None:
            return True
        return (self.valid_from is None or self.valid_from <= on) and (self.valid_to is None or on <= self.valid_to)


@dataclass(frozen=True)
class CodeTable:
    """One loaded table; `labels_repeat` tables (counties) resolve a label only where it names one code."""

    id: str
    title: str
    standard: str
    valid_from: date | None
    rows: tuple[CodeRow, ...]
    labels_repeat: bool = False
    _by_code: dict[str, list[CodeRow]] = field(init=False, repr=False, compare=False, default_factory=dict)
    _by_text: dict[str, str] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        for row in self.rows:
            self._by_code.setdefault(row.code, []).append(row)
        for rows in self._by_code.values():
            rows.sort(key=lambda row: row.valid_to or date.max, reverse=True)
        self._by_text.update(_texts(self))

    def __contains__(self, code: object) -> bool:
        return code in self._by_code

    def label(self, code: str, *, on: date | None = None) -> str:
        """The label of a code, as of a day or else the latest; the code itself when the table does not have it."""
        rows = [row for row in self._by_code.get(code, ()) if row.holds(on)]
        return rows[0].label if rows else code

    def code_of(self, text: str | None) -> str | None:
        """The code that a label, alias, code or `1 在岗` stands for; None when blank or not recognised."""
        return self._by_text.get(fold_label(text)) if text else None

    def choices(self, *, on: date) -> list[tuple[str, str]]:
        """(code, label) of the rows valid on a day, in the table's order."""
        return [(row.code, row.label) for row in self.rows if row.holds(on)]

    def as_rows(self) -> list[tuple[str, str]]:
        """(normalised text, code) for joins in SQL; `code_of` knows exactly these texts (`normal_label` in SQL)."""
        return sorted(self._by_text.items())


def load_table(name: str, *, roots: Sequence[Path] | None = None) -> CodeTable:
    """The table of that id, nearest catalogue first; raises Refused when unknown or malformed."""
    if not name.replace("_", "").isalnum():
        raise NotFound("没有这个代码表。", where=name)
    path = resources.find(f"codes/{name}.yaml", within=roots)
    sources = [path, *path.parent.glob("*.csv")]
    return _read(path, max(one.stat().st_mtime_ns for one in sources))


def fold_label(text: str) -> str:
    """The form in which labels are compared: half-width, upper case, no blanks, 其它 as 其他."""
    return fold_code(text).replace("它", "他")


@cache
def _read(path: Path, _changed_ns: int) -> CodeTable:
    head = yaml.load(path)
    where = str(path)
    if not isinstance(head, dict):
        raise Refused("代码表格式不对。", where=where, why="文件应是键值对")
    _refuse_unknown(head, _HEAD, where)
    missing = {"id", "title", "standard", "valid_from"} - head.keys()
    if missing:
        raise Refused("代码表缺少必填项。", where=where, why="、".join(sorted(missing)))
    if head["id"] != path.stem:
        raise Refused("代码表的 id 与文件名不符。", where=where, why=f"id 是 {head['id']}")
    table = CodeTable(
        id=head["id"],
        title=head["title"],
        standard=head["standard"],
        valid_from=head["valid_from"],
        rows=tuple(_rows(head, path)),
        labels_repeat=bool(head.get("labels_repeat", False)),
    )
    _refuse_ambiguous(table, where)
    return table


def _rows(head: dict[str, Any], path: Path) -> Iterable[CodeRow]:
    by_code: dict[str, list[CodeRow]] = {}
    for source in head.get("rows_from", ()):
        found: dict[str, list[CodeRow]] = {}
        for row in _source_rows(source, path.parent):
            found.setdefault(row.code, []).append(row)
        by_code.update(found)
    for place, raw in enumerate(head.get("rows", ()), 1):
        row = _row(raw, f"{path}：第 {place} 行")
        by_code.setdefault(row.code, []).append(row)
    if not by_code:
        raise Refused("代码表没有内容。", where=str(path))
    return [row for rows in by_code.values() for row in rows]


def _row(raw: Any, where: str) -> CodeRow:  # noqa: ANN401 — straight from YAML, checked here
    if not isinstance(raw, dict):
        raise Refused("代码表的一行应是键值对。", where=where)
    _refuse_unknown(raw, _ROW, where)
    code, label, aliases = raw.get("code"), raw.get("label"), raw.get("aliases", [])
    texts = isinstance(aliases, list) and all(isinstance(alias, str) for alias in aliases)
    if not (isinstance(code, str) and code and isinstance(label, str) and label and texts):
        raise Refused("代码表的一行有误。", where=where, why="code、label、aliases 必须是文字", do="代码请加引号。")
    days = [raw.get("valid_from"), raw.get("valid_to")]
    if not all(day is None or isinstance(day, date) for day in days):
        raise Refused("代码表的一行有误。", where=where, why="日期写作 2026-01-01")
    return CodeRow(code, label, tuple(aliases), *days)


def _refuse_unknown(raw: dict[str, Any], known: set[str], where: str) -> None:
    unknown = raw.keys() - known
    if unknown:
        raise Refused("代码表里有不认识的键。", where=where, why="、".join(sorted(unknown)))


def _source_rows(source: str, folder: Path) -> Iterable[CodeRow]:
    if source == STDNUM_COUNTIES:
        return list(_stdnum_counties())
    path = folder / source
    if path.parent != folder or not path.is_file():
        raise Refused("代码表引用的文件不存在。", where=str(path))
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return [_csv_row(raw, f"{path}:{line}") for line, raw in enumerate(csv.DictReader(stream), 2)]


def _csv_row(raw: dict[str, str], where: str) -> CodeRow:
    try:
        days = [date.fromisoformat(raw[name]) if raw.get(name) else None for name in ("valid_from", "valid_to")]
        aliases = tuple(alias for alias in raw.get("aliases", "").split(";") if alias)
        return CodeRow(raw["code"], raw["label"], aliases, *days)
    except (ValueError, KeyError, TypeError) as error:
        raise Refused("代码表的一行有误。", where=where, why=str(error)) from error


def _stdnum_counties() -> Iterable[CodeRow]:
    """County codes with years, from python-stdnum: `  0103 county="[-2010]崇文区"` under `11 province="北京市"`."""
    province = ""
    for line in files("stdnum.cn").joinpath("loc.dat").read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        number, _, name = line.strip().rstrip('"').partition(" ")
        name = name.partition('"')[2]
        if not line.startswith(" "):
            province = number
            continue
        for part in name.split(","):
            years, _, label = part.rpartition("]")
            first, _, last = years.lstrip("[").partition("-")
            start = date(int(first), 1, 1) if first else None
            end = date(int(last), 12, 31) if last else None
            yield CodeRow(province + number, label, (), start, end)


def _texts(table: CodeTable) -> dict[str, str]:
    found: dict[str, set[str]] = {}
    width = {len(row.code) for row in table.rows}
    for row in table.rows:
        names = [row.label, *row.aliases]
        if not table.labels_repeat:
            names += [f"{row.code}{joint}{name}" for name in names for joint in _JOINTS]
        for name in names:
            found.setdefault(fold_label(name), set()).add(row.code)
    texts = {text: codes.pop() for text, codes in found.items() if len(codes) == 1}
    for code in {row.code for row in table.rows}:
        if len(width) == 1 and code.isdigit() and code.lstrip("0"):
            texts.setdefault(code.lstrip("0"), code)
    return texts | {fold_label(row.code): row.code for row in table.rows}


def _refuse_ambiguous(table: CodeTable, where: str) -> None:
    if table.labels_repeat:
        return
    owners: dict[str, str] = {}
    for row in table.rows:
        for text in {fold_label(one) for one in (row.code, row.label, *row.aliases)}:
            if owners.setdefault(text, row.code) != row.code:
                raise Refused("同一个写法指向两个代码。", where=where, why=f"「{text}」：{owners[text]}、{row.code}")
