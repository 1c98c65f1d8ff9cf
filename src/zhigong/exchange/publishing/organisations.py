"""Unions and employers enter the base by the set-based loads of orgs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from zhigong.exchange.checking import REPEATS
from zhigong.exchange.models import Batch
from zhigong.exchange.publishing.types import Published
from zhigong.kernel.actor import Actor
from zhigong.kernel.ids import uuid7_texts
from zhigong.kernel.names import initials_many, sort_keys, unit_key
from zhigong.orgs import operations as orgs
from zhigong.orgs.types import EmployerStatus, Level, UnionKind

LEVELS = {level.code: level.value for level in Level}
KINDS = {kind.code: kind.value for kind in UnionKind}
STATUSES = {
    "存续": EmployerStatus.ACTIVE,
    "在业": EmployerStatus.ACTIVE,
    "开业": EmployerStatus.ACTIVE,
    "正常": EmployerStatus.ACTIVE,
    "在营": EmployerStatus.ACTIVE,
    "吊销": EmployerStatus.REVOKED,
    "注销": EmployerStatus.CANCELLED,
}


def _first_rows(table: pa.Table) -> pa.Table:
    """Without rows that repeat an earlier one of the file; the receipt has told so."""
    problems = table["problems"].to_pylist()
    keep = [not any(problem["code"] in REPEATS for problem in row or ()) for row in problems]
    return table if all(keep) else table.filter(pa.array(keep))


def publish_unions(*, by: Actor, batch: Batch, chunks: Iterator[pa.Table], at_ms: int) -> Published:
    """Load the tree, then who covers whom. Rows without a known parent are noted and wait for a corrected file."""
    tables = [_first_rows(chunk) for chunk in chunks]
    stage = [_unions(table, at_ms) for table in tables if table.num_rows]
    counts, orphans = orgs.load_unions(by=by, batches=stage, batch_id=batch.id, as_of=batch.as_of)
    covered = [_coverages(table, at_ms) for table in tables if table.num_rows]
    orgs.load_coverages(
        by=by, batches=[rows for rows in covered if rows.num_rows], batch_id=batch.id, as_of=batch.as_of
    )
    notes: list[dict[str, object]] = [
        {"row": row, "outcome": "orphan", "text": f"上级工会编码 {parent or '（空）'} 不存在，或级别不对"}
        for row, _, parent in orphans
    ]
    return Published(
        created=counts.created,
        updated=counts.updated,
        unchanged=counts.unchanged,
        elsewhere=counts.refused,
        notes=notes,
    )


def _unions(table: pa.Table, at_ms: int) -> pa.Table:
    names = table["name"].to_pylist()
    return pa.table(
        {
            "id": uuid7_texts(table.num_rows, at_ms=at_ms),
            "row": table["data_row"].cast(pa.int32()),
            "code": table["code"],
            "name": names,
            "name_sort": sort_keys(names),
            "initials": initials_many(names),
            "parent_code": table["parent_code"],
            "level": pa.array([LEVELS.get(code or "grassroots", 4) for code in table["level"].to_pylist()], pa.int16()),
            "kind": pa.array([KINDS.get(code or "enterprise", 3) for code in table["kind"].to_pylist()], pa.int16()),
            "division_code": pc.coalesce(table["division_code"], pa.scalar("")),
            "founded_on": table["founded_on"],
            "term_ends_on": table["term_ends_on"],
        }
    )


def _coverages(table: pa.Table, at_ms: int) -> pa.Table:
    pairs: list[tuple[str, str]] = []
    for code, covered in zip(table["code"].to_pylist(), table["covered_credit_codes"].to_pylist(), strict=True):
        wanted = (part.strip() for part in (covered or "").replace("；", ";").split(";"))
        pairs += [(code, credit) for credit in dict.fromkeys(wanted) if len(credit) == 18]
    return pa.table(
        {
            "id": uuid7_texts(len(pairs), at_ms=at_ms),
            "employer_id": uuid7_texts(len(pairs), at_ms=at_ms),
            "union_code": pa.array([union for union, _ in pairs], pa.string()),
            "credit_code": pa.array([credit for _, credit in pairs], pa.string()),
        }
    )


def publish_enterprises(*, by: Actor, batch: Batch, chunks: Iterator[pa.Table], at_ms: int) -> Published:
    """Load the register: new employers, and what changed in known ones."""
    stage = (_employers(table, at_ms) for chunk in chunks if (table := _first_rows(chunk)).num_rows)
    counts = orgs.load_employers(by=by, batches=stage, batch_id=batch.id)
    return Published(created=counts.created, updated=counts.updated, unchanged=counts.unchanged)


def _employers(table: pa.Table, at_ms: int) -> pa.Table:
    names = table["name"].to_pylist()
    columns: dict[str, Any] = {
        "id": uuid7_texts(table.num_rows, at_ms=at_ms),
        "row": table["data_row"].cast(pa.int32()),
        "credit_code": table["credit_code"],
        "name": names,
        "name_sort": sort_keys(names),
        "name_key": [unit_key(name) for name in names],
    }
    for field in ("industry", "registration_type", "division_code", "address"):
        columns[field] = pc.coalesce(table[field].cast(pa.string()), pa.scalar(""))
    states = [STATUSES.get((text or "").strip(), EmployerStatus.OTHER) for text in table["status"].to_pylist()]
    return pa.table(columns | {"status": pa.array(states, pa.int16()), "founded_on": table["founded_on"]})
