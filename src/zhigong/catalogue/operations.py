"""Writes of the catalogue: keeping versions, and scaffolding a new folder."""

from __future__ import annotations

from django.db import connection, transaction

from zhigong.audit import operations as audit
from zhigong.audit.types import Purpose
from zhigong.catalogue import store
from zhigong.catalogue.content import canonical
from zhigong.catalogue.scaffold import make as scaffold
from zhigong.kernel.actor import Actor

__all__ = ["freeze", "scaffold"]

_KEEP = """INSERT INTO catalogue_version (hash, service_id, content) VALUES (%s, %s, %s::jsonb)
    ON CONFLICT (hash) DO NOTHING"""


@transaction.atomic
def freeze(by: Actor, service_id: str) -> str:
    """Keep the present content of a service as a version, unless it is kept already; its hash.

    Whoever starts a case does this, so it takes no right: it adds nothing that the catalogue does not say anyway.
    Raises NotFound, or Refused when the folder is not in order.
    """
    service = store.shelf().loaded(service_id).service
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, [service.version, service.id, canonical(dict(service.content))])
        new = cursor.rowcount == 1
    if new:
        detail = {"service": service.id, "version": service.version[:12]}
        audit.record(by, action="catalogue.version.frozen", purpose=Purpose.BUSINESS, detail=detail)
    return service.version
