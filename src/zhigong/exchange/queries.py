"""Reads of the exchange: batches of the scope, previews, progress, links."""

from __future__ import annotations

import csv
import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc
from django.db.models import F

from zhigong.exchange import live
from zhigong.exchange.checking import Source, load_source
from zhigong.exchange.models import Batch
from zhigong.exchange.operations.checks import conformed_version
from zhigong.exchange.operations.intake import right_for
from zhigong.exchange.publishing import PUBLISHERS
from zhigong.exchange.publishing.roster import WHY
from zhigong.exchange.store import lake_keys, lake_root
from zhigong.exchange.types import (
    BatchLine,
    BatchPage,
    BatchState,
    LiveBatch,
    Preview,
    PreviewCell,
    PreviewRow,
    Progress,
    SourceLine,
)
from zhigong.kernel import jobs
from zhigong.kernel.actor import Actor
from zhigong.kernel.db.bulk import fetch
from zhigong.kernel.errors import NotFound
from zhigong.kernel.masking import mask_id, mask_phone
from zhigong.lake import queries as lake
from zhigong.lake.types import Layer
from zhigong.orgs.queries import within

PREVIEW_ROWS = 50
AT_WORK = (BatchState.RECEIVED, BatchState.PUBLISHING, BatchState.UNDOING)
MASKS: dict[str, Callable[[str], str]] = {"id_number": mask_id, "phone": mask_phone}
SEVERITIES = ("reject", "unverify", "warn")


def batches(actor: Actor, *, limit: int = 50, source: str = "", before: int | None = None) -> list[BatchLine]:
    """Batches of the scope, the latest first; before: the number of the last one shown."""
    rows = within(Batch.objects.select_related("union"), actor)
    rows = rows.filter(source=source) if source else rows
    rows = rows.filter(number__lt=before) if before is not None else rows
    return [_line(batch) for batch in rows.order_by("-number")[:limit]]


def batch(actor: Actor, batch_id: UUID) -> BatchLine:
    """One batch of the scope; raises NotFound."""
    return _line(_get(actor, batch_id))


def batch_by_number(actor: Actor, number: int) -> BatchLine:
    """One batch of the scope by its number; raises NotFound."""
    found = within(Batch.objects.filter(number=number).select_related("union"), actor).first()
    if found is None:
        raise NotFound("没有找到这个批次。", where=f"批次 {number}", do="用 zhigong ingest 的回执中的批次号")
    return _line(found)


def _get(actor: Actor, batch_id: UUID) -> Batch:
    found = within(Batch.objects.filter(id=batch_id).select_related("union"), actor).first()
    if found is None:
        raise NotFound("没有找到这个批次。", why="它不在您的管辖范围内", do="请在导入记录中查看")
    return found


def _line(row: Batch) -> BatchLine:
    return BatchLine(
        id=row.id,
        number=row.number,
        source=row.source,
        source_title=load_source(row.source).title,
        file_name=row.file_name,
        union_name=row.union.name,
        state=BatchState(row.state),
        as_of=row.as_of,
        rows=row.rows,
        accepted=row.accepted,
        unverified=row.unverified,
        rejected=row.rejected,
        created=row.created,
        updated=row.updated,
        unchanged=row.unchanged,
        elsewhere=row.elsewhere,
        uploaded_by=row.uploaded_by,
        created_at=row.created_at,
        error=row.error,
        default_union_code=row.default_union_code,
        published_at=row.published_at,
        undone_at=row.undone_at,
    )


def sources_for(actor: Actor) -> list[SourceLine]:
    """The sources this actor may import, rosters first; empty for those who import nothing."""
    names = [name for name in PUBLISHERS if right_for(name) in actor.rights]
    sources = [load_source(name) for name in sorted(names, key=lambda name: (name != "roster", name))]
    return [
        SourceLine(
            name=source.name,
            title=source.title,
            department=source.department,
            columns=tuple((column.name, column.required) for column in source.columns),
        )
        for source in sources
    ]


def batch_page(actor: Actor, batch_id: UUID) -> BatchPage:
    """One batch of the scope, its running job, and why rows stayed outside; raises NotFound."""
    row = _get(actor, batch_id)
    outcomes = Counter(str(note.get("text") or note.get("outcome", "")) for note in row.layout.get("notes", ()))
    return BatchPage(
        line=_line(row),
        progress=progress(actor, batch_id),
        stayed_out=tuple((WHY.get(reason, reason), count) for reason, count in outcomes.most_common()),
        problems=_problem_counts(row),
        undone=row.layout.get("undone", {}),
        stuck=row.state in AT_WORK and row.job is not None and not jobs.is_open(row.job),
    )


def _problem_counts(row: Batch) -> tuple[tuple[str, str, int], ...]:
    return tuple((p["column"], p["text"], p["count"]) for p in row.problem_counts)


def progress(actor: Actor, batch_id: UUID) -> Progress | None:
    """How far the running job of a batch is; None before it began."""
    _get(actor, batch_id)
    found = fetch(
        "SELECT stage, done, total, extract(epoch FROM updated_at - started_at) "
        "FROM exchange_batchprogress WHERE batch_id = %(id)s",
        {"id": batch_id},
    )
    return (
        Progress(stage=found[0][0], done=found[0][1], total=found[0][2], seconds=float(found[0][3])) if found else None
    )


def preview(actor: Actor, batch_id: UUID, *, page: int = 1, only_problems: bool = False) -> Preview:
    """One page of a checked batch as it came, bad cells marked in place. Texts are shown, so the caller records the
    opening."""
    row = _get(actor, batch_id)
    source = load_source(row.source)
    matches = [match for sheet in row.layout.get("sheets", ()) for match in sheet["columns"]]
    known = {match["name"]: match["header"] for match in reversed(matches) if match["name"]}
    columns = tuple(column.name for column in source.columns if column.name in known)
    masks = {column.name: MASKS[column.kind] for column in source.columns if column.kind in MASKS}
    wanted, total = _page_rows(row, page, only_problems=only_problems)
    raw = _raw_rows(row, [line["data_row"] for line in wanted], columns)
    return Preview(
        batch=_line(row),
        columns=columns,
        recognised=tuple((known[name], name) for name in columns),
        extra_columns=tuple(dict.fromkeys(match["header"] for match in matches if not match["name"])),
        missing_columns=_missing(source, known),
        skipped=tuple(
            (kind, count) for kind, count in row.layout.get("counts", {}).items() if kind != "data" and count
        ),
        rows=tuple(_preview_row(line, raw.get(line["data_row"], {}), columns, masks) for line in wanted),
        problems=_problem_counts(row),
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


def write_links(actor: Actor, source: str, out: Path) -> int:
    """Write batch,row,person_id,method,score of every published batch of a source as CSV; returns lines written."""
    actor.require("members.export")
    rows = within(Batch.objects.filter(source=source, state=BatchState.PUBLISHED), actor).order_by("number")
    written = 0
    with out.open("w", encoding="utf-8", newline="") as sink:
        writer = csv.writer(sink)
        writer.writerow(["batch", "row", "person_id", "method", "score"])
        for number, layout in rows.annotate(n=F("number")).values_list("n", "layout"):
            for lines in _link_lines(source, layout.get("links", "")):
                writer.writerows((number, *line) for line in lines)
                written += len(lines)
    return written


def _link_lines(source: str, version: str) -> Iterator[list[tuple[object, ...]]]:
    ref = lake.batch(lake_root(), layer=Layer.ENTITIES, name=f"links-{source}", version=version) if version else None
    if ref is None:
        return
    for rows in lake.rows(ref, keys=lake_keys(), columns=["row", "person_id", "method", "score"]):
        linked = rows.filter(pc.is_valid(rows["person_id"]))
        yield list(zip(*(linked[name].to_pylist() for name in ("row", "person_id", "method", "score")), strict=True))


def live_batches(actor: Actor, source: str) -> tuple[LiveBatch, ...]:
    """The batches of a source in force, oldest first: the last full one and the deltas after it."""
    actor.require(right_for(source))
    return live.live_batches(source)


def iter_live(
    actor: Actor, source: str, columns: Sequence[str] | None = None, *, at_most: int = 50_000
) -> Iterator[pa.RecordBatch]:
    """The rows in force of a source; see `live.iter_live` for columns and what is left out."""
    actor.require(right_for(source))
    return live.iter_live(source, columns, at_most=at_most)


def has_batches(actor: Actor) -> bool:
    """Whether anything was ever imported in the scope: an empty workbench begins with the wizard."""
    return any(itertools.islice(within(Batch.objects.all(), actor).values_list("id")[:1], 1))
