"""Notices: the member has read them."""

from __future__ import annotations

from django.db import transaction

from zhigong.casework.models import Notice
from zhigong.kernel.actor import Actor


@transaction.atomic
def read_notices(*, by: Actor) -> int:
    """Mark the member's own notices as read; how many were new."""
    if by.person_id is None:
        return 0
    return Notice.objects.filter(person_id=by.person_id, read_on=None).update(read_on=by.on)
