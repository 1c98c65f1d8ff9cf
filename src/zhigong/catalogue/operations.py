"""Writes of the catalogue."""

from __future__ import annotations

from zhigong.kernel.actor import Actor


def freeze(by: Actor, service_id: str) -> str:
    """Keep the present folder as a version; its hash. Idempotent."""
    raise NotImplementedError(by, service_id)
