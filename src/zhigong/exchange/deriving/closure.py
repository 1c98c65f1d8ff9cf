"""Who is affected by what changed: persons, and all that their facts may look at.

A fact of a person rests on her own rows, those of her household, those of her employer and those of the whole city.
Changes of the last two are told by the results of their models; this module follows the first two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

pc: Any = pyarrow.compute
HOUSEHOLD = "household_no"
SUBJECTS = ("subject_id", "head_subject_id", "guardian_subject_id")
Texts = Any
"""A set of texts as an Arrow array without nulls or repeats."""


@dataclass(frozen=True)
class Affected:
    """ids: whose facts may have changed; persons, relations: all that these facts may look at."""

    ids: Texts
    persons: pa.Table
    relations: Mapping[str, pa.Table]


def affected(*, subjects: Texts, households: Texts, persons: pa.Table, relations: Mapping[str, pa.Table]) -> Affected:
    """From subjects and households with changed rows to persons and relations.

    relations: rows in force by name; those about households carry `household_no`.
    """
    homes = [rows for rows in relations.values() if HOUSEHOLD in rows.column_names]
    touched = union(households, *(_with(rows, HOUSEHOLD, SUBJECTS, subjects) for rows in homes))
    mates = union(subjects, *(_values(_where(rows, (HOUSEHOLD,), touched), SUBJECTS) for rows in homes))
    found = _where(persons, ("person_id",), mates)
    own = _values(found, ("person_id",))
    around = union(touched, *(_with(rows, HOUSEHOLD, SUBJECTS, own) for rows in homes))
    kin = union(mates, *(_values(_where(rows, (HOUSEHOLD,), around), SUBJECTS) for rows in homes))
    chosen = {n: _where(rows, SUBJECTS, kin) for n, rows in relations.items() if HOUSEHOLD not in rows.column_names}
    # A pupil may live elsewhere than her guardian: where she lives must be seen, too.
    everyone = union(kin, *(_values(rows, SUBJECTS) for rows in chosen.values()))
    for name, rows in relations.items():
        if HOUSEHOLD in rows.column_names:
            chosen[name] = rows.filter(pc.or_(_hits(rows, (HOUSEHOLD,), around), _hits(rows, SUBJECTS, everyone)))
    return Affected(ids=own, persons=_where(persons, ("person_id",), everyone), relations=chosen)


def values_of(rows: pa.Table, names: tuple[str, ...]) -> Texts:
    """All texts in some columns, each once."""
    return _values(rows, names)


def union(*sets: Texts) -> Texts:
    """All of them, each once."""
    parts = [pa.array(one, pa.string()) if not isinstance(one, pa.Array) else one for one in sets]
    return pc.unique(pa.concat_arrays([pa.array([], pa.string()), *parts]))


def _values(rows: pa.Table, names: tuple[str, ...]) -> Texts:
    columns = [rows[name].combine_chunks() for name in names if name in rows.column_names]
    return union(*(one.drop_null() for one in columns))


def _hits(rows: pa.Table, names: tuple[str, ...], wanted: Texts) -> Any:  # noqa: ANN401
    hits = pa.chunked_array([pa.array(np.zeros(rows.num_rows, dtype=bool))])
    for name in names:
        if name in rows.column_names:
            hits = pc.or_(hits, pc.is_in(rows[name], value_set=wanted, skip_nulls=True))
    return hits


def _where(rows: pa.Table, names: tuple[str, ...], wanted: Texts) -> pa.Table:
    return rows.filter(_hits(rows, names, wanted))


def _with(rows: pa.Table, column: str, names: tuple[str, ...], wanted: Texts) -> Texts:
    return _values(_where(rows, names, wanted), (column,))
