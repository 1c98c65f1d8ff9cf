"""Strict YAML for catalogue folders: what it reads is what a person sees in the file.

One document of maps, lists and plain values. Refused, with file and line: duplicate keys, keys that are not texts,
tags, anchors, aliases, merge keys, numbers with a leading zero, impossible dates, files beyond the size bound.
Plain values become None, bool (true/false only), int, Decimal, date (2026-03-01) or str; quoted ones are always str.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
)

from zhigong.kernel.errors import Refused

MAX_BYTES = 1 << 20
MAX_DEPTH = 30
_PARSER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WORDS: dict[str, bool | None] = {"": None, "~": None, "null": None, "true": True, "false": False}
_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)", re.ASCII)
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]*)\.[0-9]+", re.ASCII)
_LEADING_ZERO = re.compile(r"-?0[0-9]+(\.[0-9]+)?", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def load(path: Path, *, max_bytes: int = MAX_BYTES) -> Any:  # noqa: ANN401 — the schema of the caller narrows it
    """The value of one file; raises Refused with file:line."""
    try:
        if path.stat().st_size > max_bytes:
            raise Refused("文件过大。", where=str(path), why=f"上限 {max_bytes} 字节")
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise Refused("文件读不出来。", where=str(path), why=error.strerror or str(error)) from error
    except UnicodeDecodeError as error:
        raise Refused("文件不是 UTF-8 编码。", where=str(path), do="请另存为 UTF-8。") from error
    return loads(text, source=str(path))


def loads(text: str, *, source: str) -> Any:  # noqa: ANN401 — as load
    """The value of a text; `source` names it in errors."""
    try:
        return _Reader(source).document(yaml.parse(text, Loader=_PARSER))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{source}:{mark.line + 1}" if mark else source
        raise Refused("YAML 写法有误。", where=where, why=str(error.problem or error.context)) from error
    except yaml.YAMLError as error:
        raise Refused("YAML 写法有误。", where=source, why=str(error)) from error


class _Reader:
    """Builds values from parser events, keeping the line of each."""

    def __init__(self, source: str) -> None:
        self._source = source

    def document(self, events: Iterator[Event]) -> Any:  # noqa: ANN401
        """The only document of a stream; None for an empty one."""
        value, seen = None, False
        for event in events:
            if isinstance(event, DocumentStartEvent):
                if seen:
                    raise self._refused(event, "一个文件只能有一个 YAML 文档")
                seen = True
                value = self._value(next(events), events, 0)
        return value

    def _value(self, event: Event, events: Iterator[Event], depth: int) -> Any:  # noqa: ANN401
        self._refuse_magic(event, depth)
        if isinstance(event, MappingStartEvent):
            return self._mapping(events, depth + 1)
        if isinstance(event, CollectionStartEvent):
            return self._sequence(events, depth + 1)
        assert isinstance(event, ScalarEvent)  # noqa: S101 — the parser yields nothing else here
        return event.value if event.style else self._plain(event)

    def _refuse_magic(self, event: Event, depth: int) -> None:
        if isinstance(event, AliasEvent) or (isinstance(event, NodeEvent) and event.anchor):
            raise self._refused(event, "不允许锚点和引用（& *）")
        if getattr(event, "tag", None):
            raise self._refused(event, "不允许类型标记（!）")
        if depth > MAX_DEPTH:
            raise self._refused(event, f"嵌套超过 {MAX_DEPTH} 层")

    def _mapping(self, events: Iterator[Event], depth: int) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for event in events:
            if isinstance(event, MappingEndEvent):
                break
            key = self._value(event, events, depth)
            if not isinstance(key, str):
                raise self._refused(event, f"键必须是文字，这里是 {key!r}", do="请给键加引号。")
            if key == "<<":
                raise self._refused(event, "不允许合并键 <<")
            if key in made:
                raise self._refused(event, f"键「{key}」重复")
            made[key] = self._value(next(events), events, depth)
        return made

    def _sequence(self, events: Iterator[Event], depth: int) -> list[Any]:
        made = []
        for event in events:
            if isinstance(event, SequenceEndEvent):
                break
            made.append(self._value(event, events, depth))
        return made

    def _plain(self, event: ScalarEvent) -> bool | int | Decimal | date | str | None:
        text = event.value
        if text in _WORDS:
            return _WORDS[text]
        if _LEADING_ZERO.fullmatch(text):
            raise self._refused(event, f"「{text}」以 0 开头，不知道是数还是代码", do="代码请加引号。")
        if _INTEGER.fullmatch(text):
            return self._integer(text, event)
        if _DECIMAL.fullmatch(text):
            return Decimal(text)
        if _DATE.fullmatch(text):
            return self._date(text, event)
        return text

    def _integer(self, text: str, event: ScalarEvent) -> int:
        if len(text) > 30:
            raise self._refused(event, "整数过长", do="代码和号码请加引号。")
        return int(text)

    def _date(self, text: str, event: ScalarEvent) -> date:
        try:
            return date.fromisoformat(text)
        except ValueError as error:
            raise self._refused(event, f"没有「{text}」这一天") from error

    def _refused(self, event: Event, why: str, *, do: str = "") -> Refused:
        line = event.start_mark.line + 1 if event.start_mark else 0
        return Refused("YAML 写法有误。", where=f"{self._source}:{line}", why=why, do=do)
