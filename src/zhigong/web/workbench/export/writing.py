"""Rows into files: CSV piece by piece, a workbook with flat memory; no cell is ever a formula (ASVS 1.2.10)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import xlsxwriter

BOM = "\ufeff".encode()
WORKBOOK_ROWS = 1_000_000  # a sheet holds 1 048 576


def csv_pieces(columns: Sequence[str], lines: Iterable[bytes]) -> Iterator[bytes]:
    """UTF-8 with BOM, so that Excel reads it: our own titles, then the lines as the query made them safe."""
    yield BOM + (",".join(columns) + "\n").encode()
    yield from lines


def write_workbook(
    path: Path, columns: Sequence[str], batches: Iterable[pa.RecordBatch], *, notes: Sequence[tuple[str, str]]
) -> int:
    """One sheet of typed texts and one that says who made it and why; returns the rows written."""
    options = {
        "constant_memory": True, "tmpdir": str(path.parent), "strings_to_formulas": False, "strings_to_urls": False,
        "strings_to_numbers": False,
    }  # fmt: skip
    row = 0
    with xlsxwriter.Workbook(str(path), options) as book:
        head = book.add_format({"bold": True, "bg_color": "#F0EFEC"})
        sheet = book.add_worksheet("会员")
        sheet.freeze_panes(1, 0)
        for place, title in enumerate(columns):
            sheet.set_column(place, place, max(12, 2 * len(title) + 4))
            sheet.write_string(0, place, title, head)
        for batch in batches:
            for cells in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                row += 1
                for place, cell in enumerate(cells):
                    if cell:
                        sheet.write_string(row, place, cell)
        about = book.add_worksheet("说明")
        about.set_column(0, 1, 24)
        for line, (label, text) in enumerate(notes):
            about.write_string(line, 0, label, head)
            about.write_string(line, 1, text)
    return row
