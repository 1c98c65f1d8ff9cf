"""Work of insight: the refresh of the whole city, asked for on the exchange board."""

from __future__ import annotations

import logging
from functools import partial
from uuid import UUID

from zhigong.insight.operations import refresh_all
from zhigong.kernel import jobs
from zhigong.kernel.clock import now, today
from zhigong.kernel.errors import Refused
from zhigong.orgs import operations as orgs

log = logging.getLogger(__name__)


@jobs.job("insight.refresh")
def refresh(*, run_id: str) -> None:
    """Refresh the city; a refusal is kept on the run. Killed at any point, the next one finishes the work."""
    try:
        refresh_all(
            scope=partial(orgs.city_scope, on=today()),
            at_ms=int(now().timestamp() * 1000),
            tell=log.info,
            run_id=UUID(run_id),
        )
    except Refused as refused:
        log.warning("refresh refused: %s", refused.what)
