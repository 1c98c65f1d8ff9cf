"""Keeping the record: months made ahead, months taken out after their time."""

from __future__ import annotations

from datetime import date

from django.db import connection

MONTHS_AHEAD = 4


def make_partitions(*, on: date, months: int = MONTHS_AHEAD) -> int:
    """Make the partitions of this month and the following ones; returns how many were new. For the job role."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit_make_partitions(%s, %s)", [on, months])
        return int(cursor.fetchone()[0])


def retire(*, before: date) -> list[date]:
    """Take out whole months that ended before the day, six months old at least, all sealed; returns the months.

    For the owner's connection only. Export and verify first: what is taken out can afterwards be checked there alone.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit_retire(%s)", [before])
        return list(cursor.fetchone()[0])
