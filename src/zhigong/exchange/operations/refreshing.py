"""Refresh: conform → link → facts → publish, only what changed."""

from __future__ import annotations

from collections.abc import Callable

from zhigong.exchange.deriving import StageReport
from zhigong.kernel.actor import ScopeOpener


def refresh(
    *, scope: ScopeOpener, at_ms: int, tell: Callable[[str], None], full: bool = False
) -> dict[str, StageReport]:
    """Bring links and facts up to date with the batches in force; returns a report per stage, in order.

    scope opens the city's transaction; each step commits on its own, so call it outside one.  Without news nothing
    changes.  Killed at any point, the next refresh finishes the work.  full: derive and publish everybody anew.
    Raises Conflict while another refresh runs.
    """
    raise NotImplementedError
