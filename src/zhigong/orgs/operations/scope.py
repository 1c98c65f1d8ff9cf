"""Opening the scope of a transaction: for a session, for the account a job acts for, for the whole city."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from zhigong.kernel.actor import Actor
from zhigong.kernel.errors import NotAllowed
from zhigong.orgs.policies import SYSTEM_RIGHTS, rights_of


def open_session(*, session_key: str, on: date, request_id: str = "") -> Actor | None:
    """Open the scope of the signed-in account for this transaction; None for nobody.

    One round trip: the database reads the session, chooses the post and signs the scope; the caller cannot choose.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM orgs_open_session(%s, %s)", [session_key, on])
        row = cursor.fetchone()
    return _actor(row, on=on, request_id=request_id) if row else None


@contextmanager
def session_scope(*, session_key: str, on: date, request_id: str = "", minutes: int = 10) -> Iterator[Actor]:
    """A transaction of its own with a session's scope: for an answer that streams on when its request's is over.

    minutes: how long a statement may take, instead of a page's few seconds. Raises NotAllowed when signed out.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{minutes}min"])
        actor = open_session(session_key=session_key, on=on, request_id=request_id)
        if actor is None:
            raise NotAllowed("登录已结束。", do="请重新登录后再试")
        yield actor


@contextmanager
def acting_as(*, account_id: UUID, post_id: UUID | None, on: date, request_id: str = "") -> Iterator[Actor]:
    """A transaction with the scope of the account that asked for a job. Raises NotAllowed when she has left."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM orgs_open_account(%s, %s, %s)", [account_id, post_id, on])
            row = cursor.fetchone()
        if row is None:
            raise NotAllowed("申请这项任务的账号已停用。", do="请由在任人员重新发起")
        yield _actor(row, on=on, request_id=request_id)


@contextmanager
def city_scope(*, on: date, name: str = "系统") -> Iterator[Actor]:
    """A transaction over the whole city: for the operator's commands and city-wide jobs (job role only)."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT orgs_open_city()")
            roots: list[int] = cursor.fetchone()[0]
        yield Actor(
            account_id=None,
            name=name,
            on=on,
            duty="system",
            rights=SYSTEM_RIGHTS,
            level=1,
            seq=roots[0] if roots else 0,
        )


def _actor(row: tuple[Any, ...], *, on: date, request_id: str) -> Actor:
    account_id, name, person_id, post_id, duty, union_id, union_name, level, seq = row
    return Actor(
        account_id=account_id,
        name=name,
        on=on,
        duty=duty,
        rights=rights_of(duty),
        post_id=post_id,
        union_id=union_id,
        union_name=union_name,
        level=level,
        seq=seq,
        person_id=person_id,
        request_id=request_id,
    )
