"""Batches of the scope: lists, one batch, its running job, what an actor may import."""

from __future__ import annotations

import itertools
from collections import Counter
from uuid import UUID

from zhigong.exchange.checking import load_source, source_names
from zhigong.exchange.models import Batch
from zhigong.exchange.operations.intake import right_for
from zhigong.exchange.publishing import PUBLISHERS
from zhigong.exchange.publishing.roster import WHY
from zhigong.exchange.types import BatchLine, BatchPage, BatchState, Finding, Progress, SourceLine
from zhigong.kernel import jobs
from zhigong.kernel.actor import Actor
from zhigong.kernel.db.bulk import fetch
from zhigong.kernel.errors import NotFound
from zhigong.orgs.queries import within
from zhigong.orgs.types import Level

AT_WORK = (BatchState.RECEIVED, BatchState.PUBLISHING, BatchState.UNDOING)


def batches(actor: Actor, *, limit: int = 50, source: str = "", before: int | None = None) -> list[BatchLine]:
    """Batches of the scope that the actor may import, the latest first; before: the number of the last one shown."""
    mine = [name for name in source_names() if right_for(name) in actor.rights]
    rows = within(Batch.objects.select_related("union"), actor).filter(source__in=mine)
    rows = rows.filter(source=source) if source else rows
    rows = rows.filter(number__lt=before) if before is not None else rows
    return [line(batch) for batch in rows.order_by("-number")[:limit]]


def held(actor: Actor, *, limit: int = 50) -> list[BatchLine]:
    """Departments' batches that were held back and that the actor may let pass, what waited longest first."""
    if actor.level != Level.CITY or "sources.import" not in actor.rights:
        return []
    rows = within(Batch.objects.select_related("union"), actor).filter(state=BatchState.HELD)
    return [line(batch) for batch in rows.order_by("number")[:limit]]


def batch(actor: Actor, batch_id: UUID) -> BatchLine:
    """One batch of the scope; raises NotFound."""
    return line(get(actor, batch_id))


def batch_by_number(actor: Actor, number: int) -> BatchLine:
    """One batch of the scope by its number; raises NotFound."""
    found = within(Batch.objects.filter(number=number).select_related("union"), actor).first()
    if found is None:
        raise NotFound("没有找到这个批次。", where=f"批次 {number}", do="用 zhigong ingest 的回执中的批次号")
    return line(found)


def get(actor: Actor, batch_id: UUID) -> Batch:
    """The row of a batch of the scope; raises NotFound."""
    found = within(Batch.objects.filter(id=batch_id).select_related("union"), actor).first()
    if found is None:
        raise NotFound("没有找到这个批次。", why="它不在您的管辖范围内", do="请在导入记录中查看")
    return found


def line(row: Batch) -> BatchLine:
    """A batch as lists show it."""
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
        delta=row.delta,
        findings=tuple(Finding(one["code"], one["text"]) for one in row.comparison.get("findings", ())),
        accepted_by=row.comparison.get("accepted", {}).get("by", ""),
        accepted_note=row.comparison.get("accepted", {}).get("note", ""),
    )


def sources_for(actor: Actor) -> list[SourceLine]:
    """The sources this actor may import, rosters first; empty for those who import nothing."""
    names = [name for name in source_names() if right_for(name) in actor.rights]
    names = [name for name in names if name in PUBLISHERS or actor.level == Level.CITY]  # departments speak of the city
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
    row = get(actor, batch_id)
    outcomes = Counter(str(note.get("text") or note.get("outcome", "")) for note in row.layout.get("notes", ()))
    return BatchPage(
        line=line(row),
        progress=progress(actor, batch_id),
        stayed_out=tuple((WHY.get(reason, reason), count) for reason, count in outcomes.most_common()),
        problems=problem_counts(row),
        undone=row.layout.get("undone", {}),
        stuck=row.state in AT_WORK and row.job is not None and not jobs.is_open(row.job),
    )


def problem_counts(row: Batch) -> tuple[tuple[str, str, int], ...]:
    """Problems of a batch by kind: column, sentence, rows."""
    return tuple((p["column"], p["text"], p["count"]) for p in row.problem_counts)


def progress(actor: Actor, batch_id: UUID) -> Progress | None:
    """How far the running job of a batch is; None before it began."""
    get(actor, batch_id)
    found = fetch(
        "SELECT stage, done, total, extract(epoch FROM updated_at - started_at) "
        "FROM exchange_batchprogress WHERE batch_id = %(id)s",
        {"id": batch_id},
    )
    return (
        Progress(stage=found[0][0], done=found[0][1], total=found[0][2], seconds=float(found[0][3])) if found else None
    )


def has_batches(actor: Actor) -> bool:
    """Whether anything was ever imported in the scope: an empty workbench begins with the wizard."""
    return any(itertools.islice(within(Batch.objects.all(), actor).values_list("id")[:1], 1))
