"""The stage of a roster: which columns it has, and how a checked chunk becomes rows ready for set-based SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhigong.kernel.crypto import Keyring
from zhigong.kernel.ids import texts_of, uuid7_bytes, uuid7_texts
from zhigong.kernel.names import initials_many, sort_keys
from zhigong.people.types import Outcome

STAGE = {
    "row": "integer",
    "person_id": "uuid",
    "membership_id": "uuid",
    "is_new": "boolean",
    "standing": "smallint",
    "held_by": "uuid",
    "outcome": "text",
    "union_id": "uuid",
    "l1": "integer",
    "l2": "integer",
    "l3": "integer",
    "l4": "integer",
    "name": "text",
    "name_sort": 'text COLLATE "C"',
    "initials": 'text COLLATE "C"',
    "sex": "smallint",
    "birth_date": "date",
    "ethnicity": "text",
    "education": "text",
    "skill": "text",
    "political": "text",
    "employment": "text",
    "household_type": "text",
    "household_place": "text",
    "native_place": "text",
    "is_migrant": "boolean",
    "id_type": "text",
    "id_cipher": "bytea",
    "id_index": "bytea",
    "id_tail": "integer",
    "phone_cipher": "bytea",
    "phone_index": "bytea",
    "phone_tail": "integer",
    "phone_masked": "text",
    "employer_name": "text",
    "verification": "smallint",
    "member_no": "text",
    "status": "smallint",
    "change_type": "smallint",
    "change_reason": "text",
    "changed_on": "date",
}

REPEATED = ("duplicate_same", "duplicate_differs")
CONFLICTING = "duplicate_conflict"
PLAIN_TEXT = (
    "household_place",
    "native_place",
    "employer_name",
    "ethnicity",
    "education",
    "skill",
    "political",
    "employment",
    "household_type",
    "id_type",
    "change_reason",
)


@dataclass(frozen=True, slots=True)
class UnionKey:
    """A union of the scope as staging needs it."""

    id: UUID
    chain: tuple[int, int, int, int]
    division: str


@dataclass(frozen=True, slots=True)
class Known:
    """A person already in the base; held_by is the union of her living or last membership."""

    person_id: UUID
    held_by: UUID
    standing: int


@dataclass(slots=True)
class Chunk:
    """One checked chunk on its way to the stage: columns as lists, one entry per row, in order."""

    rows: list[int]
    names: list[str]
    ids: list[str | None]
    phones: list[str | None]
    id_indexes: list[bytes | None]
    phone_indexes: list[bytes | None]
    codes: list[str]
    table: pa.Table
    unions: list[UnionKey | None] = field(default_factory=list)
    known: list[Known | None] = field(default_factory=list)


def having(table: pa.Table, *codes: str) -> npt.NDArray[np.bool_]:
    """Which rows have a problem of one of these codes."""
    problems = table["problems"].combine_chunks()
    hit = pc.is_in(pc.list_flatten(problems).field("code"), value_set=pa.array(codes))
    found = np.zeros(table.num_rows, dtype=np.bool_)
    found[pc.list_parent_indices(problems).filter(hit).to_numpy()] = True
    return found


def union_codes(table: pa.Table, default: str) -> list[str]:
    """The code of each row's union: its own, or that of the file; "" for neither."""
    if "union_code" not in table.column_names:
        return [default] * table.num_rows
    return [code or default for code in table["union_code"].to_pylist()]


def read_chunk(table: pa.Table, *, default_union: str, keys: Keyring) -> Chunk:
    """Bring one checked chunk into staging form and compute its blind indexes; its unions are looked up later.

    A row whose identity contradicts an earlier row of the file keeps its name but not that identity.
    """
    ids = table["id_number"].to_pylist()
    usable = table["verdict"].to_pylist()
    conflicts = having(table, CONFLICTING).tolist()
    ids = [
        value if ok == "accepted" and not clash else None
        for value, ok, clash in zip(ids, usable, conflicts, strict=True)
    ]
    phones = table["phone"].to_pylist()
    return Chunk(
        rows=table["data_row"].to_pylist(),
        names=table["name"].to_pylist(),
        ids=ids,
        phones=phones,
        id_indexes=keys.blind("person.id_number").index_many(ids),
        phone_indexes=keys.blind("phone").index_many(phones),
        codes=union_codes(table, default_union),
        table=table,
    )


def staged(chunk: Chunk, *, keys: Keyring, at_ms: int, serials: Sequence[int]) -> pa.Table:
    """The stage rows of a chunk whose unions and known persons have been looked up."""
    count = len(chunk.rows)
    persons = uuid7_bytes(count, at_ms=at_ms)
    for place, known in enumerate(chunk.known):
        if known is not None:
            persons[place] = np.frombuffer(known.person_id.bytes, np.uint8)
    unions = chunk.unions
    columns: dict[str, Any] = {
        "row": pa.array(chunk.rows, pa.int32()),
        "person_id": texts_of(persons),
        "membership_id": uuid7_texts(count, at_ms=at_ms),
        "is_new": [known is None and union is not None for known, union in zip(chunk.known, unions, strict=True)],
        "standing": pa.array([known.standing if known else None for known in chunk.known], pa.int16()),
        "held_by": [str(known.held_by) if known else None for known in chunk.known],
        "outcome": [_first_outcome(known, union) for known, union in zip(chunk.known, unions, strict=True)],
        "union_id": [str(union.id) if union else None for union in unions],
        **{f"l{n + 1}": pa.array([u.chain[n] if u else None for u in unions], pa.int32()) for n in range(4)},
        "name": chunk.names,
        "name_sort": sort_keys(chunk.names),
        "initials": initials_many(chunk.names),
        "member_no": member_numbers([u.division if u else "" for u in unions], serials),
    }
    columns |= _sealed(chunk, persons, keys) | _plain(chunk.table)
    return pa.table({name: columns[name] for name in STAGE})


def _first_outcome(known: Known | None, union: UnionKey | None) -> str | None:
    """What is certain before the base is asked; the outcome of known persons is not."""
    if union is None:
        return Outcome.UNKNOWN_UNION.value
    return Outcome.CREATED.value if known is None else None


def _sealed(chunk: Chunk, persons: npt.NDArray[np.uint8], keys: Keyring) -> dict[str, Any]:
    # A phone already held under the same index is sealed anew; a known identity keeps the cipher it has.
    sealed_ids = keys.field("people_person.id_number").seal_many(chunk.ids, persons)
    return {
        "id_cipher": _hexed(sealed_ids),
        "id_index": _hexed(chunk.id_indexes),
        "id_tail": pa.array(keys.blind("person.id_tail").tail_many(chunk.ids), pa.int32()),
        "phone_cipher": _hexed(keys.field("people_person.phone").seal_many(chunk.phones, persons)),
        "phone_index": _hexed(chunk.phone_indexes),
        "phone_tail": pa.array(keys.blind("person.phone_tail").tail_many(chunk.phones), pa.int32()),
        "phone_masked": [f"{phone[:3]}****{phone[-4:]}" if phone else "" for phone in chunk.phones],
        "verification": pa.array([1 if value else 0 for value in chunk.ids], pa.int16()),
    }


def _hexed(values: Sequence[bytes | None]) -> list[str | None]:
    return ["\\x" + value.hex() if value is not None else None for value in values]


def _plain(table: pa.Table) -> dict[str, Any]:
    change = pc.coalesce(_small(table, "change_type"), pa.scalar(1, pa.int16()))
    living = pc.if_else(pc.equal(change, pa.scalar(3, pa.int16())), pa.scalar(2, pa.int16()), pa.scalar(1, pa.int16()))
    columns = {name: _text(table, name) for name in PLAIN_TEXT}
    migrant = (
        table["is_migrant"].combine_chunks()
        if "is_migrant" in table.column_names
        else pa.nulls(table.num_rows, pa.bool_())
    )
    return columns | {
        "sex": pc.coalesce(_small(table, "sex"), pa.scalar(0, pa.int16())),
        "birth_date": table["birth_date"],
        "is_migrant": pc.coalesce(migrant, pa.scalar(value=False)),
        "status": pc.if_else(pc.greater(change, pa.scalar(3, pa.int16())), pa.scalar(3, pa.int16()), living),
        "change_type": change,
        "changed_on": table["change_date"],
    }


def _text(table: pa.Table, name: str) -> pa.Array:
    if name not in table.column_names:
        return pa.array([""] * table.num_rows, pa.string())
    return pc.coalesce(table[name].cast(pa.string()), pa.scalar(""))


def _small(table: pa.Table, name: str) -> pa.Array:
    if name not in table.column_names:
        return pa.nulls(table.num_rows, pa.int16())
    return table[name].cast(pa.int16())


def member_numbers(divisions: Sequence[str], serials: Sequence[int]) -> list[str]:
    """Membership numbers: division (6), serial (9), two check digits by ISO/IEC 7064 MOD 97-10."""
    heads = np.array(
        [int(division[:6].ljust(6, "0")) if division[:6].isdigit() else 0 for division in divisions], dtype=np.int64
    )
    base = heads * 10**9 + np.asarray(serials, dtype=np.int64)
    checks = 98 - (base * 100) % 97
    return [f"{number:015d}{check:02d}" for number, check in zip(base.tolist(), checks.tolist(), strict=True)]
