"""Dated parameters of the catalogue: amounts, multiples, time limits, each with its document (domain.md, first rule).

A parameter is `parameters/<subject>/<id>.yaml`: id, title, unit, values of {value, document, valid_from, valid_to}.
Dates are inclusive, values do not overlap. A city replaces a file by one of the same path; names are unique.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from zhigong.kernel import resources, yaml
from zhigong.kernel.errors import NotFound, Refused

Plain = int | Decimal | str | bool
Value = Plain | tuple[Plain, ...]

_HEAD = {"id", "title", "unit", "note", "values"}
_VALUE = {"value", "document", "valid_from", "valid_to"}


@dataclass(frozen=True, slots=True)
class DatedValue:
    """One value with the document that sets it; valid_to is None while it holds."""

    value: Value
    document: str
    valid_from: date
    valid_to: date | None = None

    def holds(self, on: date) -> bool:
        """Whether it is in force on that day."""
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter with all its values, the earliest first."""

    id: str
    title: str
    unit: str
    values: tuple[DatedValue, ...]

    def on(self, day: date) -> DatedValue:
        """The value in force on a day; raises Refused when none is."""
        found = next((one for one in self.values if one.holds(day)), None)
        if found is None:
            raise Refused(
                f"参数「{self.title}」在 {day} 没有有效值。", where=self.id, do="请在目录中补充当时有效的文件和数值。"
            )
        return found


def parameter(name: str, *, roots: Sequence[Path] | None = None) -> Parameter:
    """The parameter of that name, nearest catalogue first; raises NotFound, Refused when malformed."""
    found = [path for key, path in resources.all_under("parameters", within=roots).items() if Path(key).stem == name]
    found = [path for path in found if path.suffix == ".yaml"]
    if not found:
        raise NotFound("目录中没有这个参数。", where=name, do="请核对名称。")
    if len(found) > 1:
        raise Refused("参数重名。", where="、".join(str(path) for path in found), do="请改名或只留一个。")
    return _read(found[0], found[0].stat().st_mtime_ns)


def value_of(name: str, *, on: date, roots: Sequence[Path] | None = None) -> Value:
    """The value of a parameter on a day."""
    return parameter(name, roots=roots).on(on).value


def integer(name: str, *, on: date, roots: Sequence[Path] | None = None) -> int:
    """A whole number; raises Refused for anything else."""
    found = value_of(name, on=on, roots=roots)
    if isinstance(found, bool) or not isinstance(found, int):
        raise Refused("参数不是整数。", where=name, why=f"值为 {found!r}")
    return found


def integers(name: str, *, on: date, roots: Sequence[Path] | None = None) -> tuple[int, ...]:
    """A list of whole numbers; raises Refused for anything else."""
    found = value_of(name, on=on, roots=roots)
    items = found if isinstance(found, tuple) else ()
    numbers = tuple(one for one in items if isinstance(one, int) and not isinstance(one, bool))
    if not numbers or len(numbers) != len(items):
        raise Refused("参数不是一列整数。", where=name, why=f"值为 {found!r}")
    return numbers


@cache
def _read(path: Path, _changed_ns: int) -> Parameter:
    head = yaml.load(path)
    where = str(path)
    _check_keys(head, _HEAD, required={"id", "title", "unit", "values"}, where=where)
    if head["id"] != path.stem:
        raise Refused("参数的 id 与文件名不符。", where=where, why=f"id 是 {head['id']}")
    if not isinstance(head["values"], list) or not head["values"]:
        raise Refused("参数没有值。", where=where, do="values 下至少写一条。")
    values = sorted((_dated(raw, where) for raw in head["values"]), key=lambda one: one.valid_from)
    for earlier, later in pairwise(values):
        if earlier.valid_to is None or earlier.valid_to >= later.valid_from:
            raise Refused(
                "参数的两个值在时间上重叠。",
                where=where,
                why=f"{later.valid_from} 起的值",
                do="请给前一个值写上 valid_to。",
            )
    return Parameter(id=head["id"], title=head["title"], unit=head["unit"] or "", values=tuple(values))


def _dated(raw: object, where: str) -> DatedValue:
    made = _check_keys(raw, _VALUE, required={"value", "document", "valid_from"}, where=where)
    first, last = made["valid_from"], made.get("valid_to")
    if type(first) is not date or not (last is None or type(last) is date) or (last is not None and last < first):
        raise Refused("参数的有效期不对。", where=where, why=f"{first} 至 {last}")
    if not made["document"] or not isinstance(made["document"], str):
        raise Refused("参数必须写明依据文件。", where=where, do="document 写文号；没有国家规定的写明是示例值。")
    value = made["value"]
    if isinstance(value, list):
        value = tuple(value)
    if not all(isinstance(one, Plain) for one in (value if isinstance(value, tuple) else (value,))):
        raise Refused("参数的值只能是数、文字、真假或它们的一列。", where=where, why=f"值为 {value!r}")
    return DatedValue(value=value, document=made["document"], valid_from=first, valid_to=last)


def _check_keys(raw: object, known: set[str], *, required: set[str], where: str) -> dict[str, Any]:
    if not isinstance(raw, dict):
        raise Refused("参数文件格式不对。", where=where, why="应是键值对")
    unknown, missing = raw.keys() - known, required - raw.keys()
    if unknown:
        raise Refused("参数文件里有不认识的键。", where=where, why="、".join(sorted(unknown)))
    if missing:
        raise Refused("参数文件缺少必填项。", where=where, why="、".join(sorted(missing)))
    return raw
