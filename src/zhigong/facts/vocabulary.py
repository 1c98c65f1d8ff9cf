"""Reads the vocabulary from the catalogue: `facts/<group>/facts.yaml`, nearest file wins, strictly.

Whatever is misspelt is refused with file and key: a fact that nobody can read safely must not exist.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any, TypeVar

from zhigong.facts.types import (
    DECLARED_SOURCE,
    UNITS,
    Ask,
    Entity,
    Fact,
    Group,
    Model,
    Sensitivity,
    Settle,
    Use,
)
from zhigong.kernel import resources, yaml
from zhigong.kernel.errors import NotFound, Refused
from zhigong.rules.types import Kind

FOLDER = "facts"
FILE = "facts.yaml"
_NAME = re.compile(r"[a-z][a-z0-9_]{1,62}", re.ASCII)
_GROUP = re.compile(r"[a-z][a-z0-9-]{1,38}", re.ASCII)
_CODE = re.compile(r"[a-z0-9][a-z0-9_]{0,38}", re.ASCII)
_RESERVED = frozenset({"person_id", "source", "as_of", "batch", "day", "l1", "l2", "l3", "l4"})
_GROUP_KEYS = ({"title", "model", "sources", "facts"}, {"note"})
_FACT_KEYS = (
    {"label", "kind", "entity", "sensitivity", "purposes", "freshness_days"},
    {"unit", "values", "settle", "ask", "note"},
)
_ASK_KEYS = ({"question", "help"}, {"at_least", "at_most", "tolerance_percent"})
E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All groups and facts by name."""

    groups: Mapping[str, Group]
    facts: Mapping[str, Fact]

    def fact(self, name: str) -> Fact:
        """The fact of that name; raises NotFound."""
        found = self.facts.get(name)
        if found is None:
            raise NotFound("没有这项事实。", where=name, do="请核对 catalogue 中 facts 目录里的名称")
        return found

    def group(self, name: str) -> Group:
        """The group of that name; raises NotFound."""
        found = self.groups.get(name)
        if found is None:
            raise NotFound("没有这组事实。", where=name, do="请核对 catalogue 中 facts 目录里的名称")
        return found


def load(roots: Sequence[Path] | None = None) -> Vocabulary:
    """The vocabulary of these catalogues (default: those in force); raises Refused when any file is wrong.

    Folders are looked through at most once a second: a page asks for some forty facts by name.
    """
    if roots is not None:
        return _load(_listed(tuple(roots)))
    return _load(_lately_listed(resources.roots(), int(time.monotonic())))


def _listed(roots: tuple[Path, ...]) -> tuple[tuple[str, Path, int, int], ...]:
    found = resources.all_under(FOLDER, within=roots)
    files = {PurePosixPath(path).parent.name: file for path, file in found.items() if file.name == FILE}
    return tuple((group, file, file.stat().st_mtime_ns, file.stat().st_size) for group, file in files.items())


@lru_cache(maxsize=2)
def _lately_listed(roots: tuple[Path, ...], _second: int) -> tuple[tuple[str, Path, int, int], ...]:
    return _listed(roots)


@lru_cache(maxsize=8)
def _load(files: tuple[tuple[str, Path, int, int], ...]) -> Vocabulary:
    groups = {name: _group(name, file) for name, file, _, _ in files}
    facts: dict[str, Fact] = {}
    for group in groups.values():
        for fact in group.facts:
            if fact.name in facts:
                raise Refused("事实重名。", where=fact.name, why=f"{facts[fact.name].group} 与 {group.name} 都有")
            facts[fact.name] = fact
    return Vocabulary(groups=MappingProxyType(groups), facts=MappingProxyType(facts))


def _group(name: str, file: Path) -> Group:
    where = str(file)
    if not _GROUP.fullmatch(name):
        raise Refused("事实组的目录名不对。", where=where, do="用小写字母、数字和连字符")
    head = _keys(yaml.load(file), _GROUP_KEYS, where)
    model = _word(Model, head["model"], f"{where} model")
    sources = _labels(head["sources"], f"{where} sources", empty=model is Model.DECLARED)
    if DECLARED_SOURCE in sources:
        raise Refused("来源不能叫这个名字。", where=f"{where} sources", why=f"{DECLARED_SOURCE} 专指本人说明")
    if not isinstance(head["facts"], dict) or not head["facts"]:
        raise Refused("事实组里没有事实。", where=where)
    facts = tuple(_fact(key, raw, name, f"{where} {key}") for key, raw in head["facts"].items())
    silent = [fact.name for fact in facts if fact.ask is None]
    if model is Model.DECLARED and silent:
        raise Refused("没有来源、也不询问本人的事实无从得知。", where=where, why="、".join(silent), do="请写明 ask")
    return Group(name=name, title=_text(head["title"], where), model=model, sources=sources, facts=facts)


def _fact(name: str, raw: object, group: str, where: str) -> Fact:
    if not _NAME.fullmatch(name) or name in _RESERVED:
        raise Refused("事实的名称不对。", where=where, do="用小写字母、数字和下划线，且不用保留的列名")
    given = _keys(raw, _FACT_KEYS, where)
    kind = _word(Kind, given["kind"], f"{where} kind")
    if kind is Kind.DECIMAL:
        raise Refused("事实不用小数。", where=f"{where} kind", why="小数在各处舍入不一", do="用整数：金额以分计")
    fact = Fact(
        name=name,
        group=group,
        label=_text(given["label"], where),
        kind=kind,
        entity=_word(Entity, given["entity"], f"{where} entity"),
        sensitivity=_word(Sensitivity, given["sensitivity"], f"{where} sensitivity"),
        purposes=_purposes(given["purposes"], f"{where} purposes"),
        freshness_days=_number(given["freshness_days"], f"{where} freshness_days", at_least=1),
        unit=_unit(given.get("unit", ""), kind, f"{where} unit"),
        values=_labels(given.get("values", {}), f"{where} values", empty=kind is not Kind.TEXT),
        settle=_word(Settle, given.get("settle", Settle.SOURCE), f"{where} settle"),
        ask=_ask(given["ask"], kind, f"{where} ask") if "ask" in given else None,
        note=str(given.get("note", "")),
    )
    if fact.settle is Settle.LARGER and (kind is Kind.TEXT or fact.ask is None):
        raise Refused("只有本人也能说明的数、日期和是非可以取大。", where=f"{where} settle")
    if not all(_CODE.fullmatch(code) for code in fact.values):
        raise Refused("取值的代码不对。", where=f"{where} values", do="用小写字母、数字和下划线")
    if fact.values and kind is not Kind.TEXT:
        raise Refused("只有文字的事实才列出取值。", where=f"{where} values")
    return fact


def _ask(raw: object, kind: Kind, where: str) -> Ask:
    given = _keys(raw, _ASK_KEYS, where)
    numeric = kind is Kind.INTEGER
    limits = {key: _number(given[key], f"{where} {key}") for key in _ASK_KEYS[1] if key in given}
    if bool(limits) and not numeric:
        raise Refused("只有数才能有上下限。", where=where)
    if numeric and not {"at_least", "at_most"} <= limits.keys():
        raise Refused("询问一个数要写明上下限。", where=where, do="补充 at_least 和 at_most")
    if numeric and limits["at_least"] > limits["at_most"]:
        raise Refused("下限大于上限。", where=where)
    return Ask(question=_text(given["question"], where), help=_text(given["help"], where), **limits)


def _purposes(raw: object, where: str) -> frozenset[Use]:
    if not isinstance(raw, list) or not raw:
        raise Refused("没有写明允许的用途。", where=where, do="至少写一项")
    found = frozenset(_word(Use, one, where) for one in raw)
    if Use.SELF in found or len(found) != len(raw):
        raise Refused("用途重复，或写了不必写的“self”。", where=where, why="本人随时可以查阅自己的事实")
    return found


def _unit(raw: object, kind: Kind, where: str) -> str:
    numeric = kind is Kind.INTEGER
    if raw not in UNITS or bool(raw) is not numeric:
        raise Refused(
            "单位不对。", where=where, why="数必须有单位，其他没有", do="可用：" + "、".join(filter(None, UNITS))
        )
    return str(raw)


def _labels(raw: object, where: str, *, empty: bool) -> Mapping[str, str]:
    if not isinstance(raw, dict) or not (raw or empty):
        raise Refused("应是“代码: 名称”的列表。", where=where)
    return MappingProxyType({str(code): _text(label, where) for code, label in raw.items()})


def _word(words: type[E], raw: object, where: str) -> E:
    if raw not in {one.value for one in words}:
        raise Refused(
            "不认识的写法。", where=where, why=f"{raw!r}", do="可用：" + "、".join(one.value for one in words)
        )
    return words(str(raw))


def _number(raw: object, where: str, *, at_least: int = 0) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int) or raw < at_least:
        raise Refused("应是整数。", where=where, why=f"{raw!r}")
    return raw


def _text(raw: object, where: str) -> str:
    if not isinstance(raw, str) or not raw.strip():
        raise Refused("应是文字。", where=where, why=f"{raw!r}")
    return raw


def _keys(raw: object, known: tuple[set[str], set[str]], where: str) -> dict[str, Any]:
    required, optional = known
    if not isinstance(raw, dict):
        raise Refused("格式不对。", where=where, why="应是键值对")
    unknown, missing = raw.keys() - required - optional, required - raw.keys()
    if unknown:
        raise Refused("有不认识的键。", where=where, why="、".join(sorted(unknown)))
    if missing:
        raise Refused("缺少必填项。", where=where, why="、".join(sorted(missing)))
    return raw
