"""What a receipt is made of."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class CellProblem:
    """One reason beside one cell.  row: physical, 1-based.  column: the source's header, "" for the whole row."""

    sheet: str
    row: int
    data_row: int
    column: str
    text: str
    severity: str = "warn"


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What was written.  format may differ from what came (.xls → .xlsx); `note` says so to the reader, else ""."""

    path: Path
    format: str
    rows: int
    marked_cells: int
    note: str
