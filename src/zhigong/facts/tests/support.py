"""Rows to publish, and a person to publish them about."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pyarrow as pa
from tests.support.city import TODAY

from zhigong.facts import queries
from zhigong.facts.operations.checking import checked

MARCH = date(2026, 3, 31)
_TYPES = {"integer": pa.int64(), "boolean": pa.bool_(), "text": pa.string(), "date": pa.date32()}


def rows(group: str, *given: dict[str, Any], source: str | None = None, as_of: date = TODAY) -> list[pa.Table]:
    """A publication: each row a person_id and some of the group's facts, the others not known."""
    known = queries.groups()[group]
    source = source or next(iter(known.sources))
    columns: dict[str, pa.Array] = {
        "person_id": pa.array([str(row["person_id"]) for row in given], pa.string()),
        "source": pa.array([row.get("source", source) for row in given], pa.string()),
        "as_of": pa.array([row.get("as_of", as_of) for row in given], pa.date32()),
        "batch": pa.array([row.get("batch") for row in given], pa.string()),
    }
    for fact in known.facts:
        columns[fact.name] = pa.array([row.get(fact.name) for row in given], _TYPES[fact.kind])
    return [pa.table(columns)]


def sound(group: str, *given: dict[str, Any], **more: Any) -> pa.Table:
    """The rows as publishing sees them after checking."""
    return checked(queries.groups()[group], rows(group, *given, **more), on=TODAY)


def household(person_id: UUID, size: int, **more: Any) -> dict[str, Any]:
    """A row of the household group."""
    return {"person_id": person_id, "household_size": size, "household_role": "head", "children": 0} | more
