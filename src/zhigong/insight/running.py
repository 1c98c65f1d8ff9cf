"""A refresh of everything, from files to figures, with a record of how it went."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from zhigong.audit import operations as audit
from zhigong.audit.types import Purpose
from zhigong.casework import operations as casework
from zhigong.insight.counting import refresh
from zhigong.insight.models import Run
from zhigong.insight.types import RunLine, StageLine
from zhigong.kernel import jobs
from zhigong.kernel.actor import Actor, ScopeOpener
from zhigong.kernel.errors import NotAllowed, NotFound, Refused
from zhigong.kernel.ids import uuid7
from zhigong.orgs import queries as orgs
from zhigong.orgs.queries import within
from zhigong.orgs.types import Level

__all__ = ["LABELS", "ask_refresh", "refresh_all", "run", "runs"]

LABELS = {
    "conform": "核对", "link": "关联", "facts": "推算", "publish": "发布", "screen": "筛查", "marts": "统计",
}  # fmt: skip
RIGHT = "sources.import"


@transaction.atomic
def ask_refresh(by: Actor) -> UUID:
    """Ask for a refresh of the city; while one waits or works, that one is the answer. Needs `sources.import`."""
    by.require(RIGHT)
    if by.level != Level.CITY or by.union_id is None:
        raise NotAllowed("刷新由市级数据专员办理。", why="它涉及全市的数据")
    for before in runs(by, limit=3):
        if before.running:
            return before.id
    made = _new(by, by.union_id)
    from zhigong.insight.jobs import refresh as work  # jobs call operations

    number = jobs.enqueue(work, key="insight.refresh", run_id=made)
    Run.objects.filter(id=made).update(job=number)
    audit.record(by, action="insight.refresh.asked", purpose=Purpose.BUSINESS, subject_kind="run", subject_id=made)
    return made


def refresh_all(
    *,
    scope: ScopeOpener,
    at_ms: int,
    tell: Callable[[str], None],
    full: bool = False,
    run_id: UUID | None = None,
) -> dict[str, Mapping[str, Any]]:
    """Files, links, facts, screening, figures: a report per stage, in order; kept as a run.

    scope opens the city's transaction; call it outside one. run_id: the run that was asked for, else a new one.
    Raises what the stages raise, after noting it.
    """
    run_id = _begin(scope, run_id)

    def note(text: str) -> None:
        tell(text)
        with scope():
            Run.objects.filter(id=run_id).update(stage=text.rstrip("…")[:200])

    try:
        report: dict[str, Mapping[str, Any]] = dict(casework.refresh(scope=scope, at_ms=at_ms, tell=note, full=full))
        note("统计……")
        report["marts"] = asdict(refresh(scope=scope, at_ms=at_ms))
    except Refused as refused:
        _end(scope, run_id, error={name: text for name, text in refused.as_dict().items() if text})
        raise
    except Exception:
        _end(
            scope,
            run_id,
            error={"what": "刷新没有做完。", "do": "是系统的问题，请告诉系统管理员；再刷新一次即可接着做。"},
        )
        raise
    _end(scope, run_id, report=report)
    return report


def runs(actor: Actor, *, limit: int = 5) -> tuple[RunLine, ...]:
    """The latest refreshes; seen by the city."""
    rows = within(Run.objects.all(), actor).order_by("-asked_at", "-id")[:limit]
    return tuple(_line(row) for row in rows)


def run(actor: Actor, run_id: UUID) -> RunLine:
    """One refresh; raises NotFound."""
    row = within(Run.objects.filter(id=run_id), actor).first()
    if row is None:
        raise NotFound("没有这次刷新。")
    return _line(row)


def _new(by: Actor, union_id: UUID) -> UUID:
    row = Run(id=uuid7(), union_id=union_id, asked_by=by.account_id, asked_by_name=by.name[:64])
    row.save(force_insert=True)
    return row.id


def _begin(scope: ScopeOpener, run_id: UUID | None) -> UUID:
    with scope() as by:
        if run_id is None:
            run_id = _new(by, orgs.own_union(by).id)
        Run.objects.filter(id=run_id).update(started_at=Now(), stage="", error={}, report={}, finished_at=None)
        return run_id


def _end(
    scope: ScopeOpener,
    run_id: UUID,
    *,
    report: Mapping[str, Mapping[str, Any]] | None = None,
    error: Mapping[str, str] | None = None,
) -> None:
    kept = [{"name": name, **counts} for name, counts in (report or {}).items()]  # JSON keys lose their order
    with scope():
        Run.objects.filter(id=run_id).update(
            finished_at=Now(), stage="", report={"stages": kept}, error=dict(error or {})
        )


def _line(row: Run) -> RunLine:
    stages = row.report.get("stages", ())
    return RunLine(
        id=row.id,
        asked_by_name=row.asked_by_name,
        asked_at=row.asked_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        stage=row.stage,
        stages=tuple(
            StageLine(s["name"], LABELS.get(s["name"], s["name"]), s["rows"], s["changed"], s["seconds"])
            for s in stages
        ),
        error=row.error,
        stuck=row.finished_at is None and row.job is not None and not jobs.is_open(row.job),
    )
