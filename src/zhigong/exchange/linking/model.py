"""The link model as the catalogue states it: blocking, comparisons with their weights, thresholds.

The file is `linkage/persons.yaml`; a city may have its own. What the loader does not know, it refuses.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from zhigong.kernel import resources, yaml
from zhigong.kernel.errors import Refused

PATH = "linkage/persons.yaml"
TERMS = ("name_key", "birth_date", "employer_key")


@dataclass(frozen=True, slots=True)
class Level:
    """One degree of agreement. when: SQL over a pair; m, u: shares of true and of other pairs; term: see the file."""

    name: str
    when: str
    m: float
    u: float
    term: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One feature of a pair; unknown: SQL, true when the feature says nothing. The first level that holds counts."""

    name: str
    unknown: str
    levels: tuple[Level, ...]


@dataclass(frozen=True, slots=True)
class LinkModel:
    """A whole model. link, doubtful: least score of a link and of a pair worth a person's look.

    without_number: least score of a link of a row whose number left nothing to compare.
    """

    link: float
    without_number: float
    doubtful: float
    blocking: tuple[tuple[str, str], ...]
    comparisons: tuple[Comparison, ...]

    @property
    def version(self) -> str:
        """Eight hex digits of its content."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:8]


def load_model(*, within: Sequence[Path] | None = None) -> LinkModel:
    """The model in force; raises Refused with file and key for anything unknown, missing or out of range."""
    path = resources.find(PATH, within=within)
    where = str(path)
    top = _mapping(yaml.load(path), where, {"title", "note", "thresholds", "blocking", "comparisons"})
    limits = _mapping(top["thresholds"], f"{where} thresholds", {"link", "without_number", "doubtful"})
    model = LinkModel(
        link=_share(limits["link"], f"{where} thresholds.link"),
        without_number=_share(limits["without_number"], f"{where} thresholds.without_number"),
        doubtful=_share(limits["doubtful"], f"{where} thresholds.doubtful"),
        blocking=tuple(_blocking(one, f"{where} blocking[{n}]") for n, one in _each(top["blocking"], where)),
        comparisons=tuple(_comparison(one, f"{where} comparisons[{n}]") for n, one in _each(top["comparisons"], where)),
    )
    if not model.doubtful <= model.link <= model.without_number:
        raise _wrong(f"{where} thresholds", "应为 doubtful ≤ link ≤ without_number")
    return model


def _blocking(raw: Any, at: str) -> tuple[str, str]:  # noqa: ANN401 - straight from YAML
    given = _mapping(raw, at, {"name", "when"})
    return _text(given, "name", at), _text(given, "when", at)


def _comparison(raw: Any, at: str) -> Comparison:  # noqa: ANN401
    given = _mapping(raw, at, {"name", "unknown", "levels"})
    levels = tuple(_level(one, f"{at}.levels[{n}]") for n, one in _each(given["levels"], at))
    if levels[-1].when != "true":
        raise _wrong(f"{at}.levels", "最后一级的条件必须是 true，否则有的人对不知算哪一级")
    return Comparison(_text(given, "name", at), _text(given, "unknown", at), levels)


def _level(raw: Any, at: str) -> Level:  # noqa: ANN401
    given = _mapping(raw, at, {"name", "when", "m", "u", "term"}, optional={"term"})
    term = _text(given, "term", at) if "term" in given else ""
    if term and term not in TERMS:
        raise _wrong(f"{at}.term", f"只能是 {'、'.join(TERMS)}")
    m, u = (_share(given[key], f"{at}.{key}") for key in ("m", "u"))
    return Level(_text(given, "name", at), _text(given, "when", at), m, u, term)


def _each(raw: Any, where: str) -> list[tuple[int, Any]]:  # noqa: ANN401
    if not isinstance(raw, list) or not raw:
        raise _wrong(where, "应为列表")
    return list(enumerate(raw, 1))


def _mapping(raw: Any, at: str, keys: set[str], optional: frozenset[str] | set[str] = frozenset()) -> Mapping[str, Any]:  # noqa: ANN401
    if not isinstance(raw, dict):
        raise _wrong(at, "应为键值对")
    unknown, missing = sorted(set(raw) - keys), sorted(keys - set(raw) - optional)
    if unknown or missing:
        raise _wrong(at, f"不认识的键：{'、'.join(unknown) or '无'}；缺少的键：{'、'.join(missing) or '无'}")
    return raw


def _text(given: Mapping[str, Any], key: str, at: str) -> str:
    value = given[key]
    if not isinstance(value, str) or not value.strip():
        raise _wrong(f"{at}.{key}", "应为文字")
    return value


def _share(value: Any, at: str) -> float:  # noqa: ANN401
    if not isinstance(value, Decimal) or not 0 < value < 1:
        raise _wrong(at, "应为 0 与 1 之间的小数")
    return float(value)


def _wrong(at: str, why: str) -> Refused:
    return Refused("关联模型有误", where=at, why=why, do="请改正后重试")
