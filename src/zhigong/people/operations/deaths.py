"""Deaths that a department's data tells of: noted once, so that nobody writes to the dead or pays them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from django.db import transaction

from zhigong.audit import operations as audit
from zhigong.audit.types import Purpose
from zhigong.kernel.actor import Actor
from zhigong.kernel.db.bulk import execute


@transaction.atomic
def note_deaths(*, by: Actor, died: Mapping[UUID, date]) -> int:
    """Note the day of death of persons who have none yet; how many were new. System only, set-based.

    died: day of death by person; where the source tells the fact but not the day, the day it was told.
    """
    by.require("members.write")
    if not died:
        return 0
    noted = execute(
        """UPDATE people_person p SET deceased_on = d.day, updated_at = now()
           FROM unnest(%(ids)s::uuid[], %(days)s::date[]) AS d (id, day) WHERE p.id = d.id AND p.deceased_on IS NULL""",
        {"ids": list(died), "days": list(died.values())},
    )
    if noted:
        audit.record(by, action="people.death.noted", purpose=Purpose.SYSTEM, subject_kind="person", count=noted)
    return noted
