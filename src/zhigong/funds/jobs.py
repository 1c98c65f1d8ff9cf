"""What runs by itself: the ledger is counted again every night; large bank files are built. The worker imports it."""

from __future__ import annotations

import logging
from uuid import UUID

from zhigong.funds import operations
from zhigong.kernel import jobs
from zhigong.kernel.clock import today
from zhigong.kernel.errors import Refused
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


@jobs.job("funds.build_bank_file")
def build_bank_file(*, file_id: str, account_id: str, post_id: str | None) -> None:
    """Build a large bank file as the account that asked for it; a refusal is kept on the file."""
    account, post = UUID(account_id), UUID(post_id) if post_id else None
    try:
        with orgs.acting_as(account_id=account, post_id=post, on=today()) as by:
            operations.build_asked_file(by, file_id=UUID(file_id))
    except Refused as refused:
        with orgs.acting_as(account_id=account, post_id=post, on=today()) as by:
            operations.settle_file(by, file_id=UUID(file_id), refused=refused)
