"""Python side of the components: what tables and pagers need to know, made from a request's address."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import QueryDict


@dataclass(frozen=True, slots=True)
class Column:
    """A table column; key: the name it sorts by, empty when it does not sort."""

    label: str
    key: str = ""
    numeric: bool = False


@dataclass(frozen=True, slots=True)
class Head:
    """A column as one page shows it: direction is the value of aria-sort, url sorts by it (or turns it round)."""

    label: str
    numeric: bool
    url: str = ""
    direction: str = "none"


@dataclass(frozen=True, slots=True)
class Pager:
    """Text such as "第 51–100 人，共 4 200 人" and the ways on and back."""

    text: str
    previous_url: str = ""
    next_url: str = ""


def address(query: QueryDict, **changes: str | None) -> str:
    """The page's own query string with some parameters changed; None removes one."""
    pairs = [(name, value) for name, values in query.lists() for value in values if name not in changes]
    pairs += [(name, value) for name, value in changes.items() if value is not None]
    return "?" + urlencode(pairs)


def heads(columns: Iterable[Column], query: QueryDict, *, default: str = "", parameter: str = "sort") -> list[Head]:
    """Sortable heads; "-key" sorts downward. Changing the order goes back to the first page."""
    chosen = query.get(parameter, default)
    return [_head(column, chosen, query, parameter) for column in columns]


def _head(column: Column, chosen: str, query: QueryDict, parameter: str) -> Head:
    if not column.key:
        return Head(column.label, column.numeric)
    direction = {column.key: "ascending", f"-{column.key}": "descending"}.get(chosen, "none")
    following = f"-{column.key}" if direction == "ascending" else column.key
    url = address(query, **{parameter: following, "page": None, "after": None, "before": None})
    return Head(column.label, column.numeric, url, direction)
