"""Reads of the catalogue: services as their folders say now, and as they were when a version was frozen."""

from __future__ import annotations

from zhigong.catalogue.types import Service


def service_ids() -> tuple[str, ...]:
    """The ids of all services, sorted."""
    raise NotImplementedError


def services() -> tuple[Service, ...]:
    """All services of the catalogue, sorted by id; raises Refused when a folder is not in order."""
    raise NotImplementedError


def service(service_id: str) -> Service:
    """The service as its folder says now; raises NotFound, Refused."""
    raise NotImplementedError(service_id)


def version(version_hash: str) -> Service:
    """The service as frozen under that hash; raises NotFound, Refused when the kept content does not match it."""
    raise NotImplementedError(version_hash)
