"""Reads of the catalogue: services as their folders say now, and as they were when a version was frozen."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache

from zhigong.catalogue import building, checking, content, deciding, store
from zhigong.catalogue.differences import Difference, Winner, differences, which
from zhigong.catalogue.models import Version
from zhigong.catalogue.types import CheckReport, PolicyCase, Service
from zhigong.kernel.errors import NotFound, Refused
from zhigong.rules.types import Decision, Value

__all__ = [
    "Difference",
    "Winner",
    "check",
    "decide",
    "differences",
    "policy_cases",
    "read_facts",
    "service",
    "service_ids",
    "services",
    "version",
    "which",
]


def service_ids() -> tuple[str, ...]:
    """The ids of all services, sound or not, sorted."""
    return store.shelf().ids


def services() -> tuple[Service, ...]:
    """All services that are in order, sorted by id. The others are named in the log and by `zhigong catalogue check`:
    one bad folder must not take the rest down."""
    return tuple(one.service for one in store.shelf().sound())


def service(service_id: str) -> Service:
    """The service as its folder says now; raises NotFound, or Refused with everything that is wrong with it."""
    return store.shelf().loaded(service_id).service


def policy_cases(service_id: str) -> tuple[PolicyCase, ...]:
    """The examples of a service, for its page: policy told by cases. Raises as service()."""
    return store.shelf().loaded(service_id).cases


@lru_cache(maxsize=256)
def version(version_hash: str) -> Service:
    """The service as frozen under that hash; raises NotFound, or Refused when the kept content does not match it."""
    found = Version.objects.filter(hash=version_hash).values_list("content", flat=True).first()
    if found is None:
        raise NotFound("没有这个版本的服务。", where=version_hash)
    if content.digest(found) != version_hash:
        raise Refused("服务的版本被改动过，不能使用。", where=version_hash, why="内容与指纹不符", do="请联系维护者。")
    return building.service(found)


def decide(service: Service, facts: Mapping[str, Value | None], *, on: date) -> Decision:
    """The service's rule for one list of facts, with the values in force that day; presumes nothing."""
    return deciding.decide(service, facts, on=on)


def read_facts(text: str, *, where: str) -> dict[str, Value | None]:
    """Facts from a JSON text, checked against the vocabulary; raises Refused."""
    return deciding.read_facts(text, store.shelf().words, where=where)


def check() -> CheckReport:
    """Everything about facts, parameters, services and their cases: counted, and what is wrong."""
    return checking.check()
