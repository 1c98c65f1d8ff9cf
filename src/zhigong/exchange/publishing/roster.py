"""The roster enters the base by admission (people)."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pyarrow as pa

from zhigong.exchange.models import Batch
from zhigong.exchange.publishing.types import Published
from zhigong.exchange.store import lake_keys, lake_root
from zhigong.exchange.types import BatchState
from zhigong.kernel.actor import Actor
from zhigong.kernel.db.bulk import fetch
from zhigong.kernel.errors import Refused
from zhigong.lake import queries as lake
from zhigong.lake.types import Layer
from zhigong.people.operations import Admission
from zhigong.people.types import Outcome

WHY = {
    Outcome.ELSEWHERE.value: "会籍在其他工会：一人只能有一处会籍，请由原工会办理转出，或在「会员接转」中发起",
    Outcome.UNKNOWN_UNION.value: "工会编码不在您的管辖范围内，或不存在：请核对工会编码",
    Outcome.REPEATED.value: "与本文件前面的行是同一个人，已合并，不重复建档",
}


def publish_roster(*, by: Actor, batch: Batch, chunks: Iterator[pa.Table], at_ms: int) -> Published:
    """Admit the usable rows of a roster; rows whose member belongs elsewhere are noted, never forced."""
    default = batch.default_union_code or _own_union(by)
    with Admission(by=by, batch_id=batch.id, at_ms=at_ms, default_union=default, marks=_Marks().persons) as admission:
        staged = sum(admission.stage(table) for table in chunks)
        if not staged:
            raise Refused(
                "没有可以导入的行。", where=batch.file_name, why="每一行都缺少姓名", do="请按回执逐行补齐后重新上传"
            )
        counts = admission.finish()
    if counts.of(Outcome.UNKNOWN_UNION) == staged:
        raise Refused(
            "没有一行能归到工会。",
            where=batch.file_name,
            why="工会编码缺失，或不在您的管辖范围内",
            do="请在导入时选择工会，或补齐「工会编码」一列",
        )
    notes: list[dict[str, object]] = []
    return Published(
        created=counts.of(Outcome.CREATED),
        updated=counts.of(Outcome.UPDATED),
        unchanged=counts.of(Outcome.UNCHANGED) + counts.of(Outcome.REPEATED),
        elsewhere=counts.of(Outcome.ELSEWHERE) + counts.of(Outcome.UNKNOWN_UNION),
        links=_noted(admission.results(), notes),
        notes=notes,
    )


def _own_union(by: Actor) -> str:
    """The code of the union acted for, when it is a grassroots one: its members need not repeat it."""
    if by.level != 4:
        return ""
    found = fetch("SELECT code FROM orgs_union WHERE id = %(id)s", {"id": by.union_id})
    return str(found[0][0]) if found else ""


def _noted(
    results: Iterator[pa.RecordBatch], notes: list[dict[str, object]], most: int = 5_000
) -> Iterator[pa.RecordBatch]:
    """Pass results on, noting rows that need an answer; the receipt shows them beside the row."""
    for rows in results:
        outcomes = rows["outcome"].to_pylist()
        if len(notes) < most and not WHY.keys().isdisjoint(outcomes):
            pairs = zip(rows["row"].to_pylist(), outcomes, strict=True)
            notes.extend({"row": row, "outcome": outcome} for row, outcome in pairs if outcome in WHY)
        yield rows


class _Marks:
    """Persons named by the marks that our receipts leave on rows (`<batch>-<row>`), looked up batch by batch."""

    def __init__(self) -> None:
        self._batches: dict[int, dict[int, UUID]] = {}

    def persons(self, table: pa.Table) -> dict[int, UUID]:
        """Data row → person, for rows of this chunk that carry a mark."""
        if table["receipt_ref"].null_count == table.num_rows:
            return {}
        found = {}
        for row, mark in zip(table["data_row"].to_pylist(), table["receipt_ref"].to_pylist(), strict=True):
            number, _, line = (mark or "").partition("-")
            if number.isdigit() and line.isdigit() and (person := self._of(int(number)).get(int(line))):
                found[row] = person
        return found

    def _of(self, number: int) -> dict[int, UUID]:
        if number not in self._batches:
            self._batches[number] = _linked(number)
        return self._batches[number]


def _linked(number: int) -> dict[int, UUID]:
    """Row → person of an earlier batch of the scope, from its links; empty for any other."""
    batch = Batch.objects.filter(number=number, source="roster", state=BatchState.PUBLISHED).first()
    version = batch.layout.get("links") if batch else None
    ref = lake.batch(lake_root(), layer=Layer.ENTITIES, name="links-roster", version=version) if version else None
    if ref is None:
        return {}
    return {
        row: UUID(person)
        for rows in lake.rows(ref, keys=lake_keys(), columns=["row", "person_id", "outcome"])
        for row, person, outcome in zip(
            *(rows[name].to_pylist() for name in ("row", "person_id", "outcome")), strict=True
        )
        if person and outcome not in (Outcome.ELSEWHERE.value, Outcome.UNKNOWN_UNION.value)
    }
