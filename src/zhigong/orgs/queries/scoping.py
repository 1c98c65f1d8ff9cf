"""The literal filter of an actor's level, beside row-level security."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Model, QuerySet

from zhigong.kernel.actor import Actor
from zhigong.orgs.types import UnionStatus

M = TypeVar("M", bound=Model)
LIVING = (UnionStatus.ACTIVE, UnionStatus.PREPARING)


def within(rows: QuerySet[M], actor: Actor) -> QuerySet[M]:
    """The literal filter: the planner sees it, row-level security alone would hide it (security.md §6)."""
    return rows.filter(**{actor.level_column: actor.seq})
