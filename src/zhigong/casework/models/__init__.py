"""Entitlements, cases with their steps and events, supplements, publicity, decisions, objections, ratings, awards."""

from zhigong.casework.models.cases import Case, CaseRow, Entitlement, Scoped, together, within_enum
from zhigong.casework.models.outcomes import (
    Award,
    Decision,
    Notice,
    Objection,
    Rating,
    Recheck,
    Request,
    Screening,
)
from zhigong.casework.models.steps import Event, Publicity, Step, Supplement

__all__ = [
    "Award",
    "Case",
    "CaseRow",
    "Decision",
    "Entitlement",
    "Event",
    "Notice",
    "Objection",
    "Publicity",
    "Rating",
    "Recheck",
    "Request",
    "Scoped",
    "Screening",
    "Step",
    "Supplement",
    "together",
    "within_enum",
]
