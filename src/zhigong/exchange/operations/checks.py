"""Checking a batch: read in a child process, conform chunk by chunk, keep raw and conformed rows sealed in the lake."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pyarrow as pa

from zhigong.exchange.checking import CellCounter, Checker, Tally, load_source
from zhigong.exchange.models import Batch
from zhigong.exchange.operations.intake import get_batch
from zhigong.exchange.progress import ProgressWriter
from zhigong.exchange.reading import ReadResult, read_file
from zhigong.exchange.store import INBOX, code_tables, lake_keys, lake_root, opened
from zhigong.exchange.types import BatchState
from zhigong.kernel.actor import ScopeOpener
from zhigong.kernel.errors import Refused
from zhigong.lake import operations as lake
from zhigong.lake import queries as lake_queries
from zhigong.lake.types import Layer

CHECKABLE = (BatchState.RECEIVED, BatchState.CHECKED, BatchState.FAILED, BatchState.HELD)


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found: the file's layout, verdicts counted, problems by kind, cells per column."""

    layout: ReadResult
    tally: Tally
    problems: list[dict[str, object]]
    cells: dict[str, list[int]]


def check(*, scope: ScopeOpener, batch_id: UUID) -> None:
    """Read and check a received batch; afterwards it is CHECKED, or FAILED with the reason kept.

    Parsing runs outside any transaction; only the result is written in one. Running again replaces the result.
    """
    with scope() as by:
        batch = get_batch(by, batch_id, states=CHECKABLE, lock=False)
    try:
        checked = read_and_check(batch)
    except Refused as refused:
        with scope():
            Batch.objects.filter(id=batch.id).update(state=BatchState.FAILED, error=refused.as_dict())
        raise
    with scope() as by:
        note_checked(get_batch(by, batch_id, states=CHECKABLE), checked)


def note_checked(batch: Batch, checked: Checked) -> None:
    """Keep what a check found; the batch is CHECKED then. Inside the caller's transaction, with the batch locked."""
    tally = checked.tally
    Batch.objects.filter(id=batch.id).update(
        state=BatchState.CHECKED,
        rows=tally.rows,
        accepted=tally.accepted,
        unverified=tally.unverified,
        rejected=tally.rejected,
        layout=checked.layout.as_dict(),
        problem_counts=checked.problems,
        comparison={"cells": checked.cells},
        error={},
    )


def read_and_check(batch: Batch, hand_on: Callable[[pa.Table], None] | None = None) -> Checked:
    """Read and check a batch's file, and keep its rows sealed in the lake; asks no table of ours.

    hand_on: is given every checked chunk. Raises Refused for a file that cannot be read.
    """
    source, keys, root = load_source(batch.source), lake_keys(), lake_root()
    kept = lake_queries.batch(root, layer=Layer.RAW, name=INBOX, version=batch.id.hex)
    if kept is None:
        raise Refused("原始文件不在了。", where=batch.file_name, do="请重新上传这个文件")
    counts: dict[tuple[str, str, str], int] = {}
    cells = CellCounter(source)
    with ExitStack() as stack:
        path = stack.enter_context(opened(kept, suffix=Path(batch.file_name).suffix.lower()))
        raw = stack.enter_context(lake.write_batch(root, layer=Layer.RAW, name=batch.source, keys=keys))
        conformed = stack.enter_context(lake.write_batch(root, layer=Layer.CONFORMED, name=batch.source, keys=keys))
        checker = stack.enter_context(Checker(source, on=batch.as_of, tables=code_tables(source)))
        progress = stack.enter_context(ProgressWriter(batch.id))

        def take(chunk: pa.RecordBatch) -> None:
            raw.write(chunk)
            rows = checker.check(chunk)
            _count(rows, counts)
            cells.add(chunk, rows)
            conformed.write(rows)
            if hand_on:
                hand_on(rows)
            progress.report(stage="检查", done=checker.tally.rows)

        result = read_file(path, columns=source.columns, on_chunk=take, name=batch.file_name)
        raw.keep_original(path)
        raw.commit()
        conformed.commit(version=conformed_version(batch))
        ranked = sorted(counts.items(), key=lambda item: -item[1])[:200]
        problems = [{"column": column, "code": code, "text": text, "count": n} for (column, code, text), n in ranked]
        return Checked(result, checker.tally, problems, cells.as_dict())


def conformed_version(batch: Batch) -> str:
    """Name of the conformed rows of a batch: of this batch and this file, whatever another union made of the same
    file."""
    return f"{batch.id.hex}"


def _count(rows: pa.Table, counts: dict[tuple[str, str, str], int]) -> None:
    """Count problems by column and code; the first sentence met stands for its kind."""
    problems = rows["problems"].combine_chunks()
    flat = problems.flatten() if problems.null_count < len(problems) else None
    if flat is None or not len(flat):
        return
    kinds: dict[tuple[str, str], tuple[str, int]] = {}
    for column, code, text in zip(
        flat.field("column").to_pylist(), flat.field("code").to_pylist(), flat.field("text").to_pylist(), strict=True
    ):
        first, seen = kinds.get((column, code), (text, 0))
        kinds[column, code] = (first, seen + 1)
    for (column, code), (text, n) in kinds.items():
        known = next((key for key in counts if key[:2] == (column, code)), (column, code, text))
        counts[known] = counts.get(known, 0) + n
