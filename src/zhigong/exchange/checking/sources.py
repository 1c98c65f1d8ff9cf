"""Loads the source folders of the catalogue, strictly: what it does not know, it refuses."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn, get_args

from zhigong.exchange.checking.types import PURPOSES, Arrives, OwnProblem, Source, Unique
from zhigong.exchange.reading import RECEIPT_COLUMN, Column
from zhigong.exchange.reading.types import Severity
from zhigong.exchange.reading.words import header_key
from zhigong.kernel import resources, yaml
from zhigong.kernel.errors import NotFound, Refused

FOLDER = "sources"
ENTITIES = ("person", "employer", "union")
KINDS = frozenset(
    "text code-text name unit_name id_number credit_code date month phone money integer boolean".split()  # noqa: SIM905
)
SEVERITIES: tuple[str, ...] = get_args(Severity)
RESERVED = frozenset({"sheet", "row", "data_row", "receipt_ref", "damaged", "extra", "problems", "verdict", "place"})

ARRIVALS: tuple[str, ...] = get_args(Arrives)

_COMING = {"arrives", "identity", "unchanging", "purposes"}
_LIMITS = {"contradictions_tolerated", "freshness_days", "fewer_rows_tolerated"}
_SOURCE_KEYS = {"title", "department", "entity", "note", "unique", "columns", "problems", "derived"} | _COMING | _LIMITS
_COLUMN_KEYS = {"name", "field", "kind", "aliases", "required", "key", "severity", "past", "not_negative", "id_type"}
_NAME = re.compile(r"[a-z][a-z0-9-]*")
_FIELD = re.compile(r"[a-z][a-z0-9_]*")


def source_names(*, within: Sequence[Path] | None = None) -> tuple[str, ...]:
    """Every source the catalogue offers, sorted.  within: catalogue folders, nearest first; default: those in use."""
    found = resources.all_under(FOLDER, within=within)
    return tuple(sorted({path.split("/")[1] for path in found if path.endswith("/source.yaml")}))


def load_source(name: str, *, within: Sequence[Path] | None = None) -> Source:
    """One source by name.  Raises Refused with file and key for anything unknown, missing or of the wrong type."""
    if not _NAME.fullmatch(name):
        raise NotFound("没有这个数据来源", where=name, do="用 zhigong catalogue which sources 查看有哪些")
    try:
        path = resources.find(f"{FOLDER}/{name}/source.yaml", within=within)
        model = resources.find(f"{FOLDER}/{name}/conform.sql", within=within)
    except NotFound as error:
        known = "、".join(source_names(within=within))
        raise NotFound("没有这个数据来源", where=error.where, why=f"现有：{known}") from None
    return _Reader(str(path)).source(name, yaml.load(path), model.read_text("utf-8"))


class _Reader:
    """Reads one file's values, knowing where to point when one is wrong."""

    def __init__(self, where: str) -> None:
        self._where = where

    def source(self, name: str, raw: Any, conform_sql: str) -> Source:  # noqa: ANN401 - straight from YAML
        top = self._mapping(raw, "", _SOURCE_KEYS)
        columns = tuple(self._column(one, f"columns[{i}]") for i, one in enumerate(self._list(top, "columns", ""), 1))
        self._refuse_repeats(columns)
        source = Source(
            name=name,
            title=self._text(top, "title", ""),
            department=self._text(top, "department", ""),
            entity=self._one_of(self._text(top, "entity", ""), ENTITIES, "entity"),
            columns=columns,
            conform_sql=conform_sql.strip().rstrip(";"),
            unique=self._unique(top["unique"], columns) if "unique" in top else None,
            derived=tuple(self._texts(top, "derived", "")),
            problems=self._problems(top.get("problems", {})),
            note=self._text(top, "note", "") if "note" in top else "",
            **self._coming(top),
        )
        self._check_whole(source)
        return source

    def _coming(self, top: Mapping[str, Any]) -> dict[str, Any]:
        """How its files follow one another, and what they may be used for."""
        share = {name: self._share(top, name) for name in ("contradictions_tolerated", "fewer_rows_tolerated")}
        days = top.get("freshness_days")
        if days is not None and (not isinstance(days, int) or isinstance(days, bool) or days < 1):
            self._refuse("freshness_days", "应为正整数（天）")
        purposes = self._texts(top, "purposes", "")
        for one in purposes:
            self._one_of(one, PURPOSES, "purposes")
        return {
            "arrives": self._one_of(top.get("arrives", "full"), ARRIVALS, "arrives"),
            "identity": tuple(self._texts(top, "identity", "")),
            "unchanging": tuple(self._texts(top, "unchanging", "")),
            "contradictions_tolerated": share["contradictions_tolerated"] or 0.0,
            "fewer_rows_tolerated": share["fewer_rows_tolerated"],
            "purposes": tuple(purposes),
            "freshness_days": days,
        }

    def _share(self, top: Mapping[str, Any], key: str) -> float | None:
        """A part of a whole, between 0 and 1."""
        value = top.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, (int, Decimal)) or not 0 <= value <= 1:
            self._refuse(key, "应为 0 到 1 之间的小数")
        return float(value)

    def _column(self, raw: Any, at: str) -> Column:  # noqa: ANN401
        given = self._mapping(raw, at, _COLUMN_KEYS)
        kind = self._text(given, "kind", at) if "kind" in given else "text"
        if kind not in KINDS and not re.fullmatch(r"code:[a-z][a-z0-9_]*", kind):
            self._refuse(f"{at}.kind", f"不认识的类型 {kind}；可用：{'、'.join(sorted(KINDS))}、code:<代码表>")
        field = self._text(given, "field", at)
        if not _FIELD.fullmatch(field) or field in RESERVED:
            self._refuse(f"{at}.field", f"字段名 {field} 不合规则（小写字母、数字、下划线，且不是保留名）")
        severity: Any = given.get("severity", "warn")
        return Column(
            name=self._text(given, "name", at),
            field=field,
            kind=kind,
            aliases=tuple(self._texts(given, "aliases", at)),
            required=self._flag(given, "required", at),
            key=self._flag(given, "key", at),
            severity=self._severity(severity, at),
            past=self._flag(given, "past", at),
            not_negative=self._flag(given, "not_negative", at),
            id_type=self._text(given, "id_type", at) if "id_type" in given else "",
        )

    def _severity(self, value: Any, at: str) -> Any:  # noqa: ANN401
        return self._one_of(value, SEVERITIES, f"{at}.severity")

    def _unique(self, raw: Any, columns: Sequence[Column]) -> Unique:  # noqa: ANN401
        given = self._mapping(raw, "unique", {"key", "identity"})
        fields = tuple(column.field for column in columns)
        keys = given["key"] if isinstance(given.get("key"), list) else [self._text(given, "key", "unique")]
        identity = self._texts(given, "identity", "unique")
        return Unique(
            key=tuple(self._one_of(f, fields, "unique.key") for f in keys),
            identity=tuple(self._one_of(f, fields, "unique.identity") for f in identity),
        )

    def _problems(self, raw: Any) -> dict[str, OwnProblem]:  # noqa: ANN401
        found = {}
        for code, value in self._mapping(raw, "problems", None).items():
            at = f"problems.{code}"
            given = self._mapping({"text": value} if isinstance(value, str) else value, at, {"text", "severity"})
            severity = self._severity(given.get("severity", "warn"), at)
            found[code] = OwnProblem(text=self._text(given, "text", at), severity=severity)
        return found

    def _check_whole(self, source: Source) -> None:
        fields = {column.field for column in source.columns}
        for column in source.columns:
            if column.id_type and column.id_type not in fields:
                self._refuse(f"columns.{column.name}.id_type", f"没有字段 {column.id_type}")
        if not any(column.required for column in source.columns):
            self._refuse("columns", "至少要有一列 required: true，表头靠它辨认")
        if fields & set(source.derived):
            self._refuse("derived", "与列的字段重名")
        for key in ("identity", "unchanging"):
            for name in getattr(source, key):
                self._one_of(name, source.fields, key)
        if source.unchanging and not source.identity:
            self._refuse("unchanging", "没有 identity，无从比较两批里的同一行")

    def _refuse_repeats(self, columns: Sequence[Column]) -> None:
        """Two columns that answer to one header would make it a matter of luck which one is read."""
        owners: dict[str, str] = {header_key(RECEIPT_COLUMN): f"回执的「{RECEIPT_COLUMN}」"}
        for column in columns:
            for label in {header_key(text) for text in (column.name, *column.aliases)}:
                owner = owners.setdefault(label, column.name)
                if owner != column.name:
                    self._refuse(f"columns.{column.name}", f"列名或别名「{label}」已属于「{owner}」")
        fields = [column.field for column in columns]
        if len(set(fields)) != len(fields):
            self._refuse("columns", "有重复的 field")

    def _mapping(self, raw: Any, at: str, known: set[str] | None) -> Mapping[str, Any]:  # noqa: ANN401
        if not isinstance(raw, dict):
            self._refuse(at, "应为键值对")
        unknown = sorted(set(raw) - known) if known is not None else []
        if unknown:
            self._refuse(at, f"不认识的键：{'、'.join(unknown)}")
        return raw

    def _text(self, given: Mapping[str, Any], key: str, at: str) -> str:
        value = given.get(key)
        if not isinstance(value, str) or not value.strip():
            self._refuse(f"{at}.{key}", "缺少，或不是文字")
        return value

    def _texts(self, given: Mapping[str, Any], key: str, at: str) -> list[str]:
        values = self._list(given, key, at) if key in given else []
        if not all(isinstance(value, str) and value for value in values):
            self._refuse(f"{at}.{key}", "应为文字的列表")
        return values

    def _list(self, given: Mapping[str, Any], key: str, at: str) -> list[Any]:
        value = given.get(key)
        if not isinstance(value, list) or not value:
            self._refuse(f"{at}.{key}", "缺少，或不是列表")
        return value

    def _flag(self, given: Mapping[str, Any], key: str, at: str) -> bool:
        value = given.get(key, False)
        if not isinstance(value, bool):
            self._refuse(f"{at}.{key}", "应为 true 或 false")
        return value

    def _one_of(self, value: Any, allowed: Sequence[str], at: str) -> str:  # noqa: ANN401
        if value not in allowed:
            self._refuse(at, f"应为 {'、'.join(allowed)} 之一，这里是 {value}")
        return str(value)

    def _refuse(self, at: str, why: str) -> NoReturn:
        raise Refused("数据来源定义有误", where=f"{self._where} {at.lstrip('.')}".strip(), why=why, do="请改正后重试")
