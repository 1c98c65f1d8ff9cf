"""Receipts of text files: the same rows, encoding and delimiter, with one column more."""

from __future__ import annotations

import csv
from pathlib import Path

from zhigong.exchange.reading import RECEIPT_COLUMN, Limits, ReadResult
from zhigong.exchange.reading.textfiles import Dialect, Oddities, blocks
from zhigong.exchange.receipts.types import Line, Lines

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\0")


def append_column(original: Path, out: Path, result: ReadResult, lines: Lines) -> None:
    """Copy a text file row by row.  Only what we add is guarded against formulas: the rest is as it came."""
    sheet = result.sheets[0]
    column = sheet.receipt_position if sheet.receipt_position is not None else sheet.width
    told = lines.of(sheet)
    line: Line | None = Line(sheet.header_row, RECEIPT_COLUMN, {})
    dialect = Dialect(result.encoding, result.delimiter)
    with out.open("w", encoding=dialect.encoding, newline="") as sink:
        writer = csv.writer(sink, delimiter=dialect.delimiter, lineterminator="\r\n")
        number = 0
        for block in blocks(original, dialect, original.name, Limits(), Oddities()):
            for row in block:
                number += 1
                if line and line.row == number:
                    row += [""] * (column + 1 - len(row))
                    row[column] = inert(line.text)
                    line = next(told, None)
            writer.writerows(block)
    for _ in told:
        pass


def inert(text: str) -> str:
    """A text no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
