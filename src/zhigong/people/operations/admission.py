"""Admission: a roster enters the base, chunk by chunk into a stage, then set by set, inside one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import Self
from uuid import UUID

import pyarrow as pa
from django.db import connection

from zhigong.audit import operations as audit
from zhigong.audit.types import Purpose
from zhigong.kernel.actor import Actor
from zhigong.kernel.db.bulk import analyse, copy_arrow, copy_out, create_stage, execute, fetch
from zhigong.kernel.vault import vault
from zhigong.people.operations import admission_sql as sql
from zhigong.people.operations.chunks import ChunkWriter
from zhigong.people.operations.staging import (
    REPEATED,
    STAGE,
    Chunk,
    Known,
    UnionKey,
    having,
    read_chunk,
    staged,
    union_codes,
)
from zhigong.people.types import AdmissionCounts, Outcome


class Admission:
    """One roster entering the base. Use as a context inside a transaction: stage every chunk, then finish; then
    commit shows all.

    by: the actor whose scope decides which unions may receive; batch_id marks every row so that the batch can be
        undone.
    default_union: code of the union for files that name none. marks: data row -> person of the rows of a chunk that
        carry
    the mark of an earlier receipt; they complete that person.
    """

    def __init__(
        self,
        *,
        by: Actor,
        batch_id: UUID,
        at_ms: int,
        default_union: str = "",
        marks: Callable[[pa.Table], Mapping[int, UUID]] | None = None,
    ) -> None:
        by.require("members.import")
        self._by, self._batch, self._at_ms, self._marks = by, batch_id, at_ms, marks
        self._default_union = default_union
        self._unions: dict[str, UnionKey | None] = {}
        self._repeated: list[tuple[int, bytes | None, str]] = []
        self._looked_up = 0
        self._writer = ChunkWriter(batch_id)
        _lock_admissions()
        create_stage("stage_people", STAGE)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()

    def stage(self, table: pa.Table) -> int:
        """Stage one checked chunk without its rejected rows; returns rows staged.

        table: columns of the roster's conform model, with data_row, verdict and problems.
        """
        table = self._without_repeats(table)
        if not table.num_rows:
            return 0
        chunk = read_chunk(table, default_union=self._default_union, keys=vault())
        self._writer.wait()
        chunk.unions = self._named(chunk.codes)
        chunk.known = self._look_up(chunk, self._marks(table) if self._marks else {})
        serials = _serials(table.num_rows)
        self._writer.start_pending()
        self._writer.pend(staged(chunk, keys=vault(), at_ms=self._at_ms, serials=serials))
        return int(table.num_rows)

    def _without_repeats(self, table: pa.Table) -> pa.Table:
        """Set aside later rows about a person named before in this file; they are linked when all are in."""
        repeats = having(table, *REPEATED)
        if not repeats.any():
            return table
        aside = table.filter(pa.array(repeats))
        indexes = vault().blind("person.id_number").index_many(aside["id_number"].to_pylist())
        codes = union_codes(aside, self._default_union)
        self._repeated += zip(aside["data_row"].to_pylist(), indexes, codes, strict=True)
        return table.filter(pa.array(~repeats))

    def _named(self, codes: list[str]) -> list[UnionKey | None]:
        """The unions of the scope that have these codes; each code is looked up once per file."""
        fresh = {code for code in codes if code} - self._unions.keys()
        if fresh:
            found = _unions_in_scope(sorted(fresh))
            self._unions |= {code: found.get(code) for code in fresh}
        return [self._unions.get(code) for code in codes]

    def _look_up(self, chunk: Chunk, known: Mapping[int, UUID]) -> list[Known | None]:
        by_identity = _resolve([index for index in chunk.id_indexes if index is not None])
        self._looked_up += len(by_identity)
        found = [by_identity.get(index) if index is not None else None for index in chunk.id_indexes]
        marked = _by_id([known[row] for row in chunk.rows if row in known])
        found = [hit or marked.get(known.get(row, _NOBODY)) for row, hit in zip(chunk.rows, found, strict=True)]
        if any(hit is None and index is None for hit, index in zip(found, chunk.id_indexes, strict=True)):
            alike = _look_alikes(chunk, found, self._batch)
            found = [hit or alike.get(row) for row, hit in zip(chunk.rows, found, strict=True)]
        return _once(found)

    def finish(self) -> AdmissionCounts:
        """Write persons, memberships and tallies; returns counts by outcome. `results` then yields every row."""
        self._writer.finish()
        if fetch("SELECT 1 FROM stage_people WHERE NOT is_new LIMIT 1"):
            analyse("stage_people", JOINED_BY)
            self._meet_known({"batch": self._batch})
        fetch(sql.RECOUNT_STAGED)
        self._link_repeats()
        counts = dict(
            fetch("SELECT outcome, count(*) FROM (" + sql.RESULTS + ") r (row, person_id, outcome) GROUP BY 1")
        )
        if counts.get(Outcome.CREATED.value, 0) >= WORTH_ANALYSING:
            fetch("SELECT people_analyse()")
        audit.record(
            self._by,
            action="people.roster.admitted",
            purpose=Purpose.IMPORT_EXPORT,
            subject_kind="batch",
            subject_id=self._batch,
            count=sum(counts.values()),
            detail={"resolved": self._looked_up, **counts},
        )
        return AdmissionCounts(by_outcome=counts)

    @staticmethod
    def _meet_known(values: dict[str, object]) -> None:
        execute(sql.ELSEWHERE)
        execute(sql.REMEMBER_ENDED, values)
        execute(sql.CHANGE_MEMBERSHIP)
        fetch(sql.CLAIM)
        execute(sql.JOINED)
        execute(sql.INSERT_MEMBERSHIPS.replace("{chunk}", "stage_people"), {**values, "outcome": "joined"})
        execute(sql.DIFFERS)
        execute(sql.REMEMBER_PERSONS, values)
        execute(sql.UPDATE_PERSONS)
        execute(sql.SAME)

    def _link_repeats(self) -> None:
        """Rows that repeat an earlier one are linked to the same person and change nothing; in another union they are
        a second membership."""
        if not self._repeated:
            return
        persons = _resolve([index for _, index, _ in self._repeated if index is not None])
        unions = self._named([code for *_, code in self._repeated])
        hits = [
            (row, persons.get(index) if index else None, union)
            for (row, index, _), union in zip(self._repeated, unions, strict=True)
        ]
        here = [hit is None or union is None or hit.held_by == union.id for _, hit, union in hits]
        rows = pa.table(
            {
                "row": pa.array([row for row, *_ in hits], pa.int32()),
                "person_id": pa.array([str(hit.person_id) if hit else None for _, hit, _ in hits], pa.string()),
                "outcome": [(Outcome.REPEATED if same else Outcome.ELSEWHERE).value for same in here],
                "is_new": pa.array([False] * len(hits), pa.bool_()),
            }
        )
        copy_arrow("stage_people", rows.column_names, [rows])

    @staticmethod
    def results() -> Iterator[pa.RecordBatch]:
        """What became of every staged row: row, person_id, outcome; streamed, in row order."""
        return copy_out(sql.RESULTS, {"row": pa.int32(), "person_id": pa.string(), "outcome": pa.string()})


_NOBODY = UUID(int=0)
WORTH_ANALYSING = 5_000
JOINED_BY = ("person_id", "union_id", "is_new", "outcome", "standing", "status")


def _lock_admissions() -> None:
    """One roster at a time: two files naming the same new person must not both create her."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('people.admission'))")


def _unions_in_scope(codes: list[str]) -> dict[str, UnionKey]:
    rows = fetch(
        "SELECT code, id, l1, l2, l3, l4, division_code FROM orgs_union WHERE code = ANY (%(codes)s) "
        "AND status IN (1, 2) AND (l1 = ANY (kernel_scope_unions()) OR l2 = ANY (kernel_scope_unions()) "
        "OR l3 = ANY (kernel_scope_unions()) OR l4 = ANY (kernel_scope_unions()))",
        {"codes": codes},
    )
    return {
        code: UnionKey(id=key, chain=(l1, l2, l3, l4), division=division)
        for code, key, l1, l2, l3, l4, division in rows
    }


def _serials(count: int) -> list[int]:
    """The next serials of membership numbers."""
    query = "SELECT array_agg(nextval('people_member_no')) FROM generate_series(1, %(n)s)"
    return list(fetch(query, {"n": count})[0][0])


def _resolve(indexes: list[bytes]) -> dict[bytes, Known]:
    if not indexes:
        return {}
    # An array literal: the driver takes ten times as long over a list of bytes.
    literal = "{" + ",".join('"\\\\x' + index.hex() + '"' for index in indexes) + "}"
    rows = fetch(
        "SELECT id_index, person_id, union_id, membership_status FROM people_resolve(%(indexes)s::bytea[])",
        {"indexes": literal},
    )
    return {
        bytes(index): Known(person_id=person, held_by=union, standing=status) for index, person, union, status in rows
    }


def _by_id(ids: list[UUID]) -> dict[UUID, Known]:
    if not ids:
        return {}
    rows = fetch("SELECT id, union_id, membership_status FROM people_person WHERE id = ANY (%(ids)s)", {"ids": ids})
    return {person: Known(person_id=person, held_by=union, standing=status) for person, union, status in rows}


def _look_alikes(chunk: Chunk, found: list[Known | None], batch: UUID) -> dict[int, Known]:
    wanted = [
        (row, str(union.id), name, phone, birth)
        for row, union, name, phone, birth, index, hit in zip(
            chunk.rows,
            chunk.unions,
            chunk.names,
            chunk.phone_indexes,
            chunk.table["birth_date"].to_pylist(),
            chunk.id_indexes,
            found,
            strict=True,
        )
        if hit is None and index is None and union is not None
    ]
    if not wanted:
        return {}
    rows, unions, names, phones, births = (list(column) for column in zip(*wanted, strict=True))
    values = {"rows": rows, "unions": unions, "names": names, "phones": phones, "births": births, "batch": batch}
    hits = fetch(sql.LOOK_ALIKE, values)
    return {row: Known(person_id=person, held_by=union, standing=status) for row, person, union, status in hits}


def _once(found: list[Known | None]) -> list[Known | None]:
    """A person is met once per chunk; a second look-alike becomes a person of its own, to be reviewed."""
    seen: set[UUID] = set()
    kept: list[Known | None] = []
    for hit in found:
        kept.append(None if hit is not None and hit.person_id in seen else hit)
        if hit is not None:
            seen.add(hit.person_id)
    return kept
