"""Reads a file as people send it: .xlsx, .xls, .xlsb, .csv, tabbed text.  Parsing happens in a child process.

Owns containers, encodings and layouts (where the header is, which rows are data); must not know what a value means.
The child imports this package as well, so everything heavy is imported inside functions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from zhigong.exchange.reading.types import (
    RECEIPT_COLUMN,
    Aside,
    Column,
    ColumnMatch,
    Limits,
    Notice,
    ReadResult,
    SheetResult,
)

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "RECEIPT_COLUMN",
    "Aside",
    "Column",
    "ColumnMatch",
    "Limits",
    "Notice",
    "ReadResult",
    "SheetResult",
    "read_cells",
    "read_file",
]


def read_file(
    path: Path,
    *,
    columns: Sequence[Column],
    on_chunk: Callable[[pa.RecordBatch], None],
    limits: Limits | None = None,
    name: str | None = None,
) -> ReadResult:
    """Read every sheet of `path`, hand its data rows to `on_chunk`, return how the file was understood.

    name: the file's name as its sender knows it (decides the expected kind, shown in refusals); default `path.name`.
    Each chunk has at most `limits.chunk_rows` rows, with the columns
      sheet string, row int32 (1-based as Excel shows it), data_row int64 (1-based over the file),
      receipt_ref string (`<batch>-<data_row>` found in an earlier receipt's column, else null),
      damaged list<string> (columns whose cell held a number beyond Excel's 15 digits),
      extra string (JSON object of the columns we don't know, else null),
      and one string column per name in `columns`, the cell's text as it came, null when empty or absent.
    `on_chunk` runs in this process while the child parses on; an exception from it stops the child and propagates.
    Raises Refused (what, where, why, do) for anything we can't or won't read; chunks may have been handed out before.
    """
    from zhigong.exchange.reading.parent import read

    return read(path, columns=columns, on_chunk=on_chunk, limits=limits or Limits(), name=name or path.name)


def read_cells(
    path: Path, *, limits: Limits | None = None, name: str | None = None
) -> Iterator[tuple[str, bool, list[list[str]]]]:
    """Every row of every sheet as text, in blocks: sheet, whether it is shown, rows in order (an empty sheet gives []).

    For copying a workbook: no layout is looked for.  Raises Refused as `read_file` does.
    """
    from zhigong.exchange.reading.parent import dump

    yield from dump(path, limits=limits or Limits(), name=name or path.name)
