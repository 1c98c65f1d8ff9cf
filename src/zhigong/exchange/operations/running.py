"""The whole way of a file in one call: for the command line, the demo and benchmarks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import NotRequired, TypedDict, Unpack
from uuid import UUID

import pyarrow as pa
from django.db import connections

from zhigong.exchange.checking import Checker, load_source
from zhigong.exchange.models import Batch
from zhigong.exchange.operations.checks import check
from zhigong.exchange.operations.departments import accept_held
from zhigong.exchange.operations.intake import receive
from zhigong.exchange.operations.publishing import publish
from zhigong.exchange.operations.streaming import check_and_publish
from zhigong.exchange.publishing import PUBLISHERS
from zhigong.exchange.reading import read_file
from zhigong.exchange.store import code_tables
from zhigong.exchange.types import BatchState, Receipt
from zhigong.kernel.actor import ScopeOpener
from zhigong.kernel.errors import Refused
from zhigong.orgs import operations as orgs
from zhigong.orgs import queries as org_queries


class ArrivalTerms(TypedDict):
    """The keywords of `Arrival`."""

    scope: ScopeOpener
    source: str
    as_of: date
    at_ms: int
    union_code: NotRequired[str]
    dry_run: NotRequired[bool]
    delta: NotRequired[bool | None]
    accept: NotRequired[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What holds for every file of one ingest.

    scope opens the actor's transaction. dry_run stops after checking. delta: as `receive`. accept: why a department's
    file that differs much from the last one is to pass nevertheless; without it such a file is held and the receipt
    says why. union_code: the union of rosters that name none.
    """

    scope: ScopeOpener
    source: str
    as_of: date
    at_ms: int
    union_code: str = ""
    dry_run: bool = False
    delta: bool | None = None
    accept: str = ""


def ingest(*, file: Path, **how: Unpack[ArrivalTerms]) -> Receipt:
    """Receive, check and publish one file; the same file again is a no-op that names the first batch.

    Keywords as `Arrival`. Each step commits on its own, so call it outside a transaction.
    """
    arrival = Arrival(**how)
    batch_id, before = _receive(arrival, file)
    if not arrival.dry_run and arrival.source in PUBLISHERS and _awaits_check(arrival, batch_id):
        check_and_publish(scope=arrival.scope, batch_id=batch_id, at_ms=arrival.at_ms)
        return receipt_of(arrival.scope, batch_id)
    return _finish(arrival, _checked(arrival, batch_id), before)


def ingest_files(*, files: Sequence[Path], **how: Unpack[ArrivalTerms]) -> Iterator[Receipt]:
    """As `ingest` for each file in turn; while one is published, the next is read and checked beside it.

    A refusal is raised at its file's turn; the files before it are in, those after it are not published.
    """
    arrival = Arrival(**how)
    if len(files) == 1:
        yield ingest(file=files[0], **how)
        return
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="ingest") as beside:
        waiting = None
        for number, file in enumerate(files):
            ready = waiting.result() if waiting else _prepare(arrival, file)
            following = files[number + 1] if number + 1 < len(files) else None
            waiting = beside.submit(_prepare_beside, arrival, following) if following else None
            yield _finish(arrival, *ready)


def _prepare_beside(arrival: Arrival, file: Path) -> tuple[UUID, bool]:
    try:
        return _prepare(arrival, file)
    finally:
        connections.close_all()  # this thread's own


def _prepare(arrival: Arrival, file: Path) -> tuple[UUID, bool]:
    """Receive and check; the batch, and whether it was there before."""
    batch_id, before = _receive(arrival, file)
    return _checked(arrival, batch_id), before


def _receive(arrival: Arrival, file: Path) -> tuple[UUID, bool]:
    if arrival.source == "unions":
        _found_city(arrival.scope, file, arrival.as_of)
    with arrival.scope() as by:
        return receive(
            by=by,
            source=arrival.source,
            file=file,
            file_name=file.name,
            as_of=arrival.as_of,
            union_code=arrival.union_code,
            delta=arrival.delta,
        )


def _awaits_check(arrival: Arrival, batch_id: UUID) -> bool:
    with arrival.scope():
        return _state(batch_id) is BatchState.RECEIVED


def _checked(arrival: Arrival, batch_id: UUID) -> UUID:
    if _awaits_check(arrival, batch_id):
        check(scope=arrival.scope, batch_id=batch_id)
    return batch_id


def _finish(arrival: Arrival, batch_id: UUID, before: bool) -> Receipt:  # noqa: FBT001 — half of a pair
    """Publish what was prepared, unless it is in already."""
    scope = arrival.scope
    with scope():
        state = _state(batch_id)
    if state is BatchState.PUBLISHED:
        return receipt_of(scope, batch_id, duplicate=True)
    if arrival.dry_run:
        answer = receipt_of(scope, batch_id)
        if not before:
            with scope():
                Batch.objects.filter(id=batch_id).update(state=BatchState.DISCARDED)
        return answer
    publish(scope=scope, batch_id=batch_id, at_ms=arrival.at_ms)
    answer = receipt_of(scope, batch_id)
    if answer.held and arrival.accept:
        with scope() as by:
            accept_held(by=by, batch_id=batch_id, note=arrival.accept)
        answer = receipt_of(scope, batch_id)
    return answer


def _state(batch_id: UUID) -> BatchState:
    return BatchState(Batch.objects.values_list("state", flat=True).get(id=batch_id))


def receipt_of(scope: ScopeOpener, batch_id: UUID, *, duplicate: bool = False) -> Receipt:
    """The receipt of a batch as it stands."""
    with scope():
        batch = Batch.objects.get(id=batch_id)
    return Receipt(
        batch=batch.number,
        batch_id=batch.id,
        source=batch.source,
        rows=batch.rows,
        accepted=batch.accepted,
        unverified=batch.unverified,
        rejected=batch.rejected,
        duplicate_of=batch.number if duplicate else None,
        created=batch.created,
        updated=batch.updated,
        unchanged=batch.unchanged,
        elsewhere=batch.elsewhere,
        state=BatchState(batch.state).name.lower(),
        held=_held(batch),
    )


def _held(batch: Batch) -> tuple[str, ...]:
    held = batch.state == BatchState.HELD
    return tuple(one["text"] for one in batch.comparison.get("findings", ())) if held else ()


def _found_city(scope: ScopeOpener, file: Path, as_of: date) -> None:
    """An empty base has no union that could keep a batch: found the city's from its row in the first file."""
    with scope() as by:
        if org_queries.has_city(by):
            return
    cities: list[dict[str, object]] = []
    source = load_source("unions")
    with Checker(source, on=as_of, tables=code_tables(source)) as checker:

        def look(chunk: pa.RecordBatch) -> None:
            rows = checker.check(chunk)
            cities.extend(
                row
                for row in rows.select(["code", "name", "level", "division_code", "founded_on"]).to_pylist()
                if row["level"] == "city"
            )

        read_file(file, columns=source.columns, on_chunk=look, name=file.name)
    if len(cities) != 1:
        raise Refused(
            "文件里应当正好有一个市级工会。",
            where=file.name,
            why=f"找到 {len(cities)} 行级别为市级的工会",
            do="首次导入的工会组织文件须含市总工会一行",
        )
    city = cities[0]
    with scope() as by:
        orgs.found_city(
            by=by,
            code=str(city["code"]),
            name=str(city["name"]),
            division_code=str(city["division_code"] or ""),
            on=city["founded_on"] if isinstance(city["founded_on"], date) else as_of,
        )
