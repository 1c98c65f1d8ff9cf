"""One page of figures: the whole scope as a funnel, then by the unions below and by service."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from zhigong.insight import queries as insight
from zhigong.insight.types import FigureLine, Measure, Overview
from zhigong.kernel.actor import Actor
from zhigong.kernel.money import format_yuan
from zhigong.web.components import Column, heads
from zhigong.web.guards import as_cadre

FEN = "fen"


@dataclass(frozen=True, slots=True)
class Figure:
    """A measure as shown; share: of the measure it is a part of, in percent, None without one."""

    label: str
    value: str
    unit: str
    note: str
    share: int | None = None
    of: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: its name, where it leads, and its figures in the order of the columns."""

    name: str
    url: str
    figures: tuple[Figure, ...]


@require_GET
@as_cadre("members.read")
def dashboard(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The overview of the actor's scope; the columns sort."""
    page = insight.overview(actor)
    sort = request.GET.get("sort", "")
    columns = [Column(page.below or "工会"), *(Column(one.label, one.name, numeric=True) for one in page.measures)]
    by_service = [one for one in page.measures if one.of != "members" and one.name != "members"]
    context = {
        "page": page,
        "totals": _figures(page.measures, page.total),
        "columns": heads(columns, request.GET),
        "rows": [_row(page.measures, line) for line in _sorted(page, sort)],
        "service_columns": heads([Column("事项"), *(Column(m.label, numeric=True) for m in by_service)], request.GET),
        "services": [_row(by_service, line) for line in page.services],
    }
    return render(request, "workbench/dashboard/page.html", context)


def _sorted(page: Overview, sort: str) -> Iterable[FigureLine]:
    key = sort.removeprefix("-")
    if key not in {one.name for one in page.measures}:
        return page.lines
    return sorted(page.lines, key=lambda line: line.figures[key], reverse=sort.startswith("-"))


def _row(measures: Iterable[Measure], line: FigureLine) -> Row:
    url = reverse("workbench:union", args=[line.union_id]) if line.union_id else ""
    return Row(line.name, url, _figures(measures, line.figures))


def _figures(measures: Iterable[Measure], values: Mapping[str, int]) -> tuple[Figure, ...]:
    labels = {one.name: one.label for one in measures}
    return tuple(_figure(one, values, labels) for one in measures if one.name in values)


def _figure(one: Measure, values: Mapping[str, int], labels: Mapping[str, str]) -> Figure:
    value, whole = values[one.name], values.get(one.of, 0)
    return Figure(
        label=one.label,
        value=format_yuan(value).removesuffix(" 元") if one.unit == FEN else f"{value:,}",
        unit="元" if one.unit == FEN else one.unit,
        note=one.note,
        share=round(100 * value / whole) if whole else None,
        of=labels.get(one.of, ""),
    )
