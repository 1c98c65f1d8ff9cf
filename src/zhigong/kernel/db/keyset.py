"""Keyset paging: pages by the last row seen instead of OFFSET, forwards and backwards, nulls last either way.

A page is asked for by the id of a neighbouring row alone: no name and no date stands in an address.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db.models import F, Model, Q, QuerySet
from django.db.models.expressions import OrderBy

M = TypeVar("M", bound=Model)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Paged(Generic[T]):
    """One page for readers; previous and following are the line to ask `before` and `after`, None at either end."""

    items: tuple[T, ...]
    previous: UUID | None = None
    following: UUID | None = None

    def __iter__(self) -> Iterator[T]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


@dataclass(frozen=True, slots=True)
class Slice(Generic[M]):
    """One page of rows."""

    rows: list[M]
    previous: UUID | None
    following: UUID | None

    def lines(self, make: Callable[[M], T]) -> Paged[T]:
        """The same page with a frozen line for each row."""
        return Paged(tuple(make(row) for row in self.rows), self.previous, self.following)


def page(
    rows: QuerySet[M], *, order: Sequence[str], limit: int, after: UUID | None = None, before: UUID | None = None
) -> Slice[M]:
    """One page of `rows` in an order of fields such as ("-joined_on", "-id"), whose last one is unique.

    A neighbour that is gone, or outside the scope, gives the first page.
    """
    mark = before or after
    values = QuerySet(rows.model).filter(pk=mark).values_list(*_names(order)).first() if mark else None
    backwards = before is not None and values is not None
    chosen = rows.filter(_beyond(rows, order, values, backwards=backwards)) if values is not None else rows
    found = list(chosen.order_by(*(_term(rows.model, field, backwards=backwards) for field in order))[: limit + 1])
    more, shown = len(found) > limit, found[:limit]
    if backwards:
        shown.reverse()
    has_previous = more if backwards else values is not None
    has_following = True if backwards else more
    return Slice(
        rows=shown,
        previous=shown[0].pk if shown and has_previous else None,
        following=shown[-1].pk if shown and has_following else None,
    )


def _names(order: Sequence[str]) -> list[str]:
    return [field.removeprefix("-") for field in order]


def _term(model: type[Model], field: str, *, backwards: bool) -> OrderBy:
    """An ORDER BY term. Where no null can be, nulls stay unmentioned: else an index read backwards would not serve."""
    name, down = field.removeprefix("-"), field.startswith("-") != backwards
    nulls: dict[str, bool] = {}
    if _nullable(model, name):
        nulls = {"nulls_first": True} if backwards else {"nulls_last": True}
    return F(name).desc(**nulls) if down else F(name).asc(**nulls)


def _beyond(rows: QuerySet[M], order: Sequence[str], values: Sequence[Any], *, backwards: bool) -> Q:
    """Rows behind the mark. The bound on the first field alone is what an index understands."""
    found, same = Q(pk__in=[]), Q()
    for field, value in zip(order, values, strict=True):
        name, down = field.removeprefix("-"), field.startswith("-") != backwards
        nullable = _nullable(rows.model, name)
        if value is None:
            further = Q(**{f"{name}__isnull": False}) if backwards else Q(pk__in=[])
        else:
            further = Q(**{f"{name}__{'lt' if down else 'gt'}": value})
            further = further | Q(**{f"{name}__isnull": True}) if nullable and not backwards else further
        found |= same & further
        same &= Q(**{f"{name}__isnull": True}) if value is None else Q(**{name: value})
    return found & _bound(rows, order[0], values[0], backwards=backwards)


def _bound(rows: QuerySet[M], field: str, value: Any, *, backwards: bool) -> Q:  # noqa: ANN401 — a column's value
    """The first field's own bound; none where nulls lie on the wanted side."""
    name = field.removeprefix("-")
    if value is None or (_nullable(rows.model, name) and not backwards):
        return Q()
    return Q(**{f"{name}__{'lte' if field.startswith('-') != backwards else 'gte'}": value})


def _nullable(model: type[Model], path: str) -> bool:
    """Whether a field, perhaps of a related row (`union__name_sort`), may hold null."""
    for name in path.split("__"):
        field = model._meta.get_field(name)  # noqa: SLF001 — Django's public model API
        if getattr(field, "null", False):
            return True
        model = field.related_model or model
    return False
