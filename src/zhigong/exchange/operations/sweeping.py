"""Sweeping the lake: what killed writers left, and sealed files that no batch names."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from zhigong.exchange.models import Batch
from zhigong.exchange.store import INBOX, lake_root
from zhigong.kernel.actor import ScopeOpener
from zhigong.kernel.ids import milliseconds_of
from zhigong.lake import operations as lake
from zhigong.lake import queries as lake_queries
from zhigong.lake.types import Layer

# A file is sealed before its batch row commits: younger ones may still get theirs.
GRACE = timedelta(days=1)


def sweep(*, scope: ScopeOpener, now: datetime) -> int:
    """Delete leftovers of killed writers and inbox files older than a day without a batch; how many went.

    scope must cover the whole city: a batch that cannot be seen would look like none.
    """
    swept = lake.sweep(lake_root())
    before = int((now - GRACE).timestamp() * 1000)
    for ref in lake_queries.batches(lake_root(), layer=Layer.RAW, name=INBOX):
        batch_id = UUID(ref.version)
        if milliseconds_of(batch_id) >= before:
            continue
        with scope():
            named = Batch.objects.filter(id=batch_id).exists()
        if not named:
            lake.drop_batch(ref)
            swept += 1
    return swept
