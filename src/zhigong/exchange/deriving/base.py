"""The base as models see it: persons by their pseudonymous id, and the calendar."""

from __future__ import annotations

from datetime import date

import pyarrow as pa

from zhigong.exchange.deriving.definitions import PERSONS
from zhigong.kernel.db.bulk import copy_out, fetch, mark_sql

_PERSONS = """
SELECT id::text, l1, l2, l3, l4,
    CASE membership_status WHEN 0 THEN 'none' WHEN 1 THEN 'active' WHEN 2 THEN 'retained' WHEN 3 THEN 'ended' END,
    is_migrant::text, CASE sex WHEN 1 THEN 'male' WHEN 2 THEN 'female' ELSE 'unknown' END,
    birth_date, employer_id::text, joined_on, deceased_on, nullif(employment, ''), (id_index IS NOT NULL)::text,
    least(updated_at::date, %s::date)
FROM people_person ORDER BY id
"""
_TYPES = {
    "person_id": pa.string(),
    **{f"l{level}": pa.int32() for level in (1, 2, 3, 4)},
    "membership_status": pa.string(),
    "is_migrant": pa.bool_(),
    "sex": pa.string(),
    "birth_date": pa.date32(),
    "employer_key": pa.string(),
    "joined_on": pa.date32(),
    "deceased_on": pa.date32(),
    "employment": pa.string(),
    "identified": pa.bool_(),
    "as_of": pa.date32(),
}
SCHEMA = pa.schema([(name, _TYPES[name]) for name in PERSONS])


_LOOKED_AT = """(id, l1, l2, l3, l4, membership_status, is_migrant, sex, birth_date, employer_id, joined_on,
    deceased_on, employment, id_index IS NOT NULL, updated_at)"""
_STATE = f"""
SELECT count(*) || ':' || coalesce({mark_sql(_LOOKED_AT)}, ''), max(updated_at)::date > %(on)s FROM people_person
"""


def persons(on: date) -> pa.Table:
    """Everybody in scope, ordered by person_id; as_of: the day the base last changed what it says of her."""
    return pa.Table.from_batches(copy_out(_PERSONS, _TYPES, [on.isoformat()]), schema=SCHEMA)


def state(on: date) -> str:
    """How the base stands: with equal states `persons` gives the same. The day matters to who was changed after it."""
    mark, later = fetch(_STATE, {"on": on})[0]
    return f"{mark}@{on.isoformat()}" if later else str(mark)


def calendar(on: date) -> dict[str, pa.Table]:
    """The day, its month and its year, one row each: models read the coarsest that will do."""
    return {
        "day": pa.table({"today": pa.array([on])}),
        "month": pa.table({"starts_on": pa.array([on.replace(day=1)])}),
        "year": pa.table({"starts_on": pa.array([on.replace(month=1, day=1)])}),
    }
