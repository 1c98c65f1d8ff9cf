"""Chooses how a receipt is written by what came."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from zhigong.exchange.reading import ReadResult
from zhigong.exchange.receipts.types import CellProblem, Receipt


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
    raise NotImplementedError
