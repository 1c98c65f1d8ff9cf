"""Work that runs after the answer: registered with @job, asked for with enqueue() inside the business transaction.

A thin wrapper over procrastinate, whose tables live in our database: a job exists exactly when the transaction that
asked for it committed. A job may run twice (a worker killed at the last moment), so every effect must carry a key of
its own.
Arguments are ids, never personal data: they lie in the clear in the job table and in logs.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection, transaction
from procrastinate import RetryStrategy
from procrastinate.contrib.django import procrastinate_app
from procrastinate.exceptions import AlreadyEnqueued

from zhigong.kernel.errors import NotFound

Id = UUID | int | str | date | None

MAX_ATTEMPTS = 5
WORKER_LOCKS = 0x7A68  # class of the advisory locks by which workers show that they live
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/+-]{0,99}")
_LOOKS_PERSONAL = re.compile(r"1[3-9]\d{9}|\d{15}|\d{17}[\dXx]")
# What may go away by itself. Everything else is a mistake of ours and would fail again.
_PASSING = (OperationalError, InterfaceError, ConnectionError, TimeoutError)


@dataclass(frozen=True)
class Job:
    """A kind of work; calling it runs it here and now."""

    name: str
    queue: str
    run: Callable[..., None]
    task: Any

    def __call__(self, **ids: Id) -> None:
        """Run it now, in this process."""
        self.run(**ids)


def job(name: str, *, queue: str = "default", priority: int = 0) -> Callable[[Callable[..., None]], Job]:
    """Register a function of keyword ids as a job; when the database or network fails it is tried again, five times."""

    def register(function: Callable[..., None]) -> Job:
        retry = RetryStrategy(max_attempts=MAX_ATTEMPTS, exponential_wait=3, retry_exceptions=_PASSING)
        task = procrastinate_app.app.task(name=name, queue=queue, priority=priority, retry=retry)(function)
        return Job(name=name, queue=queue, run=function, task=task)

    return register


def periodic(name: str, *, cron: str, queue: str = "default") -> Callable[[Callable[[], None]], Job]:
    """Register a function that runs by the clock (cron in UTC); skipped while the last run still waits."""

    def register(function: Callable[[], None]) -> Job:
        def tick(timestamp: int) -> None:
            function()

        # queueing_lock but no lock: a killed run would hold the lock for ever.
        task = procrastinate_app.app.task(name=name, queue=queue, queueing_lock=name)(tick)
        procrastinate_app.app.periodic(cron=cron, queueing_lock=name)(task)
        return Job(name=name, queue=queue, run=function, task=task)

    return register


def enqueue(work: Job, *, key: str, at: datetime | None = None, **ids: Id) -> int:
    """Ask for work within the current transaction; the number of the job.

    key: the same key twice is the same job as long as it waits. Raises ValueError for arguments that are not ids.
    """
    arguments = {name: _argument(name, value) for name, value in ids.items()}
    deferrer = work.task.configure(queueing_lock=_argument("key", key), schedule_at=at)
    try:
        with transaction.atomic():  # a savepoint: a duplicate must not spoil the business transaction
            return int(deferrer.defer(**arguments))
    except AlreadyEnqueued:
        with connection.cursor() as cursor:
            cursor.execute("SELECT id FROM procrastinate_jobs WHERE queueing_lock = %s AND status = 'todo'", [key])
            found = cursor.fetchone()
        # Taken by a worker between the two statements: then it waits no longer, and we may ask again.
        return int(found[0]) if found else enqueue(work, key=key, at=at, **ids)


def _argument(name: str, value: Id) -> int | str | None:
    if value is None or isinstance(value, bool | int):
        text = str(value)
    else:
        text = value.isoformat() if isinstance(value, date) else str(value)
        if not _CODE.fullmatch(text):
            raise ValueError(f"{name}: a job takes ids and codes, not texts")
    if not isinstance(value, UUID) and _LOOKS_PERSONAL.fullmatch(text):
        raise ValueError(f"{name}: looks like an identity or phone number; pass the id of its row")
    return value if value is None or isinstance(value, bool | int) else text


@dataclass(frozen=True)
class JobState:
    """How a job stands: todo, doing, succeeded, failed, cancelled, aborting, aborted."""

    status: str
    attempts: int


def state(number: int) -> JobState:
    """How the job of this number stands; raises NotFound."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT status::text, attempts FROM procrastinate_jobs WHERE id = %s", [number])
        found = cursor.fetchone()
    if found is None:
        raise NotFound("没有这个任务。", where=str(number))
    return JobState(*found)


def is_open(number: int) -> bool:
    """Whether the job of this number waits or runs; one that ended, well or badly, or was forgotten, does not."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM procrastinate_jobs WHERE id = %s AND status IN ('todo', 'doing'))", [number]
        )
        return bool(cursor.fetchone()[0])


_STALLED = """
SELECT job.id, job.attempts FROM procrastinate_jobs job
WHERE job.status = 'doing' AND NOT EXISTS (
    SELECT 1 FROM pg_locks held
    WHERE held.locktype = 'advisory' AND held.granted
      AND held.classid = %s AND held.objid = job.worker_id AND held.objsubid = 2
      AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database()))
ORDER BY job.id FOR UPDATE OF job SKIP LOCKED
"""


def retry_stalled() -> list[int]:
    """Give back the jobs of workers that are gone; their numbers. A job that outlived five workers is given up.

    A live worker holds an advisory lock on its number; PostgreSQL drops the lock the moment the worker's connection
    ends, so a killed worker is known at once, and one that is merely slow is never taken for dead.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_STALLED, [WORKER_LOCKS])
        found = cursor.fetchall()
        for number, attempts in found:
            if attempts + 1 >= MAX_ATTEMPTS:
                cursor.execute("SELECT procrastinate_finish_job_v1(%s, 'failed', false)", [number])
            else:
                cursor.execute("SELECT procrastinate_retry_job_v2(%s, now(), NULL, NULL, NULL)", [number])
    return [number for number, attempts in found if attempts + 1 < MAX_ATTEMPTS]


def forget_finished(*, days: int = 30) -> int:
    """Delete jobs that ended more than `days` ago; how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM procrastinate_jobs job WHERE job.status NOT IN ('todo', 'doing') AND NOT EXISTS ("
            "SELECT 1 FROM procrastinate_events e WHERE e.job_id = job.id AND "
            "e.at > now() - make_interval(days => %s))",
            [days],
        )
        return int(cursor.rowcount)
