"""Periodic work of the platform itself. Imported by the worker, where it registers."""

from __future__ import annotations

import logging
from datetime import timedelta
from functools import partial

from django.db import connection

from zhigong.casework import operations as casework
from zhigong.exchange import operations as exchange
from zhigong.identity import operations as identity
from zhigong.insight import operations as insight
from zhigong.kernel import jobs
from zhigong.kernel.clock import now, today
from zhigong.kernel.errors import Refused
from zhigong.orgs import operations as orgs

log = logging.getLogger("zhigong.worker")


def retry_stalled_jobs() -> None:
    """Give back the jobs of killed workers."""
    given_back = jobs.retry_stalled()
    if given_back:
        log.warning("gave back %d jobs of workers that are gone", len(given_back))


retry_stalled_every_minute = jobs.periodic("platform.retry_stalled", cron="* * * * *")(retry_stalled_jobs)


@jobs.periodic("platform.clean_up", cron="17 19 * * *")  # 03:17 in China
def clean_up() -> None:
    """Forget finished jobs, ended sessions, expired codes, and files of the lake that nobody names."""
    jobs.forget_finished()
    identity.forget_codes(before=now() - timedelta(days=1))
    exchange.sweep(scope=partial(orgs.city_scope, on=today()), now=now())
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM identity_session WHERE expire_date < now()")
        cursor.execute("DELETE FROM identity_outbox WHERE expires_at < now() - interval '1 day'")
        cursor.execute("DELETE FROM procrastinate_workers WHERE last_heartbeat < now() - interval '1 day'")


@jobs.periodic("casework.clock", cron="7 * * * *")
def run_case_clock() -> None:
    """Bring cases to today: publicity that is over, overdue steps, reminders. The same day again changes nothing."""
    with orgs.city_scope(on=today()) as by:
        casework.run_clock(by=by)


@jobs.periodic("platform.refresh", cron="7 17 * * *")  # 01:07 in China
def refresh_at_night() -> None:
    """What was brought in by day becomes links, facts, entitlements and figures; without news nothing changes.

    A city without department files yet, or a refresh that somebody runs by hand at that moment, is no failure.
    """
    scope, at_ms = partial(orgs.city_scope, on=today()), int(now().timestamp() * 1000)
    try:
        casework.refresh(scope=scope, at_ms=at_ms, tell=log.info)
        insight.refresh(scope=scope, at_ms=at_ms)
    except Refused as reason:
        log.warning("nothing was refreshed this night: %s", reason.what)
