"""The receipt of a batch: the file as it came, with a reason beside each bad cell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from uuid import UUID

import pyarrow as pa

from zhigong.audit import operations as audit
from zhigong.audit.types import Purpose
from zhigong.exchange.models import Batch
from zhigong.exchange.operations.checks import conformed_version
from zhigong.exchange.operations.intake import get_batch
from zhigong.exchange.publishing.roster import WHY
from zhigong.exchange.reading import ReadResult
from zhigong.exchange.receipts import CellProblem, Receipt, write_receipt
from zhigong.exchange.store import INBOX, lake_keys, lake_root, opened
from zhigong.exchange.types import BatchState
from zhigong.kernel.actor import Actor
from zhigong.kernel.errors import Refused
from zhigong.lake import queries as lake
from zhigong.lake.types import Layer

READABLE = (
    BatchState.CHECKED,
    BatchState.PUBLISHING,
    BatchState.HELD,
    BatchState.PUBLISHED,
    BatchState.UNDONE,
    BatchState.DISCARDED,
)


LAYOUT = frozenset(one.name for one in fields(ReadResult))
"""What the reader said; other words in a batch's layout came later."""


def write_batch_receipt(*, by: Actor, batch_id: UUID, out: Path) -> Receipt:
    """Write the receipt of a checked batch to `out`; recorded as an opening of the whole file."""
    batch = get_batch(by, batch_id, states=READABLE, lock=False)
    kept = lake.batch(lake_root(), layer=Layer.RAW, name=INBOX, version=batch.id.hex)
    if kept is None:
        raise Refused("原始文件不在了。", where=batch.file_name, do="请重新上传这个文件")
    with opened(kept, suffix=Path(batch.file_name).suffix.lower()) as original:
        layout = {name: value for name, value in batch.layout.items() if name in LAYOUT}
        receipt = write_receipt(
            original,
            result=ReadResult.from_dict(layout),
            problems=_problems(batch),
            out=out,
            batch=str(batch.number),
        )
    audit.record(
        by,
        action="exchange.receipt.written",
        purpose=Purpose.IMPORT_EXPORT,
        subject_kind="batch",
        subject_id=batch_id,
        count=batch.rows,
        union_chain=(batch.l1, batch.l2, batch.l3, batch.l4),
    )
    return receipt


def _problems(batch: Batch) -> Iterator[CellProblem]:
    """Problems in file order: what checking found in cells, then what became of the row in the base."""
    notes = {
        note["row"]: str(note.get("text") or WHY.get(str(note["outcome"]), ""))
        for note in batch.layout.get("notes", [])
    }
    ref = lake.batch(lake_root(), layer=Layer.CONFORMED, name=batch.source, version=conformed_version(batch))
    if ref is None:
        raise Refused("检查结果不在了。", where=f"批次 {batch.number}", do="请重新上传这个文件")
    for rows in lake.rows(ref, keys=lake_keys(), columns=["sheet", "row", "data_row", "problems"]):
        yield from _of_chunk(rows, notes)


def _of_chunk(rows: pa.RecordBatch, notes: dict[int, str]) -> Iterator[CellProblem]:
    columns = (rows[name].to_pylist() for name in ("sheet", "row", "data_row", "problems"))
    for sheet, row, data_row, problems in zip(*columns, strict=True):
        for problem in problems or ():
            yield CellProblem(
                sheet=sheet,
                row=row,
                data_row=data_row,
                column=problem["column"],
                text=problem["text"],
                severity=problem["severity"],
            )
        if data_row in notes:
            yield CellProblem(sheet=sheet, row=row, data_row=data_row, column="", text=notes[data_row])
