"""One page of a checked batch as it came, bad cells marked in place."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc

from zhigong.exchange.checking import Source, load_source
from zhigong.exchange.models import Batch
from zhigong.exchange.operations.checks import conformed_version
from zhigong.exchange.queries.batches import get, line, problem_counts
from zhigong.exchange.store import lake_keys, lake_root
from zhigong.exchange.types import Preview, PreviewCell, PreviewRow
from zhigong.kernel.actor import Actor
from zhigong.kernel.masking import mask_id, mask_phone
from zhigong.lake import queries as lake
from zhigong.lake.types import Layer

PREVIEW_ROWS = 50
MASKS: dict[str, Callable[[str], str]] = {"id_number": mask_id, "phone": mask_phone}
SEVERITIES = ("reject", "unverify", "warn")


def preview(actor: Actor, batch_id: UUID, *, page: int = 1, only_problems: bool = False) -> Preview:
    """One page of a checked batch as it came, bad cells marked in place. Texts are shown, so the caller records the
    opening."""
    row = get(actor, batch_id)
    source = load_source(row.source)
    matches = [match for sheet in row.layout.get("sheets", ()) for match in sheet["columns"]]
    known = {match["name"]: match["header"] for match in reversed(matches) if match["name"]}
    columns = tuple(column.name for column in source.columns if column.name in known)
    masks = {column.name: MASKS[column.kind] for column in source.columns if column.kind in MASKS}
    wanted, total = _page_rows(row, page, only_problems=only_problems)
    raw = _raw_rows(row, [line["data_row"] for line in wanted], columns)
    return Preview(
        batch=line(row),
        columns=columns,
        recognised=tuple((known[name], name) for name in columns),
        extra_columns=tuple(dict.fromkeys(match["header"] for match in matches if not match["name"])),
        missing_columns=_missing(source, known),
        skipped=tuple(
            (kind, count) for kind, count in row.layout.get("counts", {}).items() if kind != "data" and count
        ),
        rows=tuple(_preview_row(line, raw.get(line["data_row"], {}), columns, masks) for line in wanted),
        problems=problem_counts(row),
        page=page,
        pages=max(1, -(-total // PREVIEW_ROWS)),
        notices=tuple(notice["text"] for notice in row.layout.get("notices", ())),
        is_receipt=any(sheet.get("receipt_position") is not None for sheet in row.layout.get("sheets", ())),
        needs_union=row.source == "roster"
        and "工会编码" not in known
        and not row.default_union_code
        and actor.level != 4,
    )


def _missing(source: Source, known: dict[str, str]) -> tuple[str, ...]:
    return tuple(
        column.name for column in source.columns if (column.required or column.key) and column.name not in known
    )


def _page_rows(row: Batch, page: int, *, only_problems: bool) -> tuple[list[dict[str, object]], int]:
    """The conformed rows of one page and how many there are; only the wanted chunk is kept in memory."""
    ref = lake.batch(lake_root(), layer=Layer.CONFORMED, name=row.source, version=conformed_version(row))
    if ref is None:
        return [], 0
    kept: list[dict[str, object]] = []
    first, seen = (page - 1) * PREVIEW_ROWS, 0
    for rows in lake.rows(ref, keys=lake_keys(), columns=["sheet", "row", "data_row", "problems", "verdict"]):
        table = pa.Table.from_batches([rows])
        if only_problems:
            table = table.filter(pc.greater(pc.list_value_length(table["problems"]), 0))
        start = max(0, first - seen)
        if start < table.num_rows and len(kept) < PREVIEW_ROWS:
            kept += table.slice(start, PREVIEW_ROWS - len(kept)).to_pylist()
        seen += table.num_rows
    return kept, seen


def _raw_rows(row: Batch, data_rows: list[object], columns: tuple[str, ...]) -> dict[object, dict[str, str]]:
    ref = lake.batch(lake_root(), layer=Layer.RAW, name=row.source, version=row.sha256)
    if ref is None or not data_rows:
        return {}
    found: dict[object, dict[str, str]] = {}
    wanted, last = pa.array(data_rows, pa.int64()), max(data_rows)  # type: ignore[type-var]
    for rows in lake.rows(ref, keys=lake_keys(), columns=["data_row", *columns]):
        hits = rows.filter(pc.is_in(rows["data_row"], wanted)).to_pylist()
        found |= {hit["data_row"]: hit for hit in hits}
        if rows.num_rows and rows["data_row"][-1].as_py() >= last:
            break
    return found


def _preview_row(
    line: dict[str, object], raw: dict[str, str], columns: tuple[str, ...], masks: dict[str, Callable[[str], str]]
) -> PreviewRow:
    problems: list[dict[str, str]] = line["problems"] or []  # type: ignore[assignment]
    by_column: dict[str, list[dict[str, str]]] = {}
    for problem in problems:
        by_column.setdefault(problem["column"], []).append(problem)
    cells = tuple(_preview_cell(raw.get(name) or "", by_column.get(name, []), masks.get(name)) for name in columns)
    return PreviewRow(
        row=int(str(line["data_row"])),
        sheet=str(line["sheet"]),
        line=int(str(line["row"])),
        verdict=str(line["verdict"]),
        cells=cells,
        notes=tuple(problem["text"] for problem in problems if problem["column"] not in columns),
    )


def _preview_cell(text: str, problems: list[dict[str, str]], mask: Callable[[str], str] | None) -> PreviewCell:
    """A cell as it came; a number nobody has to correct is masked."""
    if not problems:
        return PreviewCell(text=mask(text) if mask else text)
    worst = min(problems, key=lambda problem: SEVERITIES.index(problem["severity"]))
    return PreviewCell(
        text=text, problem="；".join(problem["text"] for problem in problems), severity=worst["severity"]
    )
