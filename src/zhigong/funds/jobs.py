"""What runs by itself: the ledger is counted again every night. The worker imports it."""

from __future__ import annotations

import logging

from zhigong.funds import operations
from zhigong.kernel import jobs
from zhigong.kernel.clock import today
from zhigong.orgs import operations as orgs

log = logging.getLogger(__name__)


def reconcile_now() -> None:
    """Count the whole city's ledger again; each difference is an error in the log, without personal data."""
    with orgs.city_scope(on=today()) as by:
        found = operations.reconcile(by)
    for difference in found.differences:
        log.error(
            "ledger: %s at %s: stored %d, counted %d",
            difference.what,
            difference.where,
            difference.stored,
            difference.counted,
        )


reconcile_every_night = jobs.periodic("funds.reconcile", cron="23 18 * * *")(reconcile_now)  # 02:23 in China
