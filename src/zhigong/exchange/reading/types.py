"""What the reader takes and gives.  Light on purpose: the parsing child process imports this module too."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Severity = Literal["reject", "unverify", "warn"]

MOST_RUNS = 100_000

RECEIPT_COLUMN = "导入结果"
"""Header of the column our receipts add; the reader never takes it for data."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of a source as its `source.yaml` declares it.

    name: the official header and the column's name in raw batches. field: typed name after checking.
    kind: text, code-text, name, unit_name, id_number, credit_code, date, month, phone, money, integer, boolean or
    `code:<table>`.  required: an empty cell is a problem of `severity`, and a header must name a required column.
    key: an identity field, its damage makes a row unverified.  past: the date can't lie after the day of receipt.
    not_negative: the number can't be below zero.
    id_type: for id_number, the field that holds the kind of document.
    """

    name: str
    field: str
    kind: str = "text"
    aliases: tuple[str, ...] = ()
    required: bool = False
    key: bool = False
    severity: Severity = "warn"
    past: bool = False
    not_negative: bool = False
    id_type: str = ""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much a file may ask of us (security.md §4.11).  Bytes, rows, seconds.

    packed_bytes / unpacked_bytes / ratio / entries bound workbooks; text_bytes bounds CSV.
    """

    packed_bytes: int = 20 * 2**20
    unpacked_bytes: int = 200 * 2**20
    ratio: int = 100
    entries: int = 2_000
    sheet_rows: int = 200_000
    columns: int = 500
    cells: int = 8_000_000
    text_bytes: int = 2 * 2**30
    text_rows: int = 20_000_000
    cell_chars: int = 32_767
    memory_bytes: int = 256 * 2**20
    workbook_seconds: int = 60
    text_seconds: int = 900
    chunk_rows: int = 20_000
    asides: int = 1_000


@dataclass(frozen=True, kw_only=True)
class ColumnMatch:
    """Where a column was found: position is 0-based in the sheet; name is "" for a column we keep but don't know."""

    position: int
    header: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Aside:
    """A physical row that is no data row, and why (kind as in `SheetResult.counts`); text is its beginning."""

    sheet: str
    row: int
    kind: str
    reason: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Notice:
    """Something about the file its sender should know: read all the same, nothing was dropped."""

    code: str
    text: str
    sheet: str = ""
    row: int = 0


@dataclass(frozen=True, kw_only=True)
class SheetResult:
    """How one sheet was understood.

    role: data, dropdown, empty or other (no known header).  header_row: 1-based last header row, 0 without.
    counts: physical rows by class: data, title, header, notes, blank, total, signature, sample, unread; they add up to
    `physical_rows`.  runs: data rows as (first physical row, how many), in order; at most `MOST_RUNS` of them.
    unit_name: what stands beside 填表单位 or names a union in the titles, "" when nothing does.
    width: columns in use; receipt_position: 0-based column of an earlier receipt's 导入结果, None without.
    """

    name: str
    role: str
    visible: bool = True
    header_row: int = 0
    columns: tuple[ColumnMatch, ...] = ()
    receipt_position: int | None = None
    width: int = 0
    titles: tuple[str, ...] = ()
    unit_name: str = ""
    rows: int = 0
    physical_rows: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    runs: tuple[tuple[int, int], ...] = ()

    @classmethod
    def from_dict(cls, kept: dict[str, Any]) -> SheetResult:
        """From plain values, as JSON brings them back."""
        columns = tuple(ColumnMatch(**match) for match in kept["columns"])
        runs = tuple((first, count) for first, count in kept["runs"])
        return cls(**{**kept, "columns": columns, "titles": tuple(kept["titles"]), "runs": runs})


@dataclass(frozen=True, kw_only=True)
class ReadResult:
    """The whole file as understood.

    format: xlsx, xls, xlsb or csv.  encoding: utf-8, utf-8-sig, utf-16 or gb18030 ("" for workbooks).
    rows: data rows over all sheets.  asides: the first `Limits.asides` rows that are not data; counts are complete.
    """

    format: str
    rows: int
    physical_rows: int
    counts: dict[str, int]
    sheets: tuple[SheetResult, ...]
    encoding: str = ""
    delimiter: str = ""
    asides: tuple[Aside, ...] = ()
    notices: tuple[Notice, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON: what a batch row keeps so that its receipt can be written later."""
        return asdict(self)

    @classmethod
    def from_dict(cls, kept: dict[str, Any]) -> ReadResult:
        """The inverse of `as_dict`."""
        sheets = tuple(SheetResult.from_dict(sheet) for sheet in kept["sheets"])
        asides = tuple(Aside(**aside) for aside in kept["asides"])
        notices = tuple(Notice(**notice) for notice in kept["notices"])
        return cls(**{**kept, "sheets": sheets, "asides": asides, "notices": notices})
