"""Publishing a checked batch into the base: one transaction, whole or not at all, repeatable after any crash."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc
from django.db import transaction
from django.db.models.functions import Now

from zhigong.audit import operations as audit
from zhigong.audit.types import Purpose
from zhigong.exchange.models import Batch
from zhigong.exchange.operations.checks import conformed_version
from zhigong.exchange.operations.departments import settle
from zhigong.exchange.operations.intake import get_batch
from zhigong.exchange.progress import ProgressWriter
from zhigong.exchange.publishing import PUBLISHERS
from zhigong.exchange.publishing.types import Published
from zhigong.exchange.store import lake_keys, lake_root
from zhigong.exchange.types import BatchState
from zhigong.kernel.actor import Actor, ScopeOpener
from zhigong.kernel.errors import Refused
from zhigong.kernel.ids import uuid7
from zhigong.lake import operations as lake
from zhigong.lake import queries as lake_queries
from zhigong.lake.types import Layer

# Small enough that two chunks in flight stay far below the memory a web machine has.
CHUNK_ROWS = 10_000
LINK_SCHEMA = pa.schema(
    [
        ("row", pa.int32()),
        ("person_id", pa.string()),
        ("method", pa.string()),
        ("score", pa.float64()),
        ("outcome", pa.string()),
    ]
)


WAITING = (BatchState.CHECKED, BatchState.PUBLISHING, BatchState.HELD)


@transaction.atomic
def request_publish(*, by: Actor, batch_id: UUID) -> None:
    """Mark a checked batch as to be published; the job that does it is enqueued by the caller in the same
    transaction."""
    batch = get_batch(by, batch_id, states=WAITING)
    Batch.objects.filter(id=batch.id).update(state=BatchState.PUBLISHING)


def publish(*, scope: ScopeOpener, batch_id: UUID, at_ms: int) -> None:
    """Bring a checked batch into the base. A batch already published is left alone; a crash leaves nothing behind.

    A department's batch comes into force, or is HELD when it differs too much from the last one; one that is held
    already is compared again.
    A refusal (an unknown union for the whole file, say) marks the batch FAILED with the reason and is raised.
    """
    try:
        with scope() as by, ProgressWriter(batch_id) as progress:
            batch = get_batch(by, batch_id, states=(*WAITING, BatchState.PUBLISHED))
            if batch.state == BatchState.PUBLISHED:
                return
            if batch.source in PUBLISHERS:
                bring_in(by, batch, at_ms=at_ms, chunks=_usable(batch, progress), progress=progress)
            else:
                settle(by, batch)
    except Refused as refused:
        with scope():
            Batch.objects.filter(id=batch_id, state__in=WAITING).update(
                state=BatchState.FAILED, error=refused.as_dict()
            )
        raise


def bring_in(
    by: Actor,
    batch: Batch,
    *,
    at_ms: int,
    chunks: Iterator[pa.Table],
    progress: ProgressWriter,
    settled: Callable[[], Batch] | None = None,
) -> None:
    """Publish the rows of a batch, inside the caller's transaction.

    settled: gives the batch, locked and checked, once all chunks are in; without it the batch is that already.
    """
    publisher = PUBLISHERS[batch.source]
    with lake.write_batch(lake_root(), layer=Layer.ENTITIES, name=f"links-{batch.source}", keys=lake_keys()) as links:
        published: Published = publisher(by=by, batch=batch, chunks=chunks, at_ms=at_ms)
        batch = settled() if settled else batch
        progress.report(stage="写入", done=batch.rows, total=batch.rows)
        for rows in published.links:
            links.write(_links(rows))
        # A name of its own for every attempt: what a crashed one left must not be taken for ours.
        version = links.commit(version=uuid7().hex).version
    layout = dict(batch.layout) | {"links": version, "notes": published.notes}
    Batch.objects.filter(id=batch.id).update(
        state=BatchState.PUBLISHED,
        published_at=Now(),
        created=published.created,
        updated=published.updated,
        unchanged=published.unchanged,
        elsewhere=published.elsewhere,
        layout=layout,
    )
    audit.record(
        by,
        action="exchange.batch.published",
        purpose=Purpose.IMPORT_EXPORT,
        subject_kind="batch",
        subject_id=batch.id,
        count=batch.rows,
        detail={"created": published.created, "updated": published.updated},
        union_chain=(batch.l1, batch.l2, batch.l3, batch.l4),
    )


def _usable(batch: Batch, progress: ProgressWriter) -> Iterator[pa.Table]:
    """The conformed rows that name someone or something, chunk by chunk."""
    ref = lake_queries.batch(lake_root(), layer=Layer.CONFORMED, name=batch.source, version=conformed_version(batch))
    if ref is None:
        raise Refused("检查结果不在了。", where=f"批次 {batch.number}", do="请重新上传这个文件")
    done = 0
    for rows in lake_queries.rows(ref, keys=lake_keys(), at_most=CHUNK_ROWS):
        table = pa.Table.from_batches([rows])
        yield table.filter(pc.not_equal(table["verdict"], "rejected"))
        done += rows.num_rows
        progress.report(stage="导入", done=done, total=batch.rows)


def _links(rows: pa.RecordBatch) -> pa.RecordBatch:
    """Links in their stored shape; rows admitted by their own document or marks are certain."""
    count = rows.num_rows
    table = {
        "row": rows["row"],
        "person_id": rows["person_id"],
        "method": rows["method"] if "method" in rows.schema.names else pa.array(["registered"] * count),
        "score": pa.array([1.0] * count),
        "outcome": rows["outcome"],
    }
    return pa.record_batch(table, schema=LINK_SCHEMA)
