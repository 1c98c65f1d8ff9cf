"""A worker that knows one more job, for test_jobs.py: `python tests/platform/probe.py [--once]`."""

from __future__ import annotations

import sys
import time


def register():
    from django.db import connection

    from zhigong.kernel.jobs import job

    @job("probe.work", queue="probe")
    def work(*, number: int, seconds: int = 0, fail: int = 0) -> None:
        """Note the start outside the transaction of the effect, dawdle, then leave one effect under its own key."""
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO probe_start (number) VALUES (%s)", [number])
            cursor.execute("SELECT count(*) FROM probe_start WHERE number = %s", [number])
            attempt = cursor.fetchone()[0]
            if attempt <= fail:
                raise ConnectionError("made to fail")
            if attempt == 1 and seconds:
                time.sleep(seconds)
            cursor.execute("INSERT INTO probe_effect (op) VALUES (%s) ON CONFLICT DO NOTHING", [f"probe:{number}"])

    return work


if __name__ == "__main__":
    register()
    from zhigong.conf.worker import main

    sys.exit(main(sys.argv[1:]))
