"""The worker process: `python -m zhigong.conf.worker`. Takes jobs as role job; killed at any moment, loses none."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
import time
from typing import Any

EXIT_LOST_DATABASE = 70
CONCURRENCY = 2
_PROBE_S = 2.0
_GRACE_S = 8.0
_HEARTBEAT_GONE_S = 3600.0
log = logging.getLogger("zhigong.worker")


class Lifeline:
    """A connection that holds the lock of this worker's number: as long as it stands, our jobs are not stalled.

    When it breaks, somebody else may take our jobs; so the process ends at once instead of working on.
    """

    def __init__(self) -> None:
        import psycopg

        from zhigong.conf.database import role_parameters

        parameters = {**role_parameters("job"), "application_name": "zhigong-worker-lifeline"}
        self._connection = psycopg.connect(**parameters, autocommit=True)

    def hold(self, worker: int) -> None:
        """Take the lock and keep watching the connection."""
        from zhigong.kernel.jobs import WORKER_LOCKS

        self._connection.execute("SELECT pg_advisory_lock(%s::integer, %s::integer)", [WORKER_LOCKS, worker])
        threading.Thread(target=self._watch, name="lifeline", daemon=True).start()

    def _watch(self) -> None:
        import psycopg

        while True:
            time.sleep(_PROBE_S)
            try:
                self._connection.execute("SELECT 1")
            except psycopg.Error:
                log.error("the database is gone; this worker ends and will be started again")
                os._exit(EXIT_LOST_DATABASE)


def build() -> Any:  # noqa: ANN401  procrastinate's App, imported late
    """The app that fetches jobs over a pool of its own.

    Jobs themselves use Django's connection, so that what they enqueue commits with what they write.
    """
    from django.db import connection
    from procrastinate import App
    from procrastinate.contrib.django import procrastinate_app
    from procrastinate.manager import JobManager

    jobs_app: Any = procrastinate_app.app
    connector = jobs_app.connector.get_worker_connector()
    connection.close()
    lifeline = Lifeline()

    class Manager(JobManager):
        async def register_worker(self) -> int:
            number = await super().register_worker()
            await asyncio.to_thread(lifeline.hold, number)
            return number

    app = App(connector=connector, worker_defaults=jobs_app.worker_defaults)
    app.tasks = jobs_app.tasks
    app.periodic_registry = jobs_app.periodic_registry
    app.job_manager = Manager(connector)
    return app


async def run(app: Any, *, once: bool = False) -> None:  # noqa: ANN401
    """Work until SIGTERM (or, with once, until the queue is empty)."""
    async with app.open_async():
        await app.run_worker_async(
            concurrency=CONCURRENCY,
            wait=not once,
            shutdown_graceful_timeout=_GRACE_S,
            stalled_worker_timeout=_HEARTBEAT_GONE_S,
        )


def main(arguments: list[str]) -> int:
    """Start Django as role job, give back what killed workers left, work."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "zhigong.conf.settings"
    os.environ["ZHIGONG_ROLE"] = "job"
    import django

    django.setup()
    from zhigong.conf import housekeeping

    housekeeping.retry_stalled_jobs()
    asyncio.run(run(build(), once="--once" in arguments))
    # Threads of jobs that did not end in time must not hold up the exit: their jobs will be given back.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    # By its real name: procrastinate warns of apps made in __main__.
    from zhigong.conf import worker

    sys.exit(worker.main(sys.argv[1:]))
