"""Files held against catalogue/_schema; what is wrong is said in Chinese: the place, the reason, the way out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from zhigong.catalogue.types import Problem
from zhigong.kernel import resources
from zhigong.kernel.errors import Refused

_TYPES = {
    "object": "键值对",
    "array": "一列",
    "string": "文字",
    "integer": "整数",
    "number": "数",
    "boolean": "true 或 false",
    "null": "null",
}
_MEANT = 2  # a key this many typing slips away is offered instead


@cache
def _validator(name: str) -> Draft202012Validator:
    file = resources.national().parent / "_schema" / f"{name}.json"
    try:
        return Draft202012Validator(json.loads(file.read_text(encoding="utf-8")))
    except OSError as error:
        raise Refused("找不到目录的格式文件。", where=str(file), do="请重新安装智工。") from error


def problems(name: str, value: object, *, where: str) -> list[Problem]:
    """What is wrong with a file's value; dates count as texts here, their kind is checked where they are used."""
    found = sorted(_validator(name).iter_errors(_plain(value)), key=lambda error: [str(part) for part in error.path])
    return [_told(error, where) for error in found]


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


def place(parts: Sequence[str | int]) -> str:
    """A path inside a file, as a person would say it: `steps 第 2 项 right`."""
    return " ".join(f"第 {part + 1} 项" if isinstance(part, int) else str(part) for part in parts)


def _told(error: ValidationError, where: str) -> Problem:
    at = place([*error.absolute_path])
    what, do = _SENTENCES.get(str(error.validator), _other)(error)
    hint = str(error.schema.get("description", "")) if isinstance(error.schema, Mapping) else ""
    return Problem(where=f"{where}：{at}" if at else where, what=what, why=hint, do=do)


def _wanted(error: ValidationError) -> Any:  # noqa: ANN401 — whatever the schema says
    return error.validator_value


def _given(error: ValidationError) -> Any:  # noqa: ANN401 — whatever the file says
    return error.instance


def _other(error: ValidationError) -> tuple[str, str]:
    return f"写法不对：{_shown(_given(error))}。", ""


def _type(error: ValidationError) -> tuple[str, str]:
    wanted = _wanted(error) if isinstance(_wanted(error), list) else [_wanted(error)]
    named = "或".join(_TYPES.get(str(one), str(one)) for one in wanted)
    return f"应是{named}，写的是 {_shown(_given(error))}。", ""


def _required(error: ValidationError) -> tuple[str, str]:
    missing = [key for key in _wanted(error) if key not in _given(error)]
    return f"缺少必填项：{'、'.join(missing)}。", "请补上。"


def _additional(error: ValidationError) -> tuple[str, str]:
    known = list(error.schema.get("properties", {})) if isinstance(error.schema, Mapping) else []
    unknown = [key for key in _given(error) if key not in known]
    meant = {key: likely(key, known) for key in unknown}
    hints = [f"{key} 是不是想写 {near}？" for key, near in meant.items() if near]
    return f"有不认识的键：{'、'.join(unknown)}。", "".join(hints) or f"可用的键：{'、'.join(known)}。"


def _enum(error: ValidationError) -> tuple[str, str]:
    options = "、".join(str(one) for one in _wanted(error))
    return f"没有「{_shown(_given(error))}」这个选项。", f"只能是：{options}。"


def _size(error: ValidationError) -> tuple[str, str]:
    words = {
        "minLength": "不能为空",
        "maxLength": f"不能超过 {_wanted(error)} 个字",
        "minItems": f"至少要有 {_wanted(error)} 项",
        "minProperties": f"至少要有 {_wanted(error)} 项",
        "minimum": f"不能小于 {_wanted(error)}",
        "maximum": f"不能大于 {_wanted(error)}",
    }
    return f"{words[str(error.validator)]}。", ""


def _unique(_error: ValidationError) -> tuple[str, str]:
    return "有重复的项。", "请删去重复的。"


def _choice(error: ValidationError) -> tuple[str, str]:
    hints = {str(option.get("description", "")) for option in _wanted(error) if isinstance(option, Mapping)}
    return "写法不对。", "；".join(sorted(hints - {""})) + "。"


_SENTENCES: dict[str, Callable[[ValidationError], tuple[str, str]]] = {
    "type": _type,
    "required": _required,
    "additionalProperties": _additional,
    "enum": _enum,
    "const": _other,
    "uniqueItems": _unique,
    "oneOf": _choice,
    "anyOf": _choice,
    **dict.fromkeys(("minLength", "maxLength", "minItems", "minProperties", "minimum", "maximum"), _size),
}


def _shown(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 40 else f"{text[:40]}…"


def likely(word: str, known: Sequence[str]) -> str:
    """The known word a slip of the pen away from this one; empty when none is near."""
    near = min(((_distance(word, one), one) for one in known), default=(_MEANT + 1, ""))
    return near[1] if near[0] <= min(_MEANT, len(word) // 2) else ""


def _distance(left: str, right: str) -> int:
    row = list(range(len(right) + 1))
    for number, letter in enumerate(left, 1):
        row = list(_next_row(row, number, letter, right))
    return row[-1]


def _next_row(row: list[int], number: int, letter: str, right: str) -> Iterator[int]:
    before = number
    yield before
    for place_, other in enumerate(right, 1):
        before = min(before + 1, row[place_] + 1, row[place_ - 1] + (letter != other))
        yield before


def refused(found: Sequence[Problem], *, what: str) -> CatalogueRefused:
    """One error of many problems: the first in full, the others counted; all of them on `problems`."""
    first = found[0]
    more = f"；另有 {len(found) - 1} 处问题" if len(found) > 1 else ""
    return CatalogueRefused(
        what=f"{what}{first.what}", where=first.where, why=f"{first.why}{more}", do=first.do, problems=tuple(found)
    )


class CatalogueRefused(Refused):
    """A folder that is not in order; `problems` lists everything found."""

    def __init__(self, *, what: str, where: str, why: str, do: str, problems: tuple[Problem, ...]) -> None:
        super().__init__(what, where=where, why=why, do=do)
        self.problems = problems
