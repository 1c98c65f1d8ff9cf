"""Jobs of the exchange: each acts with the rights of the account that asked (ASVS 8.3.3) and may safely run twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from uuid import UUID

from zhigong.exchange import operations as exchange
from zhigong.kernel.actor import Actor, ScopeOpener
from zhigong.kernel.clock import now, today
from zhigong.kernel.errors import Refused
from zhigong.kernel.jobs import job
from zhigong.orgs import operations as orgs


@contextmanager
def _scope(account_id: UUID, post_id: UUID | None) -> Iterator[Actor]:
    with orgs.acting_as(account_id=account_id, post_id=post_id, on=today()) as actor:
        yield actor


def _opener(account_id: str, post_id: str | None) -> ScopeOpener:
    return partial(_scope, UUID(account_id), UUID(post_id) if post_id else None)


@job("exchange.check", queue="exchange")
def check(*, batch_id: str, account_id: str, post_id: str | None) -> None:
    """Check a received batch; a refusal is kept on the batch and is no failure of the job."""
    try:
        exchange.check(scope=_opener(account_id, post_id), batch_id=UUID(batch_id))
    except Refused:
        return


@job("exchange.publish", queue="exchange")
def publish(*, batch_id: str, account_id: str, post_id: str | None) -> None:
    """Publish a checked batch; a refusal is kept on the batch and is no failure of the job."""
    try:
        exchange.publish(
            scope=_opener(account_id, post_id), batch_id=UUID(batch_id), at_ms=int(now().timestamp() * 1000)
        )
    except Refused:
        return


@job("exchange.undo", queue="exchange")
def undo(*, batch_id: str, account_id: str, post_id: str | None) -> None:
    """Take back a published batch; a refusal is kept on the batch, which then stands as published."""
    scope = _opener(account_id, post_id)
    try:
        with scope() as by:
            exchange.undo(by=by, batch_id=UUID(batch_id))
    except Refused as refused:
        with scope() as by:
            exchange.keep_published(by=by, batch_id=UUID(batch_id), refused=refused)
