"""Chooses how a receipt is written by what came."""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path

from zhigong.exchange.reading import ReadResult
from zhigong.exchange.receipts.texts import append_column
from zhigong.exchange.receipts.types import CellProblem, Lines, Receipt
from zhigong.exchange.receipts.workbooks import patch_workbook, rewrite_workbook
from zhigong.kernel.errors import Refused

Way = Callable[[Path, Path, ReadResult, Lines], None]

WAYS: dict[str, tuple[Way, str]] = {
    "xlsx": (patch_workbook, "xlsx"),
    "xls": (rewrite_workbook, "xlsx"),
    "xlsb": (rewrite_workbook, "xlsx"),
    "csv": (append_column, "csv"),
}
_BATCH = re.compile(r"[A-Za-z0-9.-]{1,80}")


def write_receipt(
    original: Path,
    *,
    result: ReadResult,
    problems: Iterable[CellProblem],
    batch: str,
    out: Path,
    passed: str = "通过",
) -> Receipt:
    """Write `original` to `out` with reasons; `result` is what `read_file` returned for it (or its from_dict).

    problems come ordered by sheet (as in `result.sheets`), then row; they are consumed as a stream.
    Every data row gets a text in the column 导入结果: its reasons, or `passed`, then the token 〔#<batch>-<data_row>〕
    by which a re-upload of the receipt is matched row by row (`receipt_ref` in the reader's chunks).
    batch: short name of the batch, letters, digits, dots and hyphens.  Written to a temporary name, then renamed.
    .xls and .xlsb come back as .xlsx: `out` gets that suffix and `Receipt.note` says so.
    """
    if not _BATCH.fullmatch(batch):
        raise Refused("批次号不合规则", where=batch[:80], why="只允许字母、数字、点和横线")
    way, made = WAYS[result.format]
    rewritten = made != result.format
    target = out.with_suffix(f".{made}") if rewritten else out
    lines = Lines(problems, batch, passed)
    scratch = target.with_name(f".{uuid.uuid4().hex}.tmp")
    try:
        way(original, scratch, result, lines)
        lines.settle()
        os.replace(scratch, target)
    finally:
        scratch.unlink(missing_ok=True)
    note = f"原文件是 .{result.format} 格式，回执另存为 .xlsx，内容不变，单元格格式没有保留。" if rewritten else ""
    return Receipt(path=target, format=made, rows=lines.rows, marked_cells=lines.marked, note=note)
